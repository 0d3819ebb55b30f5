from pathlib import Path

import pytest

import clips
from figures import DOTS, DotEstimator
from poseglass.core.analysis import Speed, Wish, analyse
from poseglass.core.run import Method


def test_exactly_the_frames_of_the_range_are_looked_at(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.variable(45))
    estimator, began, put, watched = DotEstimator(), [], [], []
    for frames in (range(45), range(7, 20), range(44, 45)):
        put.clear()
        done = analyse(
            Wish(clip.path, frames), lambda *args: began.append(args), lambda seen: put.append(seen.frame.index),
            lambda *args: watched.append(args), lambda: False, Method(estimator),
        )  # fmt: skip
        assert put == list(frames)
        assert (done.frames, done.undecoded, done.complete) == (len(frames), 0, True)
        assert watched[-1] == (len(frames), len(frames))
    assert began == [(DOTS, estimator.facts)] * 3


def test_broken_frames_are_counted(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(30), clips.Recipe(options={"g": "1", "bf": "0"}))
    clips.damage(clip.path, [3, 4, 9])
    nothing = lambda *_: None  # noqa: E731
    wish, method = Wish(clip.path, range(2, 9)), Method(DotEstimator())
    done = analyse(wish, nothing, nothing, nothing, lambda: False, method)

    assert (done.frames, done.undecoded) == (5, 2)


def test_stopping_returns_what_was_done(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(30))
    put: list[int] = []
    nothing = lambda *_: None  # noqa: E731
    done = analyse(
        Wish(clip.path, range(30)), nothing, lambda seen: put.append(seen.frame.index), nothing, lambda: len(put) == 5,
        Method(DotEstimator()),
    )  # fmt: skip

    assert put == [0, 1, 2, 3, 4]
    assert (done.frames, done.complete) == (5, False)


def test_the_pace_is_that_of_the_last_seconds():
    pace = Speed()
    assert pace.rate == 0
    for second in range(10):
        pace.tell(second if second < 5 else 5 + 10 * (second - 5), now=float(second))

    assert pace.rate == pytest.approx(10)
    assert pace.left_s(145) == pytest.approx(10)


def test_nobody_knows_how_long_nothing_takes():
    pace = Speed()
    pace.tell(0, now=0.0)
    pace.tell(0, now=1.0)

    assert pace.left_s(100) is None
