"""Another program's answers for the pictures of LSP's test, beside ours: who is better, and may it be chance.

Shapes: N people, K keypoints, R resamples.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.data.reading import reading
from poseglass_train.evaluate.lsp import TILTS, Answers, torso_tilt
from poseglass_train.evaluate.metrics import LIMBS, THRESHOLD, is_correct, mean_pck, torso_length

Array = NDArray[np.float64]

FIRST = 1001
"""Number of the test's first picture."""
RESAMPLES = 2000
INTERVAL = (2.5, 97.5)
"""Percentiles of the resampled differences that are told: 95 % lie between."""


@dataclass(frozen=True)
class Beside:
    """PCK@0.2 of 12 keypoints in percent, ours and theirs, and the 95 % interval of the difference."""

    people: int
    ours: float
    theirs: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Points by which ours is better."""
        return self.ours - self.theirs


def read_rival(path: Path, people: int, skeleton: Skeleton = LSP_14) -> Array:
    """Return a rival's keypoints (N, K, 2) in pixels of the pictures, NaN where it has none. Raises DatasetError.

    The file is CSV with columns image (im1001.jpg), joint, x, y and, where it tells of several people, person; the
    first is taken.
    """
    found_NK2 = np.full((people, len(skeleton), 2), np.nan)
    with reading(path, "CSV with columns image, joint, x, y"), path.open(newline="") as file:
        for row in csv.DictReader(file):
            place = int(row["image"].removeprefix("im").removesuffix(".jpg")) - FIRST
            if row["joint"] in skeleton.names and 0 <= place < people and int(row.get("person") or 0) == 0:
                found_NK2[place, skeleton.index(row["joint"])] = float(row["x"]), float(row["y"])
    return found_NK2


def compare(answers: Answers, rival_NK2: Array, seed: int = 0) -> dict[str, Beside]:
    """Return how both do on the same people: all of them, and those of each tilt of the torso."""
    tilt_N = torso_tilt(answers.true_NK2, answers.skeleton)
    limbs = [answers.skeleton.index(name) for name in LIMBS]
    torso_N = torso_length(answers.true_NK2, answers.skeleton)
    ours, theirs = (
        is_correct(found, answers.true_NK2, torso_N, THRESHOLD)[:, limbs] for found in (answers.found_NK2, rival_NK2)
    )
    groups = {"all": np.ones(len(tilt_N), dtype=bool)}
    groups |= {f"tilt {low:.0f}-{high:.0f}": (tilt_N >= low) & (tilt_N < high) for low, high in pairwise(TILTS)}
    groups["tilt over 60"] = tilt_N >= 60
    dice = np.random.default_rng(seed)
    return {name: _beside(ours[of_it], theirs[of_it], dice) for name, of_it in groups.items() if of_it.any()}


def _beside(ours_NK: Array, theirs_NK: Array, dice: np.random.Generator) -> Beside:
    """Compare by the paired bootstrap (Efron 1979): the same people are drawn, with replacement, for both."""
    people = len(ours_NK)
    times_RN = dice.multinomial(people, np.full(people, 1 / people), RESAMPLES).astype(np.float64)
    difference_R = _resampled(times_RN, ours_NK) - _resampled(times_RN, theirs_NK)
    low, high = np.nanpercentile(difference_R, INTERVAL)
    return Beside(people, mean_pck(ours_NK), mean_pck(theirs_NK), float(low), float(high))


def _resampled(times_RN: Array, correct_NK: Array) -> Array:
    """Return `mean_pck` of each resample (R,)."""
    known_NK = np.isfinite(correct_NK)
    counts_RK = times_RN @ known_NK
    with np.errstate(invalid="ignore"):
        return np.asarray(100 * np.nanmean(times_RN @ np.where(known_NK, correct_NK, 0) / counts_RK, axis=1))


def beside_text(beside: dict[str, Beside]) -> str:
    """Return the comparison, a line a group."""
    lines = [f"{'':>14} people   ours theirs   difference, 95 % interval"]
    for name, each in beside.items():
        interval = f"{each.difference:+.1f} ({each.low:+.1f} to {each.high:+.1f})"
        lines.append(f"{name:>14} {each.people:6d} {each.ours:6.1f} {each.theirs:6.1f}   {interval}")
    return "\n".join(lines)
