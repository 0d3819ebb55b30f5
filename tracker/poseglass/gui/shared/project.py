"""The document of the open video in the window: results, corrections and smoothed paths, with signals for panels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from poseglass.api import Smoother
from poseglass.core.motion.calibration import Calibration
from poseglass.core.motion.smoothing import Pending, SmoothedPaths, smooth_whole
from poseglass.core.plugins import DEFAULT_SMOOTHER, make_smoother
from poseglass.core.store.document import Change, Document
from poseglass.errors import PoseglassError
from poseglass.gui.shared.work import Work
from poseglass.types import SmoothedTrack

ARRIVALS_MS = 50
"""How often results that came are taken up while an analysis runs: twenty times a second looks like always."""


@dataclass(frozen=True)
class CameraLook:
    """Whether the camera stands still in some frames."""

    frames: range
    moved: str  # what it does, in words; empty if it stands still


class Project(QObject):
    """Owns document and smoothed paths of the open video; both None without one. All in the window's thread.

    Panels edit `document` directly; what they change comes back by `changed` like everything else.

    Signals:
        began(): another document is there.
        ended(): there is none any more.
        changed(object): a core.document.Change.
        smoothed(str): the smoothed path of this person is another one, or more of it is there.
        calibration_changed(): another scale, or none, or more is known of the camera.
        smoother_changed(): another smoother, or other settings of it, are used from now on.
        failed(str, str): smoothing went wrong; a sentence, and details for a report.
    """

    began = pyqtSignal()
    ended = pyqtSignal()
    changed = pyqtSignal(object)
    smoothed = pyqtSignal(str)
    calibration_changed = pyqtSignal()
    smoother_changed = pyqtSignal()
    failed = pyqtSignal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.document: Document | None = None
        self.paths: SmoothedPaths | None = None
        self.smoother_name = DEFAULT_SMOOTHER
        self.smoother_options: dict[str, object] = {}
        self.calibration: Calibration | None = None
        self.looked: CameraLook | None = None  # for the calibration
        self._smoothing: list[Work] = []  # one at most
        self._waiting: list[str] = []  # people to be smoothed
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self.take_arrivals)

    @property
    def has_poses(self) -> bool:
        """Whether there is anything to export."""
        document = self.document
        return document is not None and bool(document.tracks.people or document.tracks.analysed.any())

    @property
    def moved(self) -> str | None:
        """What the camera does in the frames with results, in words; "" if it stands still, None if nobody knows."""
        if self.document is None or self.looked is None:
            return None
        if self.looked.moved:
            return self.looked.moved
        known = np.flatnonzero(self.document.tracks.is_known(self.document.tracks.frames))
        is_seen = not len(known) or (known[0] in self.looked.frames and known[-1] in self.looked.frames)
        return "" if is_seen else None

    def calibrate(self, calibration: Calibration | None) -> None:
        """Measure by this from now on; of the camera nothing is known then."""
        if calibration != self.calibration:
            self.calibration, self.looked = calibration, None
            self.calibration_changed.emit()

    def note_camera(self, looked: CameraLook) -> None:
        """Take what the camera was seen to do."""
        self.looked = looked
        self.calibration_changed.emit()

    def begin(self, document: Document) -> None:
        """Take the document of the video that is open now; `smooth` what is in it when there is time."""
        self.end()
        self.document = document
        self.paths = SmoothedPaths(self.document, self._make_smoother())
        self.document.watch(self._tell)  # after the paths, which then have followed already
        self.began.emit()

    def end(self) -> None:
        """Let go of the document."""
        self._ticker.stop()
        self._waiting.clear()
        while self._smoothing:
            work = self._smoothing[-1]
            work.end()
            self._drop(work)
        if self.paths is not None:
            self.paths.stop_watching()  # each holds the other, and an hour's results are too large to wait for gc
        if self.document is not None:
            self.document = self.paths = self.calibration = self.looked = None
            self.ended.emit()

    def expect_arrivals(self, expected: bool) -> None:
        """Take up results by itself while they come in; when they end, take the last ones and smooth everything."""
        if expected:
            self._ticker.start(ARRIVALS_MS)
        else:
            self._ticker.stop()
            self.take_arrivals()
            self.smooth()

    def take_arrivals(self) -> None:
        """Take up what a worker has put."""
        if self.document is not None:
            self.document.take_arrivals()

    def use_smoother(self, name: str, options: Mapping[str, object]) -> None:
        """Smooth otherwise from now on, everything anew; what is being smoothed is given up."""
        self.smoother_name, self.smoother_options = name, dict(options)
        for work in self._smoothing:
            work.stop()
        self.smoother_changed.emit()
        if self.paths is not None:
            try:
                self.paths.use(self._make_smoother())
            except PoseglassError as error:
                self.failed.emit(str(error), "")
                return
            self.smooth()

    def smooth(self) -> None:
        """Smooth everybody's whole track that is not up to date, one after the other in a thread; `smoothed` says when.

        All at once a crowd would leave the window no time.
        """
        if self.document is not None and self.paths is not None:
            stale = [person for person in self.document.tracks.shown_people if self.paths.stale(person)]
            self._waiting += [person for person in stale if person not in self._waiting]
            self._smooth_next()

    def refresh(self, person: str, frames: range) -> None:
        """Smooth these frames now, whatever a thread still does; `smoothed` says so."""
        if self.paths is not None:
            try:
                self.paths.refresh(person, frames)
            except PoseglassError as error:
                self.failed.emit(str(error), "")
            else:
                self.smoothed.emit(person)

    def _smooth_next(self) -> None:
        """Smooth who waits longest, if nobody is being smoothed; who was meanwhile need not be."""
        while self._waiting and not self._smoothing and self.paths is not None:
            person = self._waiting.pop(0)
            if self.paths.stale(person):
                self._smooth_person(self.paths.begin(person))

    def _smooth_person(self, pending: Pending) -> None:
        smoother = self._make_smoother()

        def do(work: Work) -> tuple[Pending, SmoothedTrack | None]:
            return pending, smooth_whole(pending.track, smoother, work.watch, work.should_stop)

        work = Work(do)
        work.done.connect(self._finish)
        work.failed.connect(self._fail_smoothing)
        work.finished.connect(self._sweep)
        self._smoothing.append(work)
        work.start()

    def _fail_smoothing(self, why: str, details: str) -> None:
        self._waiting.clear()  # it would fail for everybody
        self.failed.emit(why, details)

    def _finish(self, result: tuple[Pending, SmoothedTrack | None]) -> None:
        pending, smoothed = result
        if smoothed is not None and self.paths is not None:
            self.paths.finish(pending, smoothed)
            self.smoothed.emit(pending.person)

    def _sweep(self) -> None:
        """Drop the work that says it has ended, and no other: what that found may still be on its way.

        A function that held the work itself could be collected with it while it is called.
        """
        work = self.sender()
        if isinstance(work, Work):
            self._drop(work)

    def _drop(self, work: Work) -> None:
        if work in self._smoothing:  # it may have been ended meanwhile
            self._smoothing.remove(work)
            self._smooth_next()

    def _make_smoother(self) -> Smoother:
        return make_smoother(self.smoother_name, self.smoother_options)

    def _tell(self, change: Change) -> None:
        self.changed.emit(change)
        is_followed = change.by_user or change.renumbered is not None  # results are smoothed when all have come
        if is_followed and self.paths is not None and any(self.paths.stale(person) for person in change.people):
            self.smooth()  # it was too much to be followed at once
