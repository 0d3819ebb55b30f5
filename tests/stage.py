"""People who walk over a drawn stage as they are told, and what sees them without error: a detector, an estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from poseglass.api import Boxes, Detections, Floats, Image, Poses, Skeleton
from poseglass.types import Frame
from poseglass_models.skeleton import LSP_14

HEIGHT, WIDTH, FPS = 240, 480, 30
TALL = 100.0
"""Pixels from top to toe of whoever is 1 large."""
FIGURE = np.array(
    [
        (-12, 50), (-11, 25), (-9, 0), (9, 0), (11, 25), (12, 50), (-22, 0), (-20, -18), (-14, -35), (14, -35),
        (20, -18), (22, 0), (0, -38), (0, -50),
    ],
    dtype=np.float64,
)  # fmt: skip
"""LSP's keypoints around the hips."""

Place = tuple[float, float] | None
"""Where somebody's hips are; None while they are away."""


@dataclass
class Actor:
    """Somebody on the stage."""

    where: Callable[[float], Place]
    colour: tuple[int, int, int] = (200, 40, 40)
    large: float = 1.0
    sureness: float = 0.8

    def pose(self, time_s: float) -> Floats | None:
        """Return the keypoints (14, 2)."""
        place = self.where(time_s)
        return None if place is None else FIGURE * self.large + np.array(place)


@dataclass
class Stage:
    """The picture, and those who look at it."""

    actors: Sequence[Actor]
    ground: int = 60
    certainty: float = 0.9  # the detector's
    blind: bool = False  # the detector sees nobody any more
    ghosts: Boxes = field(default_factory=lambda: np.zeros((0, 4)))  # where the detector errs
    detected: list[int] = field(default_factory=list)  # people seen at each look of the detector
    asked: list[int] = field(default_factory=list)  # boxes at each look of the network

    def frame(self, index: int) -> Frame:
        """Draw a frame."""
        self.time_s = index / FPS
        image = np.full((HEIGHT, WIDTH, 3), self.ground, dtype=np.uint8)
        for actor in self.actors:
            pose = actor.pose(self.time_s)
            if pose is not None:
                corners = pose[[8, 9, 3, 2]].round().astype(np.int32)
                cv2.fillPoly(image, [corners], actor.colour)
        return Frame(index, index, self.time_s, image)

    def poses(self) -> list[tuple[Actor, Floats]]:
        """Return who is there, those in front last."""
        return [(actor, pose) for actor in self.actors if (pose := actor.pose(self.time_s)) is not None]

    @property
    def skeleton(self) -> Skeleton:
        return LSP_14

    @property
    def facts(self) -> Mapping[str, str]:
        return {"detector": "stage"}

    def close(self) -> None:
        """Hold nothing."""

    def detect(self, image: Image) -> Detections:
        """Return everybody's box."""
        boxes = [] if self.blind else [np.concatenate([pose.min(0) - 3, pose.max(0) + 3]) for _, pose in self.poses()]
        everywhere = np.concatenate([np.array(boxes).reshape(-1, 4), self.ghosts])
        self.detected.append(len(everywhere))
        return Detections(everywhere, np.full(len(everywhere), self.certainty))

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        """Return in each box whoever fills it best; who is in front wins."""
        self.asked.append(len(boxes))
        poses = Poses.missing(len(LSP_14), len(boxes))
        for row, box in enumerate(boxes):
            fits = [(self._fit(box, pose), n) for n, (_, pose) in enumerate(self.poses())]
            best, n = max(fits, default=(0.0, 0))
            if best > 0.2:
                actor, pose = self.poses()[n]
                poses.xy[row], poses.score[row], poses.covariance[row] = pose, actor.sureness, np.eye(2)
            else:
                poses.xy[row], poses.score[row], poses.covariance[row] = (
                    (box[:2] + box[2:]) / 2 + FIGURE,
                    0.05,
                    np.eye(2),
                )
        return poses

    @staticmethod
    def _fit(box: Floats, pose: Floats) -> float:
        theirs = np.concatenate([pose.min(0), pose.max(0)])
        low, high = np.maximum(box[:2], theirs[:2]), np.minimum(box[2:], theirs[2:])
        both = np.clip(high - low, 0, None).prod()
        return float(both / ((box[2:] - box[:2]).prod() + (theirs[2:] - theirs[:2]).prod() - both))


def walking(
    x: float, speed: float, y: float = 120.0, while_: Callable[[float], bool] = lambda _: True
) -> Callable[[float], Place]:
    """Return the path of somebody who walks at so many px/s, and is away where `while_` says no."""
    return lambda time_s: (x + speed * time_s, y) if while_(time_s) else None
