"""What to draw over a picture, as data, and a brush that draws it into the picture itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from poseglass.types import Floats, Image, Skeleton

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

RIGHT: Colour = (255, 138, 51)
LEFT: Colour = (64, 183, 255)
MIDDLE: Colour = (240, 240, 240)
"""The person's right is warm, their left is cool: told apart by colour-blind people too."""
OUTLINE: Colour = (20, 20, 20)
"""Under every stroke, so that it shows on any picture."""
SHOWN = 0.25
"""Score from which a keypoint is drawn."""
STROKE_WIDTH = 0.004
"""Width of a stroke, in parts of the picture's shorter side."""
SUBPIXEL_BITS = 4
"""OpenCV takes points in 16ths of a pixel."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line between two points of the frame, or a dot where they are one."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: Colour


def strokes(skeleton: Skeleton, xy: Floats, score: Floats) -> Iterator[Stroke]:
    """Yield the lines and dots of one pose: xy (K, 2) in frame pixels, score (K,). What is missing is left out."""
    shown = np.isfinite(xy).all(axis=-1) & (score >= SHOWN)
    points = [(float(x), float(y)) for x, y in np.nan_to_num(xy)]
    for a, b in skeleton.edge_indices:
        if shown[a] and shown[b]:
            yield Stroke(points[a], points[b], side_colour(skeleton.names[a], skeleton.names[b]))
    for k, name in enumerate(skeleton.names):
        if shown[k]:
            yield Stroke(points[k], points[k], side_colour(name))


def paint(image: Image, skeleton: Skeleton, xy: Floats, score: Floats) -> None:
    """Draw one pose into the picture."""
    width = max(1, round(STROKE_WIDTH * min(image.shape[:2])))
    what = list(strokes(skeleton, xy, score))
    for stroke in what:
        _brush(image, stroke, width + 2, OUTLINE)
    for stroke in what:
        _brush(image, stroke, width, stroke.colour)


def _brush(image: Image, stroke: Stroke, width: int, colour: Colour) -> None:
    start, end = (_fixed(point) for point in (stroke.start, stroke.end))
    if stroke.start == stroke.end:
        radius = round(1.5 * width * 2**SUBPIXEL_BITS)
        cv2.circle(image, start, radius, colour, -1, cv2.LINE_AA, SUBPIXEL_BITS)
    else:
        cv2.line(image, start, end, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)


def _fixed(point: tuple[float, float]) -> tuple[int, int]:
    """Bound it too: OpenCV's 16-bit arithmetic wraps far outside the picture."""
    x, y = (round(float(np.clip(value, -2000, 20000)) * 2**SUBPIXEL_BITS) for value in point)
    return x, y


def side_colour(*names: str) -> Colour:
    """Return the side that the names have in common; the middle goes with either, as neck with shoulder."""
    right = any(name.startswith("right_") for name in names)
    left = any(name.startswith("left_") for name in names)
    if right == left:
        return MIDDLE
    return RIGHT if right else LEFT
