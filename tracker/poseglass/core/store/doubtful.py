"""Where to look next: frames whose poses are least to be trusted, so that an hour of corrections goes far.

Of the body alone: a face that is turned away is unsure in every frame, and nothing is to be corrected there.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.columns import measured
from poseglass.core.store.correction_list import touched
from poseglass.core.store.document import Document
from poseglass.types import Flags, Floats, SmoothedTrack

SURE = 0.5
"""Score from which a keypoint gives no cause for doubt."""
FAR = 0.1
"""Distance between measured and smoothed, in body sizes, that is as doubtful as a score of 0: the shipped smoother
leaves what is further off for an outlier."""
BLOCK = 8192
"""Frames that are looked at at once: 17 keypoints take 2 MB an array."""
APART_S = 0.5
"""Time between two proposals: correcting one mends its neighbours."""


def doubtful_frames(document: Document, person: str, path: SmoothedTrack) -> NDArray[np.intp]:
    """Return frames of a person to look at, the most doubtful first; `path` is their two-pass track."""
    doubts, body = np.zeros(len(document.tracks.frames)), document.skeleton.body
    for start in range(0, len(doubts), BLOCK):
        here = range(start, min(start + BLOCK, len(doubts)))
        xy, score = measured(document.tracks, person, here, body.tolist())
        smoothed = path.part(here, body.tolist()).xy
        doubts[here.start : here.stop] = doubt(score, xy, smoothed, document.tracks.body_size(person)).sum(axis=1)
    return look_next(document.footage.time_s, doubts, touched(document.tracks))


def worst_keypoint(document: Document, person: str, path: SmoothedTrack, frame: int) -> tuple[int, float]:
    """Return the most doubtful keypoint of a frame, and its score."""
    body = document.skeleton.body
    xy, score = measured(document.tracks, person, range(frame, frame + 1), body.tolist())
    doubts = doubt(score, xy, path.xy[frame : frame + 1, body], document.tracks.body_size(person))
    worst = int(np.argmax(doubts[0]))
    return int(body[worst]), float(score[0, worst])


def doubt(score: Floats, raw: Floats, smoothed: Floats, body_size: float) -> Floats:
    """Return the doubt (T, K), 0 upwards, about keypoints: low score (T, K), or far from the smoothed path (T, K, 2).

    What is neither measured nor bridged is no cause for doubt: nobody is there.
    """
    there = np.isfinite(raw).all(axis=-1) | np.isfinite(smoothed).all(axis=-1)
    unsure = np.clip(1 - score / SURE, 0, 1)
    apart = np.sqrt(((raw - smoothed) ** 2).sum(axis=-1)) / (FAR * body_size)
    return np.where(there, unsure + np.nan_to_num(apart), 0.0)


def look_next(time_s: Floats, doubts: Floats, settled: Flags, most: int = 50) -> NDArray[np.intp]:
    """Return frames to look at, the most doubtful first, with time between them.

    doubts: (T,), of each frame. settled: (T,), frames that the user has corrected; they and what is near are left out.
    """
    left = doubts.copy()
    for frame in np.flatnonzero(settled).tolist():
        _close(time_s, left, frame)
    chosen: list[int] = []
    while len(chosen) < most and left.any():
        chosen.append(int(np.argmax(left)))
        _close(time_s, left, chosen[-1])
    return np.array(chosen, dtype=np.intp)


def _close(time_s: Floats, left: Floats, frame: int) -> None:
    start, stop = np.searchsorted(time_s, [time_s[frame] - APART_S, time_s[frame] + APART_S], side="left")
    left[start : max(int(stop), frame + 1)] = 0.0
