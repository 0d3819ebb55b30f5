"""What a network does on held-out people: its score, and what its peaks are worth.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from poseglass_models.codec import decode
from poseglass_models.crop import PADDING
from poseglass_models.inference import predict_heatmaps
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_models.skeleton import Skeleton
from poseglass_train.data.people import People
from poseglass_train.evaluate.metrics import THRESHOLD, is_correct, mean_pck, torso_length
from poseglass_train.training.augment import NONE, augment

BINS = 12
"""Groups of equally many keypoints that share a confidence; with 200 people some 230 keypoints each."""

Curve = tuple[tuple[float, float], ...]
UNKNOWN: Curve = ((0.0, 0.0), (1.0, 1.0))
"""What peaks are worth where nobody knows: themselves."""


@dataclass(frozen=True)
class Validation:
    """pck: mean PCK@0.2 in percent. confidence: pairs of a peak's height and the share of such keypoints right."""

    pck: float
    pck_of: dict[str, float]  # of each data set that has a score
    confidence: Curve


def validate(network: MultiContextNetwork, people: People, input_size: int, batch: int = 50) -> Validation:
    """Look at plain crops around labelled people, without flipping. Of nobody nothing is known."""
    if not len(people):
        return Validation(float("nan"), {}, UNKNOWN)
    network.eval()
    found, peaks, true = [], [], []
    for rows in torch.split(torch.arange(len(people), device=people.side_N.device), batch):
        crops = augment(people.take(rows), input_size, NONE, torch.Generator())
        decoded = decode(predict_heatmaps(network, crops.image_B3NN, people.skeleton, flip=False, bfloat16=False))
        found.append(decoded.xy_BK2.cpu().double().numpy())
        peaks.append(decoded.score_BK.cpu().double().numpy())
        true.append(crops.xy_BK2.cpu().double().numpy())
    true_NK2 = np.concatenate(true)
    correct_NK = is_correct(
        np.concatenate(found), true_NK2, reference_length(true_NK2, people.skeleton, input_size), THRESHOLD
    )
    of_set = people.set_N.cpu().numpy()
    every = {name: mean_pck(correct_NK[of_set == i]) for i, name in enumerate(people.sets)}
    pck_of = {name: score for name, score in every.items() if np.isfinite(score)}  # where nobody is, there is none
    right_NK = np.where(np.isinf(true_NK2).any(axis=-1), 0, correct_NK)  # beyond the picture every peak is wrong
    return Validation(mean_pck(correct_NK), pck_of, confidence_curve(np.concatenate(peaks), right_NK))


def reference_length(true_NK2: NDArray[np.float64], skeleton: Skeleton, input_size: int) -> NDArray[np.float64]:
    """Return each person's torso in crop pixels; where it is not annotated, a quarter of the person, as if standing."""
    standing = np.full(len(true_NK2), input_size / PADDING / 4)
    if not {"right_hip", "left_shoulder"} <= set(skeleton.names):
        return standing
    torso = torso_length(np.where(np.isinf(true_NK2), np.nan, true_NK2), skeleton)
    return np.where(torso > 0, torso, standing)


def confidence_curve(peak_NK: NDArray[np.float64], correct_NK: NDArray[np.float64]) -> Curve:
    """Return rising pairs (peak, share right) to interpolate between; no peak is worth nothing.

    correct_NK: 1, 0, or NaN where it is not known. Isotonic regression over groups of equally many keypoints.
    """
    known = np.isfinite(correct_NK)
    if not known.any():
        return UNKNOWN
    order = np.argsort(peak_NK[known])
    groups = [group for group in np.array_split(order, BINS) if len(group)]
    peaks = [float(peak_NK[known][group].mean()) for group in groups]
    shares = [float((correct_NK[known][group].sum() + 0.5) / (len(group) + 1)) for group in groups]  # never quite sure
    rising = isotonic_regression(shares).x
    return ((0.0, 0.0), *((round(peak, 4), round(float(share), 4)) for peak, share in zip(peaks, rising, strict=True)))
