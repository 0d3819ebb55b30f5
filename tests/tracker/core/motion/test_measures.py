from fractions import Fraction

import numpy as np
import pytest

from figures import track_of
from poseglass.core.motion.calibration import Calibration
from poseglass.core.motion.measures import with_measures
from poseglass.types import Measure, Recording, Skeleton, SmoothedTrack, Source, State

LEG = Skeleton(("left_hip", "left_knee", "left_ankle"))
METRE = Calibration((0.0, 0.0, 100.0, 0.0), 1.0)


def leg(frames: int = 5, aspect: Fraction = Fraction(1)) -> Recording:
    """A leg that is bent by a right angle, and goes 10 px to the right in every frame, ten a second."""
    time_s = np.arange(frames) / 10
    xy = np.array([[0.0, 0], [0, 100], [50, 100]]) + np.stack([time_s * 100, time_s * 0], -1)[:, None]
    track = track_of(xy, time_s, sigma=2.0, score=0.9)
    return Recording(
        LEG, np.arange(frames), np.arange(frames), time_s, (("1", track, None),),
        Source(400, 300, sample_aspect_ratio=aspect),
    )  # fmt: skip


def named(recording: Recording) -> dict[tuple[str, str], Measure]:
    return {(measure.name, measure.unit): measure for measure in recording.measures[0]}


def test_a_leg_in_numbers():
    found = named(with_measures(leg()))

    assert list(found) == [
        ("left_knee.angle", "deg"), ("left_thigh.tilt", "deg"), ("left_shank.tilt", "deg"),
        ("left_hip.speed", "px_s"), ("left_knee.speed", "px_s"), ("left_ankle.speed", "px_s"),
    ]  # fmt: skip
    np.testing.assert_allclose(found["left_knee.angle", "deg"].values, 90)
    np.testing.assert_allclose(found["left_thigh.tilt", "deg"].sigma, np.degrees(np.hypot(0.02, 0.02)))
    np.testing.assert_allclose(found["left_shank.tilt", "deg"].values, -90)
    np.testing.assert_allclose(found["left_ankle.speed", "px_s"].values, 100)


def test_pixels_that_are_not_square_and_metres():
    found = named(with_measures(leg(aspect=Fraction(2)), METRE))

    np.testing.assert_allclose(found["left_knee.speed", "px_s"].values, 200)
    np.testing.assert_allclose(found["left_knee.speed", "m_s"].values, 1)
    np.testing.assert_allclose(found["left_knee.x", "m"].values, np.arange(5) / 10)
    np.testing.assert_allclose(found["left_knee.y", "m"].values, -0.5)
    np.testing.assert_allclose(found["left_knee.y", "m"].sigma, 2 / 200)


def test_smoothed_positions_are_what_is_measured():
    recording = leg()
    ((name, raw, _),) = recording.tracks
    smooth = SmoothedTrack(raw.xy * [0.5, 1], raw.score * 0 + 1.0, np.full(raw.score.shape, State.OBSERVED, np.uint8))
    found = named(with_measures(Recording(**{**_fields(recording), "tracks": ((name, raw, smooth),)})))

    np.testing.assert_allclose(found["left_knee.speed", "px_s"].values, 50)
    np.testing.assert_allclose(found["left_shank.tilt", "deg"].sigma, np.degrees(np.hypot(1, 1) / 25))


def _fields(recording: Recording) -> dict[str, object]:
    return {name: getattr(recording, name) for name in recording.__slots__}


def test_no_speed_over_frames_that_were_left_out_or_without_a_time():
    recording = leg(8).part([0, 1, 5, 6, 7])
    time_s = recording.time_s.copy()
    time_s[3] = np.nan
    found = named(with_measures(Recording(**{**_fields(recording), "time_s": time_s})))

    np.testing.assert_allclose(found["left_knee.speed", "px_s"].values, [100, 100, 100, np.nan, 100])
    assert np.isfinite(found["left_knee.angle", "deg"].values).all()


def test_a_part_of_a_recording_has_that_part_of_its_measures():
    whole = with_measures(leg())
    part = whole.part(range(1, 3))

    for one, other in zip(part.measures[0], whole.measures[0], strict=True):
        np.testing.assert_array_equal(one.values, other.values[1:3])
        np.testing.assert_array_equal(one.sigma, other.sigma[1:3])


@pytest.mark.parametrize("frames", [0, 1])
def test_of_no_frame_and_of_one(frames: int):
    found = named(with_measures(leg(frames), METRE))

    assert len(found["left_knee.speed", "m_s"].values) == frames
    assert np.isnan(found["left_knee.speed", "m_s"].values).all()
