"""Files appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from poseglass.errors import OutputError


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Yield a new file's path beside `path`; on leaving it takes its place, on an error it is removed.

    Raises OutputError for every OSError on the way: the folder is missing or may not be written, the disk is full.
    A file that lay at `path` stays as it was then.
    """
    stage = _new_file_beside(path)
    try:
        yield stage
        stage.replace(path)
    except OSError as error:
        raise OutputError(_why(path, error)) from error
    finally:
        stage.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise OutputError now, rather than after an hour's work."""
    _new_file_beside(path).unlink()


def _new_file_beside(path: Path) -> Path:
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; name a file")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".poseglass-", suffix=path.suffix)
    except OSError as error:
        raise OutputError(_why(path, error)) from error
    os.close(handle)
    Path(name).chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner may read
    return Path(name)


def _why(path: Path, error: OSError) -> str:
    return f"{path}: cannot be written ({error.strerror or error}); choose another place or make room"


def _umask() -> int:
    """Return the process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
