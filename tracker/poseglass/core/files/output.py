"""Files appear whole or not at all, and what the name of one may be."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from poseglass.errors import OutputError

LONGEST_NAME = 255
"""Bytes of a name on nearly all file systems; asked for where the system tells."""
SHOWN_SIGNS = 24
"""Of a name that is too long to be shown whole."""
LONGEST_SUFFIX = 16
"""What is longer is no suffix, but a name with a dot at its beginning."""


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Yield a new file's path beside `path`; on leaving it takes its place, on an error it is removed.

    Where `path` is a link, the file that it leads to is written. Raises OutputError for every OSError on the way: the
    folder is missing or may not be written, the disk is full. A file that lay at `path` stays as it was then.
    """
    target = _target(path)
    stage = _new_file_beside(target, path)
    try:
        yield stage
        stage.replace(target)
    except OSError as error:
        raise OutputError(_why(path, error)) from error
    finally:
        stage.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Raise OutputError now, rather than after an hour's work."""
    _new_file_beside(_target(path), path).unlink()


def check_name(path: Path) -> None:
    """Raise OutputError where no file can have this name: it is none, a folder's, or longer than names may be."""
    if path.name in ("", ".."):
        raise OutputError(f"{path}: is a folder; name a file")
    if "\0" in path.name:
        raise OutputError(f"{path}: no file can have this name; choose another")
    length, most = len(os.fsencode(path.name)), _longest_name(path.parent)
    if length > most:
        raise OutputError(
            f"{path.name[:SHOWN_SIGNS]}...{path.suffix}: a name of {length} bytes, where {most} are the most; "
            "give the result a shorter name"
        )


def _target(path: Path) -> Path:
    """Return the file to be written, past links. Raises OutputError where it is a folder, a device or a pipe."""
    check_name(path)
    try:
        target = path.resolve() if path.is_symlink() else path
        kind = path.stat().st_mode
    except FileNotFoundError:
        return target
    except (OSError, RuntimeError) as error:  # links in a circle: RuntimeError, from Python 3.13 on OSError
        raise OutputError(_why(path, error)) from error
    if stat.S_ISDIR(kind):
        raise OutputError(f"{path}: is a folder; name a file")
    if not stat.S_ISREG(kind):
        raise OutputError(f"{path}: is a device or a pipe; results are written to files, name one")
    return target


def _new_file_beside(target: Path, path: Path) -> Path:
    suffix = target.suffix if len(target.suffix) <= LONGEST_SUFFIX else ""
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".poseglass-", suffix=suffix)
    except OSError as error:
        raise OutputError(_why(path, error)) from error
    os.close(handle)
    Path(name).chmod(0o666 & ~_umask())  # mkstemp makes files that only their owner may read
    return Path(name)


def _longest_name(folder: Path) -> int:
    try:
        return os.pathconf(folder, "PC_NAME_MAX")
    except (AttributeError, OSError, ValueError):  # Windows has no pathconf; the folder may be missing
        return LONGEST_NAME


def _why(path: Path, error: Exception) -> str:
    said = getattr(error, "strerror", None) or error
    return f"{path}: cannot be written ({said}); choose another place or make room"


def _umask() -> int:
    """Return the process's mask, which can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
