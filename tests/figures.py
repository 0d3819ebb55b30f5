"""Stand-ins at the seams: an estimator that finds a drawn figure, and tracks whose truth is known."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from pathlib import Path

import numpy as np

from poseglass.api import HEATMAP, Boxes, Detections, Explanation, Floats, Image, MapName, Maps, Poses, Skeleton, Track
from poseglass.core.people.following import Eyes, Followed
from poseglass.core.video.video_writer import VideoWriter
from poseglass.types import Frame

DOTS = Skeleton(("left_dot", "right_dot"), (("left_dot", "right_dot"),))


def draw_dots(height: int, width: int, center: tuple[float, float]) -> Image:
    """Return a dark picture with a red and a green square, 20 px left and right of the centre."""
    image = np.full((height, width, 3), 16, dtype=np.uint8)
    for shift, channel in ((20, 0), (-20, 1)):
        x, y = round(center[0] + shift), round(center[1])
        image[y - 4 : y + 5, x - 4 : x + 5, channel] = 255
    return image


def write_empty(path: Path) -> None:
    """Write a dark video of three frames with nobody in it."""
    with VideoWriter(path, 320, 240, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(3):
            writer.write(np.full((240, 320, 3), 16, dtype=np.uint8), i)


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


class EverywhereDetector:
    """Says that somebody is somewhere in the picture."""

    @property
    def facts(self) -> Mapping[str, str]:
        return {}

    def detect(self, image: Image) -> Detections:
        height, width = image.shape[:2]
        return Detections(np.array([[-0.5, -0.5, width - 0.5, height - 0.5]]), np.ones(1))

    def close(self) -> None:
        """Hold nothing."""


class CrowdEstimator(DotEstimator):
    """Finds each person's dots in that person's box, however many others there are."""

    def _look(self, image: Image, box: Floats) -> tuple[Floats, Floats]:
        x0, y0, x1, y1 = box.round().astype(int).clip(0)
        alone = np.zeros_like(image)
        alone[y0:y1, x0:x1] = image[y0:y1, x0:x1]
        return super()._look(alone, box)


THREE = ((50.0, 60.0), (160.0, 100.0), (270.0, 140.0))
"""Where three people stand in a picture of 320 x 200 pixels or more."""


def draw_three(height: int, width: int, shift: float = 0.0) -> Image:
    """Return a picture of three people, all so far right of where they stood."""
    people = [draw_dots(height, width, (x + shift, y)) for x, y in THREE]
    return np.maximum.reduce(people)


class ThreeBoxes:
    """A `Following` that looks around each of the three, and calls them 1, 2 and 3."""

    def boxes(self) -> Boxes:
        return np.array([(x - 45, y - 45, x + 45, y + 45) for x, y in THREE])

    def follow(self, frame: Frame, eyes: Eyes) -> Followed:
        boxes = self.boxes()
        eyes.look(boxes)
        return Followed(boxes, ("1", "2", "3"))


BLOB = MapName(1, "blob", 12, 12, per_keypoint=False)
HEAT = MapName(2, HEATMAP, 16, 16, per_keypoint=True)


class LookingEstimator(DotEstimator):
    """Shows where it sees the dots: in a square turned by `angle` degrees, twice as wide as the box."""

    map_names = (BLOB, HEAT)

    def __init__(self, angle: float = 0.0) -> None:
        super().__init__()
        self.angle = angle
        self.wanted: list[tuple[MapName, ...]] = []
        self.shown: list[Boxes] = []  # where it was asked for maps

    def explain(self, image: Image, boxes: Boxes, want: Collection[MapName]) -> Explanation:
        self.wanted.append(tuple(want))
        self.shown.append(boxes)
        poses = self.estimate(image, boxes)
        return Explanation(poses, {name: self._maps(name, poses, boxes) for name in want})

    def _maps(self, name: MapName, poses: Poses, boxes: Boxes) -> Maps:
        to_frame = np.stack([self._to_frame(name.width, box) for box in boxes])
        rows, columns = np.mgrid[: name.height, : name.width]
        cells = np.stack([columns, rows, np.ones_like(rows)], axis=-1)
        places = np.einsum("pij,hwj->phwi", to_frame, cells)  # the cells' centres in the frame
        cell = np.sqrt(np.abs(np.linalg.det(to_frame[:, :, :2])))[:, None, None, None]
        apart = np.linalg.norm(places[:, None] - poses.xy[:, :, None, None], axis=-1)
        values = np.nan_to_num(np.exp(-((apart / cell) ** 2) / 2))
        if not name.per_keypoint:
            values = values[:, :1]  # the first keypoint's, the red dot's
        return Maps(values.astype(np.float32), to_frame)

    def _to_frame(self, cells: int, box: Floats) -> Floats:
        step = 2 * max(box[2:] - box[:2]) / cells
        turn = np.deg2rad(self.angle)
        linear = step * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        return np.column_stack([linear, (box[:2] + box[2:]) / 2 - linear @ np.full(2, (cells - 1) / 2)])


def track_of(xy: Floats, time_s: Floats, sigma: float = 1.0, score: float = 1.0) -> Track:
    """Return a track (T, K, 2) whose keypoints are all as uncertain and as sure; NaN is missing."""
    there = np.isfinite(xy).all(axis=-1)
    covariance = np.where(there[..., None, None], np.eye(2) * sigma**2, np.nan)
    return Track(time_s, xy, np.where(there, score, 0.0), covariance)
