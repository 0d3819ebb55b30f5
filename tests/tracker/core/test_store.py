import numpy as np

from figures import DOTS
from poseglass.core.store import Store
from poseglass.types import Frame, Poses
from poseglass_plugins.kalman import Kalman, KalmanOptions

IMAGE = np.zeros((4, 4, 3), np.uint8)


def filled(frames: int = 5) -> Store:
    store = Store(DOTS)
    for i in range(frames):
        xy = np.array([[[i, 0.0], [i, 50.0]]])
        poses = Poses(xy, np.ones((1, 2)), np.tile(np.eye(2), (1, 2, 1, 1)))
        store.add(Frame(i + 10, i * 512, i / 30, IMAGE), poses if i != 2 else Poses.missing(2))
    return store


def test_the_recording_holds_frames_as_they_came():
    recording = filled().recording(None)

    assert recording.frame_index.tolist() == [10, 11, 12, 13, 14]
    assert recording.pts.tolist() == [0, 512, 1024, 1536, 2048]
    assert filled().found == 4


def test_smoothing_leaves_the_raw_poses_alone():
    store = filled()
    before = store.track()
    recording = store.recording(Kalman(KalmanOptions()))
    _, raw, smoothed = recording.tracks[0]

    np.testing.assert_array_equal(raw.xy, before.xy)
    assert smoothed is not None
    assert np.isfinite(smoothed.xy[2]).all()
    assert np.isnan(raw.xy[2]).all()


def test_an_empty_store_makes_an_empty_recording():
    recording = Store(DOTS).recording(Kalman(KalmanOptions()))

    assert len(recording.pts) == 0
    assert recording.tracks[0][1].xy.shape == (0, 2, 2)
