from pathlib import Path

import numpy as np
import pytest

from poseglass_models.skeleton import LSP_14
from poseglass_train.errors import DatasetError
from poseglass_train.evaluate.lsp import Answers
from poseglass_train.evaluate.rival import beside_text, compare, read_rival

Array = np.ndarray


def upright(people: int) -> Array:
    """Return people of whom all limbs are labelled, each with a torso of some 100 pixels."""
    parts = {"shoulder": -100, "elbow": -60, "wrist": -20, "hip": 0, "knee": 60, "ankle": 120}
    xy = np.zeros((people, len(LSP_14), 2))
    for part, y in parts.items():
        for side, x in (("left", 20), ("right", -20)):
            xy[:, LSP_14.index(f"{side}_{part}")] = x, y
    return xy


def wrong(true: Array, chance: float, seed: int) -> Array:
    """Return the same, each keypoint with that chance far away."""
    far = np.random.default_rng(seed).random(true.shape[:2]) < chance
    return true + 500.0 * far[..., None]


def compared(ours: float, theirs: float):
    true = upright(400)
    answers = Answers(wrong(true, ours, 1), np.ones(true.shape[:2]), true, LSP_14)
    return compare(answers, wrong(true, theirs, 2))["all"]


def test_a_real_difference_lies_above_chance() -> None:
    found = compared(0.1, 0.2)

    assert found.ours == pytest.approx(90, abs=1.5)
    assert found.theirs == pytest.approx(80, abs=1.5)
    assert 0 < found.low < found.difference < found.high < 15


def test_equal_programs_differ_by_chance() -> None:
    found = compared(0.2, 0.2)

    assert found.low < 0 < found.high
    # Two shares of 4800 answers each: their difference has a deviation of 0.8 points, the interval four times that.
    assert found.high - found.low == pytest.approx(4 * 0.8, rel=0.15)


def test_the_same_mistakes_leave_no_doubt() -> None:
    """Paired: who is hard for one is hard for the other."""
    true = upright(50)
    found = wrong(true, 0.3, 3)
    same = compare(Answers(found, np.ones(true.shape[:2]), true, LSP_14), found)["all"]

    assert same.difference == same.low == same.high == 0


def test_groups_are_told_by_tilt() -> None:
    true = upright(4)
    true[2:] = true[2:, :, ::-1] * [-1, 1]  # lying
    told = compare(Answers(true, np.ones(true.shape[:2]), true, LSP_14), true + 500)

    assert {name: each.people for name, each in told.items()} == {
        "all": 4, "tilt 0-30": 2, "tilt 60-120": 2, "tilt over 60": 2,
    }  # fmt: skip
    assert "100.0    0.0   +100.0 (+100.0 to +100.0)" in beside_text(told)


def test_a_rivals_first_person_is_read(tmp_path: Path) -> None:
    path = tmp_path / "rival.csv"
    path.write_text(
        "image,joint,x,y,score,person\nim1001.jpg,nose,1,2,0.5,0\nim1002.jpg,left_hip,3.5,4,0.5,0\n"
        "im1002.jpg,left_hip,9,9,0.9,1\nim0007.jpg,left_hip,9,9,0.9,0\n"
    )
    found = read_rival(path, 2)

    assert found[1, LSP_14.index("left_hip")].tolist() == [3.5, 4]
    assert np.isfinite(found).sum() == 2


@pytest.mark.parametrize("text", ["image,joint,x\nim1001.jpg,left_hip,1\n", "image,joint,x,y\na.png,left_hip,1,2\n"])
def test_a_file_of_another_kind_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "rival.csv").write_text(text)

    with pytest.raises(DatasetError, match=r"rival\.csv: looked for CSV with columns image"):
        read_rival(tmp_path / "rival.csv", 2)
