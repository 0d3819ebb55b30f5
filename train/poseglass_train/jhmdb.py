"""JHMDB (Jhuang et al. 2013): short real clips with one person's keypoints on every frame."""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import Skeleton
from poseglass_train.datasets import LabelledImages, Picture, Split
from poseglass_train.errors import DatasetError

JHMDB_15 = Skeleton(
    names=(
        "neck", "belly", "face", "right_shoulder", "left_shoulder", "right_hip", "left_hip",
        "right_elbow", "left_elbow", "right_knee", "left_knee", "right_wrist", "left_wrist",
        "right_ankle", "left_ankle",
    ),
)  # fmt: skip
"""In the order of its `joint_positions.mat`. Its face is no head top; its neck lies where LSP's does."""

WIDTH, HEIGHT = 320, 240
"""All of JHMDB's clips are of this size."""


@dataclass(frozen=True)
class Clip:
    """A clip and its labels.

    xy_TK2: pixels; beyond the picture's edge the labellers guessed. box_T4: x0 y0 x1 y1, NaN where absent.
    """

    path: Path
    source: str  # name of the clip without its number: clips of one source show the same people
    xy_TK2: NDArray[np.float64]
    box_T4: NDArray[np.float64]

    @property
    def seen(self) -> NDArray[np.float64]:
        """The keypoints (T, K, 2) inside the picture; NaN for the others."""
        inside = ((self.xy_TK2 >= 0) & (self.xy_TK2 <= (WIDTH - 1, HEIGHT - 1))).all(axis=-1, keepdims=True)
        return np.where(inside, self.xy_TK2, np.nan)


def read_jhmdb(folder: Path, split: Split) -> list[Clip]:
    """Read `index_SPLIT.json`, `joints_SPLIT.npz`, `boxes_SPLIT.npz` and name `videos/*.avi`. Raises DatasetError."""
    try:
        index = json.loads((folder / f"index_{split}.json").read_text(encoding="utf-8"))
        joints, boxes = np.load(folder / f"joints_{split}.npz"), np.load(folder / f"boxes_{split}.npz")
        clips = [
            Clip(
                folder / "videos" / entry["file"],
                entry["clip"].rpartition("_")[0],
                joints[entry["file"]].astype(np.float64),
                boxes[entry["file"]].astype(np.float64),
            )
            for entry in index["clips"]
        ]
    except (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{folder}: looked for JHMDB's {split} clips and their joints ({error!r})") from error
    missing = [clip.path for clip in clips if not clip.path.is_file()]
    if missing:
        raise DatasetError(f"{folder}: {len(missing)} of {len(clips)} clips are missing, the first is {missing[0]}")
    return clips


def as_images(clips: list[Clip], step: int) -> LabelledImages:
    """Return every `step`-th frame of the clips whose person has a box."""
    chosen = [
        (Picture(clip.path, t), clip.seen[t], clip.box_T4[t])
        for clip in clips
        for t in range(0, len(clip.box_T4), step)
        if np.isfinite(clip.box_T4[t]).all()
    ]
    pictures = tuple(picture for picture, _, _ in chosen)
    xy_NK2 = np.array([xy for _, xy, _ in chosen], dtype=np.float32).reshape(-1, len(JHMDB_15), 2)
    box_N4 = np.array([box for _, _, box in chosen], dtype=np.float32).reshape(-1, 4)
    return LabelledImages(pictures, xy_NK2, box_N4, JHMDB_15)
