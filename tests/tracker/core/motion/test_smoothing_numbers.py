import numpy as np
import pytest

from poseglass.core.motion.smoothing_numbers import lag_frames, smoothing_numbers
from poseglass.core.motion.smoothing_trial import measure, take_sample
from poseglass.core.plugins import make_smoother
from poseglass_plugins.kalman import Kalman, KalmanOptions
from sessions import analysed, walk

PATH = walk(400)


@pytest.mark.parametrize("lag", [0.0, 1.0, 2.5, 6.3])
def test_a_path_that_is_late_by_so_much_is_said_to_be(lag: float):
    t = np.arange(400)
    late = np.stack(
        [[np.interp(t - lag, t, PATH[:, k, axis]) for axis in (0, 1)] for k in range(PATH.shape[1])]
    ).transpose(2, 0, 1)

    assert lag_frames(late, PATH) == pytest.approx(lag, abs=0.15)


def test_swapped_sides_do_not_hide_a_lag():
    late = np.concatenate([PATH[:3], PATH[:-3]])
    late[100:140] = late[100:140][:, [1, 0, 2, 4, 3]]

    assert lag_frames(late, PATH) == pytest.approx(3, abs=0.1)


def test_too_few_frames_say_nothing():
    assert np.isnan(lag_frames(PATH[:8], PATH[:8]))
    assert np.isnan(lag_frames(np.full_like(PATH, np.nan), PATH))


def test_roughness_is_the_acceleration_in_body_sizes():
    t = np.sort(np.random.default_rng(0).uniform(0, 5, 300))
    fall = np.stack([np.zeros(300), 0.5 * 900 * t**2], axis=-1)[:, None]
    numbers = smoothing_numbers(t, fall, fall, fall, body_size=300)

    assert numbers.roughness == pytest.approx(3.0)  # 900 px/s^2 in bodies of 300 px, whatever the gaps
    assert numbers.residual_px == 0


def test_the_residual_is_the_distance_taken_away():
    t = np.arange(400) / 30
    numbers = smoothing_numbers(t, PATH + np.array([3.0, 4.0]), PATH, PATH, 300)

    assert numbers.residual_px == pytest.approx(5)


def test_a_sample_gives_the_numbers_of_the_whole_track():
    document = analysed(900)
    keypoints, frames = [0, 3], range(300, 600)
    got = measure(take_sample(document, "1", frames, keypoints), lambda: make_smoother("kalman", {"noise": 1.0}))

    def make() -> Kalman:
        return Kalman(KalmanOptions(noise=1.0))

    raw, live = document.tracks.raw("1"), make()
    rows = zip(raw.time_s, raw.xy, raw.score, raw.covariance, strict=True)
    walked = np.stack([live.step(float(time_s), *row) for time_s, *row in rows])
    smoothed = make().smooth(document.tracks.corrected("1")).xy
    cut = slice(300, 600), keypoints
    expected = smoothing_numbers(raw.time_s[300:600], raw.xy[cut], walked[cut], smoothed[cut], raw.body_size)
    assert got.lag_frames == pytest.approx(expected.lag_frames, abs=0.02)
    assert got.residual_px == pytest.approx(expected.residual_px, rel=0.01)
    assert got.roughness == pytest.approx(expected.roughness, rel=0.01)
