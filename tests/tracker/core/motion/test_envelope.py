import numpy as np
import pytest

from poseglass.core.motion.envelope import envelope, visible

TIME_S = np.arange(10000) / 30


def test_few_frames_are_drawn_as_they_are():
    values = np.sin(TIME_S)
    time_s, drawn = envelope(TIME_S, values, range(100, 300), 400)

    np.testing.assert_array_equal(time_s, TIME_S[100:300])
    np.testing.assert_array_equal(drawn, values[100:300])


def test_a_single_spike_survives_any_thinning():
    values = np.zeros(10000)
    values[7777] = 9.0
    for columns in (20, 100, 500):
        time_s, drawn = envelope(TIME_S, values, range(10000), columns)

        assert len(drawn) <= 4 * columns
        assert drawn.max() == 9.0
        assert abs(time_s[np.argmax(drawn)] - TIME_S[7777]) < TIME_S[-1] / columns


def test_one_missing_frame_does_not_take_its_stretch_away():
    values = np.ones(10000)
    values[::3] = np.nan
    values[4000:6000] = np.nan
    time_s, drawn = envelope(TIME_S, values, range(10000), 100)
    missing = np.isnan(drawn)

    assert missing.any()
    assert time_s[missing].min() >= TIME_S[4000] - 1e-9
    assert time_s[missing].max() <= TIME_S[5999] + 1e-9


@pytest.mark.parametrize("step", [1, 7, 64])
def test_a_curve_keeps_its_shape_while_it_is_moved(step: int):
    values = np.random.default_rng(0).normal(size=10000)
    before = dict(zip(*(part.tolist() for part in envelope(TIME_S, values, range(1000, 9000), 100)), strict=True))
    after = dict(
        zip(*(part.tolist() for part in envelope(TIME_S, values, range(1000 + step, 9000 + step), 100)), strict=True)
    )
    shared = set(before) & set(after)

    assert len(shared) > 0.9 * len(before)
    assert all(before[time_s] == after[time_s] for time_s in shared)


def test_visible_frames_reach_past_both_edges():
    time_s = np.array([0.0, 0.1, 0.5, 0.6, 2.0])

    assert visible(time_s, 0.2, 0.55) == range(1, 4)
    assert visible(time_s, -1.0, 9.0) == range(5)
