import numpy as np
import pytest

from poseglass.core.video.orientation import ALL, AS_STORED, Orientation, nearest


@pytest.mark.parametrize("orientation", ALL, ids=str)
def test_a_matrix_takes_each_pixel_where_the_picture_takes_it(orientation):
    stored = np.arange(12, dtype=np.uint8).reshape(3, 4, 1)
    upright = orientation.upright(stored)
    centred = {stored[y, x, 0]: (np.array([x - 1.5, y - 1.0]) @ orientation.matrix) for y in range(3) for x in range(4)}
    height, width = upright.shape[:2]

    for value, (x, y) in centred.items():
        assert upright[round(y + (height - 1) / 2), round(x + (width - 1) / 2), 0] == value


@pytest.mark.parametrize("orientation", ALL, ids=str)
@pytest.mark.parametrize("tilt", [-30.0, -0.1, 0.0, 44.0])
def test_the_nearest_orientation_is_found_past_a_tilt_whatever_the_scale(orientation, tilt):
    angle = np.radians(tilt)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = (orientation.matrix @ turn * 40000).round().astype(np.int32)
    found, told = nearest(matrix)

    assert found == orientation
    assert told == pytest.approx(abs(tilt), abs=0.01)


def test_a_stretched_picture_is_not_tilted():
    assert nearest(np.array([[0, 2 << 16], [-1 << 16, 0]], np.int32)) == (Orientation(3), 0.0)


def test_an_empty_matrix_turns_nothing():
    assert nearest(np.zeros((2, 2), np.int32)) == (AS_STORED, 0.0)
