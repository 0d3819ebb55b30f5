import numpy as np

from poseglass.core.motion.smoothing import SmoothedPaths
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.core.store.doubtful import doubtful_frames, look_next, worst_keypoint
from poseglass.types import Poses, Skeleton
from poseglass_plugins.kalman import Kalman, KalmanOptions
from sessions import WALKER, footage, measured, walk


def doubtful_walk() -> tuple[Document, SmoothedPaths]:
    """Somebody walks; in frame 100 two hands are taken for each other, in 200 the head is unsure."""
    document = Document(footage(300), WALKER)
    poses = measured(walk(300))
    poses.score[:] = 0.9
    poses.xy[100, [0, 1]] = poses.xy[100, [1, 0]]
    poses.score[200, 2] = 0.2
    for t in range(300):
        document.tracks.keep(t, Poses(poses.xy[t : t + 1], poses.score[t : t + 1], poses.covariance[t : t + 1]), ["1"])
    paths = SmoothedPaths(document, Kalman(KalmanOptions()))
    paths.refresh("1", document.tracks.frames)
    return document, paths


def test_what_jumps_and_what_is_unsure_comes_first():
    document, paths = doubtful_walk()
    first, second, *_ = doubtful_frames(document, "1", paths.track("1")).tolist()

    assert first == 100
    assert second == 200
    assert worst_keypoint(document, "1", paths.track("1"), 200)[0] == 2
    assert worst_keypoint(document, "1", paths.track("1"), 100)[0] in (0, 1)


def test_what_was_corrected_is_not_proposed_again():
    document, paths = doubtful_walk()
    document.swap_sides("1", range(100, 101))
    document.mark("1", 200, 2, Mark.PLACED)
    left = doubtful_frames(document, "1", paths.track("1")).tolist()

    assert not {frame for frame in left if 90 < frame < 110 or 190 < frame < 210}


def test_proposals_lie_apart():
    time_s = np.arange(1000) / 30
    chosen = look_next(time_s, np.random.default_rng(0).uniform(size=1000), np.zeros(1000, dtype=bool))

    assert len(chosen) > 20
    assert np.diff(np.sort(chosen)).min() >= 15


def test_where_nobody_is_there_is_nothing_to_look_at():
    document = Document(footage(50), WALKER)
    nobody = Poses.missing(5)
    for t in range(50):
        document.tracks.keep(t, nobody, ["1"])
    paths = SmoothedPaths(document, Kalman(KalmanOptions()))

    assert not len(doubtful_frames(document, "1", paths.track("1")))


def test_a_face_that_is_turned_away_is_no_cause_for_doubt():
    turned = Skeleton(("left_hand", "right_hand", "nose", "left_foot", "right_foot"))
    document = Document(footage(100), turned)
    poses = measured(walk(100))
    poses.score[:] = 0.9
    poses.score[30:60, 2] = 0.05
    poses.score[80, 4] = 0.2
    for t in range(100):
        document.tracks.keep(t, Poses(poses.xy[t : t + 1], poses.score[t : t + 1], poses.covariance[t : t + 1]), ["1"])
    paths = SmoothedPaths(document, Kalman(KalmanOptions()))
    paths.refresh("1", document.tracks.frames)

    assert doubtful_frames(document, "1", paths.track("1"))[0] == 80
    assert worst_keypoint(document, "1", paths.track("1"), 80) == (4, 0.2)
    assert worst_keypoint(document, "1", paths.track("1"), 40)[0] != 2
