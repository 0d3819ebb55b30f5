import numpy as np

from poseglass.api import Floats
from poseglass.core.motion.live_path import LivePath, walk_whole
from poseglass.core.store.document import Document
from poseglass.types import Track
from poseglass_plugins.kalman import Kalman, KalmanOptions
from sessions import analysed


def make() -> Kalman:
    return Kalman(KalmanOptions())


def stepped(document: Document) -> Floats:
    """What a live loop shows."""
    smoother, track = make(), document.tracks.raw("1")
    rows = zip(track.time_s, track.xy, track.score, track.covariance, strict=True)
    return np.stack([smoother.step(float(time_s), *row) for time_s, *row in rows])


def test_frames_that_come_in_one_after_another_are_smoothed_as_live():
    document = analysed(200)
    path = LivePath(document.footage.time_s, 5, make)
    for start in range(0, 200, 8):
        path.refresh(range(start, start + 8), lambda frames: document.tracks.raw("1", frames), document.tracks.analysed)

    np.testing.assert_array_equal(path.xy, stepped(document))


def test_a_piece_in_the_middle_is_what_the_whole_has_there():
    document = analysed(600)
    path = LivePath(document.footage.time_s, 5, make)
    path.refresh(range(300, 350), lambda frames: document.tracks.raw("1", frames), document.tracks.analysed)

    np.testing.assert_allclose(path.xy[300:350], stepped(document)[300:350], atol=0.05)
    assert np.isnan(path.xy[:300]).all()
    assert np.isnan(path.xy[350:]).all()


def test_a_whole_track_in_pieces_is_as_live_and_can_be_stopped():
    document = analysed(2300)
    done: list[int] = []
    whole = walk_whole(
        document.tracks.raw("1"), document.tracks.analysed, make(), lambda n, _: done.append(n), lambda: False
    )

    assert whole is not None
    np.testing.assert_array_equal(whole, stepped(document))
    assert done == [1000, 2000, 2300]
    assert walk_whole(document.tracks.raw("1"), document.tracks.analysed, make(), lambda *_: None, lambda: True) is None


def test_frames_that_were_not_looked_at_are_left_out():
    document = analysed(30)
    analysed_too = document.tracks.analysed.copy()
    analysed_too[10:20] = False
    seen: list[float] = []

    class Spy(Kalman):
        def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
            seen.append(time_s)
            return super().step(time_s, xy, score, covariance)

    path = walk_whole(document.tracks.raw("1"), analysed_too, Spy(KalmanOptions()), lambda *_: None, lambda: False)

    assert path is not None
    assert np.isnan(path[10:20]).all()
    assert len(seen) == 20


def test_corrections_do_not_move_the_live_path():
    document = analysed(60)
    before = stepped(document)
    document.move("1", 30, 0, (0.0, 0.0))

    def part(frames: range) -> Track:
        return document.tracks.raw("1", frames)

    path = LivePath(document.footage.time_s, 5, make)
    path.refresh(range(60), part, document.tracks.analysed)
    np.testing.assert_array_equal(path.xy, before)
