"""How tables of a tracker measure up to boxes that were drawn by hand around people every few frames.

Shapes: K keypoints.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_train.evaluate.tracked import poses_by_frame

Array = NDArray[np.float64]
Table = Sequence[Mapping[str, str]]
"""Rows of the tracker's table."""

GROWN = 0.05
"""Of its longer side: how much further the body goes than the keypoints at each side of their box. A keypoint is inside
its joint, so that feet, hands and half a limb's width are missing."""
COVERS = 0.5
"""Intersection over union from which a pose is the person's in a box."""
JUMP = 0.7
"""Of a track's median size: as far as nobody moves in a frame."""


@dataclass(frozen=True)
class Boxes:
    """Boxes x0 y0 x1 y1 by person and frame, and which of them are hard to see for people, too."""

    of_person: Mapping[str, Mapping[int, Array]]
    hard: frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Measured:
    """What a table makes of such boxes."""

    covered: float  # share of the boxes
    missed: tuple[tuple[str, int], ...]  # person and frame of those that no track covers
    tracks: Mapping[str, tuple[str, ...]]  # that cover each person, in their order
    swapped: tuple[str, ...]  # tracks that cover one person here and another there
    jumps: tuple[tuple[str, int], ...]  # track and frame to which it jumps


def read_boxes(path: Path) -> Boxes:
    told = json.loads(path.read_text(encoding="utf-8"))
    boxes = {who: {int(t): np.array(box, float) for t, box in of.items()} for who, of in told["boxes"].items()}
    return Boxes(boxes, frozenset((who, t) for who, frames in told["hard"].items() for t in frames))


def measure(table: Table, boxes: Boxes) -> Measured:
    """Compare the raw poses of all frames with the boxes."""
    found = poses_by_frame(table, _keypoints(table))
    tracks: dict[str, list[str]] = {who: [] for who in boxes.of_person}
    missed = []
    for who, of_frame in boxes.of_person.items():
        for t, box in of_frame.items():
            overlaps = {track: overlap(box_of(xy_K2), box) for track, xy_K2 in found.get(t, {}).items()}
            best = max(overlaps, key=lambda track: overlaps[track], default=None)
            if best is None or overlaps[best] < COVERS:
                missed.append((who, t))
            else:
                tracks[who].append(best)
    every = [track for of_person in tracks.values() for track in dict.fromkeys(of_person)]
    count = sum(map(len, boxes.of_person.values()))
    return Measured(
        1 - len(missed) / count,
        tuple(missed),
        {who: tuple(dict.fromkeys(names)) for who, names in tracks.items()},
        tuple(dict.fromkeys(track for track in every if every.count(track) > 1)),
        jumps(found),
    )


def jumps(found: Mapping[int, Mapping[str, Array]]) -> tuple[tuple[str, int], ...]:
    """Return track and frame where a pose lies further than JUMP from where it was the frame before.

    The way is the mean one of the keypoints that both frames have; the size is the longer side of their box.
    """
    of_track: dict[str, dict[int, Array]] = {}
    for t, poses in found.items():
        for track, xy_K2 in poses.items():
            of_track.setdefault(track, {})[t] = xy_K2
    return tuple(
        (track, t)
        for track, poses in of_track.items()
        for t in poses
        if t - 1 in poses and _way(poses[t - 1], poses[t]) > JUMP * _median_size(poses)
    )


def box_of(xy_K2: Array) -> Array:
    """Return the box around a body's keypoints (K, 2), grown to where the body ends."""
    low, high = np.nanmin(xy_K2, axis=0), np.nanmax(xy_K2, axis=0)
    more = GROWN * (high - low).max()
    return np.concatenate([low - more, high + more])


def overlap(first: Array, second: Array) -> float:
    """Return the intersection over union of two boxes."""
    shared = (np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2])).clip(0).prod()
    areas = [(box[2:] - box[:2]).prod() for box in (first, second)]
    return float(shared / (sum(areas) - shared))


def size_of(xy_K2: Array) -> float:
    """Return the longer side of a body's keypoints' box."""
    return float((np.nanmax(xy_K2, axis=0) - np.nanmin(xy_K2, axis=0)).max())


def _way(before: Array, after: Array) -> float:
    step = after - before
    known = np.isfinite(step).all(axis=1)
    return float(np.linalg.norm(step[known].mean(axis=0))) if known.any() else np.inf


def _median_size(poses: Mapping[int, Array]) -> float:
    return float(np.median([size_of(xy_K2) for xy_K2 in poses.values()]))


def _keypoints(table: Table) -> list[str]:
    return [column.removesuffix(".x") for column in table[0] if column.endswith(".x")] if table else []
