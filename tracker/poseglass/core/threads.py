"""Two bounded threads around a loop: one that reads ahead of it, one that writes behind it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from types import TracebackType
from typing import Generic, TypeVar

Item = TypeVar("Item")

AHEAD = 8
"""Items that wait at most: enough to even out a slow key frame; 8 frames of 4K are 200 MB."""
POLL_S = 0.1
"""How often a blocked thread looks whether it should stop."""


def read_ahead(items: Iterable[Item], limit: int = AHEAD) -> Generator[Item, None, None]:
    """Yield the items while a thread fetches the next ones; what it raises is raised here, in its place.

    Closing the generator ends the thread and closes `items`, if it is a generator, before returning.
    """
    waiting: queue.Queue[tuple[bool, Item | BaseException | None]] = queue.Queue(limit)
    stop = threading.Event()
    thread = threading.Thread(target=_fetch, args=(items, waiting, stop), name="read ahead", daemon=True)
    thread.start()
    try:
        while True:
            is_item, content = waiting.get()
            if is_item:
                yield content  # type: ignore[misc]  # is_item says that it is an Item
            elif content is None:
                return
            else:
                assert isinstance(content, BaseException)
                raise content
    finally:
        stop.set()
        thread.join()


def _fetch(
    items: Iterable[Item], waiting: queue.Queue[tuple[bool, Item | BaseException | None]], stop: threading.Event
) -> None:
    try:
        iterator = iter(items)
        for item in iterator:
            _put(waiting, (True, item), stop)
            if stop.is_set():
                break
        if isinstance(iterator, Generator):
            iterator.close()
        _put(waiting, (False, None), stop)
    except BaseException as error:  # noqa: BLE001 - handed to the reader
        _put(waiting, (False, error), stop)


class WriteBehind(Generic[Item]):
    """Hands items to `consume` in a thread of its own; use as a context manager.

    `put` waits while the queue is full. An error in `consume` is raised by the next `put` or on leaving; what is still
    queued is then dropped. Leaving normally waits until all is consumed; leaving by an error drops what is queued.
    """

    def __init__(self, consume: Callable[[Item], None], limit: int = AHEAD) -> None:
        self._consume = consume
        self._waiting: queue.Queue[Item | None] = queue.Queue(limit)
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="write behind", daemon=True)

    def __enter__(self) -> WriteBehind[Item]:
        self._thread.start()
        return self

    def put(self, item: Item) -> None:
        """Queue an item. Raises what `consume` raised."""
        _put(self._waiting, item, self._stop)
        self._raise()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stop.set()
        _put(self._waiting, None, self._stop)
        self._thread.join()
        if error is None:
            self._raise()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                try:
                    item = self._waiting.get(timeout=POLL_S)
                except queue.Empty:
                    continue
                if item is None:
                    return
                self._consume(item)
        except BaseException as error:  # noqa: BLE001 - raised again where it can be handled
            self._error = error
            self._stop.set()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error


def _put(waiting: queue.Queue[Item], item: Item, stop: threading.Event) -> None:
    """Put, unless the other side has stopped taking."""
    while not stop.is_set():
        try:
            waiting.put(item, timeout=POLL_S)
        except queue.Full:
            continue
        return
