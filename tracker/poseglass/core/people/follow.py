"""Follow one person through frames without a detector: look for them, then look where they were.

The body's keypoints alone say whether somebody is there: whoever turns away shows no face, and is not lost.
"""

from __future__ import annotations

from collections.abc import Iterator

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


NOWHERE: Boxes = np.zeros((0, 4))
"""Nothing to look at."""


class SingleFollower:
    """A `BoxSource` of one person: searches for somebody, then looks where they were."""

    def __init__(self) -> None:
        self._box: Floats | None = None
        self._wait = 0

    def boxes(self, image: Image, estimator: Estimator) -> Boxes:
        """Return the person's box, (1, 4), or none while nobody is found."""
        if self._box is not None:
            return self._box[None]
        if self._wait > 0:
            self._wait -= 1
            return NOWHERE
        box = search(image, estimator)
        if box is None:
            self._wait = PATIENCE
            return NOWHERE
        return box[None]

    def learn(self, poses: Poses, skeleton: Skeleton) -> bool:
        """Remember where the person is; one who is no longer there is to be searched for at once."""
        if not len(poses):
            return True
        if self._box is not None and mean_score(poses, skeleton)[0] < LOST:
            self._box, self._wait = None, 0
            return False
        box = person_box(poses, skeleton)
        self._box = box if box is None or self._box is None else steadied(box, self._box)
        return True


def search(image: Image, estimator: Estimator) -> Floats | None:
    """Return the box (4,) in which somebody is seen best; None where nobody is seen well enough.

    Looks at ever smaller squares of the picture until somebody is clearly in one.
    """
    best: tuple[float, Floats] = (0.0, NOWHERE)
    for boxes in search_boxes(*image.shape[:2]):
        candidates = estimator.estimate(image, boxes)
        scores = mean_score(candidates, estimator.skeleton)
        row = int(np.argmax(scores))
        found = _look_closer(image, estimator, candidates.part([row]), boxes[row])
        best = max(best, found, key=lambda each: each[0])
        if best[0] >= CLEAR:
            break
    return best[1] if best[0] >= FOUND else None


def _look_closer(image: Image, estimator: Estimator, poses: Poses, box: Floats) -> tuple[float, Floats]:
    """Return the best score among looks from ever better boxes, and the box of that look."""
    score = float(mean_score(poses, estimator.skeleton)[0])
    for _ in range(REFINEMENTS):
        nearer = person_box(poses, estimator.skeleton)
        if nearer is None:
            break
        closer = estimator.estimate(image, nearer[None])
        if (again := float(mean_score(closer, estimator.skeleton)[0])) >= score:
            score, poses, box = again, closer, nearer
    return score, box


def mean_score(poses: Poses, skeleton: Skeleton) -> Floats:
    """Return the mean score of each person's body (P,)."""
    return np.asarray(poses.score[:, skeleton.body].mean(axis=1))


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
