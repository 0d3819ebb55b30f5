"""Which frame is due: playing by the wall clock against the video's own time stamps.

Frames are dropped where drawing cannot follow, time never is. Times are seconds since the video's first frame; `now` is
a clock that only rises.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from poseglass.types import Floats

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Speeds that the window offers, in parts of the true one."""


@dataclass
class PlayClock:
    """A playing head over frames at `time_s`, each shown until the next; the last one as long as the median gap.

    speed: video seconds a second; negative plays backwards.
    loop: range of frames that is repeated; None plays to the end and stops there.
    """

    time_s: Floats  # (T,), rising
    speed: float = 1.0
    loop: range | None = None
    _started: float | None = field(default=None, repr=False)  # now, when it was at _from_s
    _from_s: float = 0.0

    @property
    def is_running(self) -> bool:
        """Whether it plays."""
        return self._started is not None

    def start(self, now: float, index: int) -> None:
        """Play from a frame on: at the end, or outside the loop, from where there is something to play."""
        first, last = self._bounds()
        inside = first <= index <= last and not (self.loop is None and index == (last if self.speed > 0 else first))
        start = index if inside else first if self.speed > 0 else last
        self._from_s = float(self.time_s[start]) if self.speed > 0 else self._end_s(start) - 1e-9
        self._started = now

    def stop(self) -> None:
        """Stand still."""
        self._started = None

    def change_speed(self, now: float, speed: float) -> None:
        """Play on at another speed from where it is."""
        if self._started is not None:
            self._from_s, self._started = self._place(now), now
        self.speed = speed

    def index_at(self, now: float) -> int:
        """Return the frame that is due; stops at the end when there is no loop. Call only while it runs."""
        place = self._place(now)
        first, last = self._bounds()
        if self.loop is None and not self.time_s[0] <= place < self._end_s(last):
            self.stop()
        return int(np.clip(np.searchsorted(self.time_s, place, side="right") - 1, first, last))

    def _place(self, now: float) -> float:
        assert self._started is not None, "only a running clock has a place"
        place = self._from_s + (now - self._started) * self.speed
        if self.loop is None:
            return place
        first, last = self._bounds()
        start, length = float(self.time_s[first]), self._end_s(last) - float(self.time_s[first])
        return start + (place - start) % length

    def _bounds(self) -> tuple[int, int]:
        if self.loop is None or not len(self.loop):
            return 0, len(self.time_s) - 1
        return self.loop.start, min(self.loop.stop, len(self.time_s)) - 1

    def _end_s(self, index: int) -> float:
        """Return when a frame stops being shown."""
        if index + 1 < len(self.time_s):
            return float(self.time_s[index + 1])
        gap = float(np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else 1.0
        return float(self.time_s[-1]) + gap
