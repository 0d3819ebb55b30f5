"""Clips with everybody in them labelled in every frame: NAME.mp4 beside NAME.json, exact ids included.

The JSON holds `fps`, `width`, `height`, `order` and `frames[t][i]` = `person`, `joints` (16, 2), `depth`, `visible`
(0 outside the picture, 1 hidden, 2 seen) and `bbox`.

Shapes: T frames, P people, K = 16 keypoints.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import MPII_16
from poseglass_train.data.reading import reading
from poseglass_train.errors import DatasetError

OUTSIDE, HIDDEN, SEEN = 0, 1, 2
"""What `visible` says of a keypoint."""

_LAYOUT = "fps, width, height, order and frames of labelled people"


@dataclass(frozen=True)
class LabelledClip:
    """A clip and where everybody is in it. Row i of axis P is the person `people[i]`.

    xy_TPK2: pixels, NaN for who is not in the frame; exact also beyond the picture's edges. visible_TPK: OUTSIDE,
    HIDDEN or SEEN. depth_TPK: distance to the camera. box_TP4: x0 y0 x1 y1 of what is inside the picture, NaN likewise.
    """

    path: Path
    fps: float
    size: tuple[int, int]  # width, height
    people: tuple[int, ...]
    xy_TPK2: NDArray[np.float64]
    visible_TPK: NDArray[np.int64]
    depth_TPK: NDArray[np.float64]
    box_TP4: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.xy_TPK2)


def read_clips(folder: Path) -> list[LabelledClip]:
    """Read every clip of the folder that has labels beside it, by name. Raises DatasetError where there is none."""
    clips = [read_clip(path) for path in sorted(folder.glob("*.mp4")) if path.with_suffix(".json").is_file()]
    if not clips:
        raise DatasetError(f"{folder}: looked for clips, NAME.mp4 with NAME.json beside it, and found none")
    return clips


def read_clip(video: Path) -> LabelledClip:
    """Read one clip's labels. Raises DatasetError."""
    labels = video.with_suffix(".json")
    with reading(labels, _LAYOUT):
        told = json.loads(labels.read_text(encoding="utf-8"))
        order = tuple(_long_name(name) for name in told["order"])
        if order != MPII_16.names:
            raise DatasetError(f"{labels}: looked for MPII's 16 keypoints in their order, found {', '.join(order)}")
        people = tuple(sorted({entry["person"] for frame in told["frames"] for entry in frame}))
        clip = empty_clip(video, told["fps"], (told["width"], told["height"]), people, len(told["frames"]))
        for t, frame in enumerate(told["frames"]):
            for entry in frame:
                _fill(clip, t, people.index(entry["person"]), entry)
    return clip


def empty_clip(video: Path, fps: float, size: tuple[int, int], people: tuple[int, ...], frames: int) -> LabelledClip:
    """Return a clip in which nobody is in any frame yet."""
    shape = (frames, len(people), len(MPII_16))
    missing = np.full(shape, np.nan)
    return LabelledClip(
        video, fps, size, people,
        np.full((*shape, 2), np.nan), np.full(shape, OUTSIDE), missing, np.full((*shape[:2], 4), np.nan),
    )  # fmt: skip


def _fill(clip: LabelledClip, t: int, person: int, entry: dict[str, Any]) -> None:
    clip.xy_TPK2[t, person] = entry["joints"]
    clip.visible_TPK[t, person] = entry["visible"]
    clip.depth_TPK[t, person] = entry["depth"]
    clip.box_TP4[t, person] = entry["bbox"]


def write_labels(clip: LabelledClip) -> None:
    """Write a clip's labels beside its video. Who has no box in a frame is left out of it."""
    frames = [
        [
            {
                "person": person,
                "joints": clip.xy_TPK2[t, i].round(3).tolist(),
                "depth": clip.depth_TPK[t, i].round(4).tolist(),
                "visible": clip.visible_TPK[t, i].tolist(),
                "bbox": clip.box_TP4[t, i].round(3).tolist(),
            }
            for i, person in enumerate(clip.people)
            if np.isfinite(clip.box_TP4[t, i]).all()
        ]
        for t in range(len(clip))
    ]
    width, height = clip.size
    order = [_short_name(name) for name in MPII_16.names]
    told = {"fps": clip.fps, "width": width, "height": height, "order": order, "frames": frames}
    clip.path.with_suffix(".json").write_text(json.dumps(told), encoding="utf-8")


def _long_name(name: str) -> str:
    sides = {"r_": "right_", "l_": "left_"}
    return sides.get(name[:2], name[:2]) + name[2:]


def _short_name(name: str) -> str:
    return name.replace("right_", "r_").replace("left_", "l_")
