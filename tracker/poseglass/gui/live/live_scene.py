"""What is drawn over a live picture, as the display options want it, turned over with it where it is mirrored."""

from __future__ import annotations

from collections import deque

import numpy as np

from poseglass.core.live.live import LiveResult
from poseglass.core.live.mirror import mirror_covariance, mirror_xy
from poseglass.core.people_marks import person_colour
from poseglass.core.run import Seen
from poseglass.core.sketch import GHOST, Colouring, Sketch, add_box, add_ellipses, add_name, add_pose, add_trails
from poseglass.gui.picture.display import Displays
from poseglass.gui.picture.scene import TRAIL_S, TRAILED
from poseglass.types import Floats, Skeleton


class LiveScene:
    """Makes sketches, and remembers where keypoints were for their trails. One for each source."""

    def __init__(self, displays: Displays) -> None:
        self._displays = displays
        self._past: dict[str, deque[tuple[float, Floats]]] = {}  # by person: seconds, (K, 2) unmirrored, NaN while away

    def sketch(self, result: LiveResult, skeleton: Skeleton | None, mirrored: bool) -> Sketch:
        """Return what is drawn over a picture; nothing while there is nobody."""
        sketch = Sketch()
        seen = result.seen
        if seen is not None and skeleton is not None:
            everybody = seen.poses.xy if self._displays.display.source == "raw" else seen.live_xy
            self._remember(seen, everybody)
            for row, xy in enumerate(everybody):
                self._add_person(sketch, seen, row, xy, skeleton, mirrored)
        return sketch

    def _add_person(self, sketch: Sketch, seen: Seen, row: int, xy: Floats, skeleton: Skeleton, mirrored: bool) -> None:
        width, display, name = seen.frame.image.shape[1], self._displays.display, seen.people[row]

        def turned(xy: Floats) -> Floats:
            return mirror_xy(xy, width) if mirrored else xy

        raw, score, covariance = seen.poses.xy[row], seen.poses.score[row], seen.poses.covariance[row]
        if display.trails:
            usual = [skeleton.names.index(each) for each in TRAILED if each in skeleton.names]
            add_trails(sketch, skeleton, turned(np.stack([past for _, past in self._past[name]])), usual)
        several = len(self._past) > 1
        if display.boxes:
            add_box(sketch, name, turned(xy), person_colour(name) if several else GHOST)
        elif several:
            add_name(sketch, skeleton, name, turned(xy), score)
        if display.uncertainty:
            add_ellipses(sketch, turned(raw), mirror_covariance(covariance) if mirrored else covariance)
        if display.skeleton:
            if display.source == "both":
                ghost = Sketch()
                add_pose(ghost, skeleton, name, turned(raw), score, Colouring.GHOST)
                sketch.strokes += ghost.strokes
            add_pose(sketch, skeleton, name, turned(xy), score, display.colouring(several=several))

    def _remember(self, seen: Seen, everybody: Floats) -> None:
        """Note where people are, (P, K, 2), and that the others are nowhere; forget who was nowhere for long."""
        here = dict(zip(seen.people, everybody, strict=True))
        for name in {*here, *self._past}:
            past = self._past.setdefault(name, deque())
            past.append((seen.frame.time_s, here.get(name, np.full(everybody.shape[1:], np.nan))))
            while past[0][0] < seen.frame.time_s - TRAIL_S:
                past.popleft()
            if name not in here and not any(np.isfinite(xy).any() for _, xy in past):
                del self._past[name]
