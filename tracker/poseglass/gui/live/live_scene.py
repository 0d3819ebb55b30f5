"""What is drawn over a live picture, as the display options want it, turned over with it where it is mirrored."""

from __future__ import annotations

from collections import deque

import numpy as np

from poseglass.core.live.live import LiveResult
from poseglass.core.live.mirror import mirror_covariance, mirror_xy
from poseglass.core.sketch import Colouring, Sketch, add_box, add_ellipses, add_pose, add_trails
from poseglass.core.store.tracks import PERSON
from poseglass.gui.picture.display import Displays
from poseglass.gui.picture.scene import TRAIL_S, TRAILED
from poseglass.types import Floats, Skeleton


class LiveScene:
    """Makes sketches, and remembers where keypoints were for their trails. One for each source."""

    def __init__(self, displays: Displays) -> None:
        self._displays = displays
        self._past: deque[tuple[float, Floats]] = deque()  # seconds, (K, 2) unmirrored

    def sketch(self, result: LiveResult, skeleton: Skeleton | None, mirrored: bool) -> Sketch:
        """Return what is drawn over a picture; nothing while there is no pose."""
        sketch = Sketch()
        if result.poses is None or result.live_xy is None or skeleton is None:
            return sketch
        width, display = result.live.frame.image.shape[1], self._displays.display

        def turned(xy: Floats) -> Floats:
            return mirror_xy(xy, width) if mirrored else xy

        raw, score, covariance = result.poses.xy[0], result.poses.score[0], result.poses.covariance[0]
        xy = raw if display.source == "raw" else result.live_xy
        self._remember(result.live.frame.time_s, xy)
        if display.trails:
            usual = [skeleton.names.index(name) for name in TRAILED if name in skeleton.names]
            add_trails(sketch, skeleton, turned(np.stack([past for _, past in self._past])), usual)
        if display.boxes:
            add_box(sketch, PERSON, turned(xy))
        if display.uncertainty:
            add_ellipses(sketch, turned(raw), mirror_covariance(covariance) if mirrored else covariance)
        if display.skeleton:
            if display.source == "both":
                ghost = Sketch()
                add_pose(ghost, skeleton, PERSON, turned(raw), score, Colouring.GHOST)
                sketch.strokes += ghost.strokes
            colouring = Colouring.SCORE if display.by_score else Colouring.SIDE
            add_pose(sketch, skeleton, PERSON, turned(xy), score, colouring)
        return sketch

    def _remember(self, time_s: float, xy: Floats) -> None:
        self._past.append((time_s, xy))
        while self._past[0][0] < time_s - TRAIL_S:
            self._past.popleft()
