"""Squares of pictures with nobody in them: a network is to find nothing there, and a search nobody."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import Skeleton
from poseglass_train.data.labelled import LabelledImages, Picture, picture_size
from poseglass_train.data.reading import read_json, reading
from poseglass_train.data.scenes import Side, scenes_on
from poseglass_train.errors import DatasetError

TRIES = 40
"""Squares that are thrown on a picture, until one hits nobody."""
EACH = 3
"""Squares of a picture in which nobody is at all."""
FEWEST_PIXELS = 36
"""Of a square's side: smaller ones show a network nothing but blur."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Squares:
    """Which squares are thrown."""

    sides: tuple[float, float]  # in parts of the picture's shorter side
    inside: float  # part of a side that is inside the picture at least
    room: float  # what must be free of people, in sides of the square


TO_LEARN = Squares(sides=(0.2, 0.9), inside=0.8, room=1.5)
"""Partly beyond the picture, whose edge must not be what tells that nobody is there; crops show some of what is around
a square, moved ones more."""
TO_SEARCH = Squares(sides=(0.45, 0.9), inside=1.0, room=1.0)
"""Large, to be pictures of their own."""


def read_background(folder: Path, *labelled: LabelledImages, squares: Squares = TO_LEARN) -> LabelledImages:
    """Return a square without anybody of each picture that has room for one, all keypoints beyond the picture.

    `folder/person_boxes.json` has `path` of an image or `path#frame` of a video -> [[x0, y0, x1, y1, score], ...], the
    paths from `folder`, the boxes in pixels. Neither those people nor the labelled ones are in the squares; pictures in
    which the file has nobody are left out: somebody may have been overlooked. The same squares every time. Raises
    DatasetError.
    """
    path = folder / "person_boxes.json"
    with reading(path, "boxes of people for each picture"):
        boxes = {
            _picture(folder, key): np.array(value, dtype=np.float64).reshape(-1, 5)[:, :4]
            for key, value in read_json(path).items()
            if value
        }
    found = [
        (picture, square)
        for each in labelled
        for picture, person in zip(each.pictures, each.extents, strict=True)
        if picture in boxes
        and (square := _empty_square(picture, np.concatenate([boxes[picture], person[None]]), squares)) is not None
    ]
    return _with_nobody(found, labelled[0].skeleton)


def empty_pictures(folder: Path, side: Side) -> list[Picture]:
    """Return the pictures in `folder/images`, in none of which is anybody, of the scenes on one side.

    Raises DatasetError.
    """
    paths = sorted((folder / "images").glob("*.*"))
    if not paths:
        raise DatasetError(f"{folder}: looked for images/, pictures with nobody in them")
    on_side = scenes_on(side, paths)
    return [Picture(path) for path in paths if path in on_side]


def read_nobody(folder: Path, skeleton: Skeleton) -> LabelledImages:
    """Return squares of the pictures with nobody in them that are for training. Raises DatasetError."""
    pictures = empty_pictures(folder, "train")
    nobody = np.zeros((0, 4))
    tries = [
        (picture, _empty_square(picture, nobody, TO_LEARN, number)) for picture in pictures for number in range(EACH)
    ]
    return _with_nobody([(picture, square) for picture, square in tries if square is not None], skeleton)


def _with_nobody(squares: Sequence[tuple[Picture, Array]], skeleton: Skeleton) -> LabelledImages:
    """Say of each square that all keypoints lie beyond it."""
    nowhere = np.full((len(squares), len(skeleton), 2), np.inf, dtype=np.float32)
    box_N4 = np.array([square for _, square in squares], dtype=np.float32).reshape(-1, 4)
    return LabelledImages(tuple(picture for picture, _ in squares), nowhere, box_N4, skeleton)


def _picture(folder: Path, key: str) -> Picture:
    name, _, frame = key.partition("#")
    return Picture(folder / name, int(frame) if frame else None)


def _empty_square(picture: Picture, boxes_N4: Array, squares: Squares, number: int = 0) -> Array | None:
    """Return x0 y0 x1 y1 of a square that touches nobody's box, nor does the room around it: the first, or another."""
    dice = np.random.default_rng((zlib.crc32(f"{picture.path.name}#{picture.frame}".encode()), number))
    size = np.array(picture_size(picture))
    for _ in range(TRIES):
        side = dice.uniform(*squares.sides) * size.min()
        edge = side * squares.inside / 2
        center = dice.uniform(edge, size - edge)
        if side >= FEWEST_PIXELS and not _touches(center, side * squares.room, boxes_N4):
            return np.concatenate([center - side / 2, center + side / 2])
    return None


def _touches(center: Array, side: float, boxes_N4: Array) -> bool:
    low, high = center - side / 2, center + side / 2
    return bool(((boxes_N4[:, :2] < high) & (boxes_N4[:, 2:] > low)).all(axis=1).any())
