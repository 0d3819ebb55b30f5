"""What of a video was to be analysed, what was, and by which estimator: it may be analysed piece by piece."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.results import Index
from poseglass.types import Flags, runs

Facts = Mapping[str, str]
"""What an estimator says of itself."""
NOBODY_KNOWS: Facts = {}
"""Of results of which nobody knows what measured them."""
UNKNOWN = -1
"""The origin of a frame that was not measured, or nobody knows by what."""


class Coverage:
    """Frame by frame, what was done. What estimators said of themselves, and which was the last to measure a frame."""

    def __init__(self, frames: int) -> None:
        self.wanted: Flags = np.zeros(frames, dtype=bool)  # (T,): somebody asked for its analysis
        self.analysed: Flags = np.zeros(frames, dtype=bool)  # (T,): looked at, whether anybody was found or not
        self.broken: Flags = np.zeros(frames, dtype=bool)  # (T,): cannot be decoded
        self.facts: list[Facts] = []
        self.of_frame: NDArray[np.int16] = np.full(frames, UNKNOWN, dtype=np.int16)  # (T,): place in `facts`

    @property
    def is_complete(self) -> bool:
        """Whether every frame that was asked for was looked at, or cannot be."""
        return not (self.wanted & ~self.analysed & ~self.broken).any()

    @property
    def undecoded(self) -> int:
        """Number of frames that were asked for and cannot be decoded."""
        return int((self.broken & ~self.analysed).sum())

    @property
    def missing(self) -> list[range]:
        """The stretches that were asked for and not looked at yet, else all that was never looked at.

        What cannot be decoded is not missing.
        """
        left = ~self.analysed & ~self.broken
        asked = left & self.wanted
        return runs(asked if asked.any() else left)

    def want(self, frames: range) -> None:
        """Note that the analysis of these frames is asked for."""
        self.wanted[frames.start : frames.stop] = True
        self.broken[frames.start : frames.stop] = False

    def finish(self, frames: range) -> None:
        """Note that an analysis went through these frames: what it has not looked at cannot be decoded."""
        here = slice(frames.start, frames.stop)
        self.broken[here] = ~self.analysed[here]

    def note(self, frames: Index, facts: Facts) -> None:
        """Note that an estimator with these facts looked at these frames."""
        if facts and facts not in self.facts:
            self.facts.append(dict(facts))
        self.of_frame[frames] = self.facts.index(facts) if facts else UNKNOWN
        self.analysed[frames] = True
        self.wanted[frames] = True

    def told(self) -> tuple[Facts, ...]:
        """Return the facts of the estimators that still have frames.

        Each has its `frame_ranges`, as text, unless all analysed frames are its own.
        """
        there = np.unique(self.of_frame[self.analysed]).tolist()
        known = [number for number in there if number != UNKNOWN]
        if len(there) < 2:
            return tuple(self.facts[number] for number in known)
        return tuple({**self.facts[number], "frame_ranges": frames_text(self.of_frame == number)} for number in known)

    def check(self) -> None:
        """Raise ValueError for an origin that is none of `facts`."""
        if len(self.of_frame) and not UNKNOWN <= self.of_frame.min() <= self.of_frame.max() < len(self.facts):
            raise ValueError(f"frames of estimator {self.of_frame.max()}, {len(self.facts)} are described")


def frames_text(flags: Flags) -> str:
    """Return the frames (T,) that are set as `0-499, 700`, first and last of each stretch."""
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs(flags))
