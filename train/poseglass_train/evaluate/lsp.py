"""`poseglass-train evaluate lsp`: photographs by LSP's protocol; by posture, by left and right, by the score, too.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_models.checkpoint import load
from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.data.labelled import read_image
from poseglass_train.data.lsp import read_lsp
from poseglass_train.evaluate.metrics import LIMBS, THRESHOLD, area_under_curve, is_correct, mean_pck, torso_length
from poseglass_train.evaluate.views import Views, find_in_squares, places_of, whole_square

Array = NDArray[np.float64]

TILTS = (0.0, 30.0, 60.0, 120.0, 180.1)
"""Edges, in degrees from upright, of the groups of torso tilt."""


@dataclass(frozen=True)
class Answers:
    """What was found, what is true, in the same pixels, and how sure the network was, 0 to 1."""

    found_NK2: Array
    score_NK: Array
    true_NK2: Array
    skeleton: Skeleton


def evaluate_lsp(data: Path, model: str, how: Views) -> Answers:
    """Return what a model finds on LSP's images 1001-2000, for `lsp_table` and `report`.

    The image's centre and larger side are all that is given of the person. Raises TrainingError, CheckpointError.
    """
    network, checkpoint = load(model)
    order = places_of(LSP_14.names, checkpoint, model, "LSP")
    test = read_lsp(data / "lsp", "test")
    with ThreadPoolExecutor() as threads:
        pictures = list(threads.map(read_image, test.pictures))
    squares = [whole_square(picture) for picture in pictures]
    found = find_in_squares(network.to(how.device), checkpoint, pictures, squares, how)
    found = found.keypoints(order)
    return Answers(found.xy_NK2, found.score_NK, test.xy_NK2.astype(np.float64), LSP_14)


def report(answers: Answers) -> dict[str, float]:
    """Return PCK@0.2 (12 keypoints) by tilt, stricter PCK, share of swaps among errors, and AUC, all in percent."""
    found, true, skeleton = answers.found_NK2, answers.true_NK2, answers.skeleton
    torso = torso_length(true, skeleton)
    limbs = [i for i, name in enumerate(skeleton.names) if name in LIMBS]
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
