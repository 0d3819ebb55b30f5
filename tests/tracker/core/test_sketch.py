import numpy as np
import pytest

from figures import DOTS
from poseglass.core.overlay import LEFT, MIDDLE, RIGHT
from poseglass.core.people_marks import person_colour
from poseglass.core.sketch import (
    GHOST,
    HALF_SURE,
    SURE,
    UNSURE,
    Colouring,
    Sketch,
    add_box,
    add_ellipses,
    add_name,
    add_pose,
    add_trails,
    score_colour,
)
from poseglass.types import Skeleton
from poseglass_models.skeleton import PERSON_19

XY = np.array([[10.0, 20.0], [30.0, 40.0]])


def test_dots_know_whose_keypoint_they_are():
    sketch = Sketch()
    add_pose(sketch, DOTS, "anna", XY, np.array([0.9, 0.8]), Colouring.SIDE, placed=frozenset({1}))

    assert [(dot.person, dot.keypoint, dot.at, dot.colour, dot.hollow) for dot in sketch.dots] == [
        ("anna", 0, (10, 20), LEFT, False),
        ("anna", 1, (30, 40), RIGHT, True),
    ]
    assert len(sketch.strokes) == 1


def test_the_face_is_drawn_finer_than_the_body_and_of_the_persons_own_side():
    sketch = Sketch()
    xy = np.arange(38.0).reshape(19, 2)
    add_pose(sketch, PERSON_19, "1", xy, np.ones(19), Colouring.SIDE)
    fine = {PERSON_19.names[dot.keypoint]: dot.colour for dot in sketch.dots if dot.is_fine}

    assert fine == {"nose": MIDDLE, "left_eye": LEFT, "right_eye": RIGHT, "left_ear": LEFT, "right_ear": RIGHT}
    assert sum(stroke.is_fine for stroke in sketch.strokes) == 4
    assert not any(stroke.is_fine for stroke in sketch.strokes[:14])


def test_a_head_without_a_body_is_drawn_as_any_other_keypoints():
    sketch = Sketch()
    add_pose(sketch, Skeleton(("nose", "left_eye")), "1", XY, np.ones(2), Colouring.SIDE)

    assert not any(dot.is_fine for dot in sketch.dots)


@pytest.mark.parametrize(("xy", "score"), [(XY, [0.9, 0.1]), ([[10, 20], [np.nan, np.nan]], [0.9, 0.9])])
def test_what_is_missing_or_unsure_is_not_drawn_nor_pointed_at(xy, score):
    sketch = Sketch()
    add_pose(sketch, DOTS, "1", np.array(xy), np.array(score), Colouring.SIDE)

    assert [dot.keypoint for dot in sketch.dots] == [0]
    assert not sketch.strokes


def test_a_limb_is_as_sure_as_its_less_sure_end():
    sketch = Sketch()
    add_pose(sketch, DOTS, "1", XY, np.array([1.0, 0.5]), Colouring.SCORE)

    assert sketch.strokes[0].colour == HALF_SURE
    assert [dot.colour for dot in sketch.dots] == [SURE, HALF_SURE]


def test_a_ghost_has_one_colour():
    sketch = Sketch()
    add_pose(sketch, DOTS, "1", XY, np.ones(2), Colouring.GHOST)

    assert {stroke.colour for stroke in sketch.strokes} == {GHOST}


def test_colours_of_scores_reach_from_unsure_to_sure():
    assert [score_colour(score) for score in (-1, 0, 0.5, 1, 2)] == [UNSURE, UNSURE, HALF_SURE, SURE, SURE]


def test_an_ellipse_reaches_two_deviations_along_its_own_axes():
    turned = np.radians(30)
    axes = np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    covariance = axes @ np.diag([16.0, 4.0]) @ axes.T
    sketch = Sketch()
    add_ellipses(sketch, np.array([[5.0, 6.0], [np.nan, 1.0]]), np.stack([covariance, covariance]))

    (ellipse,) = sketch.ellipses
    assert ellipse.at == (5, 6)
    assert ellipse.axes == pytest.approx((8, 4))
    assert ellipse.angle % 180 == pytest.approx(30)


def test_a_box_holds_all_keypoints_with_a_margin():
    sketch = Sketch()
    add_box(sketch, "1", XY, margin=0.5)

    assert sketch.boxes[0].corners == (0, 10, 40, 50)


def test_trails_follow_the_chosen_keypoints():
    sketch = Sketch()
    way = np.arange(12.0).reshape(3, 2, 2)
    add_trails(sketch, DOTS, way, [1])

    np.testing.assert_array_equal(sketch.trails[0].points, way[:, 1])


def test_a_sketch_laid_over_another_may_be_faint():
    below, above = Sketch(), Sketch()
    add_pose(below, DOTS, "1", XY, np.ones(2), Colouring.PERSON)
    add_pose(above, DOTS, "2", XY, np.ones(2), Colouring.PERSON)
    add_name(above, DOTS, "2", XY, np.ones(2), "Anna")
    below.add(above, is_faint=True)

    assert [dot.person for dot in below.dots] == ["1", "1", "2", "2"]
    assert {dot.person for dot in below.part(is_faint=True).dots} == {"2"}
    assert below.part(is_faint=False).names == []
    named = below.part(is_faint=True).names
    assert [(name.person, name.text, name.colour) for name in named] == [("2", "Anna", person_colour("2"))]
