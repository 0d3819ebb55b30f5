"""How alike two poses are: whether they can be the same person's.

Shapes: P and Q people, K keypoints.
"""

from __future__ import annotations

import numpy as np

from poseglass.types import Flags, Floats, Poses, Skeleton, body_sizes
from poseglass_models.skeleton import sigmas

AREA = 0.2
"""Area of a person in parts of the square of their height: 0.53 of a box that is four tenths as wide as it is high."""
SURE = 0.25
"""Score from which a keypoint is compared."""


def keypoint_similarity(a: Poses, b: Poses, skeleton: Skeleton, tolerance: float = 1.0) -> Floats:
    """Return the object keypoint similarity (OKS) of each of P poses with each of Q, (P, Q), 0 to 1.

    As COCO has it, over the keypoints that are sure in both and with the area of the smaller of the two; 0 where they
    have fewer than two in common. tolerance: times COCO's sigmas; 2 forgives limbs that moved for a frame or two.
    """
    size = np.fmin(body_sizes(a.xy[:, skeleton.body])[:, None], body_sizes(b.xy[:, skeleton.body])[None])
    sure = (_sure(a)[:, None] & _sure(b)[None]) & np.isfinite(size)[..., None]  # (P, Q, K)
    apart = np.square(np.nan_to_num(a.xy)[:, None] - np.nan_to_num(b.xy)[None]).sum(axis=-1)
    variance = (
        np.square(2 * tolerance * sigmas(skeleton.names)) * AREA * np.square(np.nan_to_num(size, nan=1.0))[..., None]
    )
    alike = np.exp(-apart / (2 * np.maximum(variance, 1e-9)))
    count = sure.sum(axis=-1)
    return np.where(count > 1, (alike * sure).sum(axis=-1) / np.maximum(count, 1), 0.0)


def _sure(poses: Poses) -> Flags:
    return np.asarray(np.isfinite(poses.xy).all(axis=-1) & (poses.score >= SURE))
