"""The measure itself, on tables made by hand."""

import numpy as np
import pytest

from hand_boxes import COVERS, Boxes, box_of, jumps, measure, overlap
from made_clips import BODY, body_row

LOW, HIGH = BODY.min(axis=0), BODY.max(axis=0)
FRAMES = (0, 10, 20, 30)
LEFT, RIGHT = (0.0, 0.0), (300.0, 0.0)


def boxes_at(**corners: tuple[float, float]) -> Boxes:
    """Return people around whom boxes are drawn in every tenth frame, as large as the body."""
    return Boxes({who: dict.fromkeys(FRAMES, box_of(BODY + corner)) for who, corner in corners.items()}, frozenset())


TWO = boxes_at(man=LEFT, woman=RIGHT)


def test_everybody_in_every_frame_is_covered_by_one_track_each() -> None:
    table = [body_row(t, track, corner) for t in FRAMES for track, corner in (("1", LEFT), ("2", RIGHT))]
    found = measure(table, TWO)

    assert (found.covered, found.missed, found.swapped, found.jumps) == (1, (), (), ())
    assert found.tracks == {"man": ("1",), "woman": ("2",)}


def test_who_is_not_found_or_elsewhere_is_missed() -> None:
    table = [body_row(t, "1", (0, 0 if t < 20 else 70)) for t in FRAMES] + [body_row(0, "2", RIGHT)]
    found = measure(table, TWO)

    assert found.missed == (("man", 20), ("man", 30), ("woman", 10), ("woman", 20), ("woman", 30))
    assert found.covered == pytest.approx(3 / 8)
    assert measure([], TWO).covered == 0


def test_a_track_that_goes_over_to_somebody_else_is_swapped() -> None:
    table = [body_row(t, "1", LEFT if t < 20 else RIGHT) for t in FRAMES]

    assert measure(table, TWO).swapped == ("1",)


def test_a_new_id_is_no_swap_but_told() -> None:
    table = [body_row(t, "1" if t < 20 else "3", LEFT) for t in FRAMES]
    found = measure(table, TWO)

    assert found.swapped == ()
    assert found.tracks["man"] == ("1", "3")


@pytest.mark.parametrize(("way", "jumped"), [(0.65, ()), (0.75, (("1", 2),))])
def test_further_than_a_body_moves_is_a_jump(way: float, jumped: tuple[tuple[str, int], ...]) -> None:
    size = float((HIGH - LOW).max())
    poses = {t: {"1": BODY if t < 2 else BODY + way * size * np.array([1, 0])} for t in range(4)}

    assert jumps(poses) == jumped


def test_a_gap_is_no_jump_and_missing_keypoints_do_not_count() -> None:
    half = BODY.copy()
    half[:8] = np.nan

    assert jumps({0: {"1": BODY}, 2: {"1": BODY + 1000}}) == ()
    assert jumps({0: {"1": BODY}, 1: {"1": half}, 2: {"1": BODY}}) == ()


def test_a_pose_covers_the_body_around_it() -> None:
    """Of a body of 60 x 120 px, 6 px at each side are hands, feet and half a limb's width."""
    assert box_of(BODY).tolist() == [LOW[0] - 6, LOW[1] - 6, HIGH[0] + 6, HIGH[1] + 6]
    assert overlap(np.array([0.0, 0, 10, 10]), np.array([5.0, 0, 15, 10])) == pytest.approx(1 / 3)
    assert overlap(np.array([0.0, 0, 10, 10]), np.array([0.0, 0, 10, 5])) == COVERS
