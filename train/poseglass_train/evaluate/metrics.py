"""Percentage of correct keypoints, by the rules that the field reports, and what scores are worth.

Shapes: N images, K keypoints.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from poseglass_models.skeleton import Skeleton

Array = NDArray[np.float64]

LSP_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "Head": ("head_top", "neck"),
    "Sho.": ("left_shoulder", "right_shoulder"),
    "Elb.": ("left_elbow", "right_elbow"),
    "Wri.": ("left_wrist", "right_wrist"),
    "Hip": ("left_hip", "right_hip"),
    "Knee": ("left_knee", "right_knee"),
    "Ank.": ("left_ankle", "right_ankle"),
}
"""Columns of the LSP table and the keypoints whose mean each is."""
LIMB_COLUMNS: Mapping[str, tuple[str, ...]] = {
    column: names for column, names in LSP_COLUMNS.items() if column != "Head"
}
LIMBS = tuple(name for names in LIMB_COLUMNS.values() for name in names)
"""The 12 keypoints that every data set has: JHMDB and COCO have no head top, and few rivals have a neck."""

THRESHOLD = 0.2
"""Of the torso: PCK@0.2, the LSP protocol's."""


def torso_length(xy_NK2: Array, skeleton: Skeleton) -> Array:
    """Return |right hip - left shoulder| (N,): with it the published predictions score what was published."""
    hip, shoulder = xy_NK2[:, skeleton.index("right_hip")], xy_NK2[:, skeleton.index("left_shoulder")]
    return np.asarray(np.linalg.norm(hip - shoulder, axis=-1))


def is_correct(found_NK2: Array, true_NK2: Array, reference_N: Array, threshold: float) -> Array:
    """Return 1 (N, K) where the error is at most threshold x reference, else 0; NaN where nothing is annotated.

    NaN, too, where it is annotated to lie beyond the picture (infinite). A missing (NaN) prediction is wrong.
    """
    annotated = np.isfinite(true_NK2).all(axis=-1) & np.isfinite(reference_N)[:, None]
    error = np.linalg.norm(found_NK2 - true_NK2, axis=-1)
    return np.where(annotated, error <= threshold * reference_N[:, None], np.nan)


def pck(found_NK2: Array, true_NK2: Array, reference_N: Array, threshold: float) -> Array:
    """Return the percentage of correct keypoints (K,), among the annotated; NaN for one that no image has."""
    return percent(is_correct(found_NK2, true_NK2, reference_N, threshold))


def mean_pck(correct_NK: Array) -> float:
    """Return the mean over keypoints of the percentage correct."""
    return mean_of(percent(correct_NK))


def mean_of(values: Array) -> float:
    """Return the mean of the finite values; NaN when there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else float("nan")


def percent(correct_NK: Array) -> Array:
    """Return the percentage of 1 among what is known (K,); NaN where nothing is."""
    counts = np.isfinite(correct_NK).sum(axis=0)
    return np.where(counts > 0, 100 * np.nansum(correct_NK, axis=0) / np.maximum(counts, 1), np.nan)


def lsp_table(pck_K: Array, skeleton: Skeleton) -> dict[str, float]:
    """Return the columns of the LSP table and their mean over all keypoints."""
    table = {column: mean_of(pck_K[[skeleton.index(name) for name in names]]) for column, names in LSP_COLUMNS.items()}
    return {**table, "Mean": mean_of(pck_K)}


def area_under_curve(score_NK: Array, correct_NK: Array) -> float:
    """Return the chance that a right keypoint has a higher score than a wrong one (Mann and Whitney 1947)."""
    known = np.isfinite(correct_NK)
    right = correct_NK[known] == 1
    ranks = rankdata(score_NK[known])
    n, m = int(right.sum()), int((~right).sum())
    if not n or not m:
        return float("nan")
    return float((ranks[right].sum() - n * (n + 1) / 2) / (n * m))


def table_text(table: dict[str, float]) -> str:
    """Return the table in two lines of equal columns."""
    width = max(map(len, table)) + 3
    return (
        "".join(f"{name:>{width}}" for name in table)
        + "\n"
        + "".join(f"{value:{width}.1f}" for value in table.values())
    )
