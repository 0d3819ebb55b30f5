"""What somebody looks like: the colours of their torso, by which they are known again."""

from __future__ import annotations

import cv2
import numpy as np

from poseglass.types import Floats, Image, Poses, Skeleton

TORSO = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
BINS = (8, 4, 4)
"""Of hue, saturation and lightness: enough to tell shirts, too few to tell shadows."""
SIDE = 24
"""Pixels of the patch that is looked at; colours need no more."""

Looks = Floats
"""A histogram that sums to 1, flat."""


def looks_of(image: Image, poses: Poses, row: int, skeleton: Skeleton) -> Looks | None:
    """Return the colours of a person's torso, or of the box around their keypoints where there is no torso.

    None where that is outside the picture, or smaller than a few pixels.
    """
    xy = poses.xy[row]
    torso = [skeleton.names.index(name) for name in TORSO if name in skeleton.names]
    corners = xy[torso] if len(torso) == len(TORSO) else xy
    corners = corners[np.isfinite(corners).all(axis=-1)]
    if len(corners) < 2:
        return None
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(corners.min(axis=0)), 0, (width, height)).astype(int)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)) + 1, 0, (width, height)).astype(int)
    if x1 - x0 < 3 or y1 - y0 < 3:
        return None
    patch = cv2.resize(image[y0:y1, x0:x1], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    hls = cv2.cvtColor(patch, cv2.COLOR_RGB2HLS)
    counts = cv2.calcHist([hls], [0, 2, 1], None, list(BINS), [0, 180, 0, 256, 0, 256])
    return np.asarray(counts.ravel() / counts.sum(), dtype=np.float64)


def likeness(a: Looks | None, b: Looks | None) -> float:
    """Return how alike two are, 0 to 1 (Bhattacharyya); a half where one of them is not known."""
    return 0.5 if a is None or b is None else float(np.sqrt(a * b).sum())


def remembered(before: Looks | None, now: Looks | None, part: float = 0.1) -> Looks | None:
    """Return what is known after another look: light changes slowly, and one look may be at somebody in front."""
    if before is None or now is None:
        return now if before is None else before
    return np.asarray((1 - part) * before + part * now)
