"""Time as live work measures it: one clock, and waiting for a moment on it."""

from __future__ import annotations

import threading
import time

now_s = time.monotonic
"""Seconds on the clock of all live stamps; it never runs back."""


class MediaClock:
    """Plays media times at their own speed from the first one on. Waiting ends at once when `stop` is set."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._origin_s: float | None = None

    def wait_until(self, media_s: float) -> None:
        """Wait until `media_s` is due; what is late is due now."""
        if self._origin_s is None:
            self._origin_s = now_s() - media_s
        wait_s = self._origin_s + media_s - now_s()
        if wait_s > 0:
            self._stop.wait(wait_s)
