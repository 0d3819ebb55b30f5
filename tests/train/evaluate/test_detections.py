import numpy as np
import pytest

from poseglass_train.evaluate.detections import Judged, average_precision, judge, recall_at, together

NOBODY = np.zeros((0, 4))
ANNE, BERT = [0.0, 0, 10, 40], [50.0, 0, 70, 100]


def boxes(*each: list[float]) -> np.ndarray:
    return np.array(each, dtype=float).reshape(-1, 4)


def told_of(score: list[float], right: list[bool], people: int) -> Judged:
    return Judged(np.array(score), np.array(right, dtype=bool), np.arange(len(score)), people)


def judged(found: np.ndarray, people: np.ndarray, unknown: np.ndarray = NOBODY, least_height: float = 0.0) -> Judged:
    """Judge boxes whose scores fall from 0.9 on."""
    return judge(found, 0.9 - 0.1 * np.arange(len(found)), people, unknown, least_height)


def test_each_person_is_found_once():
    told = judged(boxes(ANNE, BERT, ANNE), boxes(ANNE, BERT))

    assert told.right.tolist() == [True, True, False]
    assert told.people == 2


def test_who_is_surer_chooses_first():
    near, nearer = [0.0, 0, 10, 30], ANNE
    told = judge(boxes(near, nearer), np.array([0.3, 0.8]), boxes(ANNE), NOBODY)

    assert told.score.tolist() == [0.8, 0.3]
    assert told.right.tolist() == [True, False]
    assert told.row.tolist() == [1, 0]


def test_half_the_overlap_is_needed():
    assert judged(boxes([0, 0, 10, 20.1]), boxes(ANNE)).right.tolist() == [True]
    assert judged(boxes([0, 0, 10, 19.9]), boxes(ANNE)).right.tolist() == [False]


def test_where_nobody_knows_nothing_counts():
    crowd = boxes([100, 0, 200, 50])
    told = judged(boxes([110, 5, 120, 30], [190, 0, 215, 50], ANNE), boxes(ANNE), crowd)

    assert told.right.tolist() == [False, True]  # the second is beyond the crowd with more than half of it


def test_who_is_small_counts_neither_way():
    other = [300.0, 0, 310, 30]
    told = judged(boxes(ANNE, other, BERT), boxes(ANNE, BERT), least_height=50)

    assert told.right.tolist() == [True]
    assert told.people == 1


def test_a_box_on_somebody_small_is_not_wrong_where_it_is_large():
    told = judged(boxes([0, 0, 10, 55]), boxes(ANNE), least_height=50)

    assert len(told.right) == 0


def test_nobody_there_and_nobody_found():
    told = together([judged(NOBODY, NOBODY), judged(NOBODY, boxes(ANNE))])

    assert (len(told.score), told.people) == (0, 1)
    assert average_precision(told) == 0
    assert recall_at(told, 0.85) == (0, 1)


def test_pictures_are_sorted_together():
    told = together([told_of([0.9, 0.2], [True, False], 1), told_of([0.5], [True], 3)])

    assert told.score.tolist() == [0.9, 0.5, 0.2]
    assert told.right.tolist() == [True, True, False]
    assert told.people == 4


def test_average_precision_is_the_area_under_the_best_precision():
    told = told_of([0.9, 0.8, 0.7, 0.6], [True, False, True, False], 2)

    # recall up to 0.5 at precision 1, from there on 2 of 3
    assert average_precision(told) == pytest.approx(100 * (51 + 50 * 2 / 3) / 101)


def test_all_found_and_nothing_else_is_all():
    assert average_precision(told_of([0.9, 0.8], [True, True], 2)) == pytest.approx(100)


def test_recall_at_a_precision_is_the_highest_that_is_to_be_had():
    told = told_of([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], [True, False, True, True, True, False], 8)

    assert recall_at(told, 0.8) == (0.5, pytest.approx(0.5))
    assert recall_at(told, 0.9) == (0.125, pytest.approx(0.9))
