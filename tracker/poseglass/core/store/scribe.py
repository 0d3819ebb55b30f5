"""Who hears of a document: those who watch it, and the one who writes everything down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.arrivals import Arrival
from poseglass.core.store.coverage import Facts
from poseglass.core.store.history import Step
from poseglass.types import Poses, Skeleton


@dataclass(frozen=True)
class Change:
    """What is no longer as it was."""

    people: tuple[str, ...]
    frames: range
    keypoints: tuple[int, ...] | None  # None: all
    by_user: bool  # False: results came in
    renumbered: tuple[int, ...] | None = None  # the new number of each keypoint, where there are others now


class Scribe(Protocol):
    """Writes down what happens to a document, to be done again by `put`, `perform`, `undo` and `redo`."""

    def results(self, arrival: Arrival) -> None:
        """Write down results."""

    def handed_over(self, old: str, new: str, frames: range) -> None:
        """Write down that one person's results are another's."""

    def wanted(self, frames: range) -> None:
        """Write down which frames are to be analysed."""

    def finished(self, frames: range) -> None:
        """Write down that an analysis went through them."""

    def skeleton(self, skeleton: Skeleton) -> None:
        """Write down what skeleton they are of."""

    def step(self, step: Step) -> None:
        """Write down an edit."""

    def held(self, person: str, frames: NDArray[np.intp], poses: Poses, facts: Facts) -> None:
        """Write down what a second look saw of a person, a row a frame, and what its estimator says of itself."""

    def undo(self) -> None:
        """Write down that the last step was taken back."""

    def redo(self) -> None:
        """Write down that it was done again."""
