"""Which run of which estimator measured each frame: a video may be analysed again, elsewhere or by another network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.results import Index

UNKNOWN = -1
"""The origin of a frame that was not measured, or nobody remembers by what."""


class Origins:
    """What estimators said of themselves, and the frames that each measured last."""

    def __init__(self, frames: int) -> None:
        self.facts: list[Mapping[str, str]] = []  # of each run
        self.of_frame: NDArray[np.int16] = np.full(frames, UNKNOWN, dtype=np.int16)  # (T,): place in `facts`
        self._now = UNKNOWN

    @property
    def now(self) -> Mapping[str, str]:
        """The facts of the run that began last; none before the first."""
        return self.facts[self._now] if self._now != UNKNOWN else {}

    def begin(self, facts: Mapping[str, str]) -> None:
        """Let what is measured from now on be of an estimator with these facts; the same as before is no new run."""
        if facts and facts not in self.facts:
            self.facts.append(dict(facts))
        self._now = self.facts.index(facts) if facts else UNKNOWN

    def put(self, frames: Index) -> None:
        """Note that these frames are of the run that began last."""
        self.of_frame[frames] = self._now

    def told(self) -> tuple[Mapping[str, str], ...]:
        """Return the facts of the runs that still have frames; each with its `frames`, as text, where it is not all."""
        there = [number for number in np.unique(self.of_frame).tolist() if number != UNKNOWN]
        if len(there) < 2:
            return tuple(self.facts[number] for number in there)
        return tuple(
            {**self.facts[number], "frames": frames_text(np.flatnonzero(self.of_frame == number))} for number in there
        )


def frames_text(frames: NDArray[np.intp]) -> str:
    """Return rising frame numbers as `0-499, 700`, first and last of each stretch."""
    stretches = np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1)
    return ", ".join(f"{each[0]}-{each[-1]}" if len(each) > 1 else f"{each[0]}" for each in stretches if len(each))
