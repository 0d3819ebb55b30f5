import numpy as np
import pytest

from poseglass_plugins.disbelief import Measured, disbelieved


def measured(x: np.ndarray, fixed: list[int], sigma: float = 1.0) -> Measured:
    """One keypoint that moves along x; NaN is missing."""
    frames = len(x)
    there = np.isfinite(x)[:, None]
    xy = np.stack([np.nan_to_num(x), np.zeros(frames)], axis=-1)[:, None]
    is_fixed = np.isin(np.arange(frames), fixed)[:, None]
    noise = np.tile(np.eye(2) * sigma**2, (frames, 1, 1, 1))
    return Measured(xy, np.where(is_fixed[..., None, None], np.eye(2) * 0.01, noise), there, is_fixed)


def wrong_frames(x: np.ndarray, fixed: list[int], reach_s: float = 0.25) -> list[int]:
    time_s = np.arange(len(x)) / 30
    wrong = disbelieved(time_s, measured(x, fixed), acceleration=4500, speed=600, reach_s=reach_s, gate=13.8)
    return np.flatnonzero(wrong[:, 0]).tolist()


def still(frames: int = 40) -> np.ndarray:
    return np.full(frames, 100.0)


def test_a_wrong_run_is_found_to_its_ends():
    x = still()
    x[17:24] = 300.0
    x[20] = 100.0

    assert wrong_frames(x, fixed=[20]) == [17, 18, 19, 21, 22, 23]


def test_a_longer_run_is_left_out_as_far_as_the_reach():
    x = still()
    x[20] = 200.0

    assert wrong_frames(x, fixed=[20]) == [*range(13, 20), *range(21, 28)]
    assert wrong_frames(x, fixed=[20], reach_s=0.0) == []


def test_each_side_is_judged_by_itself():
    x = still()
    x[21:] = 300.0

    assert wrong_frames(x, fixed=[20]) == list(range(21, 28))


def test_a_small_correction_accuses_nobody():
    x = still()
    x[20] = 108.0

    assert wrong_frames(x, fixed=[20]) == []


def test_a_moving_keypoint_that_passes_the_fixed_position_is_believed():
    x = 20.0 * np.arange(40)

    assert wrong_frames(x, fixed=[20]) == []


def test_the_next_fixed_position_ends_the_search():
    x = still()
    x[20:25] = 300.0
    x[[20, 24]] = 100.0, 100.0

    assert wrong_frames(x, fixed=[20, 24]) == [21, 22, 23]


def test_missing_frames_are_stepped_over():
    x = still()
    x[17:24] = 300.0
    x[20], x[22] = 100.0, np.nan

    assert wrong_frames(x, fixed=[20]) == [17, 18, 19, 21, 23]


@pytest.mark.parametrize("fixed", [[0], [39]])
def test_at_the_ends_there_is_one_side(fixed: list[int]):
    assert wrong_frames(still(), fixed) == []


def test_a_lone_neighbour_is_believed_if_it_could_have_come_from_there():
    x = np.full(40, np.nan)
    x[[20, 21]] = 100.0, 150.0
    assert wrong_frames(x, fixed=[20]) == []

    x[21] = 250.0
    assert wrong_frames(x, fixed=[20]) == [21]
