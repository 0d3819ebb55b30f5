"""Only one window writes a session: a lock that the system takes back when its process dies, however that happens."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

BYTE = 2**20
"""Place of the byte that is locked on Windows: past the text, which others could not read else."""


class Lock:
    """A lock beside a file."""

    def __init__(self, path: Path, file: IO[str] | None) -> None:
        self._path, self._file = path, file

    @classmethod
    def take(cls, path: Path) -> Lock | None:
        """Return the lock file `path`, locked, or None when another window has it.

        Where the folder cannot be written, or its system knows no locks, nothing is locked: nor can others write.
        """
        try:
            file = path.open("a+", encoding="ascii")
        except OSError:
            return cls(path, None)
        if not _lock(file):
            file.close()
            return None
        if not _is_still_there(path, file):  # its last owner removed it just before
            file.close()
            return cls.take(path)
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        return cls(path, file)

    @staticmethod
    def owner(path: Path) -> str:
        """Return the number of the process that has it, as far as can be known."""
        try:
            return path.read_text(encoding="ascii").strip() or "unknown"
        except (OSError, UnicodeError):
            return "unknown"

    def release(self) -> None:
        """Give it back; may be called twice."""
        if self._file is None:
            return
        if sys.platform != "win32":  # there an open file cannot be removed, elsewhere a closed one may be another's
            self._path.unlink(missing_ok=True)
        self._file.close()
        self._file = None
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self._path.unlink()


def lock_path(path: Path) -> Path:
    """Return where the lock of a file lies."""
    return path.with_name(path.name + ".lock")


def _lock(file: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            file.seek(BYTE)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # a file system without locks
    return True


def _is_still_there(path: Path, file: IO[str]) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:
        return False
