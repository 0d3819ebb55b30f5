"""A detector's weights on disk: kept as those of poses are, with what its peaks are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_models.checkpoint import beside, fill, find, read_told, told_as_checkpoint, write
from poseglass_models.detector import DetectorConfig, PersonDetector
from poseglass_models.shipped import shipped_detectors

PEOPLE = "people"
"""What these weights find."""


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
    path = beside(find(name_or_path, shipped_detectors), ".json")
    with told_as_checkpoint(path):
        entries = read_told(path, PEOPLE)
        slope, start = map(float, entries["calibration"])
        return DetectorCheckpoint(
            network=DetectorConfig(**entries["network"]),
            input_size=int(entries["input_size"]),
            calibration=(slope, start),
            threshold=float(entries["threshold"]),
            training=entries["training"],
        )


def load_detector(name_or_path: str | Path) -> tuple[PersonDetector, DetectorCheckpoint]:
    """Return the network, in evaluation mode on the CPU in single precision, and its JSON. Raises CheckpointError."""
    checkpoint = read_detector_checkpoint(name_or_path)
    network = PersonDetector(checkpoint.network)
    fill(network, find(name_or_path))
    return network.eval(), checkpoint
