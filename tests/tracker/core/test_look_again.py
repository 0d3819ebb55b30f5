from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from figures import DOTS, DotEstimator, draw_dots
from poseglass.core.look_again import MendWish, look_again, wish_of
from poseglass.core.people.mending import Ended
from poseglass.core.run import Method
from poseglass.core.store.document import Document
from poseglass.core.store.footage import footage_of
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter
from poseglass.types import Poses, Skeleton

FRAMES = 8
TAILED = Skeleton(("tail", "right_dot", "left_dot"))
"""What the document holds: in another order, and one that the network does not find."""


@pytest.fixture
def wish(tmp_path: Path) -> MendWish:
    """From frame 2 on somebody is to be looked at again, whose pose is far off; frame 6 was not analysed."""
    with VideoWriter(tmp_path / "dots.mp4", 320, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(FRAMES):
            writer.write(draw_dots(200, 320, (100 + 2 * i, 80)), i)
    with Video.open(tmp_path / "dots.mp4") as video:
        document = Document(footage_of(video.info), TAILED)
    for t in [t for t in range(FRAMES) if t != 6]:
        xy = np.array([[[300.0, 190], [250, 180], [290, 180]]])
        document.put(t, Poses(xy, np.full((1, 3), 0.9), np.tile(np.eye(2), (1, 3, 1, 1))), ["1"])
    document.move("1", 2, 1, (84.0, 80.0))
    document.move("1", 2, 2, (124.0, 80.0))
    return wish_of(document, "1", 2, "attention_hourglass", {})


def test_keypoints_are_matched_by_name_and_it_ends_where_nobody_analysed(wish: MendWish):
    told: list[tuple[int, int]] = []
    mended = look_again(wish, lambda *so_far: told.append(so_far), lambda: False, Method(DotEstimator()))

    assert mended.frames.tolist() == [2, 3, 4, 5]
    assert mended.skeleton == DOTS
    assert mended.facts == DotEstimator().facts
    expected = [[[120 + 2 * t, 80], [80 + 2 * t, 80]] for t in range(2, 6)]
    np.testing.assert_allclose(mended.poses.xy, expected, atol=1.5)
    assert mended.ended is Ended.NO_MORE
    assert told == [(n, 4) for n in range(1, 5)]


def test_stopped_it_keeps_what_it_has(wish: MendWish):
    done: list[int] = []
    mended = look_again(wish, lambda n, _: done.append(n), lambda: len(done) == 2, Method(DotEstimator()))

    assert mended.frames.tolist() == [2, 3]
    assert len(mended.poses) == 2
    assert mended.ended is None
