import numpy as np
import pytest

from poseglass_models.detector_checkpoint import chance, evidence
from poseglass_train.data.album import Page
from poseglass_train.evaluate.detector import Seen
from poseglass_train.training.calibrate import EVEN, calibration, threshold

LINE = (1.4, 0.8, 0.6)
PICTURE = np.zeros((1000, 1000, 3), np.uint8)


def drawn(line: tuple[float, float, float], count: int) -> list[Seen]:
    """Return boxes, beside each other in one picture, that are right as often as the line says."""
    dice = np.random.default_rng(0)
    peak, size = dice.uniform(0.05, 0.95, count), np.exp(dice.uniform(2, 6, count))
    known = evidence(peak, size)
    right = dice.random(count) < chance(known, line)
    left = np.arange(count)[:, None] * 100.0
    boxes = np.concatenate([left, np.zeros_like(left), left + 50, np.full_like(left, 80)], axis=1)
    return [Seen(Page(PICTURE, boxes[right], np.zeros((0, 4)), "made up"), boxes, peak, known)]


def test_the_line_that_was_drawn_from_is_found():
    assert calibration(drawn(LINE, 2000)) == pytest.approx(LINE, abs=0.2)


def test_scores_say_how_often_boxes_are_right():
    (seen,) = drawn((0.7, 0.3, -0.5), 2000)
    score = seen.scored(calibration([seen])).score_D
    right = np.isin(seen.boxes_D4[:, 0], seen.page.boxes_N4[:, 0])

    for low, high in ((0.1, 0.3), (0.3, 0.5), (0.5, 0.8)):
        among = (score >= low) & (score < high)
        assert right[among].mean() == pytest.approx(score[among].mean(), abs=0.07)


def test_of_two_peaks_alike_the_larger_person_scores_more():
    small, large = chance(evidence(np.array([0.4, 0.4]), np.array([20.0, 200.0])), LINE)

    assert small < large


def test_higher_peaks_never_score_less():
    (seen,) = drawn((-2.0, 0.0, 0.0), 500)

    assert calibration([seen])[0] > 0


def test_nothing_found_is_nothing_known():
    none = np.zeros((0, 4))
    nothing = Seen(Page(PICTURE, none, none, "made up"), none, none[:, 0], none[:, :3])

    assert calibration([nothing]) == pytest.approx((0, 0, 0), abs=1e-2)


def test_the_threshold_is_where_precision_is_lost_but_not_below_even():
    sure, unsure = drawn((1.0, 0.0, 3.0), 1000), drawn((1.0, 0.0, -2.0), 1000)
    line = (1.0, 0.0, 0.0)

    assert threshold(sure, line) == EVEN
    assert threshold(unsure, line) > 0.8
