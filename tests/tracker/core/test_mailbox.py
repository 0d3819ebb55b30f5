import threading

from poseglass.core.mailbox import Mailbox


def test_the_newest_item_wins_and_the_others_are_counted():
    box: Mailbox[int] = Mailbox()
    for item in range(5):
        box.put(item)

    assert box.take() == 4
    assert box.take() is None
    assert box.dropped == 4


def test_closing_wakes_who_waits_and_counts_what_nobody_took():
    box: Mailbox[int] = Mailbox()
    got: list[int | None] = []
    waiting = threading.Thread(target=lambda: got.append(box.wait()))
    waiting.start()
    box.close()
    waiting.join(10)
    box.put(1)

    assert got == [None]
    assert box.dropped == 1
    full: Mailbox[int] = Mailbox()
    full.put(1)
    full.close()
    full.close()

    assert full.dropped == 1
    assert full.take() is None


def test_who_waits_for_a_while_gets_nothing_and_may_look_at_what_comes_then():
    box: Mailbox[int] = Mailbox()
    assert box.wait(0.001) is None
    assert not box.is_closed
    box.put(1)

    assert (box.waiting, box.wait(0.001), box.waiting) == (1, 1, None)
    box.close()
    assert box.wait() is None
    assert box.is_closed


def test_between_two_threads_everything_is_taken_or_counted():
    box: Mailbox[int] = Mailbox()
    taken: list[int] = []

    def take_all() -> None:
        while (item := box.wait()) is not None:
            taken.append(item)

    reader = threading.Thread(target=take_all)
    reader.start()
    for item in range(1, 2001):
        box.put(item)
    box.close()
    reader.join(10)

    assert taken == sorted(taken)
    assert len(taken) + box.dropped == 2000
