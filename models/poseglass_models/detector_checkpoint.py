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
from poseglass_models.values import listed, mapping, real, whole

PEOPLE = "people"
"""What these weights find."""
LARGEST_INPUT = 4096
"""Pixels of a picture's longer side."""


@dataclass(frozen=True)
class DetectorCheckpoint:
    """What the JSON says: the architecture, the size it is meant for, and what its scores mean."""

    network: DetectorConfig
    input_size: int  # pixels, the longer side of the picture as it is looked at
    calibration: tuple[float, float] = (1.0, 0.0)  # a, b: of peaks of logit l, 1 / (1 + exp(-(a l + b))) were right
    threshold: float = 0.5  # the score from which on it is to be believed
    training: Mapping[str, object] = field(default_factory=dict)  # recipe, data, commit, machine, time, scores

    def chance_right(self, peak: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how often, in held-out photographs, boxes with such a peak were people's."""
        slope, start = self.calibration
        inside = np.clip(peak, 1e-6, 1 - 1e-6)
        return np.asarray(1 / (1 + np.exp(-(slope * np.log(inside / (1 - inside)) + start))))


def save_detector(path: Path, network: PersonDetector, checkpoint: DetectorCheckpoint) -> None:
    """Write path.safetensors and path.json."""
    write(path, network, {"kind": PEOPLE, **asdict(checkpoint)})


def read_detector_checkpoint(name_or_path: str | Path) -> DetectorCheckpoint:
    """Read only the JSON. Raises CheckpointError."""
    path = beside(find(name_or_path), ".json")
    with told_as_checkpoint(path):
        entries = read_told(path, PEOPLE)
        slope, start = listed(entries["calibration"], "calibration", 2)
        return DetectorCheckpoint(
            network=_network(mapping(entries["network"], "network")),
            input_size=whole(entries, "input_size", SIZE_STEP, LARGEST_INPUT),
            calibration=(real(slope, "calibration", 0, 1000), real(start, "calibration", -1000, 1000)),
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
