"""Opens and saves sessions in threads, while the window goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.session.left_behind import find_left_behind, left_behind
from poseglass.core.session.session import SUFFIX, PendingSave, Session
from poseglass.core.session.session_file import read_session
from poseglass.core.video.video_stream import open_stream
from poseglass.errors import MissingVideoError, PoseglassError, SessionError
from poseglass.gui.shared.work import Runner, Work
from poseglass.names import shown

_Tell = Callable[[], None]


class SessionOpening(QObject):
    """Opens a session, or what was left unsaved of a video; one thing at a time.

    Signals:
        opened(object, object): the Session, None for a video of which nothing was left; the Path of the video.
        missing(object, str): the session at this Path is whole, but its video is not there; why.
        failed(str, str): a sentence, and details for a report. Of a video, `opened` comes all the same.
    """

    opened = pyqtSignal(object, object)
    missing = pyqtSignal(object, str)
    failed = pyqtSignal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._runner = Runner()
        self._runner.done.connect(lambda tell: tell())
        self._runner.failed.connect(self.failed)
        self._session: Session | None = None  # opened, and not yet handed over

    def start(self, path: Path, video: Path | None = None) -> None:
        """Open a session, or a video. video: where the user says that the session's is."""
        self.end()
        if is_session(path):
            self._runner.start(lambda _: self._open(path, video))
        elif left_behind():
            self._runner.start(lambda _: self._recover(path))
        else:
            self.opened.emit(None, path)

    def look_first(self, path: Path, then: Callable[[], None]) -> None:
        """Look, in a thread, whether a file can be opened; call `then` if it can, else `failed` says why not."""

        def look(_: Work) -> _Tell:
            _check(path)
            return then

        self.end()
        self._runner.start(look)

    def end(self) -> None:
        """Wait, and let go of what was opened."""
        self._runner.end()
        if self._session is not None:
            self._session.close()
            self._session = None

    def _open(self, path: Path, video: Path | None) -> _Tell:
        """Open, in the thread; return what tells of it in the window's."""
        try:
            self._session = Session.open(path, video)
        except MissingVideoError as error:
            why = str(error)
            return lambda: self.missing.emit(path, why)
        except SessionError as error:
            if video is None:
                raise
            why = str(error)  # the wrong video: another one can be shown
            return lambda: self.missing.emit(path, why)
        return lambda: self._hand_over(path)

    def _recover(self, video: Path) -> _Tell:
        found = find_left_behind(video) if video.is_file() else None
        why = ""
        if found is not None:
            try:
                self._session = Session.recover(found.journal, video)
            except SessionError as error:
                why = str(error)
        return lambda: self._hand_over(video, why)

    def _hand_over(self, path: Path, why: str = "") -> None:
        if why:
            self.failed.emit(why, "")
        session, self._session = self._session, None
        self.opened.emit(session, session.document.footage.path if session else path)


class SessionSaving(QObject):
    """Saves one session at a time; files appear whole or not at all.

    Signals:
        running_changed(bool): a saving began or ended.
        saved(object): Path of the file; what was done while it was written is unsaved.
        failed(str, str): a sentence, and details for a report; the session is as before.
    """

    running_changed = pyqtSignal(bool)
    saved = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._job: _Job | None = None

    @property
    def is_running(self) -> bool:
        """Whether something is being saved."""
        return self._job is not None

    def start(self, session: Session, path: Path, then: Callable[[], object] | None = None) -> None:
        """Save to a file, then call `then`; what is being saved already is waited for first."""
        self.settle()
        try:
            draft = session.begin_save(path)
        except SessionError as error:
            self.failed.emit(str(error), "")
            return
        self._job = job = _Job(session, draft, then)
        job.work = Work(job.write)
        job.work.done.connect(self._finish)
        job.work.failed.connect(self._fail)
        job.work.start()
        self.running_changed.emit(True)

    def _finish(self, _: object) -> None:
        self.settle()

    def settle(self, *, goes_on: bool = True) -> None:
        """Wait for what is being saved. goes_on: do what was to come then."""
        if self._job is None:
            return
        job = self._over()
        if job.is_written:
            job.session.finish_save(job.draft)
            self.saved.emit(job.draft.path)
            if goes_on and job.then is not None:
                job.then()
        else:
            job.session.abandon_save(job.draft)
            self.failed.emit(job.why or self.tr("{0} could not be saved.").format(shown(job.draft.path.name)), "")

    def _fail(self, why: str, details: str) -> None:
        """Tell of what nobody thought of."""
        if self._job is not None:
            job = self._over()
            job.session.abandon_save(job.draft)
            self.failed.emit(why, details)

    def _over(self) -> _Job:
        assert self._job is not None
        job, self._job = self._job, None
        assert job.work is not None
        job.work.end()
        self.running_changed.emit(False)
        return job


class _Job:
    """One saving: what its thread found out can be read when that has ended."""

    def __init__(self, session: Session, draft: PendingSave, then: Callable[[], object] | None) -> None:
        self.session, self.draft, self.then = session, draft, then
        self.work: Work | None = None
        self.is_written = False
        self.why = ""

    def write(self, _: Work) -> None:
        """Write the file; runs in the thread."""
        try:
            self.draft.write()
            self.is_written = True
        except PoseglassError as error:
            self.why = str(error)


def _check(path: Path) -> None:
    """Raise PoseglassError for a file that cannot be opened, as far as its head tells: soon, however long a video."""
    if is_session(path):
        read_session(path)
    else:
        with open_stream(path):
            pass


def is_session(path: Path) -> bool:
    """Tell by its name whether a file is a session."""
    return path.suffix.lower() == SUFFIX
