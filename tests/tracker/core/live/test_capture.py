import threading

import numpy as np
import pytest

from live_sources import Played, Stuck
from poseglass.core.live.capture import STUCK_READERS, TICK, Capture, LiveFrame, Signal, SignalState, Waits
from poseglass.core.live.pace import now_s
from waiting import live_threads, no_thread_left, until

QUICK = Waits(open_s=0.2, stall_s=0.2, first_pause_s=0.01, last_pause_s=0.05)
PICTURE = np.zeros((4, 6, 3), np.uint8)


class Watched:
    """A capture whose frames and signals are kept."""

    def __init__(self, source: Played | Stuck, waits: Waits = QUICK) -> None:
        self.frames: list[LiveFrame] = []
        self.signals: list[Signal] = []
        self.capture = Capture(source, self.frames.append, self.signals.append, waits)
        self.capture.start()

    def close(self) -> bool:
        self.capture.stop()
        return self.capture.join(3)

    @property
    def states(self) -> list[SignalState]:
        return [signal.state for signal in self.signals]

    @property
    def reasons(self) -> set[str]:
        return {signal.reason for signal in self.signals if signal.state is SignalState.NO_SIGNAL}


def test_frames_come_numbered_and_stamped_by_arrival():
    began_s = now_s()
    with no_thread_left():
        watched = Watched(Played([[PICTURE] * 5], gap_s=0.01, hold=True))
        until(lambda: len(watched.frames) == 5)

        assert watched.close()
    stamps = [live.captured_s for live in watched.frames]
    assert [live.frame.index for live in watched.frames] == [0, 1, 2, 3, 4]
    assert began_s <= stamps[0] < stamps[-1] <= now_s()
    assert np.diff(stamps).min() >= 0.0099
    for live in watched.frames:
        assert live.frame.time_s == float(live.frame.pts * TICK)
        assert live.captured_s - stamps[0] == pytest.approx(live.frame.time_s)
    assert watched.states == [SignalState.OPENING, SignalState.LIVE, SignalState.CLOSED]


def test_frames_of_one_moment_still_rise():
    watched = Watched(Played([[PICTURE] * 1000], hold=True))
    until(lambda: len(watched.frames) == 1000)
    watched.close()

    assert np.diff([live.frame.pts for live in watched.frames]).min() >= 1


def test_a_lost_source_is_found_again_and_the_count_goes_on():
    source = Played([[PICTURE] * 3, [PICTURE] * 2], hold=True)
    watched = Watched(source)
    until(lambda: len(watched.frames) == 5)
    watched.close()

    assert [live.connection for live in watched.frames] == [0, 0, 0, 1, 1]
    assert [live.frame.index for live in watched.frames] == [0, 1, 2, 3, 4]
    assert watched.reasons == {"test camera: unplugged"}
    assert watched.states[:6] == [
        SignalState.OPENING, SignalState.LIVE, SignalState.NO_SIGNAL,
        SignalState.OPENING, SignalState.LIVE, SignalState.CLOSED,
    ]  # fmt: skip
    assert source.closed == source.opened == 2


def test_pauses_double_up_to_the_longest_while_trying_is_in_vain():
    watched = Watched(Played([]))
    until(lambda: watched.states.count(SignalState.NO_SIGNAL) == 6)
    watched.close()
    lost = [(i, signal) for i, signal in enumerate(watched.signals) if signal.state is SignalState.NO_SIGNAL]

    assert len(watched.frames) == 0
    assert all(signal.retry_at_s is not None for _, signal in lost)
    gaps = np.diff([signal.retry_at_s for _, signal in lost[:6]])
    assert np.all(gaps > np.array([0.02, 0.04, 0.05, 0.05, 0.05]) * 0.9)


def test_silence_counts_as_a_lost_signal():
    source = Played([[PICTURE], [PICTURE]], hold=True)
    source.connections = [[PICTURE]]
    watched = Watched(source)
    until(lambda: SignalState.NO_SIGNAL in watched.states)
    watched.close()

    assert "test camera: no picture for 0.2 s; is it still connected?" in watched.reasons


def test_a_source_that_never_answers_does_not_hold_up_closing():
    source = Stuck()
    watched = Watched(source, Waits(open_s=60))
    until(lambda: source.opened == 1)
    began_s = now_s()
    watched.capture.stop()

    assert not watched.capture.join(0.2)
    assert now_s() - began_s < 2
    assert watched.states == [SignalState.OPENING, SignalState.CLOSED]
    source.let_go.set()
    until(lambda: source.closed == 1)
    until(lambda: not live_threads())


def test_hanging_readers_do_not_pile_up():
    source = Stuck()
    watched = Watched(source)
    until(lambda: any("does not answer" in reason for reason in watched.reasons))
    until(lambda: watched.states.count(SignalState.NO_SIGNAL) > STUCK_READERS + 3)

    assert source.opened == STUCK_READERS
    source.let_go.set()
    until(lambda: source.opened > STUCK_READERS)
    watched.close()
    until(lambda: not live_threads())


def test_nothing_is_delivered_after_stop():
    entered, go_on = threading.Event(), threading.Event()

    def wait(number: int) -> None:
        if number == 1:
            entered.set()
            go_on.wait(10)

    watched = Watched(Played([[PICTURE] * 3], before=wait), Waits())
    assert entered.wait(10)
    watched.capture.stop()
    go_on.set()

    assert watched.capture.join(3)
    assert len(watched.frames) == 1


def test_an_unexpected_error_is_told_and_tried_again(caplog: pytest.LogCaptureFixture):
    def fail(number: int) -> None:
        raise ZeroDivisionError("a driver's surprise")

    source = Played([[PICTURE], [PICTURE]], before=fail)
    watched = Watched(source)
    until(lambda: source.opened > 1)
    watched.close()

    assert any("a driver's surprise" in reason for reason in watched.reasons)
    assert "unexpected error" in caplog.text
