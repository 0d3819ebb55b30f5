"""How old a picture is when its pose is known and when it is on the screen, over the last seconds, in fixed memory."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseglass.core.live.pace import now_s

Clock = Callable[[], float]
Flags = NDArray[np.bool_]

WINDOW_S = 5.0
"""Long enough for a 95th percentile of 30 pictures a second to mean something, short enough to follow a change."""
KEPT = 1024
"""Events kept of each kind: all of WINDOW_S up to 200 a second, of a faster source the last ones."""


@dataclass(frozen=True)
class Spread:
    """The middle and the slow end of some durations, in seconds."""

    median_s: float
    p95_s: float


@dataclass(frozen=True)
class LatencyReport:
    """What the last WINDOW_S looked like; None where nothing happened."""

    captured_hz: float  # pictures a second
    inferred_hz: float
    painted_hz: float
    to_inferred: Spread | None  # from arrival to the pose
    to_painted: Spread | None  # from the pose, or from arrival where there is none, to the screen
    whole: Spread | None  # from arrival to the screen


class Latency:
    """Counts events as they happen. May be told and asked from any thread."""

    def __init__(self, clock: Clock = now_s) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._captured, self._inferred, self._painted, self._whole = (_Window() for _ in range(4))

    def captured(self, captured_s: float) -> None:
        """Note that a picture came."""
        with self._lock:
            self._captured.add(captured_s, 0.0)

    def inferred(self, captured_s: float, inferred_s: float) -> None:
        """Note that its pose is known."""
        with self._lock:
            self._inferred.add(inferred_s, inferred_s - captured_s)

    def painted(self, captured_s: float, inferred_s: float | None) -> None:
        """Note that it is on the screen now; without a pose, `inferred_s` is None."""
        painted_s = self._clock()
        with self._lock:
            self._painted.add(painted_s, painted_s - (captured_s if inferred_s is None else inferred_s))
            self._whole.add(painted_s, painted_s - captured_s)

    def report(self) -> LatencyReport:
        """Sum up the time until now."""
        at_s = self._clock()
        with self._lock:
            return LatencyReport(
                self._captured.rate(at_s),
                self._inferred.rate(at_s),
                self._painted.rate(at_s),
                self._inferred.spread(at_s),
                self._painted.spread(at_s),
                self._whole.spread(at_s),
            )


class _Window:
    """A ring of moments and durations."""

    def __init__(self) -> None:
        self._at_s = np.full(KEPT, -np.inf)
        self._duration_s = np.zeros(KEPT)
        self._count = 0
        self._first_s = np.inf

    def add(self, at_s: float, duration_s: float) -> None:
        place = self._count % KEPT
        self._at_s[place], self._duration_s[place] = at_s, duration_s
        self._first_s = min(self._first_s, at_s)
        self._count += 1

    def rate(self, at_s: float) -> float:
        """Return events a second: since the first one while that is within the window."""
        recent = self._at_s[self._recent(at_s)]
        if len(recent) < 2:
            return 0.0
        if self._first_s <= at_s - WINDOW_S and len(recent) < KEPT:
            return len(recent) / WINDOW_S
        return (len(recent) - 1) / max(at_s - float(recent.min()), 1 / KEPT)

    def spread(self, at_s: float) -> Spread | None:
        durations = self._duration_s[self._recent(at_s)]
        return Spread(*(float(value) for value in np.percentile(durations, (50, 95)))) if len(durations) else None

    def _recent(self, at_s: float) -> Flags:
        return self._at_s > at_s - WINDOW_S
