"""JHMDB (Jhuang et al. 2013): short real clips with one person's keypoints on every frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

from poseglass_models.skeleton import Skeleton
from poseglass_train.data.labelled import LabelledImages, Picture, Split
from poseglass_train.data.reading import read_json, reading
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
NEAR_EDGE = 5
"""Pixels beyond the edge up to which a guess does not say for sure that the keypoint is out of the picture."""


@dataclass(frozen=True)
class Clip:
    """A clip and its labels.

    xy_TK2: pixels; beyond the picture's edge the labellers guessed. box_T4: x0 y0 x1 y1, NaN where absent.
    """

    path: Path
    source: str  # the film it was cut from, as far as the name tells: clips of one film show the same people
    xy_TK2: NDArray[np.float64]
    box_T4: NDArray[np.float64]

    @property
    def seen(self) -> NDArray[np.float64]:
        """The keypoints (T, K, 2) inside the picture; infinite for those beyond its edge, NaN for those that may be."""
        over = np.maximum(-self.xy_TK2, self.xy_TK2 - (WIDTH - 1, HEIGHT - 1)).max(axis=-1, keepdims=True)
        return np.where(over > NEAR_EDGE, np.inf, np.where(over > 0, np.nan, self.xy_TK2))


def read_jhmdb(folder: Path, split: Split) -> list[Clip]:
    """Read half of the data set (split 1), as released or repacked. Raises DatasetError.

    As released: `splits/ACTION_test_split1.txt`, `joint_positions/ACTION/CLIP/joint_positions.mat`,
    `ReCompress_Videos/ACTION/CLIP.avi`, and for boxes, where it is there, `puppet_mask/ACTION/CLIP/puppet_mask.mat`.
    Repacked: `index_SPLIT.json`, `joints_SPLIT.npz`, `boxes_SPLIT.npz`, `videos/*.avi`.
    """
    clips = _released(folder, split) if (folder / "joint_positions").is_dir() else _repacked(folder, split)
    missing = [clip.path for clip in clips if not clip.path.is_file()]
    if missing:
        raise DatasetError(f"{folder}: {len(missing)} of {len(clips)} clips are missing, the first is {missing[0]}")
    return clips


def _released(folder: Path, split: Split) -> list[Clip]:
    lists = sorted((folder / "splits").glob("*_test_split1.txt"))
    if not lists:
        raise DatasetError(f"{folder}: looked for splits/*_test_split1.txt, JHMDB's lists of clips")
    wanted = "1" if split == "train" else "2"  # the lists' README: 1 is training, 2 is testing
    rows = [(path, path.name.removesuffix("_test_split1.txt"), line.split()) for path in lists for line in _lines(path)]
    for path, _, words in rows:
        if len(words) != 2:
            raise DatasetError(f"{path}: looked for lines of a clip and 0, 1 or 2, found {' '.join(words)!r}")
    return [
        _released_clip(folder, action, name.removesuffix(".avi")) for _, action, (name, half) in rows if half == wanted
    ]


def _film(clip: str) -> str:
    """Return what stands before the action in `action/FILM_action_u_cm_np1_fr_med_4`: HMDB names its clips so."""
    action, _, name = clip.partition("/")
    return name.partition(f"_{action}_")[0]


def _released_clip(folder: Path, action: str, name: str) -> Clip:
    joints = folder / "joint_positions" / action / name / "joint_positions.mat"
    with reading(joints, "`pos_img` (2, 15, frames)"):
        xy_TK2 = scipy.io.loadmat(joints)["pos_img"].transpose(2, 1, 0) - 1.0  # Matlab counts pixels from 1
    video = folder / "ReCompress_Videos" / action / f"{name}.avi"
    boxes = _mask_boxes(folder / "puppet_mask" / action / name / "puppet_mask.mat", len(xy_TK2))
    return Clip(video, _film(f"{action}/{name}"), xy_TK2, boxes)


def _mask_boxes(path: Path, frames: int) -> NDArray[np.float64]:
    """Return the box around each frame's mask (T, 4); NaN where there is none."""
    boxes = np.full((frames, 4), np.nan)
    if not path.is_file():
        return boxes
    with reading(path, "`part_mask` (height, width, frames)"):
        masks = scipy.io.loadmat(path)["part_mask"]
    for t in range(min(frames, masks.shape[2])):
        rows, columns = np.flatnonzero(masks[..., t].any(axis=1)), np.flatnonzero(masks[..., t].any(axis=0))
        if len(rows):
            boxes[t] = (columns[0], rows[0], columns[-1], rows[-1])
    return boxes


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _repacked(folder: Path, split: Split) -> list[Clip]:
    with reading(folder, f"JHMDB's {split} clips and their joints"):
        index = read_json(folder / f"index_{split}.json")
        joints, boxes = np.load(folder / f"joints_{split}.npz"), np.load(folder / f"boxes_{split}.npz")
        return [
            Clip(
                folder / "videos" / entry["file"],
                _film(entry["clip"]),
                joints[entry["file"]].astype(np.float64),
                boxes[entry["file"]].astype(np.float64),
            )
            for entry in index["clips"]
        ]


def as_images(clips: list[Clip], step: int) -> LabelledImages:
    """Return every `step`-th frame of the clips whose person has a box, or all where the data set came without."""
    chosen = [
        (Picture(clip.path, t), seen[t], clip.box_T4[t])
        for clip, seen in ((clip, clip.seen) for clip in clips)
        for t in range(0, len(clip.box_T4), step)
        if np.isfinite(clip.box_T4[t]).all() or np.isnan(clip.box_T4).all()
    ]
    pictures = tuple(picture for picture, _, _ in chosen)
    xy_NK2 = np.array([xy for _, xy, _ in chosen], dtype=np.float32).reshape(-1, len(JHMDB_15), 2)
    box_N4 = np.array([box for _, _, box in chosen], dtype=np.float32).reshape(-1, 4)
    return LabelledImages(pictures, xy_NK2, box_N4, JHMDB_15)
