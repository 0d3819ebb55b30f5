import numpy as np
import pytest

from poseglass.core.video.clock import PlayClock

TIMES = np.array([0.0, 0.04, 0.08, 0.9, 0.94, 1.0])
"""A pause of 0.82 s lies after the third frame; the median gap is 0.04."""


def test_each_frame_is_due_from_its_own_time_on():
    clock = PlayClock(TIMES)
    clock.start(100.0, 0)
    due = [clock.index_at(100 + t) for t in (0.0, 0.039, 0.041, 0.5, 0.89, 0.91, 1.001)]

    assert due == [0, 0, 1, 2, 2, 3, 5]


@pytest.mark.parametrize("speed", [0.1, 0.5, 2.0, 4.0])
def test_speed_changes_how_long_it_takes_and_nothing_else(speed: float):
    clock = PlayClock(TIMES, speed=speed)
    clock.start(0.0, 0)

    assert [clock.index_at((t + 1e-6) / speed) for t in TIMES] == [0, 1, 2, 3, 4, 5]


def test_slow_drawing_drops_frames_never_time():
    clock = PlayClock(TIMES)
    clock.start(0.0, 0)
    clock.index_at(0.0)

    assert clock.index_at(0.95) == 4  # two frames were never asked for


def test_the_last_frame_is_shown_as_long_as_others_then_it_stops():
    clock = PlayClock(TIMES)
    clock.start(0.0, 3)

    assert clock.index_at(0.13) == 5
    assert clock.is_running
    assert clock.index_at(0.15) == 5
    assert not clock.is_running


def test_playing_backward_passes_the_frames_in_reverse_and_stops_at_the_first():
    clock = PlayClock(TIMES, speed=-1.0)
    clock.start(0.0, 5)
    due = [clock.index_at(t) for t in (0.0, 0.05, 0.11, 0.5, 0.97, 1.03)]

    assert due == [5, 4, 3, 2, 1, 0]
    clock.index_at(1.05)
    assert not clock.is_running


def test_a_loop_comes_back_to_its_beginning_without_losing_time():
    clock = PlayClock(TIMES, loop=range(3, 5))  # 0.9 to 1.0: 0.1 s long
    clock.start(0.0, 3)

    assert [clock.index_at(t) for t in (0.0, 0.05, 0.101, 0.151, 10.01, 10.06)] == [3, 4, 3, 4, 3, 4]
    assert clock.is_running


def test_starting_outside_the_loop_or_at_the_end_starts_where_there_is_something_to_play():
    clock = PlayClock(TIMES, loop=range(1, 3))
    clock.start(0.0, 5)
    assert clock.index_at(0.0) == 1

    whole = PlayClock(TIMES)
    whole.start(0.0, 5)
    assert whole.index_at(0.001) == 0


def test_a_change_of_speed_goes_on_from_the_same_place():
    clock = PlayClock(TIMES)
    clock.start(0.0, 0)
    clock.change_speed(0.5, 0.1)

    assert clock.index_at(0.5) == 2
    assert clock.index_at(0.5 + 3.9) == 2
    assert clock.index_at(0.5 + 4.1) == 3


def test_a_single_frame_plays_for_a_second():
    clock = PlayClock(np.array([0.0]))
    clock.start(0.0, 0)

    assert clock.index_at(0.9) == 0
    assert clock.is_running
