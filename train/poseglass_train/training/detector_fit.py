"""`poseglass-train fit-detector`: train, log, keep checkpoints."""

from __future__ import annotations

import csv
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from poseglass_models.detector import PersonDetector
from poseglass_models.detector_checkpoint import DetectorCheckpoint, save_detector
from poseglass_train.data.album import Page
from poseglass_train.evaluate.detections import average_precision, recall_at
from poseglass_train.evaluate.detector import PRECISION, judged, look_at
from poseglass_train.training.calibrate import calibration, threshold
from poseglass_train.training.detector_loop import DetectorTraining
from poseglass_train.training.detector_recipe import DetectorRecipe
from poseglass_train.training.fit import commit, machine
from poseglass_train.training.parallel import ALONE
from poseglass_train.training.state import STATE, state_in

logger = logging.getLogger(__name__)

CHECKED = ("coco/train2017", "nobody")
"""Sets whose held-out pictures say what peaks are worth: everyday photographs, and nobody."""
SMALL = 0.1
"""Part of a picture's height, of whom the log tells."""
COLUMNS = ("step", "loss", "seconds", "ap50", "recall")


@dataclass(frozen=True)
class DetectorRun:
    """One call of `fit_detector`."""

    network: PersonDetector  # as it starts
    input_size: int  # pixels of a picture's longer side, in use
    recipe: DetectorRecipe
    out: Path
    device: torch.device
    save_minutes: float
    minutes: float  # after which to stop and wait for `resume`
    facts: Mapping[str, object]  # where it started, for the checkpoint's JSON


def fit_detector(run: DetectorRun, pages: Sequence[Page], held_out: Sequence[Page], resume: bool) -> Path:
    """Train to the end of the recipe, or for so many minutes; return the checkpoint's path without suffix.

    `out` gets `state.pt` (all state), `weights.*` (what to use) and `log.csv`. Raises RecipeError when `out` already
    holds a training and `resume` is not asked for.
    """
    state = state_in(run.out, resume=resume)
    training = DetectorTraining(run.network, run.recipe, pages, run.device, run.facts)
    if state.exists():
        training.resume(state)
    checked = [page for page in held_out if page.source in CHECKED]
    start = saved = time.monotonic()
    losses: list[float] = []
    for _, loss in training.run():
        losses.append(loss)
        now = time.monotonic()
        over = now - start > run.minutes * 60 or training.done == run.recipe.steps
        if over or now - saved > run.save_minutes * 60:
            _keep(run, training, checked, float(np.mean(losses)), now - start)
            losses.clear()
            saved = time.monotonic()
        if over:
            break
    return run.out / "weights"


def _keep(run: DetectorRun, training: DetectorTraining, checked: Sequence[Page], loss: float, seconds: float) -> None:
    """Write weights, a line of the log and, last, the state: what is cut off before it is done again on resuming."""
    network = training.result.eval()
    peaks = look_at(network, checked, run.input_size)
    line = calibration(peaks)
    seen = [each.scored(line) for each in peaks]
    scores = {
        "ap50": average_precision(judged(seen, SMALL)),
        "recall": 100 * recall_at(judged(seen, SMALL), PRECISION)[0],
    }
    rounded = {name: round(value, 2) for name, value in scores.items()}
    facts = {
        **run.facts,
        "recipe": asdict(run.recipe),
        "pictures": training.counts,
        "steps": training.done,
        "seconds": round(seconds),
        "machine": machine(run.device, ALONE),
        "torch": torch.__version__,
        "commit": commit(),
        "held_out": {"rule": f"people over {SMALL:.0%} of the picture's height", "pictures": len(checked), **rounded},
    }
    least = round(threshold(peaks, line), 3)
    told = DetectorCheckpoint(network.config, run.input_size, line, least, facts)
    save_detector(run.out / "weights", network, told)
    _log(run.out / "log.csv", (training.done, round(loss, 4), round(seconds), *rounded.values()))
    logger.info("step %d of %d, loss %.3f, held out %s", training.done, run.recipe.steps, loss, rounded)
    training.save(run.out / STATE)


def _log(path: Path, row: tuple[float, ...]) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(COLUMNS)
        writer.writerow(row)
