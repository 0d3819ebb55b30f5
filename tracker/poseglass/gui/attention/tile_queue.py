"""Makes small pictures a few milliseconds at a time, so that playing does not wait for them."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer

BUDGET_S = 0.006
"""Spent at once: of a screen's 16 ms, the canvas takes up to 4 to paint a 1080p frame, Qt and others want the rest."""


class TileQueue(QObject):
    """Work that waits for its turn, each piece once; what is asked for again before that keeps its place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[Callable[[], None], None] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.work)

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, make: Callable[[], None]) -> None:
        """Let `make` be called soon."""
        self._waiting[make] = None
        if not self._timer.isActive():
            self._timer.start()

    def work(self) -> None:
        """Do what waits until the time is spent; at least one piece, so that it ends at some time."""
        until = time.perf_counter() + BUDGET_S
        while self._waiting:
            make = next(iter(self._waiting))
            del self._waiting[make]
            make()
            if time.perf_counter() >= until:
                break
        if not self._waiting:
            self._timer.stop()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._timer.stop()
