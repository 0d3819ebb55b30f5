"""Random views of boxed pictures for a detector: from far and near, turned, mirrored, four beside each other, blurred.

Boxes are x0, y0, x1, y1 in pixels, whose centres are at whole numbers. Shapes: N people, M places where nobody knows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_models.boxes import Array, areas
from poseglass_models.crop import compose, scaling, transform
from poseglass_train.data.album import Page

FEWEST_PIXELS = 10
"""Of a person's longer side: of smaller ones nobody knows whether they are there."""
LEAST_SEEN = 0.3
"""Part of a person's box that is inside the view, below which nobody knows."""
MOST_ENLARGED = 3.0
"""View pixels to one of the picture: beyond, there is nothing but blur to learn from."""
LEAST_FILLED = 0.6
"""Of a view's side: the least that the longer side of its picture reaches."""
SHRUNK = 0.6
"""View pixels to one of the picture, below which it is made smaller first, so that it does not alias."""

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Framing:
    """How views are chosen; chances are from 0 to 1."""

    mosaic: float = 0.5  # chance of four pictures beside each other
    by_person: float = 0.5  # chance that a view is chosen by the size that one of its people is to have
    person: tuple[float, float] = (0.05, 1.2)  # that size: of the view's side
    scale: tuple[float, float] = (0.7, 2.0)  # otherwise: the picture's longer side, of the view's
    turn: float = 8.0  # degrees, at most
    quarter_turn: float = 0.06  # chance of lying on a side
    colour: float = 0.25  # of each channel, at most
    contrast: float = 0.25
    grey: float = 0.05  # chance of none but grey
    blur: float = 0.15  # chance of a blur of up to 2 pixels


@dataclass(frozen=True)
class View:
    """What is shown: image (H, W, 3), whom it shows (N, 4), and where nobody knows (M, 4)."""

    image: Image
    boxes_N4: Array
    unknown_M4: Array


def view(draw: Callable[[], Page], size: int, how: Framing, dice: np.random.Generator) -> View:
    """Return a square view of so many pixels, of one picture or four, which `draw` chooses."""
    if dice.random() >= how.mosaic:
        return _dressed(look(draw(), (size, size), how, dice), how, dice)
    across, down = (int(size * part) for part in dice.uniform(0.3, 0.7, 2))
    image = np.zeros((size, size, 3), dtype=np.uint8)
    boxes, unknown = [], []
    for left, right in ((0, across), (across, size)):
        for top, bottom in ((0, down), (down, size)):
            tile = look(draw(), (right - left, bottom - top), how, dice)
            image[top:bottom, left:right] = tile.image
            corner = np.array([left, top, left, top])
            boxes.append(tile.boxes_N4 + corner)
            unknown.append(tile.unknown_M4 + corner)
    return _dressed(View(image, np.concatenate(boxes), np.concatenate(unknown)), how, dice)


def look(page: Page, size: tuple[int, int], how: Framing, dice: np.random.Generator) -> View:
    """Return a view, of `size` width and height, of one picture."""
    affine = _affine(page, size, how, dice)
    beyond = dice.integers(0, 256, 3) * dice.integers(0, 2)  # half of them black, as in use
    image = _cut(page.image, affine, size, tuple(beyond.tolist()))
    boxes_N4, unknown_M4 = (turned_boxes(affine, boxes) for boxes in (page.boxes_N4, page.unknown_M4))
    edge = np.array([-0.5, -0.5, size[0] - 0.5, size[1] - 0.5])
    clipped_N4 = _clipped(boxes_N4, edge)
    seen_N = areas(clipped_N4) / np.maximum(areas(boxes_N4), 1e-9)
    large_N = (clipped_N4[:, 2:] - clipped_N4[:, :2]).max(axis=1, initial=0) >= FEWEST_PIXELS
    known_N = (seen_N >= LEAST_SEEN) & large_N
    unknown_M4 = _clipped(np.concatenate([unknown_M4, clipped_N4[~known_N & (seen_N > 0)]]), edge)
    return View(image, clipped_N4[known_N], unknown_M4[areas(unknown_M4) > 0])


