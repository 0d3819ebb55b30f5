"""`poseglass-train evaluate background`: whether the scores tell where there is somebody from where there is nobody.

Shapes: N people, M squares with nobody in them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from poseglass_models.checkpoint import Checkpoint, load
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_train.background import read_background
from poseglass_train.datasets import LabelledImages, read_image
from poseglass_train.evaluate import Views, find_in_squares
from poseglass_train.jhmdb import as_images, read_jhmdb
from poseglass_train.packing import person_square
from poseglass_train.report import area_under_curve

Array = NDArray[np.float64]

FRAME_STEP = 5
"""Of JHMDB's frames: neighbours show nearly the same, and in these the file of boxes says who else is there."""
KEPT = 0.95
"""Share of the people whom a limit on the mean score is to let pass."""


def evaluate_background(data: Path, model: str, device: torch.device) -> dict[str, float]:
    """Return how a model scores the people of JHMDB's test clips, and squares of the same frames with nobody in them.

    Boxes of all people come from `data/person_boxes.json`. Raises TrainingError, CheckpointError.
    """
    network, checkpoint = load(model)
    network = network.to(device)
    people = as_images(read_jhmdb(data / "jhmdb", "test"), FRAME_STEP)
    background = read_background(data, people)
    return told_apart(*(_mean_scores(network, checkpoint, each, device) for each in (people, background)))


def told_apart(somebody_N: Array, nobody_M: Array) -> dict[str, float]:
    """Return means and AUC of the people's mean keypoint scores and of nobody's, in percent.

    AUC is the chance that somebody has the higher score; mistaken, the share of nobody's that pass the limit which KEPT
    of the people pass.
    """
    is_somebody = np.repeat([1.0, 0.0], [len(somebody_N), len(nobody_M)])
    limit = np.quantile(somebody_N, 1 - KEPT)
    return {
        "somebody": 100 * float(somebody_N.mean()),
        "nobody": 100 * float(nobody_M.mean()),
        "AUC": 100 * area_under_curve(np.concatenate([somebody_N, nobody_M]), is_somebody),
        "mistaken": 100 * float((nobody_M >= limit).mean()),
    }


def _mean_scores(
    network: MultiContextNetwork, checkpoint: Checkpoint, labelled: LabelledImages, device: torch.device
) -> Array:
    squares = [person_square(labelled, row) for row in range(len(labelled))]
    found = find_in_squares(network, checkpoint, map(read_image, labelled.pictures), squares, Views(device=device))
    return np.asarray(found.score_NK.mean(axis=1))
