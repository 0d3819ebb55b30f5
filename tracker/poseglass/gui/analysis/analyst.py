"""Runs analyses: one at a time, in a thread, into the project's document."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.analysis import Analysed, Wish, analyse
from poseglass.errors import PoseglassError
from poseglass.gui.playback.frames import Frames
from poseglass.gui.project import Project
from poseglass.gui.work import Work
from poseglass.types import Poses, Skeleton

ACCEPT_S = 0.05
"""How often a thread that waits for the document looks whether it should stop."""


class Analyst(QObject):
    """Starts and stops an analysis. Results go to the document's arrivals; progress is read from `progress`.

    Signals:
        running_changed(bool): one began or ended.
        loaded(object): the network is there; the estimator's facts.
        finished(object): an Analysed; everything that was done is in the document.
        failed(str, str): a sentence, and details for a report; what was done before is in the document.
    """

    running_changed = pyqtSignal(bool)
    loaded = pyqtSignal(object)
    finished = pyqtSignal(object)
    failed = pyqtSignal(str, str)
    _began = pyqtSignal(object, object)  # from the thread

    def __init__(self, project: Project, frames: Frames) -> None:
        super().__init__()
        self._project, self._frames = project, frames
        self._work: Work | None = None
        self._accepted = Event()  # the document has taken the skeleton: poses may come
        self._began.connect(self._begin)
        project.ended.connect(self.end)

    @property
    def is_running(self) -> bool:
        """Whether an analysis runs."""
        return self._work is not None

    @property
    def progress(self) -> tuple[int, int]:
        """Frames done and expected; 0 expected while the network is being loaded."""
        return self._work.progress if self._work is not None else (0, 0)

    def start(self, wish: Wish) -> None:
        """Analyse; one that runs is stopped first."""
        self.end()
        document = self._project.document
        assert document is not None, "there is nothing to analyse without a video"
        arrivals = document.arrivals

        def do(work: Work) -> Analysed:
            def begin(skeleton: Skeleton, facts: Mapping[str, str]) -> None:
                self._accepted.clear()
                self._began.emit(skeleton, facts)
                while not self._accepted.wait(ACCEPT_S) and not work.should_stop():
                    pass

            def put(frame: int, poses: Poses) -> None:
                if not work.should_stop():
                    arrivals.put(frame, poses)

            return analyse(wish, begin, put, work.watch, work.should_stop)

        self._work = Work(do)
        self._work.done.connect(self._finish)
        self._work.failed.connect(self._fail)
        self._frames.let_gather(False)
        self._project.expect_arrivals(True)
        self._work.start()
        self.running_changed.emit(True)

    def stop(self) -> None:
        """Stop after the frame that is being worked on; what is done stays."""
        if self._work is not None:
            self._work.stop()

    def end(self) -> None:
        """Stop and wait."""
        if self._work is not None:
            self._work.end()
            self._over()

    def _begin(self, skeleton: Skeleton, facts: Mapping[str, str]) -> None:
        document = self._project.document
        if document is None or self._work is None:
            return
        try:
            document.take_skeleton(skeleton)
        except PoseglassError as error:
            self.end()
            self.failed.emit(str(error), "")
            return
        document.facts = [facts]
        self._accepted.set()
        self.loaded.emit(facts)

    def _finish(self, analysed: Analysed) -> None:
        self._over()
        self.finished.emit(analysed)

    def _fail(self, why: str, details: str) -> None:
        self._over()
        self.failed.emit(why, details)

    def _over(self) -> None:
        self._work = None
        self._frames.let_gather(True)
        self._project.expect_arrivals(False)
        self.running_changed.emit(False)
