"""`poseglass-train evaluate mpii`: PCKh@0.5 by MPII's rule, on Tompson et al.'s validation people.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_models.checkpoint import load
from poseglass_models.skeleton import MPII_16, Skeleton
from poseglass_train.data.labelled import read_image
from poseglass_train.data.mpii import MpiiPeople, MpiiSplit, read_mpii, write_predictions
from poseglass_train.evaluate.metrics import LSP_COLUMNS, is_correct, mean_of, percent
from poseglass_train.evaluate.views import Found, Views, find_in_squares, places_of

Array = NDArray[np.float64]

THRESHOLD = 0.5
"""Of the head size: PCKh@0.5."""
COLUMNS: Mapping[str, tuple[str, ...]] = {**LSP_COLUMNS, "Head": ("upper_neck", "head_top")}
LEFT_OUT = ("pelvis", "thorax")
"""The released evaluation does not look at them: the given position nearly tells where they are."""


def evaluate_mpii(data: Path, model: str, how: Views) -> dict[str, float]:
    """Return the MPII table of the validation people in `data/mpii`. Raises TrainingError, CheckpointError."""
    people, found = find_mpii(data, model, "valid", how)
    return mpii_table(found.xy_NK2, people.images.xy_NK2.astype(np.float64), people.head_N, MPII_16)


def predict_mpii(data: Path, model: str, how: Views, path: Path) -> None:
    """Write the poses of MPII's test people as its evaluation wants them. Raises TrainingError, CheckpointError."""
    people, found = find_mpii(data, model, "test", how)
    write_predictions(data / "mpii", people, found.xy_NK2, path)


def find_mpii(data: Path, model: str, split: MpiiSplit, how: Views) -> tuple[MpiiPeople, Found]:
    """Return the people of a split and what a model finds where MPII says that they are."""
    network, checkpoint = load(model)
    order = places_of(MPII_16.names, checkpoint, model, "MPII")
    people = read_mpii(data / "mpii", split)
    squares = [people.images.square(row) for row in range(len(people.images))]
    pictures = (read_image(picture) for picture in people.images.pictures)
    found = find_in_squares(network.to(how.device), checkpoint, pictures, squares, how)
    return people, found.keypoints(order)


def mpii_table(found_NK2: Array, true_NK2: Array, head_N: Array, skeleton: Skeleton) -> dict[str, float]:
    """Return PCKh@0.5 by column, and the mean: as released, that of all annotated keypoints, not of the columns."""
    correct_NK = is_correct(found_NK2, true_NK2, head_N, THRESHOLD)
    pckh_K = percent(correct_NK)
    table = {column: mean_of(pckh_K[[skeleton.index(name) for name in names]]) for column, names in COLUMNS.items()}
    counted = [i for i, name in enumerate(skeleton.names) if name not in LEFT_OUT]
    return {**table, "Mean": 100 * mean_of(correct_NK[:, counted])}
