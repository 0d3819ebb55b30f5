"""Where a network is right and wrong: by posture, by left and right, by its own score.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from poseglass_models.skeleton import Skeleton
from poseglass_train.evaluate.metrics import THRESHOLD, is_correct, mean_pck, torso_length

Array = NDArray[np.float64]

TILTS = (0.0, 30.0, 60.0, 120.0, 180.1)
"""Edges, in degrees from upright, of the groups of torso tilt."""
NOT_LIMBS = ("neck", "head_top")
"""Left out of the mean by tilt, as few rivals have them: 12 keypoints remain."""


@dataclass(frozen=True)
class Answers:
    """What was found, what is true, in the same pixels, and how sure the network was, 0 to 1."""

    found_NK2: Array
    score_NK: Array
    true_NK2: Array
    skeleton: Skeleton


def report(answers: Answers) -> dict[str, float]:
    """Return PCK@0.2 (12 keypoints) by tilt, stricter PCK, share of swaps among errors, and AUC, all in percent."""
    found, true, skeleton = answers.found_NK2, answers.true_NK2, answers.skeleton
    torso = torso_length(true, skeleton)
    limbs = [i for i, name in enumerate(skeleton.names) if name not in NOT_LIMBS]
    correct = is_correct(found, true, torso, THRESHOLD)
    tilt = torso_tilt(true, skeleton)
    by_tilt = {
        f"tilt {low:.0f}-{high:.0f}": mean_pck(correct[(tilt >= low) & (tilt < high)][:, limbs])
        for low, high in pairwise(TILTS)
    }
    return {
        "mean12": mean_pck(correct[:, limbs]),
        **by_tilt,
        "PCK@0.05": mean_pck(is_correct(found, true, torso, 0.05)),
        "PCK@0.1": mean_pck(is_correct(found, true, torso, 0.1)),
        "swapped": 100 * swapped_share(answers),
        "AUC": 100 * area_under_curve(answers.score_NK, correct),
    }


def torso_tilt(xy_NK2: Array, skeleton: Skeleton) -> Array:
    """Return the angle (N,) between the torso, mid-hip to mid-shoulder, and upright: 0 to 180 degrees."""
    left_shoulder, right_shoulder, left_hip, right_hip = (
        xy_NK2[:, skeleton.index(f"{side}_{part}")] for part in ("shoulder", "hip") for side in ("left", "right")
    )
    x, y = ((left_shoulder + right_shoulder - left_hip - right_hip) / 2).T
    return np.asarray(np.degrees(np.arctan2(np.abs(x), -y)))


def swapped_share(answers: Answers) -> float:
    """Return the share of wrong left or right keypoints that would be right on the other side."""
    true, skeleton = answers.true_NK2, answers.skeleton
    torso = torso_length(true, skeleton)
    paired = skeleton.flip_order != np.arange(len(skeleton))
    wrong = is_correct(answers.found_NK2, true, torso, THRESHOLD)[:, paired] == 0
    mirrored = is_correct(answers.found_NK2, true[:, skeleton.flip_order], torso, THRESHOLD)[:, paired] == 1
    return float((wrong & mirrored).sum() / max(1, wrong.sum()))


def area_under_curve(score_NK: Array, correct_NK: Array) -> float:
    """Return the chance that a right keypoint has a higher score than a wrong one (Mann and Whitney 1947)."""
    known = np.isfinite(correct_NK)
    right = correct_NK[known] == 1
    ranks = rankdata(score_NK[known])
    n, m = int(right.sum()), int((~right).sum())
    if not n or not m:
        return float("nan")
    return float((ranks[right].sum() - n * (n + 1) / 2) / (n * m))
