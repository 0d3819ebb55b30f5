"""Only one window writes a session: a lock that the system takes back when its process dies, however that happens."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from errno import ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP
from pathlib import Path

from filelock import FileLock, Timeout

LOCKED = 1 if sys.platform == "win32" else 0
"""Bytes at the start of the file that Windows lets nobody else read while they are locked."""


class Lock:
    """A lock beside a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = FileLock(path, thread_local=False, on_acquired=_write_owner)

    @classmethod
    def take(cls, path: Path) -> Lock | None:
        """Return the lock file `path`, locked, or None when another window has it.

        Where the folder cannot be written, or its system knows no locks, nothing is locked: nor can others write.
        """
        lock = cls(path)
        try:
            if path.parent.is_dir():  # FileLock would make it
                lock._lock.acquire(timeout=0.01, poll_interval=0.001)  # its last owner may be removing it just now
        except Timeout:
            return None
        except OSError as error:
            if error.errno in (ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP):  # no locks here, so that it is nobody's
                with suppress(OSError):
                    path.unlink()
        return lock

    @staticmethod
    def owner(path: Path) -> str:
        """Return the number of the process that has it, as far as can be known."""
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(LOCKED)
                return file.read().decode("ascii").strip() or "unknown"
        except (OSError, UnicodeError):
            return "unknown"

    def release(self) -> None:
        """Give it back; may be called twice."""
        if self._lock.is_locked:
            with suppress(OSError):  # Windows removes no open file; there FileLock does, once it is closed
                self._path.unlink()
            self._lock.release()


def lock_path(path: Path) -> Path:
    """Return where the lock of a file lies."""
    return path.with_name(path.name + ".lock")


def _write_owner(descriptor: int) -> None:
    with suppress(OSError):  # on a full disk nobody is told whose it is
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b" " * LOCKED + f"{os.getpid()}\n".encode())
