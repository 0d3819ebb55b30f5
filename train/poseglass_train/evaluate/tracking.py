"""`poseglass-train evaluate tracking`: whether everybody is found and keeps their id, counted by trackeval.

Shapes: T frames, P people, J the keypoints that are scored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from poseglass_models.boxes import overlaps
from poseglass_models.skeleton import MPII_16, sigmas
from poseglass_train.data.labelled_clips import OUTSIDE, SEEN, LabelledClip, read_clips
from poseglass_train.errors import TrainingError
from poseglass_train.evaluate.metrics import LIMBS
from poseglass_train.evaluate.tracked import has_tracker, poses_by_frame, track

Array = NDArray[np.float64]
Similarity = Callable[[Array, NDArray[np.bool_], Array], float]
"""Of a pose found (J, 2) with a person labelled (J, 2) who is inside the picture at (J,): 0 to 1."""
Tracks = Mapping[int, Mapping[str, Array]]
"""Poses found (J, 2) by frame and track."""

MATCHED = 0.5
"""Similarity from which IDF1, switches and MOTA take a pose for the person's; HOTA takes the mean over all."""
ASKED_FOR = 4
"""Of the 12 keypoints to be seen, neither outside nor hidden, for a person to count: who is seen less is not missed,
and a pose of theirs is not false."""

AREA = 0.53
"""Of a body to that of its box: COCO's masks to COCO's boxes."""


@dataclass(frozen=True)
class Scores:
    """How well people are followed. Shares are in percent."""

    hota: float  # Luiten et al. 2021: the geometric mean of the next two, a mean over similarities of 0.05 to 0.95
    det_a: float  # are people found
    ass_a: float  # do they keep their ids
    idf1: float  # Ristani et al. 2016: frames in which a person has the one id that fits them best
    mota: float  # Bernardin and Stiefelhagen 2008: less misses, false people and switches
    switches: int  # a person has another id than when they were last found
    fragments: int  # a person is found again after frames in which they were not
    missed: int  # people in frames
    false: int
    people: int
    tracks: int


def oks(found_J2: Array, inside_J: NDArray[np.bool_], true_J2: Array) -> float:
    """Return the object keypoint similarity of COCO over the keypoints that are inside the picture.

    What was not found counts 0. The body's size is that of the box of its keypoints, whether inside or not.
    """
    if not inside_J.any():
        return 0.0
    width, height = np.ptp(true_J2, axis=0)
    squares = ((found_J2 - true_J2) ** 2).sum(axis=1) / (2 * AREA * width * height * (2 * sigmas(LIMBS)) ** 2)
    return float(np.nan_to_num(np.exp(-squares))[inside_J].mean())


def box_overlap(found_J2: Array, inside_J: NDArray[np.bool_], true_J2: Array) -> float:
    """Return the intersection over union of the boxes of the keypoints found and of those inside the picture."""
    if not inside_J.any():
        return 0.0
    first, second = (
        np.concatenate([np.nanmin(xy, axis=0), np.nanmax(xy, axis=0)]) for xy in (found_J2, true_J2[inside_J])
    )
    return float(np.nan_to_num(overlaps(first[None], second[None]))[0, 0])


SIMILARITIES: Mapping[str, Similarity] = {"oks": oks, "boxes": box_overlap}


def evaluate_tracking(
    data: Path, model: str, device: torch.device, similarity: str, options: Sequence[str] = ()
) -> tuple[dict[str, Scores], dict[str, list[dict[str, str]]]]:
    """Return the scores of each clip of the folder and of "all" together, and the tracker's tables by clip.

    options: more of the tracker's command line. Raw positions are scored. Raises TrainingError, CheckpointError.
    """
    trackeval = _trackeval()
    if not has_tracker():
        raise TrainingError("the tracker is not installed, which is to follow people")
    clips = read_clips(data)
    tables = track([clip.path for clip in clips], model, device, options)
    found = [poses_by_frame(rows, LIMBS) for rows in tables]
    counted = [as_sequence(clip, tracks, SIMILARITIES[similarity]) for clip, tracks in zip(clips, found, strict=True)]
    names = [clip.path.stem for clip in clips]
    scores = _count(trackeval, dict(zip(names, counted, strict=True)))
    return scores, dict(zip(names, tables, strict=True))


def score(sequences: Mapping[str, Mapping[str, Any]]) -> dict[str, Scores]:
    """Return the scores of sequences by name, and of "all" together. Raises TrainingError without trackeval."""
    return _count(_trackeval(), sequences)


def _trackeval() -> ModuleType:
    try:
        import trackeval
    except ImportError as error:
        raise TrainingError("scoring ids needs trackeval: pip install 'poseglass[tracking]'") from error
    module: ModuleType = trackeval
    return module


