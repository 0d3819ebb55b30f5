"""Runs analyses: one at a time, in a thread, into the project's document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from threading import Event as Flag

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.analysis import Wish
from poseglass.core.pieces import Piece, analyse_pieces, sum_of
from poseglass.core.run import Method, Seen
from poseglass.core.store.arrivals import Arrivals
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
        loaded(object): the network is there; the facts of what finds people.
        said(str): its keypoints are others than the document's, and what that means; a sentence.
        finished(object): an Analysed; everything that was done is in the document.
        failed(str, str): a sentence, and details for a report; what was done before is in the document.
    """

    running_changed = pyqtSignal(bool)
    loaded = pyqtSignal(object)
    said = pyqtSignal(str)
    finished = pyqtSignal(object)
    failed = pyqtSignal(str, str)
    _began = pyqtSignal(object, object, object, object)  # from the thread

    def __init__(self, project: Project, frames: Frames) -> None:
        super().__init__()
        self._project, self._frames = project, frames
        self._runner = Runner()
        self._pieces: tuple[range, ...] = ()
        self.only = ""  # whom the last analysis was to follow; "" is everybody
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

    def start(self, wish: Wish, method: Method | None = None, pieces: Sequence[range] = (), only: str = "") -> None:
        """Analyse; one that runs is stopped first.

        method: one that is loaded already, and stays open. pieces: stretches of frames, one after the other, in place
        of the wish's. only: the person whom the wish follows, who may be new; all others stay as they are.
        """
        document = self._project.document
        assert document is not None, "there is nothing to analyse without a video"
        arrivals, self._pieces = document.arrivals, tuple(pieces) or (wish.frames,)
        stretches, self.only = self._pieces, only

        def do(work: Work) -> tuple[Piece, ...]:
            of_method: dict[str, str] = {}

            def begin(frames: range, skeleton: Skeleton, facts: Mapping[str, str]) -> None:
                of_method.update(facts)
                accepted = Flag()  # the document has taken the skeleton: poses may come
                self._began.emit(frames, skeleton, facts, accepted)
                while not accepted.wait(ACCEPT_S) and not work.should_stop():
                    pass

            def put(seen: Seen) -> None:
                if not work.should_stop():
                    _put(arrivals, seen, of_method, only)

            return analyse_pieces(wish, stretches, begin, put, work.watch, work.should_stop, method)

        self._runner.start(do)

    def stop(self) -> None:
        """Stop after the frame that is being worked on; what is done stays."""
        self._runner.stop()

    def end(self) -> None:
        """Stop and wait."""
        self._runner.end()

    def _begin(self, frames: range, skeleton: Skeleton, facts: Mapping[str, str], accepted: Flag) -> None:
        document = self._project.document
        if document is None or not self.is_running:
            return
        before = document.skeleton
        try:
            document.take_skeleton(skeleton)
            document.begin_results(frames)
        except PoseglassError as error:
            self.end()
            self.failed.emit(str(error), "")
            return
        accepted.set()
        self.loaded.emit(facts)
        text = matching_text(skeleton, before) if document.tracks.people and frames == self._pieces[0] else ""
        if text:
            self.said.emit(text)

    def _finish(self, done: tuple[Piece, ...]) -> None:
        document = self._project.document
        for piece in done:
            if document is not None and piece.analysed.went_through:
                document.finish(piece.frames)
        self.finished.emit(sum_of(done, self._pieces))

    def _make_way(self, is_running: bool) -> None:
        """Leave the decoding to the analysis while it runs, and take in what it finds."""
        self._frames.let_gather(not is_running)
        if not is_running and self._project.document is not None:
            self._project.document.end_results()  # then all of it is smoothed
        self._project.expect_arrivals(is_running)


def _put(arrivals: Arrivals, seen: Seen, facts: Mapping[str, str], only: str) -> None:
    """Hand over a frame; only: whoever is seen there is this person."""
    if not only:
        arrivals.put(seen.frame.index, seen.poses, seen.people, facts, seen.events)
        return
    events = [replace(event, person=only) for event in seen.events if event.person]
    rows = range(min(1, len(seen.people)))
    arrivals.put(seen.frame.index, seen.poses.part(rows), [only] * len(rows), facts, events, only=(only,))
