"""What a smoother makes of a track while it is live: every position from the past alone, as it would have been seen.

It follows the measurements, not the corrections: those came afterwards.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from poseglass.api import Smoother
from poseglass.types import Flags, Floats, Track

WARM_UP_S = 2.0
"""How long before a piece its smoother starts: what lies further back moves the path by hundredths of a pixel."""
PIECE = 1000
"""Frames between two looks at whether to stop: some 0.1 s."""

Part = Callable[[range], Track]
"""What gives a range of the measured track."""


class LivePath:
    """One person's causal path over all frames of a video; what was not looked at is NaN."""

    def __init__(self, time_s: Floats, keypoints: int, make: Callable[[], Smoother]) -> None:
        """make: returns a smoother that has seen nothing yet."""
        self.xy: Floats = np.full((len(time_s), keypoints, 2), np.nan)
        self._time_s = time_s
        self._make = make
        self._running: Smoother | None = None  # it has seen everything before `_next`
        self._next = -1

    def refresh(self, frames: range, part: Part, analysed: Flags) -> None:
        """Go through these frames anew; analysed (T,) says which of them a smoother gets to see.

        Where they follow those of the last call the smoother goes on; else a new one warms up on what lies before.
        """
        if self._running is None or frames.start != self._next:
            self._running = self._make()
            start_s = float(self._time_s[frames.start]) - WARM_UP_S
            warm_up = range(int(np.searchsorted(self._time_s, start_s)), frames.start)
            if warm_up:
                walk(self._running, part(warm_up), analysed[warm_up.start : warm_up.stop])
        here = slice(frames.start, frames.stop)
        self.xy[here] = walk(self._running, part(frames), analysed[here])
        self._next = frames.stop


def walk_whole(
    track: Track,
    analysed: Flags,
    smoother: Smoother,
    watch: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> Floats | None:
    """Return the path (T, K, 2) of a whole track; for a worker, with a smoother of its own.

    After each piece `watch` gets frames done and expected, and `should_stop` is asked; None when it said so.
    """
    path = np.full_like(track.xy, np.nan)
    frames = len(path)
    for start in range(0, frames, PIECE):
        here = slice(start, min(start + PIECE, frames))
        path[here] = walk(smoother, track.part(here), analysed[here])
        watch(here.stop, frames)
        if should_stop():
            return None
    return path


def walk(smoother: Smoother, track: Track, analysed: Flags) -> Floats:
    """Return the path (T, K, 2) of a smoother that sees the analysed frames one after another."""
    path = np.full_like(track.xy, np.nan)
    for t in np.flatnonzero(analysed):
        path[t] = smoother.step(float(track.time_s[t]), track.xy[t], track.score[t], track.covariance[t])
    return path
