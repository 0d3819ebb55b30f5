"""Where a film goes on with another scene."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from poseglass.types import Floats, Image

SIZE = (32, 18)
"""Pixels of the thumbnails that are compared."""
CHANGE = 22.0
"""Mean difference of two thumbnails, of 255, from which there may be a cut. A fast pan reaches 20."""
SUDDEN = 3.5
"""Times the usual difference of the last frames: who pans fast pans for more than a frame."""
COLOURS = 0.75
"""Likeness of the colours of two frames (Bhattacharyya) above which a scene goes on: a door that opens, a flash."""
MEMORY = 8
"""Frames whose differences are usual."""


class Cuts:
    """Sees cuts as frames come, onwards or backwards. Dissolves are none: poses in them jump, or are lost."""

    def __init__(self) -> None:
        self._last: tuple[Floats, Floats] | None = None
        self._usual: deque[float] = deque(maxlen=MEMORY)

    def is_one(self, image: Image) -> bool:
        """Tell whether another scene begins with this frame."""
        thumbnail = cv2.resize(image, SIZE, interpolation=cv2.INTER_AREA)
        colours = cv2.calcHist([thumbnail], [0, 1, 2], None, [6, 6, 6], [0, 256] * 3).ravel()
        now = thumbnail.astype(np.float64), np.asarray(colours / colours.sum(), dtype=np.float64)
        before, self._last = self._last, now
        if before is None:
            return False
        change = float(np.abs(now[0] - before[0]).mean())
        usual = float(np.median(self._usual)) if self._usual else 0.0
        alike = float(np.sqrt(now[1] * before[1]).sum())
        if change > max(CHANGE, SUDDEN * usual) and alike < COLOURS:
            self._usual.clear()
            return True
        self._usual.append(change)
        return False
