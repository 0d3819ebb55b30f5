"""The detector that comes with Poseglass: takes the whole picture for one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from poseglass.api import Detections, Detector, Image, Plugin


@dataclass(frozen=True)
class WholePictureOptions:
    """Settings of the detector: there are none."""


class WholePicture:
    """A `Detector` for videos in which one person fills the picture, and the yardstick for others."""

    def __init__(self, options: WholePictureOptions) -> None:
        del options

    @property
    def facts(self) -> Mapping[str, str]:
        """Nothing: there is nothing to choose."""
        return {}

    def detect(self, image: Image) -> Detections:
        """Return the box around all pixels, from edge to edge: a picture of W pixels reaches from -0.5 to W - 0.5."""
        height, width = image.shape[:2]
        return Detections(np.array([[-0.5, -0.5, width - 0.5, height - 0.5]]), np.ones(1))

    def close(self) -> None:
        """Nothing is held."""


plugin: Plugin[Detector] = Plugin(
    name="whole_picture",
    summary="One person: the whole picture",
    options=WholePictureOptions,
    make=WholePicture,
    api=(2, 0),
)
