from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from figures import DotEstimator, draw_dots
from poseglass.api import Detections, Image
from poseglass.core.both_ways import seen_as_found, seen_in
from poseglass.core.people.everybody import Everybody
from poseglass.core.people.whom import Whom
from poseglass.core.run import Method
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import NobodyError, VideoError

FRAMES, START = 24, 10
BOX = (60 + 4 * START, 60, 140 + 4 * START, 120)
MEANT = Whom(box=BOX, at_s=START / 25)


class Blind:
    """A detector that sees nobody: the box alone says where somebody is."""

    facts = {}  # noqa: RUF012 - nobody changes it

    def detect(self, image: Image) -> Detections:
        return Detections(np.zeros((0, 4)), np.zeros(0))

    def close(self) -> None:
        pass


def method(whom: Whom) -> Method:
    return Method(DotEstimator(), lambda: Everybody(Blind(), whom))


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    """Dots that go right, four pixels a frame."""
    path = tmp_path / "walk.mp4"
    with VideoWriter(path, 320, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(FRAMES):
            writer.write(draw_dots(200, 320, (100 + 4 * i, 90)), i)
    return path


def test_a_box_in_the_middle_is_followed_to_both_ends(walk: Path):
    with Video.open(walk) as video:
        everybody = list(seen_in(video, range(FRAMES), method(MEANT), MEANT))

    assert [seen.frame.index for seen in everybody] == list(range(FRAMES))
    assert all(seen.frame.image.shape == (200, 320, 3) for seen in everybody)
    assert all(seen.people == ("1",) for seen in everybody)
    middles = [seen.poses.xy[0, :, 0].mean() for seen in everybody]
    np.testing.assert_allclose(middles, [100 + 4 * i for i in range(FRAMES)], atol=1.5)


def test_as_they_are_found_the_frames_before_come_last(walk: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("poseglass.core.both_ways.BACKWARDS_BYTES", 3 * 200 * 320 * 4)  # four pictures at a time
    with Video.open(walk) as video:
        found = list(seen_as_found(video, range(2, FRAMES), method(MEANT), MEANT))
        undecoded = video.undecoded

    assert [seen.frame.index for seen in found] == [*range(START, FRAMES), *reversed(range(2, START))]
    assert all(seen.people == ("1",) for seen in found)
    assert undecoded == 0


def test_without_a_time_the_box_is_in_the_first_frame(walk: Path):
    whom = Whom(box=(60, 60, 140, 120))
    with Video.open(walk) as video:
        assert [seen.people for seen in seen_in(video, range(5), method(whom), whom)] == [("1",)] * 5


def test_a_box_beyond_what_is_wanted_is_refused(walk: Path):
    with Video.open(walk) as video, pytest.raises(VideoError, match=r"the box is of 0\.4 s, .* 0\.000 to 0\.160 s"):
        list(seen_in(video, range(5), method(MEANT), MEANT))


def test_an_empty_box_is_told_of_before_anything_is_seen(walk: Path):
    whom = Whom(box=(0, 0, 30, 30), at_s=START / 25)
    with Video.open(walk) as video, pytest.raises(NobodyError, match=r"box 0,0,30,30 at 0\.400 s"):
        next(seen_in(video, range(FRAMES), method(whom), whom))
