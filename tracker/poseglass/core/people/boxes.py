"""Where a pose lies, and whether it is one at all.

The body's keypoints alone say whether somebody is there: whoever turns away shows no face, and is not lost.
"""

from __future__ import annotations

import numpy as np

from poseglass.types import Floats, Poses, Skeleton

FOUND = 0.3
"""Mean score of the body from which somebody is taken for found."""
LOST = 0.15
"""Mean score of the body below which the person is no longer there: lower than FOUND, so that it does not flicker."""
STEADINESS = 0.75
"""Part of the last box's size that is kept: people move at once but grow slowly, and unsure limbs come and go (20 clips
of JHMDB train, PCK@0.2 41.0 against 38.5 without)."""
SURE = 0.25
"""Score from which a keypoint helps to say where the person is."""


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
