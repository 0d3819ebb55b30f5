import numpy as np
import pytest

from poseglass.types import Recording, Rows, Skeleton, SmoothedTrack, Source, State, Track, runs, sigma_of

FRAMES, KEYPOINTS = 6, 3


@pytest.fixture
def track() -> Track:
    xy = np.arange(FRAMES * KEYPOINTS * 2.0).reshape(FRAMES, KEYPOINTS, 2)
    covariance = np.eye(2) * np.arange(1.0, 19).reshape(FRAMES, KEYPOINTS, 1, 1)
    return Track(np.arange(FRAMES) / 10, xy, xy[..., 0] / 100, covariance, xy[..., 0] % 4 == 0, size=80.0)


@pytest.fixture
def smooth(track: Track) -> SmoothedTrack:
    return SmoothedTrack(track.xy + 0.5, track.score, np.full((FRAMES, KEYPOINTS), State.OBSERVED, np.uint8))


def test_states_are_the_bytes_of_arrays_and_the_words_of_tables() -> None:
    state = np.array([0, 1, 2, 3, 4], dtype=np.uint8)

    assert [State(value).text for value in state] == ["", "observed", "interpolated", "predicted", "edited"]
    assert (state == State.EDITED).tolist() == [False] * 4 + [True]


def test_sigma_is_taken_along_the_less_certain_axis_however_it_is_turned() -> None:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    covariance = np.stack([np.diag([4.0, 1.0]), turn @ np.diag([1.0, 9.0]) @ turn.T])

    np.testing.assert_allclose(sigma_of(covariance), [2, 3])


def test_sigma_of_what_is_missing_is_missing() -> None:
    covariance = np.tile(np.eye(2), (3, 1, 1))
    covariance[1] = np.nan
    covariance[2, 0, 0] = np.inf

    np.testing.assert_array_equal(sigma_of(covariance), [1, np.nan, np.nan])
    assert sigma_of(np.empty((0, 14, 2, 2))).shape == (0, 14)


@pytest.mark.parametrize("frames", [range(1, 4), slice(1, 4), np.array([1, 2, 3])])
def test_a_part_has_the_same_frames_in_every_column(track: Track, smooth: SmoothedTrack, frames: Rows) -> None:
    part, smooth_part = track.part(frames), smooth.part(frames)

    assert part.size == 80
    for column in ("time_s", "xy", "score", "covariance", "fixed"):
        np.testing.assert_array_equal(getattr(part, column), getattr(track, column)[1:4])
    for column in ("xy", "sigma", "state"):
        np.testing.assert_array_equal(getattr(smooth_part, column), getattr(smooth, column)[1:4])
    assert smooth_part.state.dtype == np.uint8


def test_a_part_of_some_keypoints_has_them_in_the_order_they_were_named(track: Track, smooth: SmoothedTrack) -> None:
    part, smooth_part = track.part(range(2), [2, 0]), smooth.part(range(2), [2, 0])

    np.testing.assert_array_equal(part.xy, track.xy[:2][:, [2, 0]])
    np.testing.assert_array_equal(part.covariance, track.covariance[:2][:, [2, 0]])
    np.testing.assert_array_equal(part.time_s, track.time_s[:2])
    np.testing.assert_array_equal(smooth_part.sigma, smooth.sigma[:2][:, [2, 0]])


def test_a_part_past_the_end_ends_there_and_a_range_is_not_copied(track: Track) -> None:
    assert track.part(range(4, 99)).xy.shape == (2, KEYPOINTS, 2)
    assert np.shares_memory(track.part(range(2)).xy, track.xy)
    assert not np.shares_memory(track.part(np.arange(2)).xy, track.xy)


def test_a_track_without_fixed_positions_has_parts_without(track: Track) -> None:
    assert Track(track.time_s, track.xy, track.score, track.covariance).part(range(2)).fixed is None


def test_a_frame_of_a_track_is_one_person(track: Track) -> None:
    poses = track.poses(4)

    assert len(poses) == 1
    np.testing.assert_array_equal(poses.xy[0], track.xy[4])


def test_a_part_of_a_recording_is_a_part_of_everybody(track: Track, smooth: SmoothedTrack) -> None:
    index = np.arange(10, 10 + FRAMES)
    tracks = (("1", track, smooth), ("2", track, None))
    part = Recording(Skeleton(("a", "b", "c")), index, index * 3, track.time_s, tracks, Source()).part(range(2))

    assert (part.frame_index.tolist(), part.pts.tolist(), part.time_s.tolist()) == ([10, 11], [30, 33], [0, 0.1])
    assert [name for name, _, _ in part.tracks] == ["1", "2"]
    first = part.tracks[0][2]
    assert first is not None
    np.testing.assert_array_equal(first.xy, smooth.xy[:2])
    assert part.tracks[1][2] is None


def test_runs_are_the_stretches_that_are_set() -> None:
    assert runs(np.array([1, 1, 0, 0, 1, 0, 1], dtype=bool)) == [range(2), range(4, 5), range(6, 7)]
    assert runs(np.zeros(0, dtype=bool)) == []
