"""What the plugin `people` makes: our detector with its checkpoint."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from poseglass.api import Detections, Image, ModelError
from poseglass_models.checkpoint import CheckpointError, sha256
from poseglass_models.detection import detect
from poseglass_models.detector_checkpoint import load_detector
from poseglass_models.inference import has_fast_bfloat16
from poseglass_plugins.device import choose_device
from poseglass_plugins.people import PeopleOptions


class PeopleDetector:
    """A `Detector` around a `PersonDetector` and its checkpoint."""

    def __init__(self, options: PeopleOptions) -> None:
        device, why = choose_device(options.device)
        try:
            network, self._checkpoint = load_detector(options.model)
            digest = sha256(options.model)
        except CheckpointError as error:
            raise ModelError(str(error)) from error
        self._network = network.to(device).to(memory_format=torch.channels_last)
        self._threshold, self._size = options.threshold, options.size
        self._bfloat16 = has_fast_bfloat16(device)
        self._facts = {
            "model": options.model,
            "model_sha256": digest,
            "size": str(options.size),
            "threshold": str(options.threshold),
            "precision": "bfloat16" if self._bfloat16 else "float32",
            "device": str(device),
            "device_reason": why,
        }

    @property
    def facts(self) -> Mapping[str, str]:
        """Weights, size, threshold, precision and device."""
        return self._facts

    def detect(self, image: Image) -> Detections:
        """Return everybody whose score reaches the threshold, highest first."""
        found = detect(self._network, image, self._size, bfloat16=self._bfloat16)
        score = self._checkpoint.chance_right(found.peak, found.seen)
        rows = np.argsort(-score, kind="stable")
        rows = rows[score[rows] >= self._threshold]
        return Detections(found.boxes[rows], score[rows])

    def close(self) -> None:
        """Let go of the weights."""
        del self._network
