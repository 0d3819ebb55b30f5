"""Follow one person through frames without a detector: look for them, then look where they were.

The body's keypoints alone say whether somebody is there: whoever turns away shows no face, and is not lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from poseglass.api import Estimator
from poseglass.types import Boxes, Floats, Image, Poses, Skeleton

CLEAR = 0.6
"""Mean score of the body from which a search looks no further."""
FOUND = 0.3
"""Mean score of the body from which the best that a search found is taken for a person."""
LOST = 0.15
"""Mean score of the body below which the person is no longer there: lower than FOUND, so that it does not flicker."""
PATIENCE = 10
"""Frames between two searches while nobody is found: a vain one costs some forty times as much as a frame."""
REFINEMENTS = 2
"""Looks at a found person from ever better boxes: the first box is a guess, the second is from a small picture."""
SEARCH_SIDES = (1.0, 0.6, 0.36)
"""Sides of the squares that are searched one size after the other, in parts of the picture's shorter side: a person
of half a square's side is seen well enough to look closer."""
SEARCH_STEP = 0.5
"""Distance of neighbouring squares, in parts of their side."""
STEADINESS = 0.75
"""Part of the last box's size that is kept: people move at once but grow slowly, and unsure limbs come and go (20 clips
of JHMDB train, PCK@0.2 41.0 against 38.5 without)."""
SURE = 0.25
"""Score from which a keypoint helps to say where the person is."""


@dataclass
class Follower:
    """Remembers where the person was. One for each video; frames come in order."""

    estimator: Estimator
    _box: Floats | None = None
    _wait: int = 0

    def follow(self, image: Image) -> Poses:
        """Return the person's pose, one person; all missing while nobody is found."""
        if self._box is not None:
            poses = self.estimator.estimate(image, self._box[None])
            if self._score(poses) >= LOST:
                return self._remember(poses)
            self._box, self._wait = None, 0
        if self._wait > 0:
            self._wait -= 1
            return Poses.missing(len(self.estimator.skeleton))
        return self._remember(self._search(image))

    def _search(self, image: Image) -> Poses:
        """Look at ever smaller squares of the picture until somebody is clearly in one; else take the best."""
        best = Poses.missing(len(self.estimator.skeleton))
        for boxes in search_boxes(*image.shape[:2]):
            candidates = self.estimator.estimate(image, boxes)
            seen_best = int(np.argmax(mean_score(candidates, self.estimator.skeleton)))
            poses = self._look_closer(image, one(candidates, seen_best))
            best = max(best, poses, key=self._score)
            if self._score(best) >= CLEAR:
                break
        if self._score(best) >= FOUND:
            return best
        self._wait = PATIENCE
        return Poses.missing(len(self.estimator.skeleton))

    def _look_closer(self, image: Image, poses: Poses) -> Poses:
        for _ in range(REFINEMENTS):
            box = person_box(poses, self.estimator.skeleton)
            if box is None:
                break
            closer = self.estimator.estimate(image, box[None])
            poses = closer if self._score(closer) >= self._score(poses) else poses
        return poses

    def _remember(self, poses: Poses) -> Poses:
        box = person_box(poses, self.estimator.skeleton)
        self._box = box if box is None or self._box is None else steadied(box, self._box)
        return poses

    def _score(self, poses: Poses) -> float:
        return float(mean_score(poses, self.estimator.skeleton)[0])


def mean_score(poses: Poses, skeleton: Skeleton) -> Floats:
    """Return the mean score of each person's body (P,)."""
    return np.asarray(poses.score[:, skeleton.body].mean(axis=1))


def one(poses: Poses, person: int) -> Poses:
    """Return one of several people."""
    keep = slice(person, person + 1)
    return Poses(poses.xy[keep], poses.score[keep], poses.covariance[keep])


def person_box(poses: Poses, skeleton: Skeleton) -> Floats | None:
    """Return the box (4,) around the first person's sure keypoints; None with fewer than two of the body.

    A sure face is in the box, too: where no `head_top` is known the head would be cut off.
    """
    sure = np.isfinite(poses.xy[0]).all(axis=-1) & (poses.score[0] >= SURE)
    if sure[skeleton.body].sum() < 2:
        return None
    return np.concatenate([poses.xy[0, sure].min(axis=0), poses.xy[0, sure].max(axis=0)])


def steadied(box: Floats, last: Floats) -> Floats:
    """Return the box (4,) where it is, with most of the size of the last one."""
    middle = (box[:2] + box[2:]) / 2
    half = (STEADINESS * (last[2:] - last[:2]) + (1 - STEADINESS) * (box[2:] - box[:2])) / 2
    return np.concatenate([middle - half, middle + half])


def search_boxes(height: int, width: int) -> Iterator[Boxes]:
    """Yield boxes (P, 4) to look for somebody in: first the whole picture and squares as high, then smaller squares."""
    boxes = [(0.0, 0.0, float(width), float(height))]
    for part in SEARCH_SIDES:
        side = part * min(height, width)
        boxes += [(x, y, x + side, y + side) for y in _starts(height, side) for x in _starts(width, side)]
        yield np.array(boxes)
        boxes = []


def _starts(length: int, side: float) -> Floats:
    """Return evenly spaced starts of squares that cover a length and overlap by half."""
    count = int(np.ceil((length - side) / (side * SEARCH_STEP))) + 1
    return np.linspace(0, length - side, max(1, count))
