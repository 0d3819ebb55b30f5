import numpy as np

from poseglass_models.boxes import areas, intersections, overlaps


def test_overlaps():
    one, other = np.array([[0.0, 0, 2, 2], [5, 5, 6, 7]]), np.array([[1.0, 1, 3, 3], [0, 0, 2, 2], [9, 9, 9, 9]])

    np.testing.assert_allclose(overlaps(one, other), [[1 / 7, 1, 0], [0, 0, 0]])
    np.testing.assert_allclose(intersections(one, other)[0], [1, 4, 0])
    np.testing.assert_allclose(areas(one), [4, 2])
    assert overlaps(one, np.zeros((0, 4))).shape == (2, 0)
