"""A session: a document with its file, its journal and its lock."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from poseglass.core.files.lock import Lock, lock_path
from poseglass.core.files.records import Record, read_records
from poseglass.core.session.journal import FORMAT, READ, Journal, beyond, replay
from poseglass.core.session.left_behind import unsaved_folder
from poseglass.core.session.session_file import Saved, Snapshot, read_basis, read_session, take_snapshot
from poseglass.core.store.correction_list import Said, corrections
from poseglass.core.store.document import NO_KEYPOINTS, Change, Document
from poseglass.core.store.footage import find_video, footage_of
from poseglass.core.video.video import VideoInfo
from poseglass.errors import MissingVideoError, SessionError
from poseglass.types import Skeleton

SUFFIX = ".poseglass"


@dataclass(frozen=True, eq=False)
class PendingSave:
    """A saving under way: `write` is for any thread, the rest is Session's."""

    path: Path
    snapshot: Snapshot
    lock: Lock
    is_new_lock: bool  # taken for this saving

    def write(self) -> None:
        """Write the file whole or not at all. Raises OutputError."""
        self.snapshot.write(self.path)


@dataclass(frozen=True)
class Recovered:
    """What a journal brought back; false where that is nothing."""

    edits: int = 0  # steps: a keypoint that was dragged twice is two
    frames: int = 0  # analysed
    corrections: int = 0  # that are there now and were not, or no longer

    def __bool__(self) -> bool:
        return bool(self.edits or self.frames)


class Session:
    """An open session; close it. For one thread, the document's.

    Every edit and every result is in the journal within a second, so that a crash loses next to nothing.
    """

    def __init__(self, saved: Saved, path: Path | None, lock: Lock | None, journal: Journal | None) -> None:
        self.path = path  # None until saved
        self.notes: tuple[str, ...] = ()  # what the user should know: recovered, read-only and why
        self.has_unsaved = False  # results or edits since the last save
        self.recovered = Recovered()
        self._has_changed = False  # since a saving began
        self._saved, self._lock, self._journal = saved, lock, journal
        self.document.scribe = journal
        self.document.is_read_only = lock is None
        self._stop_watching = self.document.watch(self._on_change)

    @property
    def document(self) -> Document:
        """Results and corrections."""
        return self._saved.document

    @property
    def settings(self) -> dict[str, Any]:
        """What JSON can hold: options of plugins, view; kept by `save` and `note`. Change it freely."""
        return self._saved.settings

    @property
    def identity(self) -> str:
        """Of the last saving; empty before the first."""
        return self._saved.identity

    @property
    def position(self) -> int:
        """Number of the frame the user is at."""
        return self._saved.position

    @position.setter
    def position(self, frame: int) -> None:
        self._saved.position = frame

    @classmethod
    def begin(cls, info: VideoInfo, skeleton: Skeleton = NO_KEYPOINTS) -> Session:
        """Start a session on a video. Never raises for the journal: `trouble` says if there is none."""
        saved = Saved(Document(footage_of(info), skeleton))
        journal = unsaved_folder() / f"{uuid.uuid4().hex}.journal"
        session = cls(saved, None, Lock.take(lock_path(journal)), Journal(journal))
        session._begin_journal()
        return session

    @classmethod
    def open(cls, path: Path, video: Path | None = None) -> Session:
        """Open a session file, and what its journal holds beyond it. Read-only if another window has it open.

        video: where the user says that the video is. Raises MissingVideoError when it is not found, SessionError when
        the file is damaged, of another version, or `video` is another one than it was.
        """
        saved = read_session(path)
        _find(saved, path, video)
        lock = Lock.take(lock_path(path))
        if lock is None:
            session = cls(saved, path, None, None)
            owner = Lock.owner(lock_path(path))
            session.notes = (f"{path.name} is open in another window (process {owner}): it can only be read here",)
            return session
        with _released_on_error(lock):
            return cls._resume(saved, path, lock, _journal_path(path))

    @classmethod
    def recover(cls, journal: Path, video: Path | None = None) -> Session:
        """Open what a crashed, never saved session left in its journal. Raises as `open`."""
        lock = Lock.take(lock_path(journal))
        if lock is None:
            raise SessionError(f"{journal.name}: is open in another window")
        with _released_on_error(lock):
            records, _ = _read_journal(journal)
            if not records:
                raise SessionError(f"{journal.name}: holds nothing that can be recovered")
            saved = Saved(read_basis(*records[0]))
            _find(saved, journal, video)
            return cls._resume(saved, None, lock, journal)

    @classmethod
    def _resume(cls, saved: Saved, path: Path | None, lock: Lock, journal: Path) -> Session:
        """Do again what a journal holds beyond the file, and go on writing it."""
        records, length = _read_journal(journal)
        since = beyond(records, saved.identity)
        notes: list[str] = []
        before = _said_in(saved.document)
        edits, frames = _replay(since or (), saved)
        others = _said_in(saved.document) ^ before if edits else ()
        recovered = Recovered(edits, frames, len({subject for subject, _ in others}))
        if recovered:
            notes.append(f"recovered what was not saved: {edits} edits, {frames} analysed frames")
        elif since is None and length and not (records and records[0][0]["base"] == saved.previous):
            notes.append(_put_aside(journal))  # the base is `previous` where a crash kept it from being emptied
        session = cls(saved, path, lock, Journal(journal, keep=length if since else 0))
        if not since:
            session._begin_journal()
        session.has_unsaved = bool(recovered)
        session.recovered = recovered
        session.notes = tuple(notes)
        return session

    def note(self) -> None:
        """Write settings and position to the journal."""
        if self._journal:
            self._journal.note(self._saved)

    def save(self, path: Path | None = None) -> None:
        """Write the file whole or not at all, then empty the journal. Raises OutputError; all is then as it was.

        Raises SessionError where another window has it open.
        """
        draft = self.begin_save(path)
        try:
            draft.write()
        except BaseException:
            self.abandon_save(draft)
            raise
        self.finish_save(draft)

    def begin_save(self, path: Path | None = None) -> PendingSave:
        """Copy what is to be saved, as it is now; let a thread write it, then call `finish_save` or `abandon_save`.

        The document may change meanwhile. Raises SessionError where another window has the file open.
        """
        target = path or self.path
        assert target is not None, "a session that was never saved needs a path"
        is_same = self.path is not None and target.resolve() == self.path.resolve() and self._lock is not None
        lock = self._lock if is_same else Lock.take(lock_path(target))
        if lock is None:
            raise SessionError(f"{target.name}: is open in another window; save it under another name")
        self.document.settle()
        with nullcontext() if is_same else _released_on_error(lock):
            snapshot = take_snapshot(target, self._saved)
        if self._journal:
            self._journal.mark(snapshot.identity)
        self._has_changed = False
        return PendingSave(target, snapshot, lock, is_new_lock=not is_same)

    def finish_save(self, draft: PendingSave) -> None:
        """Go on with the file that was written; what happened since `begin_save` is in its journal, and unsaved."""
        self._saved = replace(self._saved, previous=self._saved.identity, identity=draft.snapshot.identity)
        self._move_to(draft.path, draft.lock)

    def abandon_save(self, draft: PendingSave) -> None:
        """Go on as before `begin_save`: the file could not be written."""
        if draft.is_new_lock:
            draft.lock.release()

    @property
    def is_kept(self) -> bool:
        """Whether a journal keeps what is unsaved; not where it is read only."""
        return self._journal is not None

    def trouble(self) -> str | None:
        """Return, once, why the journal cannot be written (a full disk); work can go on."""
        return self._journal.trouble() if self._journal else None

    def close(self, *, discard: bool = False) -> None:
        """Let go of journal and lock; the journal stays where something is unsaved, unless it is to be discarded."""
        self.document.settle()
        self.document.scribe = None
        self._stop_watching()
        if self._journal:
            self._journal.close(remove=discard or not self.has_unsaved)
            self._journal = None
        if self._lock:
            self._lock.release()
            self._lock = None

    def _move_to(self, path: Path, lock: Lock) -> None:
        """Go on with a file that was just written, its journal empty but for what came since."""
        since = self._journal.since() if self._journal else ()
        if self._journal:
            self._journal.close(remove=True)
        if self._lock is not None and self._lock is not lock:
            self._lock.release()
        self.path, self._lock = path, lock
        self.document.is_read_only = False
        self.has_unsaved = self._has_changed
        self._journal = self.document.scribe = Journal(_journal_path(path))
        self._begin_journal()
        self._journal.go_on(since)

    def _begin_journal(self) -> None:
        assert self._journal is not None
        self._journal.begin(self._saved)

    def _on_change(self, change: Change) -> None:
        del change
        self.has_unsaved = self._has_changed = True


