"""Runs analyses: one at a time, in a thread, into the project's document."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.analysis import Analysed, Wish, analyse
from poseglass.core.run import Method, Seen
from poseglass.core.store.matching import matching_text
from poseglass.errors import PoseglassError
from poseglass.gui.playback.frames import Frames
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.work import Runner, Work
from poseglass.types import Skeleton

ACCEPT_S = 0.05
"""How often a thread that waits for the document looks whether it should stop."""


class Analyst(QObject):
    """Starts and stops an analysis. Results go to the document's arrivals; progress is read from `progress`.

    Signals:
        running_changed(bool): one began or ended.
        loaded(object): the network is there; the estimator's facts.
        said(str): its keypoints are others than the document's, and what that means; a sentence.
        finished(object): an Analysed; everything that was done is in the document.
        failed(str, str): a sentence, and details for a report; what was done before is in the document.
    """

    running_changed = pyqtSignal(bool)
    loaded = pyqtSignal(object)
    said = pyqtSignal(str)
    finished = pyqtSignal(object)
    failed = pyqtSignal(str, str)
    _began = pyqtSignal(object, object, object)  # from the thread

    def __init__(self, project: Project, frames: Frames) -> None:
        super().__init__()
        self._project, self._frames = project, frames
        self._runner = Runner()
        self._frames_wanted = range(0)
        self._began.connect(self._begin)
        self._runner.running_changed.connect(self._make_way)
        self._runner.running_changed.connect(self.running_changed)
        self._runner.done.connect(self._finish)
        self._runner.failed.connect(self.failed)
        project.ended.connect(self.end)

    @property
    def is_running(self) -> bool:
        """Whether an analysis runs."""
        return self._runner.is_running

    @property
    def progress(self) -> tuple[int, int]:
        """Frames done and expected; 0 expected while the network is being loaded."""
        return self._runner.progress

    def start(self, wish: Wish, method: Method | None = None) -> None:
        """Analyse; one that runs is stopped first. method: one that is loaded already, and stays open."""
        document = self._project.document
        assert document is not None, "there is nothing to analyse without a video"
        arrivals, self._frames_wanted = document.arrivals, wish.frames

        def do(work: Work) -> Analysed:
            accepted = Event()  # the document has taken the skeleton: poses may come
            of_estimator: dict[str, str] = {}

            def begin(skeleton: Skeleton, facts: Mapping[str, str]) -> None:
                of_estimator.update(facts)
                self._began.emit(skeleton, facts, accepted)
                while not accepted.wait(ACCEPT_S) and not work.should_stop():
                    pass

            def put(seen: Seen) -> None:
                if not work.should_stop():
                    arrivals.put(seen.frame.index, seen.poses, seen.people, of_estimator, seen.events)

            return analyse(wish, begin, put, work.watch, work.should_stop, method)

        self._runner.start(do)

    def stop(self) -> None:
        """Stop after the frame that is being worked on; what is done stays."""
        self._runner.stop()

    def end(self) -> None:
        """Stop and wait."""
        self._runner.end()

    def _begin(self, skeleton: Skeleton, facts: Mapping[str, str], accepted: Event) -> None:
        document = self._project.document
        if document is None or not self.is_running:
            return
        before = document.skeleton
        try:
            document.take_skeleton(skeleton)
            document.begin_results(self._frames_wanted)
        except PoseglassError as error:
            self.end()
            self.failed.emit(str(error), "")
            return
        accepted.set()
        self.loaded.emit(facts)
        text = matching_text(skeleton, before) if document.tracks.people else ""
        if text:
            self.said.emit(text)

    def _finish(self, analysed: Analysed) -> None:
        document = self._project.document
        if document is not None and analysed.went_through:
            document.finish(self._frames_wanted)
        self.finished.emit(analysed)

    def _make_way(self, is_running: bool) -> None:
        """Leave the decoding to the analysis while it runs, and take in what it finds."""
        if not is_running and self._project.document is not None:
            self._project.document.end_results()
        self._frames.let_gather(not is_running)
        self._project.expect_arrivals(is_running)
