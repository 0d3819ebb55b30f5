from dataclasses import dataclass

import numpy as np
import pytest

from figures import DOTS, DotEstimator, draw_dots
from poseglass.core.people.boxes import mean_score, person_box, steadied
from poseglass.core.people.search import MOST_SQUARES, PATIENCE, SEARCH_SIDES, SEARCH_STEP, search_boxes
from poseglass.core.run import Method, Run
from poseglass.types import Boxes, Frame, Image, Poses, Skeleton
from poseglass_models.skeleton import COCO_17, PERSON_19


def follow(run: Run, image: Image) -> Poses:
    return run.see(Frame(0, 0, 0.0, image)).poses


def test_the_first_look_finds_and_then_looks_closer():
    estimator = DotEstimator()
    poses = follow(Method(estimator).run(), draw_dots(200, 320, (200, 90)))

    np.testing.assert_allclose(poses.xy[0], [[220, 90], [180, 90]])
    assert len(estimator.asked[0]) > 1
    assert all(len(boxes) == 1 for boxes in estimator.asked[1:])


def test_a_followed_person_costs_one_look_a_frame():
    estimator = DotEstimator()
    run = Method(estimator).run()
    follow(run, draw_dots(200, 320, (100, 90)))
    before = len(estimator.asked)
    poses = [follow(run, draw_dots(200, 320, (100 + 5 * i, 90))) for i in range(1, 11)]

    assert len(estimator.asked) - before == 10
    np.testing.assert_allclose(poses[-1].xy[0], [[170, 90], [130, 90]])


def test_a_lost_person_is_searched_at_once_and_found_elsewhere():
    run = Method(DotEstimator()).run()
    follow(run, draw_dots(200, 320, (40, 90)))
    poses = follow(run, draw_dots(200, 320, (280, 100)))

    np.testing.assert_allclose(poses.xy[0], [[300, 100], [260, 100]])


def test_an_empty_picture_has_nobody_and_is_not_searched_every_frame():
    estimator = DotEstimator()
    run = Method(estimator).run()
    empty = np.zeros((200, 320, 3), np.uint8)
    poses = [follow(run, empty) for _ in range(PATIENCE + 1)]

    assert all(len(pose) == 0 for pose in poses)
    searched = len(estimator.asked)
    follow(run, empty)

    assert len(estimator.asked) == 2 * searched


def test_somebody_who_comes_in_late_is_found():
    run = Method(DotEstimator()).run()
    for _ in range(3):
        follow(run, np.zeros((200, 320, 3), np.uint8))
    found = [follow(run, draw_dots(200, 320, (100, 90))) for _ in range(PATIENCE + 1)]

    assert len(found[-1]) == 1
    assert np.isfinite(found[-1].xy).all()


@pytest.mark.parametrize(("height", "width"), [(480, 854), (1920, 1080), (64, 64), (100, 460)])
def test_search_boxes_cover_the_picture_and_stay_in_it(height: int, width: int):
    for boxes in search_boxes(height, width):
        covered = np.zeros((height, width), bool)
        for x0, y0, x1, y1 in boxes:
            assert min(x0, y0) >= -1e-9
            assert x1 <= width + 1e-9
            assert y1 <= height + 1e-9
            covered[int(np.floor(y0 + 0.5)) : int(np.ceil(y1)), int(np.floor(x0 + 0.5)) : int(np.ceil(x1))] = True

        assert covered.all()


@pytest.mark.parametrize(("height", "width"), [(128, 4096), (4096, 128), (64, 60000)])
def test_a_long_strip_is_searched_in_turns_that_look_everywhere(height: int, width: int):
    whole = [list(search_boxes(height, width, turn)) for turn in range(300)]
    one_search = [sum(map(len, sizes)) for sizes in whole]
    assert max(one_search) <= 3 * MOST_SQUARES + 1

    for size in range(3):
        starts = {tuple(box) for sizes in whole for box in sizes[size]}
        along = sorted({max(x0, y0) for x0, y0, *_ in starts})
        side = SEARCH_SIDES[size] * min(height, width)
        assert max(np.diff(along)) <= side * SEARCH_STEP + 1e-6
        assert along[0] == 0
        assert along[-1] == pytest.approx(max(height, width) - side)


