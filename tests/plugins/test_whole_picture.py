import numpy as np

from poseglass_plugins.whole_picture import WholePicture, WholePictureOptions


def test_the_box_reaches_from_edge_to_edge_of_the_outer_pixels():
    found = WholePicture(WholePictureOptions()).detect(np.zeros((3, 5, 3), np.uint8))

    np.testing.assert_array_equal(found.boxes, [[-0.5, -0.5, 4.5, 2.5]])
    np.testing.assert_array_equal(found.score, [1])
