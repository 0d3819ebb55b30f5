"""What a detector's peaks are worth, found on held-out pictures: a score, and the score from which to believe it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from poseglass_models.detector_checkpoint import Array, Line
from poseglass_train.evaluate.detections import judge, recall_at
from poseglass_train.evaluate.detector import PRECISION, Seen, judged

DOUBT = 0.01
"""Of the line's squares beside the misses: where there is little data the line stays near nothing."""
EVEN = 0.5
"""The least score that is believed: more likely right than wrong."""


def calibration(seen: Sequence[Seen]) -> Line:
    """Return the line of logistic regression that says how often boxes are right (Platt 1999)."""
    evidence_D3, right_D = _outcomes(seen)

    def cost(line: Array) -> float:
        off = evidence_D3 @ line
        misses = np.logaddexp(0, -off) * right_D + np.logaddexp(0, off) * (1 - right_D)
        return float(misses.sum() + DOUBT * (line**2).sum())

    peak, size, start = minimize(cost, np.array([1.0, 0.0, 0.0])).x
    return round(max(float(peak), 1e-3), 4), round(float(size), 4), round(float(start), 4)


def _outcomes(seen: Sequence[Seen]) -> tuple[Array, Array]:
    """Return what is known (D, 3) of the boxes that count, and 1 for the right ones (D,), else 0."""
    evidence, right = [np.zeros((0, 3))], [np.zeros(0)]
    for each in seen:
        told = judge(each.boxes_D4, each.score_D, each.page.boxes_N4, each.page.unknown_M4)
        evidence.append(each.evidence_D3[told.row])
        right.append(told.right.astype(np.float64))
    return np.concatenate(evidence), np.concatenate(right)


def threshold(seen: Sequence[Seen], line: Line) -> float:
    """Return the score from which on boxes are to be believed: those are right often enough, and each by itself is."""
    return max(EVEN, recall_at(judged([each.scored(line) for each in seen]), PRECISION)[1])
