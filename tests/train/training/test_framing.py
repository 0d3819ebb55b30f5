import dataclasses

import numpy as np
import pytest

from poseglass_train.data.album import Page
from poseglass_train.training.framing import FEWEST_PIXELS, Framing, look, turned_boxes, view

NONE = np.zeros((0, 4))
PLAIN = Framing(colour=0, contrast=0, grey=0, blur=0)
STILL = dataclasses.replace(PLAIN, mosaic=0, turn=0, quarter_turn=0)


def page(*boxes: list[float], height: int = 240, width: int = 320) -> Page:
    """Return a grey picture in which people are white."""
    image = np.full((height, width, 3), 100, dtype=np.uint8)
    for x0, y0, x1, y1 in boxes:
        image[round(y0 + 0.5) : round(y1 + 0.5), round(x0 + 0.5) : round(x1 + 0.5)] = 255
    return Page(image, np.array(boxes, dtype=float).reshape(-1, 4), NONE, "made up")


ANNE, BERT = [39.5, 19.5, 99.5, 199.5], [199.5, 99.5, 229.5, 179.5]


@pytest.mark.parametrize(
    "how", [STILL, dataclasses.replace(STILL, mosaic=1.0), dataclasses.replace(STILL, quarter_turn=1.0)]
)
def test_boxes_are_where_the_people_are(how: Framing):
    dice, seen = np.random.default_rng(0), 0
    for _ in range(40):
        shown = view(lambda: page(ANNE, BERT), 256, how, dice)
        for x0, y0, x1, y1 in shown.boxes_N4:
            inside = shown.image[int(y0) + 2 : int(y1) - 1, int(x0) + 2 : int(x1) - 1]
            assert inside.min() > 180
            seen += 1
        white = (shown.image.min(axis=2) > 252).nonzero()
        known = np.concatenate([shown.boxes_N4, shown.unknown_M4])
        for y, x in list(zip(*white, strict=True))[::97]:
            assert ((known[:, :2] - 2 <= (x, y)) & (known[:, 2:] + 2 >= (x, y))).all(axis=1).any() or (
                shown.image[y, x] == shown.image[0, 0]
            ).all()
    assert seen > 30


def test_who_is_hardly_in_the_view_may_be_there_or_not():
    how = dataclasses.replace(STILL, by_person=0, scale=(2.0, 2.0))
    dice = np.random.default_rng(1)
    views = [look(page(ANNE, BERT), (256, 256), how, dice) for _ in range(60)]

    assert any(len(each.unknown_M4) for each in views)
    for each in views:
        sides = each.boxes_N4[:, 2:] - each.boxes_N4[:, :2]
        assert (sides.max(axis=1, initial=99) >= FEWEST_PIXELS).all()
        for boxes in (each.boxes_N4, each.unknown_M4):
            assert (boxes >= -0.5).all()
            assert (boxes <= 255.5).all()


def test_people_come_in_the_sizes_that_are_asked_for():
    how = dataclasses.replace(STILL, by_person=1.0, person=(0.5, 0.5))
    dice = np.random.default_rng(2)
    views = [look(page(ANNE), (256, 256), how, dice) for _ in range(20)]
    whole = [box for each in views for box in each.boxes_N4 if box[3] - box[1] > 120]

    assert len(whole) > 3
    for box in whole:
        assert box[3] - box[1] == pytest.approx(128, abs=1)


def test_the_same_dice_give_the_same_view():
    one, two = (view(lambda: page(ANNE, BERT), 128, Framing(), np.random.default_rng(7)) for _ in range(2))

    np.testing.assert_array_equal(one.image, two.image)
    np.testing.assert_array_equal(one.boxes_N4, two.boxes_N4)


def test_nobody_stays_nobody():
    shown = view(lambda: page(), 128, Framing(), np.random.default_rng(0))

    assert shown.image.shape == (128, 128, 3)
    assert (shown.boxes_N4.shape, shown.unknown_M4.shape) == ((0, 4), (0, 4))


def test_turned_by_a_quarter_a_box_lies():
    quarter = np.array([[0.0, -1, 100], [1, 0, 0]])

    np.testing.assert_allclose(turned_boxes(quarter, np.array([[10.0, 20, 30, 80]])), [[20, 10, 80, 30]])


def test_turned_a_little_a_box_grows_less_than_its_corners():
    turn = np.deg2rad(10)
    affine = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0]])
    ((x0, y0, x1, y1),) = turned_boxes(affine, np.array([[0.0, 0, 20, 100]]))

    assert 20 < x1 - x0 < 20 * np.cos(turn) + 100 * np.sin(turn)
    assert 98 < y1 - y0 < 100
