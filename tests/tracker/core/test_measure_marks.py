import numpy as np
import pytest

from poseglass.core.measure_marks import add_arcs, add_calibration
from poseglass.core.motion.calibration import Calibration
from poseglass.core.overlay import LEFT, MIDDLE
from poseglass.core.sketch import Rule, Sketch
from poseglass.types import Skeleton

BODY = Skeleton(("left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee", "left_ankle"))
XY = np.array([[8.0, 0], [12, 0], [8, 100], [12, 100], [8, 200], [58, 200]])


def drawn(*names: str, xy: np.ndarray = XY, aspect: float = 1.0, floor_deg: float = 0.0) -> Sketch:
    sketch = Sketch()
    add_arcs(sketch, BODY, names, xy, np.full(6, 2.0), aspect, floor_deg)
    return sketch


def test_a_joints_arc_lies_between_its_bones_and_says_its_angle_with_its_error():
    (arc,) = drawn("left_knee").arcs

    assert (arc.start, arc.at, arc.end) == ((8, 100), (8, 200), (58, 200))
    # 2 px at 100 and 50 px, and those of the knee in both: 0.04 rad and 0.02, twice.
    assert arc.text == f"90° ± {np.degrees(np.hypot(0.04, 0.02) * np.sqrt(2)):.0f}"
    assert arc.colour == LEFT


def test_a_segments_arc_begins_at_what_is_upright():
    (arc,) = drawn("trunk_tilt", floor_deg=-90).arcs

    assert arc.at == (10, 100)
    assert arc.end == (10, 0)
    assert arc.start == pytest.approx((-90, 100))
    assert arc.text.startswith("90° ")
    assert arc.colour == MIDDLE


def test_upright_is_upright_on_the_screen_where_pixels_are_wide():
    (arc,) = drawn("left_shank_tilt", aspect=2.0, floor_deg=45).arcs

    # The shank is 100 heights long: upright leans by 45 degrees, 70.7 heights to the right, in wide pixels half of it.
    assert arc.start == pytest.approx((58 + 100 * np.sqrt(0.5) / 2, 200 - 100 * np.sqrt(0.5)))


def test_a_trunk_that_leans_next_to_nothing_leans_neither_way():
    xy = XY.copy()
    xy[:2, 0] -= 0.5

    assert drawn("trunk_tilt", xy=xy).arcs[0].text.startswith("0° ")


def test_what_is_not_there_has_no_arc():
    xy = XY.copy()
    xy[5] = np.nan

    assert not drawn("left_knee", xy=xy).arcs


def test_a_calibration_is_drawn_with_its_length():
    sketch = Sketch()
    add_calibration(sketch, Calibration((1, 2, 30, 40), 1.8, (0, 90, 100, 95)))

    assert sketch.rules == [Rule((1, 2), (30, 40), "1.8 m"), Rule((0, 90), (100, 95), "")]
