"""Journals of sessions that were never saved and are open nowhere: what a crash, or a closing without saving, left."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from poseglass.core.files.lock import Lock, lock_path
from poseglass.core.files.records import read_first
from poseglass.core.files.state_folder import former_state_folder, state_folder
from poseglass.core.session.session_file import read_basis
from poseglass.core.store.footage import Footage


@dataclass(frozen=True, eq=False)
class LeftBehind:
    """A journal, and what can be told of it without reading all of it."""

    journal: Path
    footage: Footage  # where the video was
    written: datetime  # local time of its last record
    bytes: int


def unsaved_folder() -> Path:
    """Return the folder of journals that belong to no file yet."""
    folder = state_folder() / "unsaved"
    with suppress(OSError):  # the journal will say that it cannot be written
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def left_behind() -> tuple[Path, ...]:
    """Return the journals that no window has open, the newest first."""
    folder = unsaved_folder()
    _move_former(folder)
    found = []
    for journal in folder.glob("*.journal"):
        with _held(journal) as is_free, suppress(FileNotFoundError):  # its window closed just now
            if is_free:
                found.append((journal.stat().st_mtime, journal))
    return tuple(journal for _, journal in sorted(found, reverse=True))


def describe_left_behind() -> tuple[LeftBehind, ...]:
    """Return what was left, the newest first; journals that say nothing are left out."""
    return tuple(found for journal in left_behind() if (found := _describe(journal)) is not None)


def find_left_behind(video: Path) -> LeftBehind | None:
    """Return the newest journal of this very video, wherever it lay then."""
    return next((found for found in describe_left_behind() if found.footage.is_at(video)), None)


def _move_former(folder: Path) -> None:
    """Move journals from where they lay before, but those that a window of before has open."""
    for journal in (former_state_folder() / "unsaved").glob("*.journal"):
        if not (folder / journal.name).exists():  # else both are one folder
            with _held(journal) as is_free, suppress(OSError):  # what cannot be moved stays
                if is_free:
                    shutil.move(journal, folder)


@contextmanager
def _held(journal: Path) -> Iterator[bool]:
    lock = Lock.take(lock_path(journal))
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def _describe(journal: Path) -> LeftBehind | None:
    try:
        first = read_first(journal)
        if first is None:
            return None
        state = journal.stat()
        return LeftBehind(journal, read_basis(*first).footage, datetime.fromtimestamp(state.st_mtime), state.st_size)
    except (OSError, KeyError, TypeError, ValueError):  # another version's, or gone
        return None
