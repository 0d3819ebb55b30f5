"""`poseglass-train evaluate jhmdb`: what the tracker makes of real video, raw and smoothed.

Shapes: T frames, J the keypoints that are scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from poseglass_models.checkpoint import Checkpoint, load
from poseglass_models.crop import square_around
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_train.data.jhmdb import JHMDB_15, Clip, read_jhmdb
from poseglass_train.data.labelled import BOX_PADDING, read_video
from poseglass_train.errors import DatasetError
from poseglass_train.evaluate.metrics import LIMB_COLUMNS, LIMBS, is_correct, mean_of, mean_pck, torso_length
from poseglass_train.evaluate.tracked import has_tracker, track
from poseglass_train.evaluate.views import Views, find_in_squares, places_of, whole_square

Array = NDArray[np.float64]

ONE_PERSON = ("--people", "one")
"""Of the tracker's command line: a clip has one labelled person, and the tracker is not told which."""


@dataclass(frozen=True)
class Scores:
    """What one way of looking reaches over all clips, in percent.

    table: PCK@0.2 of the torso by column, and its mean over the 12 keypoints. acceleration: root mean square of the
    second difference from frame to frame, of the torso.
    """

    table: dict[str, float]
    pck_01: float  # PCK@0.1 of the torso
    pck_box: float  # PCK@0.2 of the longer side of the person's box, as part of the literature has it
    acceleration: float
    missing: float  # frames without a pose
    beyond: float  # mean score of keypoints that are not in the picture: how sure it is of what nobody can see


@dataclass(frozen=True)
class Poses:
    """What one way of looking found in a clip. xy_TJ2: pixels, NaN where nothing. score_TJ: 0 to 1, NaN for none."""

    xy_TJ2: Array
    score_TJ: Array


def evaluate_jhmdb(data: Path, model: str, device: torch.device, labelled_boxes: bool) -> dict[str, Scores]:
    """Return the scores of raw and of smoothed poses on the clips of `data/jhmdb`'s test half, and of the labels.

    Only the clip is given: the tracker finds and follows one person, the largest, `raw` and `smoothed`. Where it is not
    installed the network sees every whole `frame` by itself; with `labelled_boxes`, the person's `box`. Keypoints
    inside the picture count; a frame without a pose is wrong. Raises TrainingError, CheckpointError.
    """
    network, checkpoint = load(model)
    places_of(LIMBS, checkpoint, model, "JHMDB")
    clips = read_jhmdb(data / "jhmdb", "test")
    network, how = network.to(device), Views(device=device)
    found: dict[str, list[Poses]] = {}
    if labelled_boxes or not has_tracker():
        alone = tqdm(clips, unit="clip", leave=False, disable=None)
        way = "box" if labelled_boxes else "frame"
        found[way] = [_seen_alone(clip, network, checkpoint, how, labelled_boxes) for clip in alone]
    else:
        tables = track([clip.path for clip in clips], model, device, ONE_PERSON)
        ways = [read_poses(rows, len(clip.xy_TK2)) for clip, rows in zip(clips, tables, strict=True)]
        found |= {way: [of_clip[way] for of_clip in ways] for way in ("raw", "smoothed")}
    found["labels"] = [unscored(_scored(clip.xy_TK2)) for clip in clips]
    return {way: score(clips, poses) for way, poses in found.items()}


def unscored(xy_TJ2: Array) -> Poses:
    """Return poses that do not say how sure they are."""
    return Poses(xy_TJ2, np.full(xy_TJ2.shape[:-1], np.nan))


