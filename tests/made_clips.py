"""Small clips with exact labels of people who stand or walk, and tables as a tracker writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import MPII_16
from poseglass_train.data.labelled_clips import SEEN, LabelledClip, empty_clip, write_labels

Array = NDArray[np.float64]

BODY = np.random.default_rng(0).uniform((0, 0), (60, 120), (16, 2)).round()
BODY[0], BODY[9] = (0, 120), (60, 0)  # the corners of their box, 60 x 120
WIDTH, HEIGHT = 320, 240


def make_clip(path: Path, places: Mapping[int, Array]) -> LabelledClip:
    """Return people, each with the upper left corner of their body (T, 2) by frame; NaN where they are not there."""
    frames = len(next(iter(places.values())))
    clip = empty_clip(path, 30, (WIDTH, HEIGHT), tuple(places), frames)
    for i, corner_T2 in enumerate(places.values()):
        clip.xy_TPK2[:, i] = BODY + corner_T2[:, None]
        clip.depth_TPK[:, i] = 3 - i
        clip.box_TP4[:, i] = np.hstack([corner_T2, corner_T2 + BODY.max(axis=0)])
        clip.visible_TPK[np.isfinite(corner_T2).all(axis=1), i] = SEEN
    return clip


def write_clip(clip: LabelledClip) -> None:
    """Write labels, and a video with a bright rectangle where each person is."""
    writer = cv2.VideoWriter(str(clip.path), cv2.VideoWriter.fourcc(*"mp4v"), clip.fps, clip.size)
    for t in range(len(clip)):
        image = np.full((HEIGHT, WIDTH, 3), 40, dtype=np.uint8)
        for i, box in enumerate(clip.box_TP4[t]):
            if np.isfinite(box).all():
                x0, y0, x1, y1 = box.astype(int)
                image[y0 : y1 + 1, x0 : x1 + 1, i] = 220
        writer.write(image)
    writer.release()
    write_labels(clip)


def table_row(frame: int, track: str, keypoints: Mapping[str, tuple[float, float]]) -> dict[str, str]:
    """Return a row of the tracker's table, with what the measures read of it; NaN is written as nothing."""
    row = {"frame_idx": str(frame), "track": track, "instance.score": "0.9"}
    for name, xy in keypoints.items():
        row |= {
            f"{name}.{axis}": "" if np.isnan(value) else f"{value:.3f}" for axis, value in zip("xy", xy, strict=True)
        }
    return row


def body_row(frame: int, track: str, corner: tuple[float, float]) -> dict[str, str]:
    """Return a row with the body of `make_clip` at a place."""
    keypoints = {name: (x + corner[0], y + corner[1]) for name, (x, y) in zip(MPII_16.names, BODY, strict=True)}
    return table_row(frame, track, keypoints)
