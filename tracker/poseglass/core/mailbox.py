"""A mailbox of one place between two threads: the newest item wins, and every one that nobody took is counted."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Mailbox(Generic[Item]):
    """Holds the newest item. `put` never waits; what it overwrites is dropped and counted."""

    def __init__(self) -> None:
        self._item: Item | None = None
        self._dropped = 0
        self._is_closed = False
        self._changed = threading.Condition()

    @property
    def dropped(self) -> int:
        """How many items were put and never taken."""
        return self._dropped

    @property
    def is_ready(self) -> bool:
        """Whether `wait` would return at once: something newer is there, or the end."""
        return self._is_closed or self._item is not None

    @property
    def is_closed(self) -> bool:
        """Whether nothing comes any more."""
        return self._is_closed

    @property
    def waiting(self) -> Item | None:
        """The item that waits, which stays where it is."""
        return self._item

    def put(self, item: Item) -> None:
        """Leave an item in place of the one that waits; into a closed mailbox it is dropped."""
        with self._changed:
            self._dropped += self._is_closed or self._item is not None
            self._item = None if self._is_closed else item
            self._changed.notify_all()

    def take(self) -> Item | None:
        """Return the waiting item at once, None when there is none."""
        with self._changed:
            item, self._item = self._item, None
            return item

    def wait(self, timeout_s: float | None = None) -> Item | None:
        """Return the next item when it comes, None when the mailbox is closed or nothing came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closed or self._item is not None, timeout_s)
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Drop what waits and whatever still comes; wakes whoever waits. May be called twice."""
        with self._changed:
            self._dropped += self._item is not None
            self._item, self._is_closed = None, True
            self._changed.notify_all()
