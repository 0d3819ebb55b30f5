"""Sources of live pictures for tests: played from a list, or stuck for as long as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from clips import Image
from poseglass.core.live.live_source import Arrivals
from poseglass.core.live.pace import now_s
from poseglass.errors import SourceError


@dataclass
class Played:
    """A source that delivers pictures one by one: each connection takes the next list, then fails with `reason`.

    before: called with the number of each picture before it comes; may wait for what the test does.
    """

    connections: list[Sequence[Image]]
    before: Callable[[int], None] = lambda number: None
    gap_s: float = 0.0
    hold: bool = False  # the last connection stays open and silent instead
    reason: str = "unplugged"
    opened: int = 0
    closed: int = 0
    _number: int = field(default=-1)

    @property
    def name(self) -> str:
        return "test camera"

    def arrivals(self, stop: threading.Event) -> Arrivals:
        self.opened += 1
        try:
            if not self.connections:
                raise SourceError(f"{self.name}: {self.reason}")
            for image in self.connections.pop(0):
                self._number += 1
                self.before(self._number)
                stop.wait(self.gap_s)
                yield now_s(), image
            if self.hold and not self.connections:
                stop.wait()
        finally:
            self.closed += 1
        raise SourceError(f"{self.name}: {self.reason}")


@dataclass
class Stuck:
    """A source whose driver answers only when it is let go, whatever it is told."""

    let_go: threading.Event = field(default_factory=threading.Event)
    opened: int = 0
    closed: int = 0

    @property
    def name(self) -> str:
        return "stuck camera"

    def arrivals(self, stop: threading.Event) -> Arrivals:
        self.opened += 1
        try:
            self.let_go.wait()
            yield from ()
        finally:
            self.closed += 1
