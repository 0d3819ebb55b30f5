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
FINE = 0.5
"""Width of the face's strokes, in parts of the others'."""
SUBPIXEL_BITS = 4
"""OpenCV takes points in 16ths of a pixel."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line between two points of the frame, or a dot where they are one."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: Colour
    is_fine: bool = False  # of the face, whose keypoints lie near one another
    is_faint: bool = False  # of somebody who is not the one that is looked at


def face_of(skeleton: Skeleton) -> frozenset[int]:
    """Return the places of the face's keypoints: those that are not of the body."""
    return frozenset(range(len(skeleton))) - frozenset(skeleton.body.tolist())


def strokes(skeleton: Skeleton, xy: Floats, score: Floats, colour: Colour | None = None) -> Iterator[Stroke]:
    """Yield the lines and dots of one pose: xy (K, 2) in frame pixels, score (K,). What is missing is left out.

    colour: of all of them; that of their side if None. The face comes last, over what goes through it.
    """
    face = face_of(skeleton)
    shown = np.isfinite(xy).all(axis=-1) & (score >= SHOWN)
    points = [(float(x), float(y)) for x, y in np.nan_to_num(xy)]
    lines = [(edge, len(face.intersection(edge)) == 2) for edge in skeleton.edge_indices]
    dots = [((k, k), k in face) for k in range(len(skeleton))]
    for (a, b), is_fine in sorted([*lines, *dots], key=lambda part: part[1]):
        if shown[a] and shown[b]:
            yield Stroke(points[a], points[b], colour or side_colour(skeleton.names[a], skeleton.names[b]), is_fine)


def paint(image: Image, skeleton: Skeleton, xy: Floats, score: Floats, colour: Colour | None = None) -> None:
    """Draw one pose into the picture, in one colour or, if that is None, in those of the sides."""
    width = max(1, round(STROKE_WIDTH * min(image.shape[:2])))
    what = list(strokes(skeleton, xy, score, colour))
    body = [stroke for stroke in what if not stroke.is_fine]
    face = [stroke for stroke in what if stroke.is_fine]
    fine = max(1, round(FINE * width))
    for stroke in body:
        _brush(image, stroke, width + 2, OUTLINE)
    for stroke in body:
        _brush(image, stroke, width, stroke.colour)
    for stroke in face:
        _brush(image, stroke, fine + 1, OUTLINE)
    for stroke in face:
        _brush(image, stroke, fine, stroke.colour)


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
