import numpy as np

from poseglass.types import State, sigma_of


def test_states_are_the_bytes_of_arrays_and_the_words_of_tables() -> None:
    state = np.array([0, 1, 2, 3, 4], dtype=np.uint8)

    assert [State(value).text for value in state] == ["", "observed", "interpolated", "predicted", "edited"]
    assert (state == State.EDITED).tolist() == [False] * 4 + [True]


def test_sigma_is_taken_along_the_less_certain_axis_however_it_is_turned() -> None:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    covariance = np.stack([np.diag([4.0, 1.0]), turn @ np.diag([1.0, 9.0]) @ turn.T])

    np.testing.assert_allclose(sigma_of(covariance), [2, 3])


def test_sigma_of_what_is_missing_is_missing() -> None:
    covariance = np.tile(np.eye(2), (3, 1, 1))
    covariance[1] = np.nan
    covariance[2, 0, 0] = np.inf

    np.testing.assert_array_equal(sigma_of(covariance), [1, np.nan, np.nan])
    assert sigma_of(np.empty((0, 14, 2, 2))).shape == (0, 14)