def score(clips: Sequence[Clip], found: Sequence[Poses]) -> Scores:
    """Score one clip's poses after the other."""
    all_found, sure = (np.concatenate([getattr(poses, part) for poses in found]) for part in ("xy_TJ2", "score_TJ"))
    seen = np.concatenate([_scored(clip.seen) for clip in clips])
    torso = np.concatenate([torso_length(clip.xy_TK2, JHMDB_15) for clip in clips])
    box = np.concatenate([clip.box_T4 for clip in clips])
    longer = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    correct = is_correct(all_found, seen, torso, 0.2)
    table = {
        column: mean_pck(correct[:, [LIMBS.index(name) for name in names]]) for column, names in LIMB_COLUMNS.items()
    }
    return Scores(
        {**table, "Mean": mean_pck(correct)},
        mean_pck(is_correct(all_found, seen, torso, 0.1)),
        mean_pck(is_correct(all_found, seen, longer, 0.2)),
        _acceleration(clips, [poses.xy_TJ2 for poses in found]),
        100 * float(np.isnan(all_found).all(axis=(1, 2)).mean()),
        100 * mean_of(sure[np.isinf(seen).any(axis=-1)]),
    )


def scores_text(scores: dict[str, Scores]) -> str:
    """Return a line of the table for each way of looking."""
    heads = [*next(iter(scores.values())).table, "@0.1", "of box", "accel.", "no pose", "beyond"]
    lines = ["".join(["        ", *(f"{head:>8}" for head in heads)])]
    for way, each in scores.items():
        values = [*each.table.values(), each.pck_01, each.pck_box, each.acceleration, each.missing, each.beyond]
        lines.append("".join([f"{way:<8}", *(f"{value:8.1f}" for value in values)]))
    return "\n".join(lines)


def _acceleration(clips: Sequence[Clip], found: Sequence[Array]) -> float:
    parts = []
    for clip, xy_TJ2 in zip(clips, found, strict=True):
        torso = np.nanmean(torso_length(clip.xy_TK2, JHMDB_15))
        parts.append(np.linalg.norm(np.diff(xy_TJ2, n=2, axis=0), axis=-1).ravel() / torso)
    known = np.concatenate(parts)
    known = known[np.isfinite(known)]
    return 100 * float(np.sqrt((known**2).mean())) if len(known) else float("nan")


def _scored(xy_TK2: Array) -> Array:
    return xy_TK2[:, [JHMDB_15.index(name) for name in LIMBS]]


def read_poses(rows: Iterable[Mapping[str, str]], frames: int) -> dict[str, Poses]:
    """Return raw and smoothed poses out of the tracker's table; of several people in a frame the surest.

    Its scores are the raw ones'.
    """
    found = {way: unscored(np.full((frames, len(LIMBS), 2), np.nan)) for way in ("raw", "smoothed")}
    surest = np.full(frames, -np.inf)
    for row in rows:
        frame, sure = int(row["frame_idx"]), float(row["instance.score"] or -np.inf)
        if frame >= frames or sure <= surest[frame]:  # what is not labelled is not scored
            continue
        surest[frame] = sure
        for way, suffix in (("raw", ""), ("smoothed", "_smooth")):
            columns = [(f"{name}.x{suffix}", f"{name}.y{suffix}") for name in LIMBS]
            found[way].xy_TJ2[frame] = [(float(row[x] or "nan"), float(row[y] or "nan")) for x, y in columns]
        found["raw"].score_TJ[frame] = [float(row[f"{name}.score"] or "nan") for name in LIMBS]
    return found


def _seen_alone(
    clip: Clip, network: MultiContextNetwork, checkpoint: Checkpoint, how: Views, labelled_boxes: bool
) -> Poses:
    """Return the network's poses of single frames, in the labelled box or the whole frame."""
    frames = read_video(clip.path)[: len(clip.box_T4)]
    if len(frames) < len(clip.box_T4):
        raise DatasetError(f"{clip.path}: {len(frames)} frames, {len(clip.box_T4)} are labelled")
    squares = [
        square_around(box.reshape(2, 2), BOX_PADDING)
        if labelled_boxes and np.isfinite(box).all()
        else whole_square(frame)
        for box, frame in zip(clip.box_T4, frames, strict=True)
    ]
    found = find_in_squares(network, checkpoint, frames, squares, how)
    found = found.keypoints([checkpoint.skeleton.index(name) for name in LIMBS])
    return Poses(found.xy_NK2, found.score_NK)