def test_somebody_in_a_corner_of_a_long_strip_is_found_in_the_end():
    run = Method(DotEstimator()).run()
    strip = np.zeros((60, 6000, 3), np.uint8)
    strip[:, 4000:4320] = draw_dots(60, 320, (160, 30))
    found = [len(follow(run, strip)) for _ in range(30 * (PATIENCE + 1))]

    assert found[-1] == 1


def test_the_box_leaves_unsure_keypoints_out():
    xy = np.array([[[0.0, 0], [10, 20], [500, 500]]])
    poses = Poses(xy, np.array([[0.9, 0.9, 0.01]]), np.zeros((1, 3, 2, 2)))
    box = person_box(poses, Skeleton(("a", "b", "c")))

    assert box is not None
    np.testing.assert_allclose(box, [0, 0, 10, 20])
    assert person_box(Poses.missing(len(DOTS)), DOTS) is None
    assert mean_score(Poses.missing(len(DOTS)), DOTS)[0] == 0


def test_the_box_moves_at_once_and_grows_slowly():
    box = steadied(np.array([100.0, 100, 300, 200]), np.array([0.0, 0, 100, 100]))

    np.testing.assert_allclose(box, [200 - 62.5, 150 - 50, 200 + 62.5, 150 + 50])


def seen_person(body: float, face: float) -> Poses:
    """A pose of PERSON_19 with these scores; the face lies far from the body."""
    xy = np.linspace([0.0, 0], [90, 180], 19)[None]
    score = np.full((1, 19), face)
    score[:, PERSON_19.body] = body
    xy[:, score[0] == face] = 1000
    return Poses(xy, score, np.zeros((1, 19, 2, 2)))


def test_somebody_who_turns_away_is_as_sure_as_their_body():
    assert mean_score(seen_person(body=0.16, face=0.0), PERSON_19)[0] == pytest.approx(0.16)
    assert mean_score(seen_person(body=0.1, face=0.9), PERSON_19)[0] == pytest.approx(0.1)


def test_a_hidden_face_is_not_in_the_box_and_a_face_alone_makes_none():
    turned, face_alone = seen_person(body=0.9, face=0.2), seen_person(body=0.1, face=0.9)
    box = person_box(turned, PERSON_19)

    assert box is not None
    np.testing.assert_allclose(box, [25, 50, 90, 180])
    assert person_box(face_alone, PERSON_19) is None


def test_a_sure_face_is_in_the_box_as_nothing_else_says_where_the_head_is():
    xy = np.linspace([0.0, 0], [90, 180], 17)[None]
    box = person_box(Poses(xy, np.full((1, 17), 0.9), np.zeros((1, 17, 2, 2))), COCO_17)

    assert box is not None
    np.testing.assert_allclose(box, [0, 0, 90, 180])


@dataclass
class TurningEstimator:
    """Sees the same person everywhere; what it says of the face is to be set."""

    face: float
    skeleton = PERSON_19

    @property
    def facts(self) -> dict[str, str]:
        return {}

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        poses = seen_person(body=0.35, face=self.face)
        return Poses(*(np.repeat(part, len(boxes), axis=0) for part in (poses.xy, poses.score, poses.covariance)))


def test_a_person_without_a_face_is_found_and_followed():
    run = Method(TurningEstimator(face=0.0)).run()
    poses = [follow(run, np.zeros((200, 200, 3), np.uint8)) for _ in range(3)]

    assert all(len(pose) == 1 and np.isfinite(pose.xy).all() for pose in poses)
