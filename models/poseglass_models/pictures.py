"""Maps as pictures: values to colours, and tiles with captions on a sheet.

Knows numpy and OpenCV alone, so that what draws need not load a network. Shapes: H x W map, S side of a tile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(H, W, 3) RGB."""
Values = NDArray[np.float32]
Scale = Literal["absolute", "stretched"]
"""Colours run over all that a map can hold, or from the least to the greatest value that this one holds."""
ColourMap = Literal["inferno", "viridis", "turbo", "grey"]

FLAT = 0.01
"""A range below this part of the span is none: two steps of bfloat16 near 1 (2 x 2^-8). Networks compute in it, and
some attention is 0 or 1 all over; stretched, its rounding errors would look like something."""

_COLOUR_MAPS = {"inferno": cv2.COLORMAP_INFERNO, "viridis": cv2.COLORMAP_VIRIDIS, "turbo": cv2.COLORMAP_TURBO}

INK, PAPER = (232, 232, 235), (24, 24, 27)
"""Text and ground of a sheet: light on dark, as the maps' own least value is dark."""
LINE_HEIGHT = 15
"""Pixels of a line of text."""
GAP = 6
"""Pixels between tiles."""
LEGEND_WIDTH = 160
"""Pixels of the bar of colours."""
FONT, FONT_SCALE = cv2.FONT_HERSHEY_SIMPLEX, 0.38


@cache
def colour_table(name: ColourMap) -> NDArray[np.uint8]:
    """Return the colours (256, 3), RGB, from least to greatest."""
    ramp = np.arange(256, dtype=np.uint8)
    if name == "grey":
        return np.repeat(ramp[:, None], 3, axis=1)
    return np.ascontiguousarray(cv2.applyColorMap(ramp[:, None], _COLOUR_MAPS[name])[:, 0, ::-1])


def is_flat(values: Values, span: tuple[float, float]) -> bool:
    """Tell whether a map is the same all over, but for rounding."""
    return float(values.max() - values.min()) < FLAT * (span[1] - span[0])


def limits(values: Values, span: tuple[float, float], scale: Scale) -> tuple[float, float]:
    """Return the values of the first and the last colour. What lies below the span is not stretched over."""
    if scale == "absolute":
        return span
    return max(float(values.min()), span[0]), float(values.max())


def shares(values: Values, span: tuple[float, float], scale: Scale) -> Values:
    """Return where values lie between the limits, 0 to 1. Stretched, a flat map is 0: it singles nothing out."""
    if scale == "stretched" and is_flat(values, span):
        return np.zeros_like(values)
    low, high = limits(values, span, scale)
    return np.asarray(np.clip((values - low) / max(high - low, 1e-12), 0, 1), dtype=np.float32)


def range_text(values: Values, span: tuple[float, float]) -> str:
    """Return a map's least and greatest value for its caption: `0.02 to 0.58`, or `1.00 all over`."""
    least, mean, greatest = (round(float(value), 2) + 0.0 for value in (values.min(), values.mean(), values.max()))
    return f"{mean:.2f} all over" if is_flat(values, span) else f"{least:.2f} to {greatest:.2f}"  # + 0.0: never "-0.00"


def coloured(part: Values, table: NDArray[np.uint8]) -> Picture:
    """Return the colours (..., 3) of shares from 0 to 1."""
    return np.asarray(table[np.rint(part * 255).astype(np.uint8)])


def keypoint_colours(count: int) -> NDArray[np.uint8]:
    """Return colours (count, 3), RGB, that are as far apart as a ring of hues lets them be."""
    hue_sat_val = np.full((1, count, 3), 255, dtype=np.uint8)
    hue_sat_val[0, :, 0] = np.arange(count) * 180 // max(count, 1)  # OpenCV counts hues in steps of two degrees
    hue_sat_val[0, :, 1] = 200
    return np.asarray(cv2.cvtColor(hue_sat_val, cv2.COLOR_HSV2RGB)[0], dtype=np.uint8)


@dataclass(frozen=True)
class Tile:
    """A small picture (S, S, 3) and the lines of text above it; OpenCV writes ASCII alone."""

    picture: Picture
    lines: tuple[str, ...]


def sheet(rows: Sequence[Sequence[Tile]], side: int) -> Picture:
    """Return rows of tiles of one side under their lines; rows may differ in length."""
    height = [LINE_HEIGHT * max((len(tile.lines) for tile in row), default=0) + side + GAP for row in rows]
    width = max(len(row) for row in rows) * (side + GAP) + GAP
    paper = np.full((sum(height) + GAP, width, 3), PAPER, dtype=np.uint8)
    top = GAP
    for row, tall in zip(rows, height, strict=True):
        for column, tile in enumerate(row):
            _lay(paper, tile, GAP + column * (side + GAP), top + tall - side - GAP)
        top += tall
    return paper


def with_legend(picture: Picture, table: NDArray[np.uint8], lines: Sequence[str]) -> Picture:
    """Return a sheet with its colours in a bar below, least to greatest, and lines of text beside it."""
    tall = LINE_HEIGHT * max(1, len(lines)) + GAP
    foot = np.full((tall, picture.shape[1], 3), PAPER, dtype=np.uint8)
    bar = cv2.resize(table[None], (LEGEND_WIDTH, LINE_HEIGHT - 4), interpolation=cv2.INTER_LINEAR)
    foot[: LINE_HEIGHT - 4, GAP : GAP + LEGEND_WIDTH] = bar[:, : picture.shape[1] - GAP]
    for i, line in enumerate(lines):
        place = (2 * GAP + LEGEND_WIDTH, LINE_HEIGHT * (i + 1) - 6)
        cv2.putText(foot, line, place, FONT, FONT_SCALE, INK, 1, cv2.LINE_AA)
    return np.vstack([picture, foot])


def _lay(paper: Picture, tile: Tile, left: int, top: int) -> None:
    side = len(tile.picture)
    paper[top : top + side, left : left + side] = tile.picture
    for i, line in enumerate(tile.lines):
        place = (left, top - LINE_HEIGHT * (len(tile.lines) - i) + LINE_HEIGHT - 4)
        cv2.putText(paper, line, place, FONT, FONT_SCALE, INK, 1, cv2.LINE_AA)
