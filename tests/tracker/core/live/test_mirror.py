import numpy as np

from figures import draw_dots
from poseglass.core.live.mirror import mirror_image, mirror_xy


def test_points_move_with_the_picture():
    image = draw_dots(120, 200, (70, 60))
    xy = mirror_xy(np.array([[90.0, 60], [50, 60], [np.nan, np.nan]]), 200)
    mirrored = mirror_image(image)

    assert mirrored[60, int(xy[0, 0]), 0] == 255
    assert mirrored[60, int(xy[1, 0]), 1] == 255
    assert np.isnan(xy[2]).all()


def test_mirroring_twice_changes_nothing():
    image = draw_dots(120, 201, (70, 60))
    xy = np.array([[0.0, 3], [200, 7]])

    np.testing.assert_array_equal(mirror_image(mirror_image(image)), image)
    np.testing.assert_array_equal(mirror_xy(mirror_xy(xy, 201), 201), xy)
