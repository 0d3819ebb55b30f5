"""How a detector is trained, and on what."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field

from poseglass_train.training.framing import Framing
from poseglass_train.training.recipes import Course

SHARES = (
    ("coco/train2017", 0.5),
    ("pennfudan", 0.06),
    ("lspet", 0.1),
    ("lsp", 0.03),
    ("jhmdb", 0.06),
    ("nobody", 0.25),
)
"""Of the pictures that are drawn, however many a set has."""
PYRAMID = "pyramid."
"""What the names of the pretrained pyramid's parameters start with."""
LOWER = ("first.", *(f"blocks.{number}." for number in range(6)))
"""Its layers up to stride 8: what they see is not of people yet, and learning there costs most."""


@dataclass(frozen=True)
class DetectorRecipe(Course):
    """Everything about a detector's training that is not the network or the data. Saved with every checkpoint."""

    steps: int
    size: int  # pixels, of the square views
    _: KW_ONLY
    framing: Framing = field(default_factory=Framing)
    shares: tuple[tuple[str, float], ...] = SHARES


def detector_recipe() -> DetectorRecipe:
    """Muon on one cycle, averaged weights, bf16; the pyramid's upper layers learn a little, its lower ones not."""
    return DetectorRecipe(
        name="detector", optimizer="muon", learning_rate=2e-3, schedule="one_cycle", batch=10, steps=2000, size=384,
        weight_decay=1e-4, ema=0.995, bfloat16=True,
        paces=((PYRAMID, 0.025), *((PYRAMID + layer, 0.0) for layer in LOWER)),
    )  # fmt: skip
