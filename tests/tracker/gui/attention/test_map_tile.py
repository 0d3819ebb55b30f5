import time

from pytestqt.qtbot import QtBot

from poseglass.gui.attention.map_tile import BUDGET_S, TileQueue


def test_work_is_done_in_order_and_once(qtbot: QtBot):
    queue, done = TileQueue(), []
    first, second = (lambda: done.append(1)), (lambda: done.append(2))
    for make in (first, second, first):
        queue.add(make)
    qtbot.waitUntil(lambda: len(queue) == 0)

    assert done == [1, 2]


def test_long_work_lets_others_in_between(qtbot: QtBot):
    queue, done = TileQueue(), []
    for i in range(4):

        def make(i: int = i) -> None:
            until = time.perf_counter() + BUDGET_S
            while time.perf_counter() < until:
                pass
            done.append(i)

        queue.add(make)
    queue.work()

    assert done == [0]
    qtbot.waitUntil(lambda: done == [0, 1, 2, 3])


def test_what_is_cleared_is_never_done(qtbot: QtBot):
    queue, done = TileQueue(), []
    queue.add(lambda: done.append(1))
    queue.clear()
    queue.work()

    assert done == []