def as_sequence(clip: LabelledClip, tracks: Tracks, similarity: Similarity) -> dict[str, Any]:
    """Return who is there and who was found, frame by frame, in the arrays that trackeval's metrics take.

    Poses of people who are not asked for are left out.
    """
    true_TPJ2 = clip.xy_TPK2[:, :, _SCORED]
    visible_TPJ = clip.visible_TPK[:, :, _SCORED]
    asked_TP = (visible_TPJ == SEEN).sum(axis=2) >= ASKED_FOR
    frames = [
        _frame(true_TPJ2[t], visible_TPJ[t] != OUTSIDE, asked_TP[t], tracks.get(t, {}), similarity)
        for t in range(len(clip))
    ]
    people = _numbered(name for names, _, _ in frames for name in names)
    ids = _numbered(name for _, names, _ in frames for name in names)
    return {
        "num_timesteps": len(frames),
        "num_gt_ids": len(people),
        "num_tracker_ids": len(ids),
        "num_gt_dets": sum(len(names) for names, _, _ in frames),
        "num_tracker_dets": sum(len(names) for _, names, _ in frames),
        "gt_ids": [np.array([people[name] for name in names], dtype=int) for names, _, _ in frames],
        "tracker_ids": [np.array([ids[name] for name in names], dtype=int) for _, names, _ in frames],
        "similarity_scores": [similar for _, _, similar in frames],
    }


_SCORED = [MPII_16.index(name) for name in LIMBS]


def _numbered(names: Any) -> dict[Any, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _frame(
    true_PJ2: Array, inside_PJ: NDArray[np.bool_], asked_P: NDArray[np.bool_], found: Mapping[str, Array],
    similarity: Similarity,
) -> tuple[list[int], list[str], Array]:  # fmt: skip
    """Return the people asked for, the tracks that may be theirs, and how similar they are (people, tracks)."""
    there = np.flatnonzero(np.isfinite(true_PJ2).all(axis=(1, 2)))
    names = list(found)
    similar = np.array(
        [[similarity(found[name], inside_PJ[person], true_PJ2[person]) for name in names] for person in there]
    ).reshape(len(there), len(names))
    asked = asked_P[there]
    rows, columns = linear_sum_assignment(-similar)
    others = {j for i, j in zip(rows, columns, strict=True) if similar[i, j] >= MATCHED and not asked[i]}
    kept = np.array([j for j in range(len(names)) if j not in others], dtype=int)
    return there[asked].tolist(), [names[j] for j in kept], similar[asked][:, kept]


def _count(trackeval: ModuleType, sequences: Mapping[str, Mapping[str, Any]]) -> dict[str, Scores]:
    quiet = {"THRESHOLD": MATCHED, "PRINT_CONFIG": False}
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(quiet), trackeval.metrics.Identity(quiet)]
    counted = [{name: metric.eval_sequence(each) for name, each in sequences.items()} for metric in metrics]
    together = [metric.combine_sequences(of_clip) for metric, of_clip in zip(metrics, counted, strict=True)]
    people, tracks = (sum(each[key] for each in sequences.values()) for key in ("num_gt_ids", "num_tracker_ids"))
    scores = {
        name: _scores([of_clip[name] for of_clip in counted], each["num_gt_ids"], each["num_tracker_ids"])
        for name, each in sequences.items()
    }
    return {**scores, "all": _scores(together, people, tracks)}


def _scores(counted: Sequence[Mapping[str, Any]], people: int, tracks: int) -> Scores:
    hota, clear, identity = counted

    def percent(share: Any) -> float:
        return 100 * float(np.mean(share))

    return Scores(
        hota=percent(hota["HOTA"]), det_a=percent(hota["DetA"]), ass_a=percent(hota["AssA"]),
        idf1=percent(identity["IDF1"]), mota=percent(clear["MOTA"]), switches=int(clear["IDSW"]),
        fragments=int(clear["Frag"]), missed=int(clear["CLR_FN"]), false=int(clear["CLR_FP"]), people=people,
        tracks=tracks,
    )  # fmt: skip


def rule_text(similarity: str) -> str:
    """Say what the scores go by."""
    what = {"oks": "object keypoint similarity (COCO's)", "boxes": "overlap of the boxes"}[similarity]
    return (
        f"similarity: {what} of 12 keypoints inside the picture, found raw; "
        f"people with fewer than {ASKED_FOR} keypoints to be seen are left out"
    )


def scores_text(scores: Mapping[str, Scores]) -> str:
    """Return a line of the table for each clip."""
    heads = ("HOTA", "DetA", "AssA", "IDF1", "MOTA", "switches", "fragments", "missed", "false", "people", "tracks")
    width = max(map(len, scores))
    lines = [" " * width + "".join(f"{head:>10}" for head in heads)]
    for name, each in scores.items():
        values = vars(each).values()
        cells = (f"{value:10.1f}" if isinstance(value, float) else f"{value:10d}" for value in values)
        lines.append(f"{name:<{width}}" + "".join(cells))
    return "\n".join(lines)
