"""From labelled pictures to a pack: each person with the part of the picture around them, read on all cores.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_models.crop import crop_affine, cut, transform
from poseglass_models.skeleton import PERSON_19, Skeleton
from poseglass_train.data.labelled import LabelledImages, Picture, read_image
from poseglass_train.data.pack_file import Pack
from poseglass_train.data.sets import LabelledSet
from poseglass_train.errors import DatasetError

CANVAS = 256
"""Side in pixels of the square that a picture must fit into, unless asked: holds LSP and nearly all of LSPET."""
MARGIN = 1.6
"""Square that is kept of a larger picture to the person's own: room to turn, move and shrink them."""
JPEG_QUALITY = 95
"""Of what is kept of a larger picture."""

Array = NDArray[np.float64]


def pack(sets: Mapping[str, LabelledSet], canvas: int = CANVAS) -> Pack:
    """Read all pictures of all sets. Raises DatasetError for skeletons that differ, an unread picture, or nobody.

    Data sets whose keypoints differ, but are all among PERSON_19's, are packed with those; each is silent on those that
    it does not label.
    canvas: side in pixels that larger pictures are cut and shrunk to; a person is kept at up to 1 / MARGIN of it, so
    crops of 256 px want one of 400. People without a size (no box, and fewer than two places) are left out.
    """
    skeleton = _shared_skeleton(sets)
    halves = [
        (half.on(skeleton), i, out) for i, each in enumerate(sets.values()) for half, out in _train_and_held_out(each)
    ]
    rows = [(half, row, i, out) for half, i, out in halves for row in np.flatnonzero(half.sized)]
    if all(out for _, _, _, out in rows):
        raise DatasetError(f"{', '.join(sets)}: nobody to train on; people need a box or two keypoints")
    with ThreadPoolExecutor() as threads:
        stored = list(threads.map(lambda row: _store(row[0], row[1], canvas), rows))
    return Pack(
        tuple(entry.encoded for entry in stored),
        np.array([entry.xy_K2 for entry in stored], dtype=np.float32),
        np.array([entry.center for entry in stored], dtype=np.float32),
        np.array([entry.side for entry in stored], dtype=np.float32),
        np.array([i for _, _, i, _ in rows], dtype=np.int64),
        np.array([out for _, _, _, out in rows], dtype=bool),
        tuple(sets),
        skeleton,
        canvas,
    )


def _shared_skeleton(sets: Mapping[str, LabelledSet]) -> Skeleton:
    skeletons = {name: each.train.skeleton for name, each in sets.items()}
    if len(set(skeletons.values())) == 1:
        return next(iter(skeletons.values()))
    for name, skeleton in skeletons.items():
        if others := set(skeleton.names) - set(PERSON_19.names):
            raise DatasetError(f"{name} cannot be mixed with other data sets: only it has {', '.join(sorted(others))}")
    return PERSON_19


@dataclass(frozen=True)
class _Stored:
    encoded: bytes
    xy_K2: Array
    center: Array
    side: float


def _train_and_held_out(each: LabelledSet) -> tuple[tuple[LabelledImages, bool], tuple[LabelledImages, bool]]:
    return (each.train, False), (each.held_out, True)


def _store(labelled: LabelledImages, row: int, canvas: int) -> _Stored:
    picture, xy_K2 = labelled.pictures[row], labelled.xy_NK2[row].astype(np.float64)
    center, side = labelled.square(row)
    image = read_image(picture)
    if picture.frame is None and max(image.shape[:2]) <= canvas:
        return _Stored(picture.path.read_bytes(), xy_K2, center, side)
    affine = _onto_canvas(image.shape[:2], center, side, canvas)
    beyond_K2 = np.isinf(xy_K2)
    kept_K2 = np.where(beyond_K2, xy_K2, transform(affine, np.where(beyond_K2, 0, xy_K2)))
    return _Stored(
        _jpeg(cut(image, affine, canvas), picture), kept_K2, transform(affine, center),
        side * float(affine[0, 0]),
    )  # fmt: skip


def _onto_canvas(size: tuple[int, ...], center: Array, side: float, canvas: int) -> Array:
    """Return the affine to what is kept: all of a small frame, else a square around the person, at most shrunk."""
    height, width = size
    if max(height, width) <= canvas:
        center = np.array([(width - 1) / 2, (height - 1) / 2])
    affine = crop_affine(center, max(canvas, side * MARGIN), canvas)
    if side * MARGIN <= canvas:
        affine[:, 2] = np.floor(affine[:, 2])  # whole pixels: half of one would blur the picture
    return affine


def _jpeg(image: NDArray[np.uint8], picture: Picture) -> bytes:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise DatasetError(f"{picture.path}: cannot be encoded again")
    return encoded.tobytes()
