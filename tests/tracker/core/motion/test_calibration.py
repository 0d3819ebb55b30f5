import numpy as np
import pytest

from poseglass.core.motion.calibration import Calibration

POLE = (100.0, 300.0, 100.0, 100.0)
"""Upright, 200 px."""


def test_a_line_of_known_length_says_how_long_a_pixel_is():
    assert Calibration(POLE, 2.0).metres_a_px(1.0) == pytest.approx(0.01)
    assert Calibration(POLE, 2.0).metres_a_px(2.0) == pytest.approx(0.01)
    # 30 pixels twice as wide as high and 80 down are 100 heights.
    assert Calibration((0, 0, 30, 80), 1.0).metres_a_px(2.0) == pytest.approx(0.01)


def test_places_are_in_metres_to_the_right_and_up():
    calibration = Calibration((100.0, 300.0, 300.0, 300.0), 2.0)

    np.testing.assert_allclose(calibration.in_metres(np.array([[150.0, 250.0]]), 1.0), [[0.5, 0.5]])
    np.testing.assert_allclose(calibration.in_metres(np.array([[150.0, 250.0]]), 2.0), [[0.5, 0.25]])


@pytest.mark.parametrize("floor", [(0.0, 0.0, 30.0, 40.0), (30.0, 40.0, 0.0, 0.0)])
def test_a_floor_that_leans_is_made_level(floor: tuple[float, float, float, float]):
    calibration = Calibration(POLE, 2.0, floor)

    assert calibration.floor_deg(1.0) == pytest.approx(np.degrees(np.arctan2(4, 3)))
    # 0.5 m along the floor; and what stands on it, at a right angle to it.
    np.testing.assert_allclose(
        calibration.in_metres(np.array([[30.0, 40.0], [40.0, -30.0]]), 1.0), [[0.5, 0], [0, 0.5]], atol=1e-9
    )


def test_a_floor_of_pixels_that_are_not_square_leans_as_it_does_on_the_screen():
    assert Calibration(POLE, 2.0, (0, 0, 10, 20)).floor_deg(2.0) == pytest.approx(45)


def test_errors_in_metres_are_those_of_the_pixels_turned():
    calibration = Calibration(POLE, 2.0, (0, 0, 30, 40))
    noise = np.random.default_rng(0).normal(0, 3, (50000, 2))
    places = calibration.in_metres(noise, 1.5)

    np.testing.assert_allclose(calibration.sigma_in_metres(np.array(3.0), 1.5), places.std(axis=0), rtol=0.02)


def test_what_is_told_is_read_again():
    for calibration in (Calibration(POLE, 1.8), Calibration(POLE, 1.8, (0.0, 1.0, 20.0, 3.0))):
        assert Calibration.read(calibration.told()) == calibration


@pytest.mark.parametrize(
    ("line", "metres", "floor", "why"),
    [
        (POLE, 0.0, None, "length of 0 m"),
        (POLE, float("nan"), None, "length of nan m"),
        ((1.0, 1.0, 4.0, 1.0), 1.0, None, "a line shorter than 5 pixels"),
        ((1.0, 1.0, float("nan"), 1.0), 1.0, None, "a line shorter"),
        (POLE, 1.0, (0.0, 0.0, 0.0, 0.0), "a floor line shorter than 5 pixels"),
    ],
)
def test_lines_that_say_nothing_are_refused(line, metres, floor, why: str):
    with pytest.raises(ValueError, match=why):
        Calibration(line, metres, floor)
