"""Clips with entries, exits and crossings whose ids are exact, composed of two rendered ones.

Shapes: T frames, P people, K keypoints, H x W height and width.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_train.data.labelled import read_video
from poseglass_train.data.labelled_clips import HIDDEN, OUTSIDE, SEEN, LabelledClip, read_clip, write_labels
from poseglass_train.errors import DatasetError

Image = NDArray[np.uint8]

DIFFERENT = 22.0
"""Grey levels from the background, in the channel that differs most, from which a pixel may be the person's."""
NEAR = 9
"""Pixels that gaps in a mask may measure: cloth of the background's colour."""
TURNS = 2
"""How often the window goes there and back while the clips do: of rendered clips nobody is away for two seconds."""
MARGIN = 4
"""Pixels around the person's box in which their outline is looked for."""


def beside(left: Path, right: Path, folder: Path) -> Path:
    """Write both clips side by side, seen through a window of one picture's size that goes over to the right and back.

    People leave at its edges and come back. Both clips are played forwards and then backwards, TURNS of the window
    meanwhile. Returns the video's path, `LEFT_beside_RIGHT.mp4`. Raises DatasetError.
    """
    first, second = _there_and_back(left), _there_and_back(right)
    width = _common_size(first[0], second[0])[0]
    frames = min(len(first[0]), len(second[0]))
    start_T = np.round(width * (1 - np.cos(2 * np.pi * TURNS * np.arange(frames) / frames)) / 2).astype(int)
    moved = [_shifted(clip, frames, offset - start_T) for (clip, _), offset in ((first, 0), (second, width))]
    path = folder / f"{left.stem}_beside_{right.stem}.mp4"

    def picture(t: int) -> Image:
        both = np.hstack([first[1][t], second[1][t]])
        return both[:, start_T[t] : start_T[t] + width]

    return _write(_together(path, moved), map(picture, range(frames)))


def over(front: Path, back: Path, folder: Path) -> Path:
    """Write the person of one clip, cut out, over another clip: where they cross, the one in front hides the other.

    The front clip's camera stands still: what differs from its median picture is the person. Both are played forwards
    and then backwards, so that they cross twice as often. Returns the video's path, `FRONT_over_BACK.mp4`. Raises
    DatasetError.
    """
    first, second = _there_and_back(front), _there_and_back(back)
    _common_size(first[0], second[0])
    frames = min(len(first[0]), len(second[0]))
    still = np.zeros(frames, dtype=int)
    above, below = (_shifted(clip, frames, still) for clip, _ in (first, second))
    background = np.median(np.stack(first[1]), axis=0).astype(np.float64)
    masks = [_mask(first[1][t], background, above.box_TP4[t]) for t in range(frames)]
    path = folder / f"{front.stem}_over_{back.stem}.mp4"

    def picture(t: int) -> Image:
        inner = cv2.erode(
            masks[t].astype(np.float64), np.ones((3, 3))
        )  # the outline is half background: it would shine
        share = cv2.GaussianBlur(inner, (0, 0), 0.8)[..., None]
        return np.asarray((share * first[1][t] + (1 - share) * second[1][t]).round(), dtype=np.uint8)

    return _write(_together(path, [above, _behind(below, masks)]), map(picture, range(frames)))


def _there_and_back(video: Path) -> tuple[LabelledClip, list[Image]]:
    clip, frames = read_clip(video), read_video(video)
    if len(frames) != len(clip):
        raise DatasetError(f"{video}: {len(frames)} frames, {len(clip)} are labelled")
    order = np.array([*range(len(frames)), *reversed(range(len(frames)))])
    return _chosen(clip, order), [frames[t] for t in order]


def _chosen(clip: LabelledClip, frames: NDArray[np.int64]) -> LabelledClip:
    """Return a clip of some frames of another, in that order."""
    return dataclasses.replace(
        clip, xy_TPK2=clip.xy_TPK2[frames], visible_TPK=clip.visible_TPK[frames],
        depth_TPK=clip.depth_TPK[frames], box_TP4=clip.box_TP4[frames],
    )  # fmt: skip


