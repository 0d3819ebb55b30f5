import numpy as np

from figures import DOTS
from poseglass.core.overlay import LEFT, MIDDLE, RIGHT, paint, strokes
from poseglass.types import Skeleton

SIDES = Skeleton(
    ("right_hip", "left_hip", "neck", "left_shoulder", "right_knee"),
    (("right_hip", "left_hip"), ("neck", "left_shoulder"), ("right_hip", "right_knee")),
)


def test_right_is_warm_left_is_cool_and_across_is_neither():
    xy = np.arange(10, dtype=float).reshape(5, 2) * 10
    drawn = list(strokes(SIDES, xy, np.ones(5)))

    assert [stroke.colour for stroke in drawn[:3]] == [MIDDLE, LEFT, RIGHT]
    assert [stroke.colour for stroke in drawn[3:]] == [RIGHT, LEFT, MIDDLE, LEFT, RIGHT]


def test_missing_and_unsure_keypoints_are_not_drawn():
    xy = np.array([[10.0, 10], [np.nan, np.nan]])

    assert [stroke.start for stroke in strokes(DOTS, xy, np.array([0.9, 0.9]))] == [(10.0, 10.0)]
    assert list(strokes(DOTS, xy, np.zeros(2))) == []


def test_paint_colours_the_line_between_two_keypoints():
    image = np.full((500, 500, 3), 128, np.uint8)
    paint(image, SIDES, np.array([[50.0, 250], [450, 250], [250, 50], [450, 50], [50, 450]]), np.ones(5))

    assert tuple(image[250, 250]) == MIDDLE
    assert tuple(image[350, 50]) == RIGHT
    assert tuple(image[50, 350]) == LEFT
    assert tuple(image[350, 350]) == (128, 128, 128)


def test_painting_far_outside_the_picture_does_no_harm():
    image = np.zeros((50, 50, 3), np.uint8)
    paint(image, DOTS, np.array([[-1e9, 25], [1e9, 25]]), np.ones(2))

    assert image.shape == (50, 50, 3)
