from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from figures import CrowdEstimator, draw_dots, track_of
from poseglass.core.people.fitting import boxes_around, fitting_box
from poseglass.core.people.mending import Ended, Mending
from poseglass.types import Floats, Frame, Image, Track

RIGHT_ONE, LEFT_ONE = (90.0, 60.0), (230.0, 140.0)
"""Where the body that is meant and somebody else stand in the first frame."""
FIRST = 7


class Near(CrowdEstimator):
    """Sees a little beyond the box, as networks do."""

    def _look(self, image: Image, box: Floats) -> tuple[Floats, Floats]:
        return super()._look(image, box + np.array([-30, -30, 30, 30]))


def picture(i: int) -> Image:
    """Two people; the one who is meant walks by 2 px a frame."""
    return np.maximum(draw_dots(200, 320, (RIGHT_ONE[0] + 2 * i, RIGHT_ONE[1])), draw_dots(200, 320, LEFT_ONE))


def frames(count: int, made: Image | None = None) -> Iterator[Frame]:
    for i in range(count):
        yield Frame(FIRST + i, i, i / 25, picture(i) if made is None or i < 4 else made)


def dots(center: tuple[float, float]) -> Floats:
    return np.array([[center[0] + 20, center[1]], [center[0] - 20, center[1]]])


def wrong(count: int, right_from: int = 1000) -> Track:
    """A track at somebody else, whose first frame was corrected with both dots; right again from some frame on."""
    xy = np.stack([dots(LEFT_ONE if i < right_from else (RIGHT_ONE[0] + 2 * i, RIGHT_ONE[1])) for i in range(count)])
    xy[0] = dots(RIGHT_ONE) + np.array([[1.0, -1.0], [-1.0, 1.0]])
    fixed = np.zeros((count, 2), dtype=bool)
    fixed[0] = True
    return replace(track_of(xy, np.arange(count) / 25), fixed=fixed, size=40.0)


def mended(before: Track, given: Iterator[Frame]) -> tuple[list[int], Floats, Ended | None]:
    mending = Mending(Near(), before)
    found = [(frame.index, poses.xy[0]) for frame, poses in mending.poses(given)]
    return [index for index, _ in found], np.array([xy for _, xy in found]), mending.ended


def test_it_looks_at_the_body_that_was_placed_and_goes_on_to_the_end():
    indices, xy, ended = mended(wrong(20), frames(20))

    assert indices == list(range(FIRST, FIRST + 20))
    expected = np.stack([dots((RIGHT_ONE[0] + 2 * i, RIGHT_ONE[1])) for i in range(20)])
    np.testing.assert_allclose(xy, expected, atol=0.5)
    assert ended is Ended.NO_MORE


def test_it_ends_where_what_was_there_is_as_good():
    indices, _, ended = mended(wrong(20, right_from=9), frames(20))

    assert indices == list(range(FIRST, FIRST + 9))
    assert ended is Ended.ALIKE


def test_it_ends_where_nobody_is_seen_any_more():
    indices, _, ended = mended(wrong(20), frames(20, np.zeros((200, 320, 3), np.uint8)))

    assert indices == list(range(FIRST, FIRST + 4))
    assert ended is Ended.LOST


def test_it_ends_where_the_pose_jumps():
    indices, _, ended = mended(wrong(20), frames(20, draw_dots(200, 320, (RIGHT_ONE[0] + 32, RIGHT_ONE[1] + 8))))

    assert indices == list(range(FIRST, FIRST + 4))
    assert ended is Ended.JUMP


def test_it_ends_where_another_scene_begins():
    bright = np.maximum(
        picture(4), np.array([200, 220, 255], dtype=np.uint8) * (picture(4).max(axis=-1) < 100)[..., None]
    )
    indices, _, ended = mended(wrong(20), frames(20, bright.astype(np.uint8)))

    assert indices == list(range(FIRST, FIRST + 4))
    assert ended is Ended.CUT


def test_where_no_pose_fits_there_is_nothing():
    before = wrong(5)
    before.xy[0] = dots((300.0, 20.0))
    indices, _, ended = mended(before, frames(5))

    assert indices == []
    assert ended is Ended.UNFIT


def test_what_is_placed_in_a_later_frame_leads_on_and_stays_out_of_the_poses():
    before = wrong(10)
    before.xy[3] = dots((RIGHT_ONE[0] + 12, RIGHT_ONE[1] + 9))
    assert before.fixed is not None
    before.fixed[3] = True
    indices, xy, _ = mended(before, frames(10))

    assert len(indices) == 10
    np.testing.assert_allclose(xy[3], dots((RIGHT_ONE[0] + 6, RIGHT_ONE[1])), atol=0.5)


def test_frames_that_are_missing_are_passed_over():
    indices, xy, _ = mended(wrong(10), (frame for frame in frames(10) if frame.index != FIRST + 4))

    assert indices == [FIRST + i for i in range(10) if i != 4]
    np.testing.assert_allclose(xy[-1], dots((RIGHT_ONE[0] + 18, RIGHT_ONE[1])), atol=0.5)


@pytest.mark.parametrize("size", [20.0, 40.0, 70.0])
def test_a_box_is_found_from_one_keypoint_whatever_size_was_usual(size: float):
    placed = np.array([dots(RIGHT_ONE)[0], [np.nan, np.nan]])
    estimator = Near()
    box = fitting_box(picture(0), estimator, placed, size)

    assert box is not None
    np.testing.assert_allclose(estimator.estimate(picture(0), box[None]).xy[0], dots(RIGHT_ONE), atol=5)
    assert fitting_box(picture(0), estimator, np.full((2, 2), np.nan), size) is None


def test_boxes_hold_what_was_placed():
    places = np.array([[10.0, 20], [70, 50], [40, 140]])
    for size in (50.0, 150.0, 400.0):
        boxes = boxes_around(places, size)

        assert len(boxes)
        assert (boxes[:, None, :2] <= places).all()
        assert (boxes[:, None, 2:] >= places).all()
