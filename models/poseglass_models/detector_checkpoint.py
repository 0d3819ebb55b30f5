"""A detector's weights on disk: kept as those of poses are, with what its peaks are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseglass_models.checkpoint import PYRAMID_WIDTHS, beside, built, find, read_told, told_as_checkpoint, write
from poseglass_models.detector import SIZE_STEP, DetectorConfig, PersonDetector
from poseglass_models.shipped import shipped_detectors
from poseglass_models.values import listed, mapping, real, whole

PEOPLE = "people"
"""What these weights find."""
LARGEST_INPUT = 4096
"""Pixels of a picture's longer side."""
MOST_COUNTED = 1000.0
"""Of what a peak or a size counts in a score: more says the same."""
USUAL_SIZE = 64.0
"""Pixels, square root of a box's area, at which a size says nothing."""

Array = NDArray[np.float64]
Line = tuple[float, float, float]
"""Of logistic regression: what a peak's logit counts, what a size's logarithm does, and where it starts."""


@dataclass(frozen=True)
class DetectorCheckpoint:
    """What the JSON says: the architecture, the size it is meant for, and what its scores mean."""

    network: DetectorConfig
    input_size: int  # pixels, the longer side of the picture as it is looked at
    calibration: Line = (1.0, 0.0, 0.0)  # what peaks are worth
    threshold: float = 0.5  # the score from which on it is to be believed
    training: Mapping[str, object] = field(default_factory=dict)  # recipe, data, commit, machine, time, scores

    def chance_right(self, peak: Array, seen: Array) -> Array:
        """Return how often, in held-out photographs, boxes (P,) with such a peak and size were people's.

        peak: from 0 to 1. seen: square root of the box's area in pixels as the network saw it: where a large person's
        centre is can be told less sharply, so their peaks are lower.
        """
        return chance(evidence(peak, seen), self.calibration)


def evidence(peak: Array, seen: Array) -> Array:
    """Return what a score is reckoned from (P, 3): the peak's logit, the size's logarithm, and 1."""
    inside = np.clip(peak, 1e-6, 1 - 1e-6)
    size = np.log(np.maximum(seen, 1.0) / USUAL_SIZE)
    return np.stack([np.log(inside / (1 - inside)), size, np.ones_like(inside)], axis=1)


def chance(evidence_P3: Array, line: Line) -> Array:
    """Return chances (P,) of being right along a line of logistic regression."""
    return np.asarray(1 / (1 + np.exp(-evidence_P3 @ np.array(line))))


def save_detector(path: Path, network: PersonDetector, checkpoint: DetectorCheckpoint) -> None:
    """Write path.safetensors and path.json."""
    write(path, network, {"kind": PEOPLE, **asdict(checkpoint)})


def read_detector_checkpoint(name_or_path: str | Path) -> DetectorCheckpoint:
    """Read only the JSON. Raises CheckpointError."""
    path = beside(find(name_or_path, shipped_detectors), ".json")
    with told_as_checkpoint(path):
        entries = read_told(path, PEOPLE)
        peak, size, start = listed(entries["calibration"], "calibration", 3)
        return DetectorCheckpoint(
            network=_network(mapping(entries["network"], "network")),
            input_size=whole(entries, "input_size", SIZE_STEP, LARGEST_INPUT),
            calibration=(
                real(peak, "calibration", 0, MOST_COUNTED),
                real(size, "calibration", -MOST_COUNTED, MOST_COUNTED),
                real(start, "calibration", -MOST_COUNTED, MOST_COUNTED),
            ),
            threshold=real(entries["threshold"], "threshold", 0, 1),
            training=mapping(entries["training"], "training"),
        )


def _network(sizes: Mapping[str, Any]) -> DetectorConfig:
    network = DetectorConfig(**sizes)
    told = asdict(network)
    real(network.pyramid_width, "pyramid_width", *PYRAMID_WIDTHS)
    whole(told, "channels", 2, 2048)
    whole(told, "fine_channels", 1, 2048)
    whole(told, "units", 0, 64)
    return network


def load_detector(name_or_path: str | Path) -> tuple[PersonDetector, DetectorCheckpoint]:
    """Return the network, in evaluation mode on the CPU in single precision, and its JSON. Raises CheckpointError."""
    checkpoint = read_detector_checkpoint(name_or_path)
    return built(lambda: PersonDetector(checkpoint.network), find(name_or_path)), checkpoint
