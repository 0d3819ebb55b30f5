"""What a detector's peaks are worth, found on held-out pictures: a score, and the score from which to believe it."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from poseglass_train.data.boxes import Array
from poseglass_train.evaluate.detections import Judged, recall_at
from poseglass_train.evaluate.detector import PRECISION

DOUBT = 1.0
"""Right and wrong boxes at even chances that are added, so that little data says little."""


def calibration(found: Judged) -> tuple[float, float]:
    """Return a, b: 1 / (1 + exp(-(a l + b))) of peaks of logit l are right. Logistic regression (Platt 1999)."""
    logit = _logit(found.score)
    right = found.right.astype(np.float64)

    def cost(line: Array) -> float:
        off = line[0] * logit + line[1]
        misses = np.logaddexp(0, -off) * right + np.logaddexp(0, off) * (1 - right)
        return float(misses.sum() + DOUBT * (np.logaddexp(0, -line[1]) + np.logaddexp(0, line[1])))

    slope, start = minimize(cost, np.array([1.0, 0.0])).x
    return round(max(float(slope), 1e-3), 4), round(float(start), 4)


def _logit(peak: Array) -> Array:
    inside = np.clip(peak, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def threshold_peak(found: Judged) -> float:
    """Return the lowest peak from which on the precision is what detectors are used at."""
    return recall_at(found, PRECISION)[1]
