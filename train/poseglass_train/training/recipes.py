"""Recipes: everything about a training that is not the network or the data. Each is a function with a name."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import KW_ONLY, dataclass
from typing import Literal

from poseglass_models.codec import SIGMA
from poseglass_train.errors import RecipeError
from poseglass_train.training.augment import Augmentation


@dataclass(frozen=True)
class Course:
    """How weights are moved, whatever they are shown."""

    name: str
    optimizer: Literal["rmsprop", "adamw", "muon"]
    learning_rate: float  # the highest of the schedule
    schedule: Literal["steps", "one_cycle"]
    batch: int
    _: KW_ONLY
    weight_decay: float = 0.0
    drops: tuple[float, ...] = ()  # parts of the training after which `steps` divides the rate by 10
    ema: float = 0.0  # decay of the averaged weights that are kept; 0 keeps the last ones
    bfloat16: bool = False  # compute in half the precision where that is faster
    paces: tuple[tuple[str, float], ...] = ()  # starts of parameters' names, and their part of the rate; 0 is frozen
    seed: int = 0

    def pace(self, parameter: str) -> float:
        """Return the part of the rate at which a parameter of that name learns: the longest start's that fits."""
        fitting = [(len(start), pace) for start, pace in self.paces if parameter.startswith(start)]
        return max(fitting)[1] if fitting else 1.0

    def rate(self, progress: float) -> float:
        """Return the learning rate at this part, 0 to 1, of the training."""
        if self.schedule == "steps":
            return self.learning_rate * 0.1 ** sum(progress >= drop for drop in self.drops)
        return self.learning_rate * _one_cycle(progress)


@dataclass(frozen=True)
class Recipe(Course):
    """How to train a network for poses. Saved with every checkpoint."""

    epochs: float
    augmentation: Augmentation
    _: KW_ONLY
    sigma: float = SIGMA  # deviation of the target Gaussians in heatmap pixels
    times: tuple[tuple[str, int], ...] = ()  # data sets that are shown more than once an epoch


WARM_UP = 0.05
"""Part of a one-cycle training in which the rate climbs: batch norm's first statistics are wild."""


def _one_cycle(progress: float) -> float:
    """Climb evenly, then fall to nothing along half a cosine (Smith and Topin 2017, as fast.ai shaped it)."""
    if progress < WARM_UP:
        return max(progress, 1e-3) / WARM_UP
    return (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def paper() -> Recipe:
    """Section 6 and the release, LSP: RMSprop at 2.5e-4, batches of 8, 60 epochs."""
    return Recipe(
        name="paper", optimizer="rmsprop", learning_rate=2.5e-4, schedule="steps", drops=(100 / 130, 125 / 130),
        batch=8, epochs=60, augmentation=Augmentation(),
    )  # fmt: skip


def paper_mpii() -> Recipe:
    """Section 6, MPII and COCO: the same for 130 epochs, the rate divided by 10 after 100 and 125."""
    return dataclasses.replace(paper(), name="paper-mpii", epochs=130)


def swift() -> Recipe:
    """AdamW on one cycle with averaged weights in bf16: what a few CPU cores reach in an hour or two."""
    return Recipe(
        name="swift", optimizer="adamw", learning_rate=2e-3, schedule="one_cycle", weight_decay=1e-4,
        batch=32, epochs=14, ema=0.998, bfloat16=True,
        augmentation=Augmentation(rotation=40, whole_circle=0.1, shift=0.06, colour=0.3, contrast=0.3),
    )  # fmt: skip


def hardy() -> Recipe:
    """`swift` for people in any posture, cut off, half hidden or blurred, with Muon for AdamW.

    LSP's careful labels count ten times: what was shown them three times knew them no better than people it never saw.
    """
    return dataclasses.replace(
        swift(), name="hardy", optimizer="muon", times=(("lsp", 10),),
        augmentation=Augmentation(
            rotation=40, whole_circle=0.3, scale=(0.7, 1.35), shift=0.08, colour=0.3, contrast=0.3,
            close_up=0.25, cut_out=0.2, blur=0.2,
        ),
    )  # fmt: skip


def steady() -> Recipe:
    """`hardy` with half of its augmentation: for last epochs, of a network that does not overfit."""
    return dataclasses.replace(
        hardy(), name="steady",
        augmentation=Augmentation(
            rotation=40, whole_circle=0.15, scale=(0.8, 1.25), shift=0.05, colour=0.2, contrast=0.2,
            close_up=0.12, cut_out=0.1, blur=0.1,
        ),
    )  # fmt: skip


PYRAMID = "stem.pyramid."
"""What the names of a pretrained pyramid's parameters start with."""


def pyramid() -> Recipe:
    """`steady` for a network on a pretrained pyramid, which is left as it is."""
    return dataclasses.replace(
        steady(), name="pyramid", epochs=4, times=(("lsp", 4), ("jhmdb", 2), ("coco", 2)), paces=((PYRAMID, 0.0),)
    )  # fmt: skip


def pyramid_tune() -> Recipe:
    """`pyramid` for the last epochs: all of it learns, the pyramid up to 2e-5; at 1.2e-4 it broke."""
    return dataclasses.replace(
        pyramid(), name="pyramid-tune", learning_rate=1e-3, epochs=1, paces=((PYRAMID, 0.02),)
    )  # fmt: skip


RECIPES = {
    "paper": paper, "paper-mpii": paper_mpii, "swift": swift, "hardy": hardy, "steady": steady,
    "pyramid": pyramid, "pyramid-tune": pyramid_tune,
}  # fmt: skip


def recipe_named(name: str) -> Recipe:
    """Return the recipe of that name. Raises RecipeError."""
    if name not in RECIPES:
        raise RecipeError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]()