def _common_size(first: LabelledClip, second: LabelledClip) -> tuple[int, int]:
    if first.size != second.size:
        sizes = [f"{clip.path.name} of {clip.size[0]} x {clip.size[1]}" for clip in (first, second)]
        raise DatasetError(f"cannot compose {sizes[0]} and {sizes[1]} pixels: their sizes differ")
    return first.size


def _shifted(clip: LabelledClip, frames: int, shift_T: NDArray[np.int64]) -> LabelledClip:
    """Return the first frames of a clip moved to the right by so many pixels, and who of it is in the picture."""
    cut = _chosen(clip, np.arange(frames))
    cut.xy_TPK2[..., 0] += shift_T[:, None, None]
    cut.box_TP4[..., [0, 2]] += shift_T[:, None, None]
    width, height = clip.size
    inside = ((cut.xy_TPK2 >= 0) & (cut.xy_TPK2 <= (width - 1, height - 1))).all(axis=-1)
    cut.visible_TPK[~inside] = OUTSIDE  # what one clip's picture had cut off stays cut off in the other's
    cut.box_TP4[..., [0, 2]] = cut.box_TP4[..., [0, 2]].clip(0, width - 1)
    nothing = ~(cut.box_TP4[..., 2] - cut.box_TP4[..., 0] >= 1)
    cut.box_TP4[nothing] = np.nan
    return cut


def _together(path: Path, clips: Sequence[LabelledClip]) -> LabelledClip:
    """Return one clip with everybody of several of the same length, numbered from 0."""
    xy, visible, depth, box = (
        np.concatenate([getattr(clip, name) for clip in clips], axis=1)
        for name in ("xy_TPK2", "visible_TPK", "depth_TPK", "box_TP4")
    )
    people = tuple(range(xy.shape[1]))
    return LabelledClip(path, clips[0].fps, clips[0].size, people, xy, visible, depth, box)


def _mask(image: Image, background: NDArray[np.float64], box_P4: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which pixels (H, W) are the people's: what differs from the background, in and near their boxes."""
    differs = (np.abs(image - background).max(axis=-1) > DIFFERENT).astype(np.uint8)
    near = np.zeros_like(differs)
    for x0, y0, x1, y1 in box_P4[np.isfinite(box_P4).all(axis=1)].astype(int):
        near[max(y0 - MARGIN, 0) : y1 + MARGIN + 1, max(x0 - MARGIN, 0) : x1 + MARGIN + 1] = 1
    whole = cv2.morphologyEx(differs & near, cv2.MORPH_CLOSE, np.ones((NEAR, NEAR), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole)
    if count < 2:
        return np.zeros(differs.shape, dtype=bool)
    sizes = stats[1:, cv2.CC_STAT_AREA]
    return np.isin(labels, 1 + np.flatnonzero(sizes >= 0.1 * sizes.max()))


def _behind(clip: LabelledClip, masks: Sequence[NDArray[np.bool_]]) -> LabelledClip:
    """Return a clip with the keypoints that lie under the masks hidden."""
    for t, mask in enumerate(masks):
        x, y = np.nan_to_num(clip.xy_TPK2[t]).round().astype(int).transpose(2, 0, 1)
        covered = mask[y.clip(0, mask.shape[0] - 1), x.clip(0, mask.shape[1] - 1)]
        clip.visible_TPK[t][covered & (clip.visible_TPK[t] == SEEN)] = HIDDEN
    return clip


def _write(clip: LabelledClip, pictures: Iterator[Image]) -> Path:
    """Write labels and video."""
    writer = cv2.VideoWriter(str(clip.path), cv2.VideoWriter.fourcc(*"mp4v"), clip.fps, clip.size)
    if not writer.isOpened():
        raise DatasetError(f"{clip.path}: cannot be written")
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    write_labels(clip)
    return clip.path
