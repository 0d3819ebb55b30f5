"""Everybody's causal path in the window: kept up with what comes in, computed as a whole in a thread."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from poseglass.api import Smoother
from poseglass.core.motion.live_path import LivePath, walk_whole
from poseglass.core.plugins import make_smoother
from poseglass.core.store.document import Change, Document
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.work import Runner, Work
from poseglass.types import Flags, Floats, Track

EVERY_MS = 250
"""How often results that came are taken into the path: often enough to watch, seldom enough to cost nothing."""
AT_ONCE = 600
"""Frames that are computed in the window's thread: some 50 ms. More go to another thread."""


class LivePaths(QObject):
    """The path that a person's live smoothing takes, of whoever was asked for.

    Signals:
        changed(str): this person's path is another one in some frames.
    """

    changed = pyqtSignal(str)

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._paths: dict[str, LivePath] = {}
        self._stale: dict[str, Flags] = {}
        self._runner = Runner()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._catch_up)
        self._runner.done.connect(self._take_whole)
        self._runner.failed.connect(project.failed)
        for outcome in (self._runner.done, self._runner.failed):
            outcome.connect(lambda: self._timer.start())
        project.began.connect(self._forget)
        project.ended.connect(self._forget)
        project.changed.connect(self._follow)
        project.smoother_changed.connect(self._start_anew)

    def xy(self, person: str) -> Floats:
        """Return a person's path over all frames (T, K, 2), NaN where it is not known (yet). Read only."""
        document = self._document()
        path = self._paths.get(person)
        if path is None or path.xy.shape[1] != len(document.skeleton):
            path = self._paths[person] = LivePath(document.footage.time_s, len(document.skeleton), self._make)
            self._stale[person] = document.tracks.analysed.copy()
            self._timer.start()
        return path.xy

    def refresh(self, person: str, frames: range) -> None:
        """Compute these frames now."""
        self.xy(person)
        document = self._document()

        def part(window: range) -> Track:
            return document.tracks.raw(person, window)

        self._paths[person].refresh(frames, part, document.tracks.analysed)
        self._stale[person][frames.start : frames.stop] = False
        self.changed.emit(person)

    def end(self) -> None:
        """Stop what runs."""
        self._timer.stop()
        self._runner.end()

    def _follow(self, change: Change) -> None:
        """Note what was measured anew; moves and marks measure nothing."""
        if change.by_user and change.keypoints is not None:
            return
        if change.renumbered is not None:
            self._start_anew()
            return
        document = self._document()
        for person in set(change.people) & set(self._paths):
            here = slice(change.frames.start, change.frames.stop)
            self._stale[person][here] = document.tracks.analysed[here]
            if not self._timer.isActive():
                self._timer.start()

    def _start_anew(self) -> None:
        """Compute everything again: the smoother is another one, or the keypoints are."""
        people = list(self._paths)
        self._forget()
        for person in people:
            self.xy(person)

    def _catch_up(self) -> None:
        if self._project.document is None or self._runner.is_running:
            return
        for person, stale in self._stale.items():
            where = np.flatnonzero(stale)
            if not len(where):
                continue
            frames = range(int(where[0]), int(where[-1]) + 1)
            if len(frames) > AT_ONCE:
                self._walk_whole(person)
                return
            self.refresh(person, frames)

    def _walk_whole(self, person: str) -> None:
        document, smoother = self._document(), self._make()
        track, analysed = document.tracks.raw(person), document.tracks.analysed.copy()
        self._stale[person][:] = False

        def do(work: Work) -> tuple[str, Floats | None]:
            return person, walk_whole(track, analysed, smoother, work.watch, work.should_stop)

        self._runner.start(do)

    def _take_whole(self, walked: tuple[str, Floats | None]) -> None:
        person, xy = walked
        if xy is not None and person in self._paths:
            self._paths[person].xy[:] = xy
            self.changed.emit(person)

    def _forget(self) -> None:
        self.end()
        self._paths.clear()
        self._stale.clear()

    def _make(self) -> Smoother:
        return make_smoother(self._project.smoother_name, self._project.smoother_options)

    def _document(self) -> Document:
        assert self._project.document is not None, "asked for paths without a video"
        return self._project.document
