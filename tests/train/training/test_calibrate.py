import numpy as np
import pytest

from poseglass_models.detector import DetectorConfig
from poseglass_models.detector_checkpoint import DetectorCheckpoint
from poseglass_train.evaluate.detections import Judged
from poseglass_train.training.calibrate import calibration, threshold_peak


def drawn(slope: float, start: float, count: int) -> Judged:
    """Return boxes that are right as often as the line says."""
    dice = np.random.default_rng(0)
    peak = dice.uniform(0.05, 0.95, count)
    chance = 1 / (1 + np.exp(-(slope * np.log(peak / (1 - peak)) + start)))
    order = np.argsort(-peak)
    return Judged(peak[order], (dice.random(count) < chance)[order], count)


def test_the_line_that_was_drawn_from_is_found():
    slope, start = calibration(drawn(1.4, 0.6, 20_000))

    assert slope == pytest.approx(1.4, abs=0.1)
    assert start == pytest.approx(0.6, abs=0.1)


def test_scores_say_how_often_boxes_are_right():
    found = drawn(0.7, -0.5, 20_000)
    score = DetectorCheckpoint(DetectorConfig(), 64, calibration(found)).chance_right(found.score)

    for low, high in ((0.1, 0.3), (0.3, 0.5), (0.5, 0.8)):
        among = (score >= low) & (score < high)
        assert found.right[among].mean() == pytest.approx(score[among].mean(), abs=0.03)


def test_higher_peaks_never_score_less():
    upside_down = Judged(np.array([0.9, 0.8, 0.2, 0.1]), np.array([False, False, True, True]), 4)

    assert calibration(upside_down)[0] > 0


def test_nothing_found_is_nothing_known():
    slope, start = calibration(Judged(np.zeros(0), np.zeros(0, dtype=bool), 3))

    assert (slope, start) == (1, 0)


def test_the_threshold_is_where_precision_is_lost():
    found = Judged(np.linspace(0.9, 0.1, 9), np.array([True] * 6 + [False] * 3), 9)

    assert threshold_peak(found) == pytest.approx(0.3)  # 6 of 7 are right
