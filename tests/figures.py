"""Stand-ins at the seams: an estimator that finds a drawn figure, and tracks whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from poseglass.api import Boxes, Floats, Image, Poses, Skeleton, Track

DOTS = Skeleton(("left_dot", "right_dot"), (("left_dot", "right_dot"),))


def draw_dots(height: int, width: int, center: tuple[float, float]) -> Image:
    """Return a dark picture with a red and a green square, 20 px left and right of the centre."""
    image = np.full((height, width, 3), 16, dtype=np.uint8)
    for shift, channel in ((20, 0), (-20, 1)):
        x, y = round(center[0] + shift), round(center[1])
        image[y - 4 : y + 5, x - 4 : x + 5, channel] = 255
    return image


class DotEstimator:
    """Finds the drawn dots where a box holds them; remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[Boxes] = []
        self.closed = False

    @property
    def skeleton(self) -> Skeleton:
        return DOTS

    @property
    def facts(self) -> Mapping[str, str]:
        return {"device": "cpu", "device_reason": "a test"}

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        self.asked.append(boxes)
        found = [self._look(image, box) for box in boxes]
        xy = np.array([xy for xy, _ in found])
        score = np.array([score for _, score in found])
        return Poses(xy, score, np.where(np.isfinite(xy)[..., None], np.eye(2), np.nan))

    def close(self) -> None:
        self.closed = True

    def _look(self, image: Image, box: Floats) -> tuple[Floats, Floats]:
        middle, reach = (box[:2] + box[2:]) / 2, 0.65 * max(box[2:] - box[:2])
        xy = np.full((2, 2), np.nan)
        for k, channel in enumerate((0, 1)):
            rows, columns = np.nonzero(image[..., channel] > 128)
            if len(rows):
                place = np.array([columns.mean(), rows.mean()])
                if (np.abs(place - middle) <= reach).all():
                    xy[k] = place
        return xy, np.where(np.isfinite(xy).all(axis=1), 0.9, 0.0)


def track_of(xy: Floats, time_s: Floats, sigma: float = 1.0, score: float = 1.0) -> Track:
    """Return a track (T, K, 2) whose keypoints are all as uncertain and as sure; NaN is missing."""
    there = np.isfinite(xy).all(axis=-1)
    covariance = np.where(there[..., None, None], np.eye(2) * sigma**2, np.nan)
    return Track(time_s, xy, np.where(there, score, 0.0), covariance)