@contextmanager
def _released_on_error(lock: Lock) -> Iterator[None]:
    try:
        yield
    except BaseException:
        lock.release()
        raise


def _journal_path(path: Path) -> Path:
    return path.with_name(path.name + ".journal")


def _find(saved: Saved, session: Path, video: Path | None) -> None:
    """Find the video and have the document say where it is."""
    footage = saved.document.footage
    if video is None:
        found = find_video(footage, saved.relative, session)
    elif not video.is_file():
        raise MissingVideoError(f"{video}: is not there; locate {footage.path.name}")
    elif not footage.is_at(video):
        raise SessionError(f"{video}: is not the video of this session, {footage.path.name} ({footage.bytes} bytes)")
    else:
        found = video.resolve()
    saved.document.tracks.footage = replace(footage, path=found)


def _read_journal(path: Path) -> tuple[list[Record], int]:
    """Return the records of a journal and their length; no records of what is no journal of this version."""
    try:
        records, length = read_records(path)
    except OSError:
        return [], 0
    is_ours = any(meta.get("format") == FORMAT and meta.get("version") in READ for meta, _ in records[:1])
    return (records if is_ours else []), length


def _said_in(document: Document) -> set[tuple[tuple[str, range, int | None], tuple[Said, float, float]]]:
    """Return every correction: of whom, where and of which keypoint; what is said, and where that is, 0 if nowhere."""
    tracks, found = document.tracks, set()
    for c in corrections(tracks):
        x, y = (0.0, 0.0) if c.keypoint is None else tracks.known(c.person).xy[c.frames.start, c.keypoint].tolist()
        found.add(((c.person, c.frames, c.keypoint), (c.said, x, y)))
    return found


def _replay(records: Sequence[Record], saved: Saved) -> tuple[int, int]:
    try:
        return replay(records, saved)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SessionError(f"the session's journal makes no sense ({error!r}); move it away to open without") from error


def _put_aside(journal: Path) -> str:
    """Keep a journal that belongs to another state of the file."""
    aside = journal.with_name(journal.name + ".old")
    try:
        journal.replace(aside)
    except OSError as error:
        raise SessionError(f"{journal}: belongs to another version of the session; move it away ({error})") from error
    return (
        f"a journal beside the session belongs to another version of it, or of Poseglass; it was kept as {aside.name}"
    )
