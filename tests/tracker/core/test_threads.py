import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from poseglass.core.threads import WriteBehind, read_ahead


def alive() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_read_ahead_keeps_the_order():
    with closing(read_ahead(range(100), limit=3)) as items:
        assert list(items) == list(range(100))


def test_read_ahead_fetches_no_more_than_its_limit():
    fetched: list[int] = []

    def source() -> Iterator[int]:
        for i in range(100):
            fetched.append(i)
            yield i

    with closing(read_ahead(source(), limit=3)) as items:
        next(items)
        time.sleep(0.3)

        assert len(fetched) <= 6


def test_read_ahead_raises_in_its_place_what_the_source_raises():
    def source() -> Iterator[int]:
        yield 1
        raise OSError("broken")

    with closing(read_ahead(source())) as items:
        assert next(items) == 1
        with pytest.raises(OSError, match="broken"):
            next(items)


def test_closing_read_ahead_closes_the_source_and_leaves_no_thread():
    closed: list[bool] = []

    def source() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(True)

    with closing(read_ahead(source(), limit=2)) as items:
        next(items)

    assert closed == [True]
    assert "read ahead" not in alive()


def test_write_behind_consumes_all_in_order_before_leaving():
    written: list[int] = []
    with WriteBehind(written.append, limit=2) as behind:
        for i in range(50):
            behind.put(i)

    assert written == list(range(50))
    assert "write behind" not in alive()


def test_write_behind_raises_what_writing_raised():
    def refuse(_: int) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), WriteBehind(refuse, limit=2) as behind:
        for i in range(1000):
            behind.put(i)


def test_write_behind_raises_on_leaving_when_nothing_more_is_put():
    def refuse(_: int) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"), WriteBehind(refuse) as behind:
        behind.put(1)


def test_an_error_inside_drops_what_is_queued():
    written: list[int] = []

    def slow(item: int) -> None:
        time.sleep(0.2)
        written.append(item)

    with pytest.raises(KeyError), WriteBehind(slow, limit=10) as behind:
        for i in range(10):
            behind.put(i)
        raise KeyError

    assert len(written) < 10
