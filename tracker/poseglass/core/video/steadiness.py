"""Whether a camera stands still: lengths in a picture are lengths in the world only as long as it does.

A few frames a second are compared with an earlier one: points of its background are looked for in the later one
(Lucas and Kanade 1981), and the move, turn and zoom that most of them agree on is the camera's.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from poseglass.types import Floats, Frame, Image

EVERY_S = 0.25
"""Between two frames that are looked at."""
SIDE = 480
"""Pixels to which the longer side is reduced."""
STILL = 0.003
"""Of the diagonal: a picture whose corners move less stands still. Clips from a tripod reach a tenth of it; of somebody
as high as half the picture it is two centimetres."""
ZOOM = 0.005
"""From which a change of size is worth telling."""
POINTS = 300
"""Looked for in a frame, at most."""
ENOUGH = 12
"""Points that must agree; with fewer nothing is known: fog, or a wall."""
KEPT = 0.25
"""Part of the points that must be found again; with fewer another scene has begun, or the light has gone."""
REACH = 0.15
"""Of the longer side of a box around a body's keypoints: so far beyond them the body may reach."""


class Steadiness:
    """Sees frames as they come, in order."""

    def __init__(self) -> None:
        self.moved = ""  # what the camera did, in words, and when; empty while it stands still
        self._next_s = -math.inf
        self._reference: Image | None = None  # (H, W) grey, what others are compared with
        self._points: Floats = np.empty((0, 1, 2))
        self._last: tuple[Image, Floats] | None = None  # the frame looked at before, grey, and the people in it

    def see(self, frame: Frame, people: Floats) -> None:
        """Look at the next frame, unless it comes too soon; people (P, K, 2): keypoints, whose bodies may move."""
        if self.moved or frame.time_s < self._next_s:
            return
        self._next_s = frame.time_s + EVERY_S
        small, scale = _small(frame.image)
        now = small, people * scale
        if self._reference is None or not self._compare(small, frame.time_s):
            self._refer(*(self._last or now))
            if self._last is not None and not self._compare(small, frame.time_s) and len(self._points) >= 2 * ENOUGH:
                self.moved = f"at {frame.time_s:.2f} s the picture is another one, or moves fast"
        self._last = now

    def _refer(self, grey: Image, people: Floats) -> None:
        """Compare with this frame from now on, with points of it that are on nobody."""
        free = np.full(grey.shape, 255, np.uint8)
        for xy in people:
            there = xy[np.isfinite(xy).all(axis=-1)]
            if len(there):
                low, high = there.min(axis=0), there.max(axis=0)
                edge = REACH * float((high - low).max())
                (x0, y0), (x1, y1) = (np.maximum(low - edge, 0).astype(int), np.maximum(high + edge, 0).astype(int))
                free[y0 : y1 + 1, x0 : x1 + 1] = 0
        found = cv2.goodFeaturesToTrack(grey, POINTS, 0.01, 8, mask=free)
        self._reference = grey
        self._points = np.empty((0, 1, 2), np.float32) if found is None else found.astype(np.float32)

    def _compare(self, grey: Image, time_s: float) -> bool:
        """Note whether the picture has moved since the reference; return whether that could be told."""
        if self._reference is None or len(self._points) < ENOUGH or grey.shape != self._reference.shape:
            return False
        before, after = _found_again(self._reference, grey, self._points)
        if len(before) < max(ENOUGH, KEPT * len(self._points)):
            return False
        motion, agree = cv2.estimateAffinePartial2D(before, after, ransacReprojThreshold=1.5)
        if motion is None or int(agree.sum()) < max(ENOUGH, KEPT * len(before)):
            return False
        self.moved = _told(np.asarray(motion, dtype=np.float64), grey.shape, time_s)
        return True


def _small(image: Image) -> tuple[Image, float]:
    """Return a picture in grey (H, W), reduced, and by what its pixels are multiplied."""
    scale = min(1.0, SIDE / max(image.shape[:2]))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if scale < 1:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(grey, dtype=np.uint8), scale


def _found_again(before: Image, after: Image, points: Floats) -> tuple[Floats, Floats]:
    """Return those of the points (N, 1, 2) that are found in the later picture, and where; both ways alike."""
    there, ok, _ = cv2.calcOpticalFlowPyrLK(before, after, points, np.empty_like(points))
    back, ok_back, _ = cv2.calcOpticalFlowPyrLK(after, before, there, np.empty_like(points))
    off_px = np.abs(np.asarray(back) - points).reshape(-1, 2).max(axis=1)
    same = (np.asarray(ok) > 0).ravel() & (np.asarray(ok_back) > 0).ravel() & (off_px < 1.0)
    return np.asarray(points[same]), np.asarray(there)[same]


def _told(motion: Floats, shape: tuple[int, ...], time_s: float) -> str:
    """Return what a motion (2, 3) does to a picture, in words; nothing where it stands still."""
    height, width = shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], dtype=float)
    moved = corners @ motion[:, :2].T + motion[:, 2] - corners
    diagonal, zoom = math.hypot(width, height), math.hypot(motion[0, 0], motion[1, 0])
    if np.linalg.norm(moved, axis=1).max() <= STILL * diagonal:
        return ""
    shift = float(np.linalg.norm(moved.mean(axis=0))) / diagonal
    parts = [f"shifted by {shift:.1%} of its diagonal"] if shift > STILL / 2 else []
    parts += [f"zoomed by {zoom - 1:+.1%}"] if abs(zoom - 1) > ZOOM else []
    return f"at {time_s:.2f} s the picture is {' and '.join(parts or ['turned'])}"
