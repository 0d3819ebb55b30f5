import numpy as np
import pytest

from poseglass.core.motion.smoothing import AT_ONCE, SmoothedPaths, smooth_whole
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.types import Poses, SmoothedTrack, State, Track
from poseglass_plugins.kalman import Kalman, KalmanOptions
from sessions import WALKER, analysed, footage, measured, walk

DEFAULT = KalmanOptions()
HARD = KalmanOptions(acceleration=0.5, noise=3.0)
"""A filter with a long memory: a second of context is far from enough."""


def smoothed(document: Document, options: KalmanOptions = DEFAULT) -> SmoothedPaths:
    """Paths of a document, up to date."""
    paths = SmoothedPaths(document, Kalman(options))
    smooth_wholly(paths, document, options)
    return paths


def smooth_wholly(paths: SmoothedPaths, document: Document, options: KalmanOptions = DEFAULT) -> None:
    """Do what a worker does."""
    for person in document.tracks.people:
        pending = paths.begin(person)
        paths.finish(pending, Kalman(options).smooth(pending.track))


def assert_as_the_whole(paths: SmoothedPaths, document: Document, options: KalmanOptions = DEFAULT) -> None:
    for person in document.tracks.people:
        expected = Kalman(options).smooth(document.tracks.corrected(person))
        got = paths.track(person)
        np.testing.assert_allclose(got.xy, expected.xy, atol=0.01)
        np.testing.assert_allclose(got.sigma, expected.sigma, rtol=1e-3)
        np.testing.assert_array_equal(got.state, expected.state)


def gappy(frames: int) -> Document:
    """Somebody walks, out of sight at times, with outliers and a wrong run."""
    document = Document(footage(frames), WALKER)
    rng = np.random.default_rng(5)
    xy = measured(walk(frames)).xy
    xy[rng.random(xy.shape[:2]) < 0.1] = np.nan
    xy[rng.random(xy.shape[:2]) < 0.02] += 200
    xy[400:440] = np.nan
    xy[600:615, 1] += [150, 20]
    for t in range(frames):
        there = np.isfinite(xy[t : t + 1]).all(axis=-1)
        score = np.where(there, rng.uniform(0.05, 1, there.shape), 0)
        document.tracks.keep(
            t, Poses(xy[t : t + 1], score, np.where(there[..., None, None], np.eye(2) * 9.0, np.nan)), ["1"]
        )
    return document


@pytest.mark.parametrize("options", [KalmanOptions(), HARD], ids=["default", "long memory"])
def test_edits_leave_the_paths_as_if_everything_had_been_smoothed(options: KalmanOptions):
    document = gappy(1500)
    paths = smoothed(document, options)
    rng = np.random.default_rng(0)
    for t in (0, 3, 402, 607, 900, 901, 1499):
        k = int(rng.integers(5))
        document.move("1", t, k, (float(rng.uniform(200, 600)), float(rng.uniform(200, 600))))
        document.mark("1", min(t + 5, 1499), k, Mark.MISSING)
        document.swap_sides("1", range(max(0, t - 20), min(1500, t + 15)))
    document.undo()
    document.remove("1", range(1000, 1030))

    assert_as_the_whole(paths, document, options)


def test_undo_brings_the_path_back():
    document = analysed(600)
    paths = smoothed(document)
    before = paths.track("1").xy.copy()
    document.move("1", 300, 0, (100.0, 100.0))
    assert np.nanmax(np.abs(paths.track("1").xy - before)) > 50
    document.undo()

    np.testing.assert_allclose(paths.track("1").xy, before, atol=0.01)


def test_an_edit_smooths_only_what_is_near_and_only_that_keypoint():
    document = analysed(3000)
    paths = smoothed(document)
    asked: list[tuple[int, ...]] = []

    class Spy(Kalman):
        def smooth(self, track: Track) -> SmoothedTrack:
            asked.append(track.score.shape)
            return super().smooth(track)

    paths._smoother = Spy(KalmanOptions())
    document.move("1", 1500, 2, (400.0, 250.0))

    assert sum(frames for frames, _ in asked) < 400
    assert {keypoints for _, keypoints in asked} == {1}


def test_swapped_people_are_smoothed_anew_both():
    document = analysed(400, people=2)
    paths = smoothed(document)
    document.swap_people("1", "2", range(200, 400))
    expected = Kalman(DEFAULT).smooth(document.tracks.corrected("1"))
    np.testing.assert_allclose(paths.track("1").xy, expected.xy, atol=0.1)

    smooth_wholly(paths, document)
    assert_as_the_whole(paths, document)


