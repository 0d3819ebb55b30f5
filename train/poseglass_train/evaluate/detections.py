"""What boxes are worth: which are people's, precision and recall. Whom nobody knows counts neither way.

Shapes: D detections, N people, M places where nobody knows; boxes x0, y0, x1, y1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from poseglass_models.boxes import Array, areas, intersections, overlaps

SAME_PERSON = 0.5
"""Overlap (intersection over union) from which a box is right."""
INSIDE = 0.5
"""Part of a box that lies where nobody knows, from which it counts neither way."""
RECALLS = np.linspace(0, 1, 101)
"""At which COCO takes the precision."""


@dataclass(frozen=True)
class Judged:
    """Detections that count: score (D,), right (D,), row (D,) of the picture's; and how many people are to be found."""

    score: Array
    right: NDArray[np.bool_]
    row: NDArray[np.int64]
    people: int


def judge(boxes_D4: Array, score_D: Array, people_N4: Array, unknown_M4: Array, least_height: float = 0.0) -> Judged:
    """Judge one picture's detections, highest score first: each takes whom it overlaps most of those that are left.

    People less high than `least_height` count neither way, nor do detections that are on nobody else and less high.
    """
    wanted_N = people_N4[:, 3] - people_N4[:, 1] >= least_height
    left_N = np.ones(len(people_N4), dtype=bool)
    overlap_DN = overlaps(boxes_D4, people_N4)
    unknown_D = _inside(boxes_D4, unknown_M4) | (boxes_D4[:, 3] - boxes_D4[:, 1] < least_height)
    rows, rights = [], []
    for number in np.argsort(-score_D, kind="stable"):
        fits_N = left_N & (overlap_DN[number] >= SAME_PERSON)
        chosen_N = fits_N & wanted_N if (fits_N & wanted_N).any() else fits_N
        if chosen_N.any():
            place = int(np.argmax(np.where(chosen_N, overlap_DN[number], -1)))
            left_N[place] = False
            if not wanted_N[place]:
                continue
        elif unknown_D[number]:
            continue
        rows.append(number)
        rights.append(bool(chosen_N.any()))
    row = np.array(rows, dtype=np.int64)
    return Judged(score_D[row], np.array(rights, dtype=bool), row, int(wanted_N.sum()))


def _inside(boxes_D4: Array, unknown_M4: Array) -> NDArray[np.bool_]:
    share_DM = intersections(boxes_D4, unknown_M4) / np.maximum(areas(boxes_D4)[:, None], 1e-9)
    return np.asarray(share_DM.max(axis=1, initial=0) >= INSIDE)


def together(judged: Sequence[Judged]) -> Judged:
    """Return the detections of all pictures, highest score first."""
    score = np.concatenate([np.zeros(0), *(each.score for each in judged)])
    right = np.concatenate([np.zeros(0, dtype=bool), *(each.right for each in judged)])
    row = np.concatenate([np.zeros(0, dtype=np.int64), *(each.row for each in judged)])
    order = np.argsort(-score, kind="stable")
    return Judged(score[order], right[order], row[order], sum(each.people for each in judged))


def precision_and_recall(judged: Judged) -> tuple[Array, Array]:
    """Return both (D,) after each detection, highest score first."""
    right = np.cumsum(judged.right)
    return right / np.arange(1, len(right) + 1), right / max(1, judged.people)


def average_precision(judged: Judged) -> float:
    """Return AP as COCO reckons it, in percent: the mean over 101 recalls of the best precision at that or more."""
    precision, recall = precision_and_recall(judged)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(recall, RECALLS, side="left")
    return float(100 * np.append(best, 0.0)[place].mean())


def recall_at(judged: Judged, precision: float) -> tuple[float, float]:
    """Return the highest recall with at least that precision, and the score from which on it is had; else 0 and 1."""
    precisions, recalls = precision_and_recall(judged)
    good = np.flatnonzero(precisions >= precision)
    return (float(recalls[good[-1]]), float(judged.score[good[-1]])) if len(good) else (0.0, 1.0)
