import cv2
import numpy as np
import pytest

from figures import BLOB, HEAT, LookingEstimator, draw_dots
from poseglass.core.explain.maps import (
    MapChoice,
    MapLayer,
    MapView,
    is_combined,
    layer,
    paint_layer,
    paint_layers,
    pick,
)
from poseglass.types import Explanation, Floats

BOX = np.array([[70.0, 50, 130, 90]])
PLACES = [(0.0, (100.0, 70.0)), (0.0, (113.0, 61.0)), (30.0, (97.0, 74.0)), (-110.0, (104.0, 66.0))]


def looked(angle: float = 0.0, center: tuple[float, float] = (100.0, 70.0)) -> tuple[Explanation, Floats]:
    """Return an explanation of two dots, and where they are (2, 2)."""
    estimator = LookingEstimator(angle)
    explanation = estimator.explain(draw_dots(150, 200, center), BOX, estimator.map_names)
    return explanation, explanation.poses.xy[0]


@pytest.mark.parametrize(("angle", "center"), PLACES)
def test_a_painted_map_peaks_where_the_network_saw_it(angle: float, center: tuple[float, float]):
    explanation, dots = looked(angle, center)
    image = np.zeros((150, 200, 3), np.uint8)
    paint_layer(image, layer(explanation, MapChoice(HEAT, (1,)), MapView(colours="grey", opacity=1.0)))
    rows, columns = np.nonzero(image[..., 0] == image.max())
    cell = 2 * 60 / HEAT.width

    assert image.max() > 200
    assert np.hypot(columns.mean() - dots[1, 0], rows.mean() - dots[1, 1]) < cell


@pytest.mark.parametrize(("angle", "center"), PLACES)
def test_the_value_under_the_mouse_is_the_cells(angle: float, center: tuple[float, float]):
    explanation, dots = looked(angle, center)
    one = pick(explanation, HEAT, keypoint=0)
    row, column = np.unravel_index(one.values.argmax(), one.values.shape)
    x, y = one.to_frame @ (column, row, 1)

    assert one.value_at((x, y)) == one.values.max()
    assert one.value_at((float(dots[0, 0]), float(dots[0, 1]))) == one.values.max()
    for dx, dy in ((0.45, 0.45), (-0.45, 0.45), (0.45, -0.45)):
        assert one.value_at(tuple(one.to_frame @ (column + dx, row + dy, 1))) == one.values.max()
    assert one.value_at(tuple(one.to_frame @ (column + 1, row, 1))) == one.values[row, column + 1]


def test_outside_the_map_there_is_no_value():
    one = pick(looked()[0], BLOB)

    assert one.value_at((0.0, 0.0)) is None
    assert one.value_at(tuple(one.to_frame @ (-0.49, 11.49, 1))) is not None
    assert one.value_at(tuple(one.to_frame @ (-0.51, 5, 1))) is None


def test_where_nothing_is_singled_out_the_picture_stays():
    explanation, _ = looked()
    image = np.random.default_rng(0).integers(0, 255, (150, 200, 3), np.uint8)
    painted = image.copy()
    paint_layer(painted, layer(explanation, MapChoice(BLOB), MapView()))

    assert (painted != image).any()
    assert (painted[:, :30] == image[:, :30]).all()


def test_opacity_mixes_picture_and_map():
    what = MapLayer(np.full((4, 4, 4), (128, 0, 0, 128), np.uint8), np.array([[5.0, 0, 2], [0, 5.0, 2]]))
    image = np.full((20, 20, 3), 100, np.uint8)
    paint_layer(image, what)

    np.testing.assert_allclose(image[10, 10], (128 + 50, 50, 50), atol=1)


def test_cells_stay_cells():
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[0, 0] = 255
    image = np.zeros((40, 40, 3), np.uint8)
    paint_layer(image, MapLayer(rgba, np.array([[20.0, 0, 9.5], [0, 20.0, 9.5]])))

    assert (image[:20, :20] == 255).all()
    assert image.sum() == 20 * 20 * 3 * 255


def test_a_map_that_reaches_past_the_frame_is_cut_off_there():
    rgba = np.full((3, 3, 4), 255, np.uint8)
    image = np.zeros((30, 30, 3), np.uint8)
    paint_layer(image, MapLayer(rgba, np.array([[10.0, 0, -6], [0, 10.0, 24]])))
    away = image.copy()
    paint_layer(away, MapLayer(rgba, np.array([[10.0, 0, 600], [0, 10.0, 24]])))

    assert (image[20:, :10] == 255).all()
    assert (image[:18] == 0).all()
    assert (away == image).all()


def test_of_layers_over_one_another_the_brightest_shows_wherever_it_lies():
    bright, faint = (np.full((2, 2, 4), value, np.uint8) for value in (200, 90))
    left, right = np.array([[10.0, 0, 4.5], [0, 10.0, 4.5]]), np.array([[10.0, 0, 14.5], [0, 10.0, 4.5]])
    image = np.zeros((30, 40, 3), np.uint8)
    paint_layers(image, [MapLayer(bright, left), MapLayer(faint, right)])
    other = np.zeros((30, 40, 3), np.uint8)
    paint_layers(other, [MapLayer(faint, right), MapLayer(bright, left)])

    assert (image == other).all()
    assert (image[:20, :20] == 200).all()
    assert (image[:20, 20:30] == 90).all()
    assert (image[20:] == 0).all()
    alone = np.zeros((30, 40, 3), np.uint8)
    paint_layers(alone, [MapLayer(faint, right)])
    paint_layers(alone, [])
    assert (alone[:20, 10:30] == 90).all()


def test_several_keypoints_have_a_colour_each():
    explanation, dots = looked()
    combined = layer(explanation, MapChoice(HEAT), MapView(opacity=1.0))
    image = np.zeros((150, 200, 3), np.uint8)
    paint_layer(image, combined)
    hues = [cv2.cvtColor(image[None, [round(y)], [round(x)]], cv2.COLOR_RGB2HSV)[0, 0] for x, y in dots]

    assert abs(int(hues[0][0]) - int(hues[1][0])) > 40
    assert min(hue[2] for hue in hues) > 200


def test_one_of_several_is_not_combined():
    assert is_combined(MapChoice(HEAT))
    assert is_combined(MapChoice(HEAT, (0, 1)))
    assert not is_combined(MapChoice(HEAT, (1,)))
    assert not is_combined(MapChoice(BLOB))


def test_a_map_that_was_not_asked_for_is_a_key_error():
    explanation = LookingEstimator().explain(draw_dots(150, 200, (100, 70)), BOX, (BLOB,))

    with pytest.raises(KeyError):
        pick(explanation, HEAT)
