"""Results on their way to a document: what was seen in a frame, of whom, and what happened there."""

from __future__ import annotations

import queue
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from poseglass.core.store.coverage import NOBODY_KNOWS, Facts
from poseglass.types import Event, Poses


@dataclass(frozen=True, eq=False)
class Arrival:
    """A frame's results; do not change anything in it afterwards."""

    frame: int
    poses: Poses  # one row for each person
    people: Sequence[str]
    facts: Facts  # what the estimator says of itself
    events: Sequence[Event] = ()  # of this frame
    only: Collection[str] | None = None  # who was looked for: all others stay as they are; None: everybody


class Arrivals:
    """Results on their way from a worker to the document."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Arrival] = queue.SimpleQueue()

    def put(
        self,
        frame: int,
        poses: Poses,
        people: Sequence[str],
        facts: Facts = NOBODY_KNOWS,
        events: Sequence[Event] = (),
        only: Collection[str] | None = None,
    ) -> None:
        """Hand over a frame's results, as `Document.put` takes them; from any thread, never waits.

        Do not change what is handed over afterwards.
        """
        self._waiting.put(Arrival(frame, poses, people, facts, events, only))

    def take(self) -> Arrival | None:
        """Return what waits longest, None when nothing does."""
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            return None
