"""Frames of a video with everybody whom the tracker found and their ids, in a grid: to count switches by eye.

Shapes: K keypoints, H x W height and width.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import PERSON_19
from poseglass_train.data.labelled import read_video
from poseglass_train.evaluate.tracked import poses_by_frame

Image = NDArray[np.uint8]

COLUMNS, ROWS = 4, 5
"""Frames of a sheet."""
TILE_WIDTH = 480
"""Pixels: a sheet is about as wide as a screen."""
GOLDEN = 0.618034
"""Part of the circle of hues from one id to the next: none of the first ten come near each other."""
FRAMES = 100
"""Of a video, evenly spread, unless others are wanted."""


def write_sheets(
    video: Path, table: Sequence[Mapping[str, str]], folder: Path, frames: Sequence[int] | None = None
) -> list[Path]:
    """Write frames of a video, at most FRAMES of them unless they are named, on sheets NAME_1.jpg, NAME_2.jpg...

    table: what the tracker wrote. Returns the sheets' paths. Raises DatasetError where the video cannot be read.
    """
    pictures = read_video(video)
    shown = range(0, len(pictures), -(-len(pictures) // FRAMES)) if frames is None else frames
    names = [name for name in PERSON_19.names if table and f"{name}.x" in table[0]]
    found = poses_by_frame(table, names)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for start in range(0, len(shown), COLUMNS * ROWS):
        tiles = [_tile(pictures[t], found.get(t, {}), names, t) for t in shown[start : start + COLUMNS * ROWS]]
        path = folder / f"{video.stem}_{len(written) + 1}.jpg"
        cv2.imwrite(str(path), cv2.cvtColor(grid(tiles, COLUMNS), cv2.COLOR_RGB2BGR))
        written.append(path)
    return written


def grid(tiles: Sequence[Image], columns: int) -> Image:
    """Return pictures of one size row by row; what is left of the last row is black."""
    blank = [np.zeros_like(tiles[0])] * (-len(tiles) % columns)
    whole = [*tiles, *blank]
    return np.vstack([np.hstack(whole[start : start + columns]) for start in range(0, len(whole), columns)])


def colour_of(track: str) -> tuple[int, int, int]:
    """Return the colour of an id, the same in every frame; those of neighbouring numbers are easy to tell apart."""
    number = int(track) if track.isdecimal() else zlib.crc32(track.encode())
    hue = round(180 * number * GOLDEN) % 180
    red, green, blue = cv2.cvtColor(np.array([[[hue, 220, 255]]], dtype=np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
    return int(red), int(green), int(blue)


def _tile(image: Image, people: Mapping[str, NDArray[np.float64]], names: Sequence[str], frame: int) -> Image:
    scale = TILE_WIDTH / image.shape[1]
    tile = cv2.resize(image, (TILE_WIDTH, round(image.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    for track, xy_K2 in people.items():
        _draw(tile, xy_K2 * scale, names, track)
    cv2.putText(tile, str(frame), (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 0, 255), 2)
    return np.asarray(tile, dtype=np.uint8)


def _draw(tile: cv2.typing.MatLike, xy_K2: NDArray[np.float64], names: Sequence[str], track: str) -> None:
    colour = colour_of(track)
    points = {name: (round(x), round(y)) for name, (x, y) in zip(names, xy_K2, strict=True) if np.isfinite(x + y)}
    for first, second in PERSON_19.edges:
        if first in points and second in points:
            cv2.line(tile, points[first], points[second], colour, 2, cv2.LINE_AA)
    x, y = min(points.values(), key=lambda point: point[1])
    above = x - 5, max(y - 6, 36)  # within the picture, below the frame's number
    cv2.putText(tile, track, above, cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 4)
    cv2.putText(tile, track, above, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 2)
