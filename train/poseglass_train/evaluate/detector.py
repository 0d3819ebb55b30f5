"""How well a detector finds people: COCO's photographs, Penn-Fudan's streets, and pictures with nobody in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from poseglass_models.detection import detect
from poseglass_models.detector import PersonDetector
from poseglass_models.detector_checkpoint import Line, chance, evidence, load_detector
from poseglass_models.inference import has_fast_bfloat16
from poseglass_train.data.album import Page, album
from poseglass_train.data.boxes import Array, read_boxes
from poseglass_train.evaluate.detections import Judged, average_precision, judge, recall_at, together

PRECISION = 0.85
"""At which recall is told."""
HEIGHTS = (0.1, 0.2, 0.4)
"""Parts of the picture's height: people over them are told apart."""
FRAME = (720, 1280)
"""Pixels, height and width, of the video frame that is timed."""


@dataclass(frozen=True)
class Seen:
    """A picture and what was found in it: boxes (D, 4), scores (D,), and what these are reckoned from (D, 3)."""

    page: Page
    boxes_D4: Array
    score_D: Array
    evidence_D3: Array

    def scored(self, line: Line) -> Seen:
        """Return the same with the scores of a calibration."""
        return replace(self, score_D=chance(self.evidence_D3, line))


def look_at(network: PersonDetector, pages: Sequence[Page], size: int) -> list[Seen]:
    """Return what a detector finds, with peaks for scores."""
    bfloat16 = has_fast_bfloat16(next(network.parameters()).device)
    looked = [(page, detect(network, page.image, size, bfloat16=bfloat16)) for page in pages]
    return [Seen(page, found.boxes, found.peak, evidence(found.peak, found.seen)) for page, found in looked]


def judged(seen: Sequence[Seen], part_of_height: float = 0.0) -> Judged:
    """Judge all detections of people over that part of their picture's height."""
    return together(
        [
            judge(
                each.boxes_D4, each.score_D, each.page.boxes_N4, each.page.unknown_M4,
                part_of_height * each.page.image.shape[0],
            )
            for each in seen
        ]
    )  # fmt: skip


def evaluate_detector(data: Path, model: str, device: torch.device, size: int | None) -> dict[str, dict[str, float]]:
    """Return the scores of each set. Raises CheckpointError, DatasetError.

    Of pictures of which a set says that they are the detector's to learn from, none is looked at.
    """
    network, checkpoint = load_detector(model)
    network = network.to(device).to(memory_format=torch.channels_last)
    looked = look_at(network, album(read_boxes(data, "test")), size or checkpoint.input_size)
    of_set: dict[str, list[Seen]] = defaultdict(list)
    for each in looked:
        of_set[each.page.source].append(each.scored(checkpoint.calibration))
    return {
        name: nobody_scores(seen, checkpoint.threshold) if name == "nobody" else scores(seen, checkpoint.threshold)
        for name, seen in of_set.items()
    }


def scores(seen: Sequence[Seen], threshold: float) -> dict[str, float]:
    """Return AP50 and recall at the precision, in percent, for each height, and what the threshold does."""
    table: dict[str, float] = {"pictures": len(seen)}
    for height in (0.0, *HEIGHTS):
        found, name = judged(seen, height), f"over {height:.0%}"
        recall, _ = recall_at(found, PRECISION)
        table |= {f"{name} people": found.people, f"{name} AP50": average_precision(found)}
        table[f"{name} recall at precision {PRECISION}"] = 100 * recall
        table |= {f"{name} {what}": value for what, value in _at(found, threshold).items()}
    return table


def _at(found: Judged, threshold: float) -> dict[str, float]:
    right = found.right[found.score >= threshold]
    return {
        "precision at threshold": 100 * float(right.mean()) if len(right) else float("nan"),
        "recall at threshold": 100 * float(right.sum()) / max(1, found.people),
    }


def nobody_scores(seen: Sequence[Seen], threshold: float) -> dict[str, float]:
    """Return what is found in pictures with nobody in them: highest scores, and the share over the threshold."""
    highest = np.sort([each.score_D.max(initial=0) for each in seen])[::-1]
    return {
        "pictures": len(seen),
        "highest score": 100 * float(highest[0]),
        "second highest score": 100 * float(highest[1:2].max(initial=0)),
        "pictures over threshold": 100 * float((highest >= threshold).mean()),
    }


def look_at_a_frame(model: str, device: torch.device, size: int | None) -> Callable[[], object]:
    """Return a detector's look at one video frame, for timing. Raises CheckpointError."""
    network, checkpoint = load_detector(model)
    detector = network.to(device).to(memory_format=torch.channels_last)
    frame = np.random.default_rng(0).integers(0, 256, (*FRAME, 3), dtype=np.uint8)
    return lambda: detect(detector, frame, size or checkpoint.input_size, bfloat16=has_fast_bfloat16(device))
