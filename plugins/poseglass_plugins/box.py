"""A detector that does not look: the user's own box, in every picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from poseglass.api import Detections, Detector, Image, Plugin

Pixels = float


MOST = 100_000
"""Pixels: more than any picture has."""
ANYWHERE = {"min": -MOST, "max": MOST}


@dataclass(frozen=True)
class BoxOptions:
    """The box, in pixels of the upright picture, whose left upper corner is 0, 0."""

    x: float = field(default=0.0, metadata={"help": "its left edge, in pixels from the picture's", **ANYWHERE})
    y: float = field(default=0.0, metadata={"help": "its upper edge, in pixels from the picture's", **ANYWHERE})
    width: float = field(default=100.0, metadata={"help": "from edge to edge, in pixels", "min": 1, "max": MOST})
    height: float = field(default=100.0, metadata={"help": "from edge to edge, in pixels", "min": 1, "max": MOST})


class MyBox:
    """A `Detector` for videos in which somebody stays in one place."""

    def __init__(self, options: BoxOptions) -> None:
        self._options = options

    @property
    def facts(self) -> Mapping[str, str]:
        """The box."""
        return {name: str(value) for name, value in asdict(self._options).items()}

    def detect(self, image: Image) -> Detections:
        """Return the box, whatever the picture shows; a picture's left edge is at -0.5."""
        del image
        box = self._options
        x0, y0 = box.x - 0.5, box.y - 0.5
        return Detections(np.array([[x0, y0, x0 + box.width, y0 + box.height]]), np.ones(1))

    def close(self) -> None:
        """Nothing is held."""


plugin: Plugin[Detector] = Plugin(name="box", summary="My box", options=BoxOptions, make=MyBox, api=(2, 0))