def _affine(page: Page, size: tuple[int, int], how: Framing, dice: np.random.Generator) -> Array:
    """Return the affine (2, 3) from the picture to the view."""
    height, width = page.image.shape[:2]
    middle, side = np.array([width - 1, height - 1]) / 2, min(size)
    if len(page.boxes_N4) and dice.random() < how.by_person:
        person = page.boxes_N4[dice.integers(len(page.boxes_N4))]
        middle = (person[:2] + person[2:]) / 2
        scale = _log_uniform(how.person, dice) * side / max(1.0, (person[2:] - person[:2]).max())
    else:
        scale = _log_uniform(how.scale, dice) * side / max(height, width)
    scale = min(max(scale, LEAST_FILLED * side / max(height, width)), MOST_ENLARGED)
    angle = math.radians(dice.uniform(-how.turn, how.turn))
    angle += math.pi / 2 * dice.choice([0, 1, 3, 2], p=_quarters(how.quarter_turn))
    linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    if dice.random() < 0.5:
        linear[:, 0] *= -1
    return np.column_stack([linear, _place(linear, middle, page, size, dice) - linear @ middle])


def _quarters(chance: float) -> list[float]:
    return [1 - chance, 0.4 * chance, 0.4 * chance, 0.2 * chance]


def _place(linear: Array, middle: Array, page: Page, size: tuple[int, int], dice: np.random.Generator) -> Array:
    """Return where in the view the chosen point comes to lie: anywhere that leaves little of the view empty."""
    height, width = page.image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]]) @ linear.T
    at = middle @ linear.T
    first, last = at - corners.min(axis=0), np.array(size) - (corners.max(axis=0) - at)
    low, high = np.minimum(first, last), np.maximum(first, last)
    inside = np.array(size) * dice.uniform(0.15, 0.85, 2)
    return np.clip(inside, low, high) if dice.random() < 0.8 else inside


def _log_uniform(between: tuple[float, float], dice: np.random.Generator) -> float:
    low, high = between
    return float(np.exp(dice.uniform(math.log(low), math.log(high))))


def _cut(image: Image, affine: Array, size: tuple[int, int], beyond: tuple[int, ...]) -> Image:
    scale = math.sqrt(abs(np.linalg.det(affine[:, :2])))
    if scale < SHRUNK:
        height, width = image.shape[:2]
        small = max(2, round(width * scale)), max(2, round(height * scale))
        image = np.asarray(cv2.resize(image, small, interpolation=cv2.INTER_AREA), dtype=np.uint8)
        affine = compose(affine, scaling(1 / scale))
    cut = cv2.warpAffine(
        image, affine, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=beyond
    )
    return np.asarray(cut, dtype=np.uint8)


def turned_boxes(affine: Array, boxes_N4: Array) -> Array:
    """Map boxes. A person is taken for the ellipse in their box: turned boxes would reach beyond the person."""
    middle_N2 = transform(affine, (boxes_N4[:, :2] + boxes_N4[:, 2:]) / 2)
    half_N2 = (boxes_N4[:, 2:] - boxes_N4[:, :2]) / 2
    new_N2 = np.sqrt(half_N2**2 @ (affine[:, :2] ** 2).T)
    return np.concatenate([middle_N2 - new_N2, middle_N2 + new_N2], axis=1)


def _clipped(boxes_N4: Array, edge_4: Array) -> Array:
    return np.clip(boxes_N4, np.tile(edge_4[:2], 2), np.tile(edge_4[2:], 2))


def _dressed(seen: View, how: Framing, dice: np.random.Generator) -> View:
    """Change colour, contrast and sharpness."""
    image = seen.image
    if dice.random() < how.blur:
        image = cv2.GaussianBlur(image, (0, 0), dice.uniform(0.5, 2.0))  # type: ignore[assignment]
    if dice.random() < how.grey:
        image = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    gain = dice.uniform(1 - how.colour, 1 + how.colour, 3) * dice.uniform(1 - how.contrast, 1 + how.contrast)
    start = dice.uniform(-how.contrast, how.contrast) * 100
    table_V3 = np.clip(np.arange(256)[:, None] * gain + start, 0, 255).astype(np.uint8)
    return View(np.asarray(cv2.LUT(image, table_V3.reshape(1, 256, 3)), dtype=np.uint8), seen.boxes_N4, seen.unknown_M4)
