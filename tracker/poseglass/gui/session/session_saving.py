"""Saves a session in a thread while work on it goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.session.session import Draft, Session
from poseglass.errors import PoseglassError, SessionError
from poseglass.gui.shared.work import Work


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
            self.failed.emit(job.why or self.tr("{0} could not be saved.").format(job.draft.path.name), "")

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

    def __init__(self, session: Session, draft: Draft, then: Callable[[], object] | None) -> None:
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
