"""Where a body lies of which a hand has placed two or three keypoints.

These do not say how large the body is, nor where in it they lie. Boxes of several sizes around them are tried, and the
poses that agree with what was placed say where to look closer.

Shapes: P boxes, K keypoints.
"""

from __future__ import annotations

import numpy as np

from poseglass.api import Estimator
from poseglass.core.people.boxes import mean_score, person_box
from poseglass.types import Boxes, Flags, Floats, Image, Poses

SIZES = (0.5, 0.8, 1.25, 2.0)
"""Sides of the squares that are tried, in parts of the usual size: the wrong pose may have been somebody else's."""
SHIFTS = (-0.35, 0.0, 0.35)
"""Where in a square what was placed may lie, off its middle, in parts of its side."""
PROMISING = 4
"""Poses that are looked at closer."""
REFINEMENTS = 2
"""Looks at each of those from ever better boxes."""
EVEN = 0.03
"""Difference in agreement, in body sizes, that says nothing: a hand and a network are no surer; the score decides."""
FAR = 0.25
"""Mean distance from what was placed, in body sizes, from which a pose is not of that body."""


def fitting_box(image: Image, estimator: Estimator, placed: Floats, size: float) -> Floats | None:
    """Return the box (4,) in which the network's pose agrees best with what was placed; None where none does.

    placed: (K, 2), NaN for all other keypoints. size: of the body, in px, as it usually is.
    """
    there = np.isfinite(placed).all(axis=-1)
    if not there.any():
        return None
    boxes = boxes_around(placed[there], size)
    poses = estimator.estimate(image, boxes)
    for _ in range(REFINEMENTS):
        best = _order(poses, placed, size, estimator)[:PROMISING]
        closer = _closer(poses.part(best), placed, estimator)
        boxes = np.concatenate([boxes[best], closer])
        poses = Poses.of([poses.part(best), estimator.estimate(image, closer)])
    best = _order(poses, placed, size, estimator)
    return boxes[best[0]] if agreement(poses.part(best[:1]), placed, size)[0] <= FAR else None


def agreement(poses: Poses, placed: Floats, size: float) -> Floats:
    """Return each pose's mean distance (P,) from what was placed, in body sizes; what is not seen is one away."""
    there = np.isfinite(placed).all(axis=-1)
    apart = np.sqrt(np.square(poses.xy[:, there] - placed[there]).sum(axis=-1)) / size
    return np.asarray(np.nan_to_num(np.minimum(apart, 1.0), nan=1.0).mean(axis=1))


def with_placed(poses: Poses, placed: Floats) -> Poses:
    """Put what was placed into each pose, as sure as can be."""
    there: Flags = np.asarray(np.isfinite(placed).all(axis=-1))
    return Poses(
        np.where(there[:, None], placed, poses.xy),
        np.where(there, 1.0, poses.score),
        np.where(there[:, None, None], np.eye(2), poses.covariance),
    )


def boxes_around(places: Floats, size: float) -> Boxes:
    """Return squares (P, 4) in which these places (N, 2) may lie, for a body of about this size in px."""
    low, high = places.min(axis=0), places.max(axis=0)
    span = float((high - low).max())
    sides = np.array([part * size for part in SIZES if part * size > span] or [1.5 * span])
    side, y, x = (grid.ravel() for grid in np.meshgrid(sides, SHIFTS, SHIFTS, indexing="ij"))
    middles = (low + high) / 2 + np.stack([x, y], axis=-1) * side[:, None]
    boxes = np.concatenate([middles - side[:, None] / 2, middles + side[:, None] / 2], axis=-1)
    holds = (boxes[:, :2] <= low).all(axis=1) & (boxes[:, 2:] >= high).all(axis=1)
    return np.asarray(boxes[holds])


def _order(poses: Poses, placed: Floats, size: float, estimator: Estimator) -> list[int]:
    """Return rows, the best first: by score those that agree about as well as the best, then the others."""
    apart, score = agreement(poses, placed, size), mean_score(poses, estimator.skeleton)
    behind = np.where(apart > apart.min() + EVEN, apart, 0.0)
    return [int(row) for row in np.lexsort((-score, behind))]


def _closer(poses: Poses, placed: Floats, estimator: Estimator) -> Boxes:
    """Return the boxes around poses with what was placed in them."""
    rows = [with_placed(poses.part([row]), placed) for row in range(len(poses))]
    boxes = [person_box(row, estimator.skeleton) for row in rows]
    return np.array([box for box in boxes if box is not None]).reshape(-1, 4)
