import numpy as np

from figures import DOTS
from poseglass.core.overlay import LEFT, MIDDLE, RIGHT, paint, strokes
from poseglass.types import Skeleton
from poseglass_models.skeleton import LSP_14, PERSON_19

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


def test_the_face_comes_last_and_finer():
    drawn = list(strokes(PERSON_19, np.arange(38.0).reshape(19, 2), np.ones(19)))
    fine = [stroke.is_fine for stroke in drawn]

    assert fine == [False] * (14 + 14) + [True] * (4 + 5)
    assert not any(stroke.is_fine for stroke in strokes(LSP_14, np.arange(28.0).reshape(14, 2), np.ones(14)))


def test_a_painted_face_is_seen_between_its_dots():
    image = np.full((480, 640, 3), 128, np.uint8)
    xy = np.full((19, 2), np.nan)
    xy[:5] = [(320, 84), (327, 77), (313, 77), (335, 80), (305, 80)]  # nose, eyes, ears of somebody 300 px high
    paint(image, PERSON_19, xy, np.ones(19))

    assert tuple(image[77, 327]) == LEFT
    assert tuple(image[77, 313]) == RIGHT
    assert (image[60:100, 300:340] == 128).all(axis=-1).mean() > 0.8
