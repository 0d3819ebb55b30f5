import numpy as np
import pytest
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14
from poseglass_train.evaluate.lsp import Answers, area_under_curve, report, swapped_share, torso_tilt

Array = NDArray[np.float64]


def person(degrees: float = 0) -> Array:
    """Return a person turned so far: upright and seen from the front, the torso 40 wide and 100 high."""
    arm = {"shoulder": (20, -100), "elbow": (60, -100), "wrist": (100, -100)}
    side = {**arm, "hip": (20, 0), "knee": (20, 60), "ankle": (20, 120)}
    places = {f"left_{part}": (x, y) for part, (x, y) in side.items()}
    places |= {f"right_{part}": (-x, y) for part, (x, y) in side.items()}
    places |= {"neck": (0, -110), "head_top": (0, -150)}
    turn = np.deg2rad(degrees)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.array([places[name] for name in LSP_14.names], dtype=float) @ rotation.T


def answers(found: Array, true: Array) -> Answers:
    return Answers(found, np.full(found.shape[:2], 0.5), true, LSP_14)


@pytest.mark.parametrize("degrees", [0, 20, -45, 90, -135, 179])
def test_tilt_is_the_angle_from_upright(degrees: float) -> None:
    assert torso_tilt(person(degrees)[None], LSP_14)[0] == pytest.approx(abs(degrees))


def test_pck_by_tilt_tells_postures_apart() -> None:
    """Upright all right, at 45 degrees one limb of 12 wrong, at 90 the neck (which does not count), upside down all."""
    true = np.stack([person(d) for d in (10, 45, 90, 170)])
    found = true.copy()
    found[1, LSP_14.index("left_wrist")] += 500
    found[2, LSP_14.index("neck")] += 500
    found[3] += 500
    told = report(answers(found, true))

    assert told["tilt 0-30"] == 100
    assert told["tilt 30-60"] == pytest.approx(100 * 11 / 12)
    assert told["tilt 60-120"] == 100
    assert told["tilt 120-180"] == 0
    assert told["mean12"] == pytest.approx(100 * (4 * 12 - 13) / 48)


def test_stricter_pck_counts_smaller_errors() -> None:
    """The torso's diagonal is 107.7: an error of 8 is within a tenth and a fifth of it, not a twentieth."""
    true = person()[None]
    told = report(answers(true + np.array([8, 0]), true))

    assert (told["PCK@0.05"], told["PCK@0.1"], told["mean12"]) == (0, 100, 100)


def test_a_swap_is_an_error_that_the_other_side_would_make_right() -> None:
    true = person()[None]
    found = true.copy()
    for name, other in (("left_wrist", "right_wrist"), ("right_wrist", "left_wrist"), ("left_elbow", "right_elbow")):
        found[0, LSP_14.index(name)] = true[0, LSP_14.index(other)]
    found[0, LSP_14.index("left_ankle")] += 500
    found[0, LSP_14.index("neck")] += 500  # has no other side

    assert swapped_share(answers(found, true)) == pytest.approx(3 / 4)
    assert swapped_share(answers(true, true)) == 0


def test_the_area_is_the_chance_that_right_outranks_wrong() -> None:
    score = np.array([[0.9, 0.8, 0.3], [0.5, 0.5, 0.7]])
    correct = np.array([[1, 0, 0], [1, 0, np.nan]])

    assert area_under_curve(score, correct) == pytest.approx((3 + 1.5) / 6)  # pairs won; an equal one counts half
    assert area_under_curve(-score, correct) == pytest.approx(1 - 4.5 / 6)
    assert np.isnan(area_under_curve(score, np.ones((2, 3))))
