"""Wait for what other threads do, up to a time that only a broken program needs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

POLL_S = 0.005


def until(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Return when the condition holds. Raises AssertionError when it does not within that time."""
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"still not true after {timeout_s:g} s"
        time.sleep(POLL_S)


def live_threads() -> set[str]:
    """Return the names of threads that live code starts."""
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("live ")}


@contextmanager
def no_thread_left() -> Iterator[None]:
    """Check that the block leaves no thread of live code behind."""
    yield
    until(lambda: not live_threads(), 3.0)
