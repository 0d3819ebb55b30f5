"""How alike two poses, or two boxes, are: whether they can be the same person's.

Shapes: P and Q people, K keypoints.
"""

from __future__ import annotations

import numpy as np

from poseglass.types import Boxes, Flags, Floats, Poses, Skeleton, body_sizes

COCO_SIGMAS = {
    "nose": 0.026, "eye": 0.025, "ear": 0.035, "shoulder": 0.079, "elbow": 0.072, "wrist": 0.062,
    "hip": 0.107, "knee": 0.087, "ankle": 0.089,
}  # fmt: skip
"""By how much annotators of COCO differ, in parts of the root of a person's area (cocodataset.org)."""
OTHER_SIGMA = 0.079
"""Of keypoints that COCO does not know: a shoulder's."""
AREA = 0.2
"""Area of a person in parts of the square of their height: 0.53 of a box that is four tenths as wide as it is high."""
SURE = 0.25
"""Score from which a keypoint is compared."""


def sigmas(skeleton: Skeleton) -> Floats:
    """Return by how much annotators differ on each keypoint (K,), in parts of the root of a person's area."""
    return np.array([COCO_SIGMAS.get(name.rpartition("_")[2], OTHER_SIGMA) for name in skeleton.names])


def keypoint_similarity(a: Poses, b: Poses, skeleton: Skeleton, tolerance: float = 1.0) -> Floats:
    """Return the object keypoint similarity (OKS) of each of P poses with each of Q, (P, Q), 0 to 1.

    As COCO has it, over the keypoints that are sure in both and with the area of the smaller of the two; 0 where they
    have fewer than two in common. tolerance: times COCO's sigmas; 2 forgives limbs that moved for a frame or two.
    """
    size = np.fmin(body_sizes(a.xy[:, skeleton.body])[:, None], body_sizes(b.xy[:, skeleton.body])[None])
    sure = (_sure(a)[:, None] & _sure(b)[None]) & np.isfinite(size)[..., None]  # (P, Q, K)
    apart = np.square(np.nan_to_num(a.xy)[:, None] - np.nan_to_num(b.xy)[None]).sum(axis=-1)
    variance = np.square(2 * tolerance * sigmas(skeleton)) * AREA * np.square(np.nan_to_num(size, nan=1.0))[..., None]
    alike = np.exp(-apart / (2 * np.maximum(variance, 1e-9)))
    count = sure.sum(axis=-1)
    return np.where(count > 1, (alike * sure).sum(axis=-1) / np.maximum(count, 1), 0.0)


def overlap(a: Boxes, b: Boxes) -> Floats:
    """Return the intersection over union of each of P boxes with each of Q, (P, Q), 0 to 1."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0, None).prod(axis=-1)
    either = _areas(a)[:, None] + _areas(b)[None] - both
    return np.asarray(both / np.maximum(either, 1e-9))


def _areas(boxes: Boxes) -> Floats:
    return np.asarray((boxes[:, 2:] - boxes[:, :2]).prod(axis=-1))


def _sure(poses: Poses) -> Flags:
    return np.asarray(np.isfinite(poses.xy).all(axis=-1) & (poses.score >= SURE))
