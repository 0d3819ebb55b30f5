"""The detector that comes with Poseglass: everybody in the picture.

Describes itself without torch, which takes seconds to import; only making the detector does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from poseglass.api import Detector, Plugin
from poseglass_models.shipped import shipped_detectors
from poseglass_plugins.device import device_names


@dataclass(frozen=True)
class PeopleOptions:
    """Settings of the detector."""

    model: str = field(
        default="people",
        metadata={
            "help": "name of shipped weights, or a .safetensors file",
            "choices": shipped_detectors,
            "file": "*.safetensors",
        },
    )
    threshold: float = field(
        default=0.5,
        metadata={"help": "who is seen with a lower score is left out", "min": 0, "max": 1},
    )
    size: int = field(
        default=416,
        metadata={
            "help": "pixels of the picture's longer side as it is looked at: more finds smaller people, but slower",
            "min": 128,
            "max": 2048,
        },
    )
    device: str = field(default="auto", metadata={"help": "auto, cpu, cuda, cuda:N or mps", "choices": device_names})


def make(options: PeopleOptions) -> Detector:
    """Load the network. Imports torch. Raises ModelError, DeviceError."""
    from poseglass_plugins.person_detector import PeopleDetector

    return PeopleDetector(options)


plugin: Plugin[Detector] = Plugin(
    name="people",
    summary="Everybody in the picture (centres and sizes on a pretrained pyramid)",
    options=PeopleOptions,
    make=make,
    api=(2, 0),
)
