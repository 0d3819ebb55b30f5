import math

import numpy as np
import pytest
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.evaluate.metrics import LSP_COLUMNS, area_under_curve, lsp_table, pck, table_text, torso_length

Array = NDArray[np.float64]

MISSING = (math.nan, math.nan)
PAIR = Skeleton(("left_hand", "right_hand"))


def poses(*people: tuple[tuple[float, float], ...]) -> Array:
    return np.array(people, dtype=np.float64)


def test_pck_matches_a_case_worked_by_hand() -> None:
    true = poses(((0, 0), (10, 0)), ((0, 0), (10, 0)), ((5, 5), (20, 0)))
    found = poses(((3, 0), (10, 3)), ((0, 9), (50, 0)), ((5, 5), (20, 5)))
    # Limits, 0.2 of the reference: 4, 4, 10. Errors of the first keypoint 3, 9, 0; of the second 3, 40, 5.
    percent = pck(found, true, np.array([20.0, 20.0, 50.0]), 0.2)

    assert percent.tolist() == pytest.approx([200 / 3, 200 / 3])


@pytest.mark.parametrize(("error", "percent"), [(3.999, 100), (4.0, 100), (4.001, 0)])
def test_an_error_exactly_at_the_threshold_is_right(error: float, percent: float) -> None:
    assert pck(poses(((10 + error, 0),)), poses(((10, 0),)), np.array([8.0]), 0.5).tolist() == [percent]


def test_a_missing_prediction_is_wrong() -> None:
    true, found = poses(((1, 1),), ((1, 1),)), poses(((1, 1),), (MISSING,))

    assert pck(found, true, np.array([10.0, 10.0]), 0.2).tolist() == [50]


def test_a_keypoint_that_is_not_annotated_is_left_out() -> None:
    true = poses(((1, 1), (2, 2)), (MISSING, (2, 2)), ((math.nan, 1), (2, 2)))
    found = poses(((1, 1), (2, 2)), ((1, 1), (2, 2)), ((90, 90), (90, 90)))

    assert pck(found, true, np.full(3, 10.0), 0.2).tolist() == pytest.approx([100, 200 / 3])


def test_a_keypoint_that_no_image_has_is_missing() -> None:
    percent = pck(poses(((1, 1), (2, 2))), poses((MISSING, (2, 2))), np.array([10.0]), 0.2)

    assert math.isnan(percent[0])
    assert percent[1] == 100


def test_an_image_without_a_reference_is_left_out() -> None:
    true, found = poses(((1, 1),), ((1, 1),)), poses(((1, 1),), ((9, 9),))

    assert pck(found, true, np.array([10.0, math.nan]), 0.2).tolist() == [100]


def test_the_torso_is_from_the_right_hip_to_the_left_shoulder() -> None:
    xy = np.random.default_rng(0).uniform(0, 100, (2, 14, 2))
    xy[0, 2], xy[0, 9] = (10, 20), (13, 24)  # by number: MODEL.md's joints 2 and 9
    xy[1, LSP_14.index("right_hip")] = np.nan

    length = torso_length(xy, LSP_14)
    assert length[0] == pytest.approx(5)
    assert math.isnan(length[1])


def test_the_lsp_table_averages_left_and_right() -> None:
    by_name = {
        "right_ankle": 10, "right_knee": 20, "right_hip": 30, "left_hip": 40, "left_knee": 40, "left_ankle": 20,
        "right_wrist": 50, "right_elbow": 60, "right_shoulder": 70, "left_shoulder": 90, "left_elbow": 70,
        "left_wrist": 70, "neck": 80, "head_top": 90,
    }  # fmt: skip
    table = lsp_table(np.array([float(by_name[name]) for name in LSP_14.names]), LSP_14)

    assert table == pytest.approx(
        {"Head": 85, "Sho.": 80, "Elb.": 65, "Wri.": 60, "Hip": 35, "Knee": 30, "Ank.": 15, "Mean": 740 / 14}
    )


def test_the_lsp_columns_are_the_papers_and_hold_each_keypoint_once() -> None:
    assert tuple(LSP_COLUMNS) == ("Head", "Sho.", "Elb.", "Wri.", "Hip", "Knee", "Ank.")
    assert sorted(name for names in LSP_COLUMNS.values() for name in names) == sorted(LSP_14.names)


def test_a_table_leaves_out_what_no_image_has() -> None:
    percent = np.full(14, 50.0)
    percent[[LSP_14.index(name) for name in ("neck", "left_knee", "right_knee")]] = np.nan
    table = lsp_table(percent, LSP_14)

    assert table["Head"] == table["Mean"] == 50
    assert math.isnan(table["Knee"])


def test_pck_takes_any_skeleton() -> None:
    xy = np.zeros((4, len(PAIR), 2))

    assert pck(xy, xy, np.ones(4), 0.2).tolist() == [100, 100]


def test_the_area_is_the_chance_that_right_outranks_wrong() -> None:
    score = np.array([[0.9, 0.8, 0.3], [0.5, 0.5, 0.7]])
    correct = np.array([[1, 0, 0], [1, 0, np.nan]])

    assert area_under_curve(score, correct) == pytest.approx((3 + 1.5) / 6)  # pairs won; an equal one counts half
    assert area_under_curve(-score, correct) == pytest.approx(1 - 4.5 / 6)
    assert np.isnan(area_under_curve(score, np.ones((2, 3))))


def test_the_table_stands_in_even_columns() -> None:
    names, values = table_text({"Head": 90.04, "Mean": 7.0}).splitlines()

    assert names == "   Head   Mean"
    assert values == "   90.0    7.0"
