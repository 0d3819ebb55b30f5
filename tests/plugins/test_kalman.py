from dataclasses import replace

import numpy as np
import pytest
from filterpy.common import Q_discrete_white_noise
from filterpy.kalman import KalmanFilter

from figures import track_of
from poseglass.api import State, Track
from poseglass_plugins.kalman import Kalman, KalmanOptions, motion

EXACT = KalmanOptions(acceleration=60.0, noise=1.0, gap_s=10.0, min_score=0.0)


def walk(frames: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two keypoints that swing, 100 px apart, at uneven times."""
    rng = np.random.default_rng(seed)
    time_s = np.cumsum(rng.uniform(0.02, 0.06, frames))
    x = 200 + 80 * np.sin(2 * np.pi * time_s)
    return np.stack([np.stack([x, 0 * x], -1), np.stack([x, 0 * x + 100], -1)], axis=1), time_s


def filterpy_forward(track: Track, size: float, keypoint: int) -> tuple[KalmanFilter, list, list]:
    """The same filter as filterpy writes it, one object for one keypoint."""
    reference = KalmanFilter(dim_x=4, dim_z=2)
    reference.H = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0]])
    variance = (EXACT.acceleration * size) ** 2
    means, covariances = [], []
    for t, time_s in enumerate(track.time_s):
        z = track.xy[t, keypoint]
        if t == 0:
            reference.x = np.array([z[0], 0, z[1], 0])
            reference.P = np.diag([1.0, (2 * size) ** 2, 1.0, (2 * size) ** 2])
        else:
            dt = time_s - track.time_s[t - 1]
            reference.F = np.kron(np.eye(2), [[1, dt], [0, 1]])
            reference.Q = Q_discrete_white_noise(2, dt, variance, block_size=2)
            reference.predict()
            reference.R = np.eye(2)
            reference.update(None if np.isnan(z).any() else z)
        means.append(reference.x.copy())
        covariances.append(reference.P.copy())
    return reference, means, covariances


def gappy_track() -> Track:
    xy, time_s = walk()
    xy = xy + np.random.default_rng(1).normal(0, 1, xy.shape)
    xy[20:24, 0] = np.nan
    return track_of(xy, time_s)


def test_steps_are_filterpys_where_nothing_is_an_outlier():
    track = gappy_track()
    smoother = Kalman(EXACT)
    # the live filter learns the body's size as it goes; a constant size makes both comparable
    full = track.xy.copy()
    full[:, 1] = full[:, 0] + [0, 100]
    track = track_of(np.where(np.isnan(track.xy), np.nan, full), track.time_s)
    live = np.array(
        [smoother.step(t, *row) for t, *row in zip(track.time_s, track.xy, track.score, track.covariance, strict=True)]
    )
    _, means, _ = filterpy_forward(track, 100.0, keypoint=0)

    seen = np.isfinite(track.xy[:, 0, 0])  # elsewhere it waits
    np.testing.assert_allclose(live[seen, 0], np.array(means)[seen][:, [0, 2]], atol=1e-6)


def test_two_passes_are_filterpys_rts_smoother():
    track = gappy_track()
    size = track.body_size
    smoothed = Kalman(EXACT).smooth(track)
    reference, means, covariances = filterpy_forward(track, size, keypoint=0)
    motions = list(zip(*motion(np.diff(track.time_s), (EXACT.acceleration * size) ** 2), strict=True))
    # filterpy takes F and Q of step t+1 at place t+1
    transitions, noises = [np.eye(4), *(f for f, _ in motions)], [np.eye(4), *(q for _, q in motions)]
    expected, expected_p, _, _ = reference.rts_smoother(
        np.array(means), np.array(covariances), Fs=transitions, Qs=noises
    )

    np.testing.assert_allclose(smoothed.xy[:, 0], expected[:, [0, 2]], atol=1e-6)
    spread = expected_p[:, [0, 2]][:, :, [0, 2]]
    np.testing.assert_allclose(smoothed.sigma[:, 0], np.sqrt(np.linalg.eigvalsh(spread)[:, -1]), atol=1e-6)


def test_two_passes_halve_the_noise_of_a_swinging_limb():
    truth, time_s = walk(300)
    noisy = truth + np.random.default_rng(2).normal(0, 3, truth.shape)
    smoothed = Kalman(KalmanOptions(acceleration=30.0, noise=1.0)).smooth(track_of(noisy, time_s, sigma=3.0))

    def error(xy: np.ndarray) -> float:
        return float(np.sqrt(((xy - truth) ** 2).mean()))

    assert error(smoothed.xy) < 0.7 * error(noisy)


def test_a_short_gap_is_bridged_and_says_so():
    xy, time_s = walk()
    xy[30:33, 0] = np.nan
    smoothed = Kalman(KalmanOptions()).smooth(track_of(xy, time_s))

    assert (smoothed.state[30:33, 0] == State.INTERPOLATED).all()
    assert (smoothed.state[:30, 0] == State.OBSERVED).all()
    assert np.isfinite(smoothed.xy[30:33, 0]).all()
    assert smoothed.sigma[31, 0] > smoothed.sigma[20, 0]


def test_past_a_long_gap_nothing_is_invented():
    time_s = np.arange(90) / 30
    xy = np.stack([np.stack([time_s * 10, time_s], -1), np.stack([time_s * 10, time_s + 100], -1)], 1)
    xy[30:60] = np.nan
    smoothed = Kalman(KalmanOptions(gap_s=0.5)).smooth(track_of(xy, time_s))

    assert (smoothed.state[30:44] == State.PREDICTED).all()
    assert (smoothed.state[45:60] == State.MISSING).all()
    assert np.isnan(smoothed.xy[45:60]).all()
    assert (smoothed.state[60:] == State.OBSERVED).all()


def test_after_a_gap_the_past_says_nothing():
    time_s = np.concatenate([np.arange(10) / 30, 5 + np.arange(10) / 30])
    xy = np.zeros((20, 2, 2))
    xy[:, 1] = 100
    xy[10:] += 500
    smoothed = Kalman(KalmanOptions()).smooth(track_of(xy, time_s))

    np.testing.assert_allclose(smoothed.xy, xy, atol=0.5)


def test_a_single_outlier_is_left_out_and_a_lasting_jump_is_followed_from_its_beginning():
    time_s = np.arange(40) / 30
    xy = np.zeros((40, 2, 2))
    xy[:, 1] = 100
    xy[10, 0] = 400
    xy[25:, 0] = [300, 0]
    smoothed = Kalman(KalmanOptions()).smooth(track_of(xy, time_s))

    assert np.abs(smoothed.xy[10, 0]).max() < 5
    assert smoothed.state[10, 0] == State.INTERPOLATED
    np.testing.assert_allclose(smoothed.xy[20:, 0], xy[20:, 0], atol=5)
    assert (smoothed.state[20:, 0] == State.OBSERVED).all()


def test_low_score_counts_as_missing():
    xy, time_s = walk(10)
    smoothed = Kalman(KalmanOptions(min_score=0.5)).smooth(track_of(xy, time_s, score=0.4))

    assert (smoothed.state == State.MISSING).all()
    assert np.isnan(smoothed.xy).all()


def test_while_it_is_not_seen_a_fast_keypoint_waits_where_it_was():
    live, size, covariance = Kalman(KalmanOptions()), np.array([[0.0, 0.0], [0, 100]]), np.tile(np.eye(2), (2, 1, 1))
    steps = []
    for t, seen in enumerate([True, True, True, False, True]):
        xy = np.add(size, [[150.0 * t, 0.0], [0, 0]])
        score = np.array([1.0 if seen else 0.0, 1.0])
        steps.append(live.step(0.25 * t, xy, score, covariance))

    np.testing.assert_array_equal(steps[3][0], steps[2][0])
    np.testing.assert_allclose(steps[4][0], [600, 0], atol=5)


@pytest.mark.parametrize("dt", [0.001, 1 / 30, 0.5])
def test_motion_keeps_uniform_speed_with_filterpys_noise(dt: float):
    transition, process = motion(np.array([dt]), 7.0)

    np.testing.assert_allclose(process[0], Q_discrete_white_noise(2, dt, 7.0, block_size=2), rtol=1e-12)
    np.testing.assert_allclose(transition[0] @ [1, 2, 3, 4], [1 + 2 * dt, 2, 3 + 4 * dt, 4])


def fix(track: Track, t: int, keypoint: int, xy: tuple[float, float]) -> Track:
    """The track with one position put there by the user."""
    fixed = np.zeros(track.score.shape, bool) if track.fixed is None else track.fixed.copy()
    places, score, covariance = track.xy.copy(), track.score.copy(), track.covariance.copy()
    fixed[t, keypoint] = True
    places[t, keypoint], score[t, keypoint], covariance[t, keypoint] = xy, 1.0, np.eye(2) * 0.01
    return replace(track, xy=places, score=score, covariance=covariance, fixed=fixed, size=track.body_size)


def moved_by(track: Track, corrected: Track) -> np.ndarray:
    """How far smoothing carries each keypoint of each frame, (T, K)."""
    smoother = Kalman(KalmanOptions())
    return np.linalg.norm(smoother.smooth(corrected).xy - smoother.smooth(track).xy, axis=-1)


def noisy_walk(frames: int = 150) -> Track:
    """Two keypoints, 300 px apart, that swing at 30 frames a second, measured to 2 px."""
    time_s = np.arange(frames) / 30
    x = 300 + 60 * np.sin(np.pi * time_s)
    xy = np.stack([np.stack([x, 0 * x + 100], -1), np.stack([x, 0 * x + 400], -1)], axis=1)
    return track_of(xy + np.random.default_rng(0).normal(0, 1, xy.shape), time_s, sigma=3.0, score=0.8)


@pytest.mark.parametrize("off", [4.0, 25.0, 120.0, 600.0])
def test_the_path_goes_through_a_fixed_position_and_takes_its_neighbours_along(off: float):
    track = noisy_walk()
    x, y = track.xy[75, 0] + [off, 0]
    corrected = fix(track, 75, 0, (x, y))
    smoothed = Kalman(KalmanOptions()).smooth(corrected)
    shift = moved_by(track, corrected)

    assert np.linalg.norm(smoothed.xy[75, 0] - [x, y]) < 0.5
    assert smoothed.state[75, 0] == State.EDITED
    assert (smoothed.state == State.EDITED).sum() == 1
    assert shift[74, 0] > 0.1 * off
    assert shift[76, 0] > 0.1 * off
    assert shift[:45, 0].max() < 0.01
    assert shift[106:, 0].max() < 0.01
    assert shift[:, 1].max() == 0


def test_a_run_taken_for_another_limb_is_mended_by_one_fixed_position():
    track = noisy_walk()
    truth = track.xy[:, 0].copy()
    track.xy[70:80, 0] += [150, 0]
    smoothed = Kalman(KalmanOptions()).smooth(fix(track, 75, 0, tuple(truth[75])))

    assert np.linalg.norm(smoothed.xy[60:90, 0] - truth[60:90], axis=-1).max() < 12


def test_a_fixed_position_at_the_end_of_a_wrong_run_leaves_the_right_side_alone():
    track = noisy_walk()
    truth = track.xy[:, 0].copy()
    track.xy[70:, 0] += [150, 0]
    smoothed = Kalman(KalmanOptions()).smooth(fix(track, 70, 0, tuple(truth[70])))

    assert np.linalg.norm(smoothed.xy[60:71, 0] - truth[60:71], axis=-1).max() < 5
    assert np.linalg.norm(smoothed.xy[72, 0] - truth[72]) < 75


def test_a_fixed_outlier_keeps_its_right_neighbours():
    track = noisy_walk()
    truth = track.xy[:, 0].copy()
    track.xy[75, 0] += [150, 40]
    corrected = fix(track, 75, 0, tuple(truth[75]))
    smoothed = Kalman(KalmanOptions()).smooth(corrected)

    assert (smoothed.state[65:75, 0] == State.OBSERVED).all()
    assert (smoothed.state[76:86, 0] == State.OBSERVED).all()


def test_a_fixed_position_counts_whatever_its_score():
    track = fix(noisy_walk(), 20, 1, (300.0, 380.0))
    track.score[20, 1] = 0.0
    smoothed = Kalman(KalmanOptions(min_score=0.5)).smooth(track)

    np.testing.assert_allclose(smoothed.xy[20, 1], [300, 380], atol=0.5)


def test_positions_fixed_where_nothing_was_measured_make_a_path():
    track = track_of(np.full((30, 2, 2), np.nan), np.arange(30) / 30)
    track = fix(fix(replace(track, size=300.0), 10, 0, (100.0, 50.0)), 20, 0, (150.0, 50.0))
    smoothed = Kalman(KalmanOptions()).smooth(track)

    np.testing.assert_allclose(smoothed.xy[15, 0], [125, 50], atol=3)
    assert smoothed.state[[10, 15, 20], 0].tolist() == [State.EDITED, State.INTERPOLATED, State.EDITED]
    assert np.isnan(smoothed.xy[:, 1]).all()


def test_a_part_with_the_bodys_size_given_is_smoothed_as_in_the_whole():
    track = noisy_walk()
    whole = Kalman(KalmanOptions()).smooth(track)
    here = slice(40, 110)
    part = Track(track.time_s[here], track.xy[here, :1], track.score[here, :1], track.covariance[here, :1],
                 size=track.body_size)  # fmt: skip

    np.testing.assert_allclose(Kalman(KalmanOptions()).smooth(part).xy[20:-20], whole.xy[60:90, :1], atol=1e-3)


def test_a_fixed_position_that_nobody_could_have_reached_starts_anew():
    track = noisy_walk()
    corrected = fix(track, 75, 0, (2000.0, 100.0))
    smoothed = Kalman(KalmanOptions()).smooth(corrected)

    np.testing.assert_allclose(smoothed.xy[75, 0], [2000, 100], atol=0.5)
    assert np.abs(smoothed.xy[:60, 0, 0] - track.xy[:60, 0, 0]).max() < 5
    assert np.abs(smoothed.xy[90:, 0, 0] - track.xy[90:, 0, 0]).max() < 5
