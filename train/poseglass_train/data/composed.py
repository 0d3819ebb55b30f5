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
from poseglass_train.data.scenes import HIDDEN, OUTSIDE, SEEN, Scene, read_scene, write_labels
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
    moved = [_shifted(scene, frames, offset - start_T) for (scene, _), offset in ((first, 0), (second, width))]
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
    above, below = (_shifted(scene, frames, still) for scene, _ in (first, second))
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


def _there_and_back(video: Path) -> tuple[Scene, list[Image]]:
    scene, frames = read_scene(video), read_video(video)
    if len(frames) != len(scene):
        raise DatasetError(f"{video}: {len(frames)} frames, {len(scene)} are labelled")
    order = np.array([*range(len(frames)), *reversed(range(len(frames)))])
    return _chosen(scene, order), [frames[t] for t in order]


def _chosen(scene: Scene, frames: NDArray[np.int64]) -> Scene:
    """Return a clip of some frames of another, in that order."""
    return dataclasses.replace(
        scene, xy_TPK2=scene.xy_TPK2[frames], visible_TPK=scene.visible_TPK[frames],
        depth_TPK=scene.depth_TPK[frames], box_TP4=scene.box_TP4[frames],
    )  # fmt: skip


def _common_size(first: Scene, second: Scene) -> tuple[int, int]:
    if first.size != second.size:
        sizes = [f"{scene.path.name} of {scene.size[0]} x {scene.size[1]}" for scene in (first, second)]
        raise DatasetError(f"cannot compose {sizes[0]} and {sizes[1]} pixels: their sizes differ")
    return first.size


def _shifted(scene: Scene, frames: int, shift_T: NDArray[np.int64]) -> Scene:
    """Return the first frames of a clip moved to the right by so many pixels, and who of it is in the picture."""
    cut = _chosen(scene, np.arange(frames))
    cut.xy_TPK2[..., 0] += shift_T[:, None, None]
    cut.box_TP4[..., [0, 2]] += shift_T[:, None, None]
    width, height = scene.size
    inside = ((cut.xy_TPK2 >= 0) & (cut.xy_TPK2 <= (width - 1, height - 1))).all(axis=-1)
    cut.visible_TPK[~inside] = OUTSIDE  # what one clip's picture had cut off stays cut off in the other's
    cut.box_TP4[..., [0, 2]] = cut.box_TP4[..., [0, 2]].clip(0, width - 1)
    nothing = ~(cut.box_TP4[..., 2] - cut.box_TP4[..., 0] >= 1)
    cut.box_TP4[nothing] = np.nan
    return cut


def _together(path: Path, scenes: Sequence[Scene]) -> Scene:
    """Return one clip with everybody of several of the same length, numbered from 0."""
    xy, visible, depth, box = (
        np.concatenate([getattr(scene, name) for scene in scenes], axis=1)
        for name in ("xy_TPK2", "visible_TPK", "depth_TPK", "box_TP4")
    )
    people = tuple(range(xy.shape[1]))
    return Scene(path, scenes[0].fps, scenes[0].size, people, xy, visible, depth, box)


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


def _behind(scene: Scene, masks: Sequence[NDArray[np.bool_]]) -> Scene:
    """Return a clip with the keypoints that lie under the masks hidden."""
    for t, mask in enumerate(masks):
        x, y = np.nan_to_num(scene.xy_TPK2[t]).round().astype(int).transpose(2, 0, 1)
        covered = mask[y.clip(0, mask.shape[0] - 1), x.clip(0, mask.shape[1] - 1)]
        scene.visible_TPK[t][covered & (scene.visible_TPK[t] == SEEN)] = HIDDEN
    return scene


def _write(scene: Scene, pictures: Iterator[Image]) -> Path:
    """Write labels and video."""
    writer = cv2.VideoWriter(str(scene.path), cv2.VideoWriter.fourcc(*"mp4v"), scene.fps, scene.size)
    if not writer.isOpened():
        raise DatasetError(f"{scene.path}: cannot be written")
    for picture in pictures:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    write_labels(scene)
    return scene.path
