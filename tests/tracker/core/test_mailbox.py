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
