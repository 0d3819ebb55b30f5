"""The estimator that comes with Poseglass: stacked hourglasses with multi-context attention.

Describes itself without torch, which takes seconds to import; only making the estimator does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from poseglass.api import Estimator, Plugin
from poseglass_models.shipped import shipped_names
from poseglass_plugins.device import device_names


@dataclass(frozen=True)
class HourglassOptions:
    """Settings of the estimator."""

    model: str = field(
        default="default",
        metadata={
            "help": "name of shipped weights, or a .safetensors file",
            "choices": shipped_names,
            "file": "*.safetensors",
        },
    )
    device: str = field(default="auto", metadata={"help": "auto, cpu, cuda, cuda:N or mps", "choices": device_names})
    flip: bool = field(
        default=False,
        metadata={"label": "look twice", "help": "also looks at the mirror image: better, half as fast"},
    )


def make(options: HourglassOptions) -> Estimator:
    """Load the network. Imports torch. Raises ModelError, DeviceError."""
    from poseglass_plugins.hourglass_estimator import AttentionHourglass

    return AttentionHourglass(options)


plugin: Plugin[Estimator] = Plugin(
    name="attention_hourglass",
    summary="Stacked hourglasses with multi-context attention (Chu et al., CVPR 2017)",
    options=HourglassOptions,
    make=make,
    api=(2, 0),
)
