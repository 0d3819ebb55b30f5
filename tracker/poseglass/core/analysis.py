"""A range of a video through the network, for whoever watches: the run of `track`, without its files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from poseglass.core.both_ways import seen_as_found
from poseglass.core.plugins import DEFAULT_ESTIMATOR
from poseglass.core.run import Finding, Method, Seen, loaded
from poseglass.core.video.video import Video
from poseglass.types import Skeleton

RECENT_S = 3.0
"""Over so long the speed is taken: shorter it flickers, longer it does not follow."""


@dataclass(frozen=True)
class Wish:
    """What is to be analysed, and with what."""

    video: Path
    frames: range
    estimator: str = DEFAULT_ESTIMATOR
    options: Mapping[str, object] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)


@dataclass(frozen=True)
class Analysed:
    """What was done."""

    frames: int
    undecoded: int  # frames of the range that are broken; -1 when it was stopped before that is known
    complete: bool
    facts: Mapping[str, str]  # the estimator's

    @property
    def went_through(self) -> bool:
        """Whether nobody stopped it, so that frames without results are broken."""
        return self.undecoded >= 0


def analyse(
    wish: Wish,
    begin: Callable[[Skeleton, Mapping[str, str]], object],
    put: Callable[[Seen], object],
    watch: Callable[[int, int], object],
    should_stop: Callable[[], bool],
    method: Method | None = None,
) -> Analysed:
    """Follow people through the range. For a thread beside others that must stay quick: one core is left to them.

    begin: called once with skeleton and facts, when the network is loaded. put: a frame and everybody in it. watch:
    frames done and expected, after each. method: one that is loaded already. Raises PoseglassError; what was put before
    stays with whoever has it.
    """
    leave_a_core_free()
    with (
        Video.open(wish.video) as video,
        loaded(wish.estimator, wish.options, wish.finding, method) as how,
    ):
        begin(how.estimator.skeleton, how.facts)
        done = 0
        with closing(seen_as_found(video, wish.frames, how, wish.finding.whom)) as everybody:
            for seen in everybody:
                put(seen)
                done += 1
                watch(done, len(wish.frames))
                if should_stop():
                    return Analysed(done, -1, done == len(wish.frames), how.facts)
        return Analysed(done, video.undecoded, complete=True, facts=how.facts)


def leave_a_core_free() -> None:
    """Let torch use all cores but one, for the picture and the reader of frames; poses are the same to the last bit.

    On two cores beside another program the second thread made it ten times slower, not faster: the two wait for each
    other.
    """
    import torch  # by now the estimator's, or about to be

    torch.set_num_threads(max(1, (os.cpu_count() or 1) - 1))


class Speed:
    """How fast it goes, and how long it will take."""

    def __init__(self) -> None:
        self._marks: list[tuple[float, int]] = []

    def tell(self, done: int, now: float | None = None) -> None:
        """Say how much is done; call a few times a second."""
        now = time.monotonic() if now is None else now
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] < now - RECENT_S:
            self._marks.pop(0)

    @property
    def rate(self) -> float:
        """Things done a second, lately; 0 when nothing is known."""
        if len(self._marks) < 2:
            return 0.0
        (start, before), (now, done) = self._marks[0], self._marks[-1]
        return (done - before) / (now - start) if now > start else 0.0

    def left_s(self, expected: int) -> float | None:
        """Return how many seconds it will take yet, None when nobody knows."""
        return (expected - self._marks[-1][1]) / self.rate if self.rate > 0 else None