def test_of_somebody_in_few_frames_few_are_smoothed():
    document = analysed(3000)
    rows = measured(walk(100), seed=5)
    for t in range(100):
        document.put(1500 + t, rows.part([t]), ["2"], only=["2"])
    paths = SmoothedPaths(document, Kalman(DEFAULT))
    pending = paths.begin("2")
    assert len(pending.track.time_s) == len(pending.frames) < 750
    worked = smooth_whole(pending.track, Kalman(DEFAULT), lambda *_: None, lambda: False)
    assert worked is not None
    paths.finish(pending, worked)
    smooth_wholly(paths, document)

    assert not paths.stale("2")
    assert_as_the_whole(paths, document)


def test_of_somebody_who_is_nowhere_nothing_is_left():
    document = analysed(400, people=2)
    paths = smoothed(document)
    document.delete("2")
    assert paths.stale("2") == range(400)
    pending = paths.begin("2")
    worked = smooth_whole(pending.track, Kalman(DEFAULT), lambda *_: None, lambda: False)
    assert worked is not None
    paths.finish(pending, worked)

    assert not paths.stale("2")
    assert np.isnan(paths.track("2").xy).all()
    document.undo()
    smooth_wholly(paths, document)
    assert_as_the_whole(paths, document)


def test_results_are_stale_until_they_are_smoothed():
    document = Document(footage(500), WALKER)
    paths = SmoothedPaths(document, Kalman(DEFAULT))
    truth = measured(walk(500))
    for t in range(100, 300):
        document.arrivals.put(t, Poses(truth.xy[t : t + 1], truth.score[t : t + 1], truth.covariance[t : t + 1]), ["1"])
        if t % 40 == 39 or t == 299:
            document.take_arrivals()
            stale = paths.stale("1")
            assert stale
            paths.refresh("1", stale)
    assert not paths.stale("1")

    track, expected = paths.track("1"), Kalman(DEFAULT).smooth(document.tracks.corrected("1"))
    assert (track.state[:100] == State.MISSING).all()
    assert (track.state[300:] == State.MISSING).all()  # nobody has looked there: no running on
    np.testing.assert_allclose(track.xy[100:300], expected.xy[100:300], atol=1.0)  # sizes grew on the way


@pytest.mark.parametrize("options", [KalmanOptions(), HARD], ids=["default", "long memory"])
def test_a_whole_track_in_pieces_is_as_at_once(options: KalmanOptions):
    document = gappy(3500)
    document.move("1", 998, 0, (300.0, 300.0))
    document.move("1", 1003, 0, (310.0, 300.0))
    track = document.tracks.corrected("1")
    done: list[tuple[int, int]] = []
    pieces = smooth_whole(track, Kalman(options), lambda *now: done.append(now), lambda: False)
    expected = Kalman(options).smooth(track)

    assert pieces is not None
    np.testing.assert_allclose(pieces.xy, expected.xy, atol=0.01)
    np.testing.assert_array_equal(pieces.state, expected.state)
    assert done[-1] == (3500, 3500)
    assert len(done) == 4


def test_smoothing_in_pieces_can_be_stopped():
    done: list[int] = []
    track = analysed(3000).tracks.corrected("1")

    assert smooth_whole(track, Kalman(DEFAULT), lambda n, _: done.append(n), lambda: True) is None
    assert len(done) == 1


def test_what_was_edited_while_a_worker_smoothed_is_smoothed_after():
    document = analysed(800)
    paths = SmoothedPaths(document, Kalman(DEFAULT))
    pending = paths.begin("1")
    document.move("1", 400, 0, (100.0, 100.0))
    document.mark("1", 100, 2, Mark.MISSING)
    paths.finish(pending, Kalman(DEFAULT).smooth(pending.track))

    assert not paths.stale("1")
    assert_as_the_whole(paths, document)


def test_a_worker_that_is_overtaken_by_other_settings_is_not_heard():
    document = analysed(200)
    paths = SmoothedPaths(document, Kalman(DEFAULT))
    pending = paths.begin("1")
    paths.use(Kalman(HARD))
    paths.finish(pending, Kalman(DEFAULT).smooth(pending.track))

    assert paths.stale("1") == range(200)
    paths.refresh("1", paths.stale("1"))
    assert_as_the_whole(paths, document, HARD)


def test_a_long_edit_is_left_to_a_worker():
    document = analysed(AT_ONCE + 500)
    paths = smoothed(document)
    document.swap_sides("1", range(100, AT_ONCE + 200))

    assert paths.stale("1") == range(100, AT_ONCE + 200)
    paths.refresh("1", range(100, AT_ONCE + 200))
    assert_as_the_whole(paths, document)


def test_a_workers_result_shows_nothing_where_nobody_looked():
    document = analysed(100)
    document.tracks.analysed[60:] = False
    for t in range(60, 100):
        document.tracks.results("1").forget(slice(t, t + 1))
    paths = smoothed(document)

    assert np.isfinite(paths.track("1").xy[:60]).all()
    assert np.isnan(paths.track("1").xy[60:]).all()
