"""What the network looked at, as something to paint: one map picked out, its colours, its place, its values.

A map is painted in its own pixels, never smoothed: those cells are what the network multiplied its features with, and a
blob drawn between 6 x 6 of them would show a place that nobody computed. Where nothing is singled out the picture shows
through.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass.types import Explanation, Floats, Image, MapName
from poseglass_models.pictures import (
    ColourMap,
    Scale,
    colour_table,
    coloured,
    keypoint_colours,
    range_text,
    shares,
)

SOLID = 0.5
"""Part of the colours' range from which a map is as opaque as it gets; below, it fades, to nothing at the least."""


@dataclass(frozen=True, slots=True)
class MapChoice:
    """What a reader picked: a map for all keypoints, the map of one, or those of several in one picture."""

    name: MapName
    keypoints: tuple[int, ...] = ()  # places in the skeleton; none for a map that all share


@dataclass(frozen=True)
class MapView:
    """How to paint it."""

    scale: Scale = "stretched"
    colours: ColourMap = "inferno"
    opacity: float = 0.8  # 0 to 1


@dataclass(frozen=True, slots=True)
class OneMap:
    """The map of one person, and of one keypoint if it has several."""

    values: NDArray[np.float32]  # (h, w)
    to_frame: Floats  # (2, 3)
    span: tuple[float, float]

    def value_at(self, xy: tuple[float, float]) -> float | None:
        """Return the value of the cell that a place in the frame lies in; None outside the map."""
        x, y = cv2.invertAffineTransform(self.to_frame) @ (*xy, 1)
        column, row = int(np.floor(x + 0.5)), int(np.floor(y + 0.5))
        height, width = self.values.shape
        return float(self.values[row, column]) if 0 <= row < height and 0 <= column < width else None

    @property
    def range_text(self) -> str:
        """Its least and its greatest value, for a caption."""
        return range_text(self.values, self.span)


@dataclass(frozen=True, slots=True)
class MapLayer:
    """What to paint over a frame: colours already weighed by their opacity, and where their pixels lie."""

    rgba: NDArray[np.uint8]  # (h, w, 4), premultiplied
    to_frame: Floats  # (2, 3): from these pixels to the frame's, integers at the centres of both


def pick(explanation: Explanation, name: MapName, keypoint: int = 0, person: int = 0) -> OneMap:
    """Return one map. Raises KeyError when the explanation does not have it."""
    maps = explanation.maps[name]
    return OneMap(maps.values[person, keypoint if name.per_keypoint else 0], maps.to_frame[person], maps.span)


def layer(explanation: Explanation, choice: MapChoice, view: MapView, person: int = 0) -> MapLayer:
    """Return what to paint for a choice. Several keypoints have a colour each, in place of the view's colours."""
    name = choice.name
    if is_combined(choice):
        return _combined(explanation, choice, view, person)
    one = pick(explanation, name, choice.keypoints[0] if name.per_keypoint else 0, person)
    part = shares(one.values, one.span, view.scale)
    return MapLayer(_weighed(coloured(part, colour_table(view.colours)), part, view), one.to_frame)


def is_combined(choice: MapChoice) -> bool:
    """Tell whether it is several keypoints' maps in one picture."""
    return choice.name.per_keypoint and len(choice.keypoints) != 1


def _combined(explanation: Explanation, choice: MapChoice, view: MapView, person: int) -> MapLayer:
    """Paint every cell in the keypoints' colours, mixed by what each of them has there; none chosen means all."""
    maps = explanation.maps[choice.name]
    keypoints = choice.keypoints or tuple(range(maps.values.shape[1]))
    parts = np.stack([shares(maps.values[person, k], maps.span, view.scale) for k in keypoints])
    colours = keypoint_colours(maps.values.shape[1])[list(keypoints)].astype(np.float32)
    weight = parts**2  # the strongest keypoint's colour rules
    mixed = np.tensordot(weight, colours, axes=(0, 0)) / np.maximum(weight.sum(axis=0), 1e-12)[..., None]
    return MapLayer(_weighed(mixed, parts.max(axis=0), view), maps.to_frame[person])


def _weighed(rgb: NDArray[Any], part: NDArray[np.float32], view: MapView) -> NDArray[np.uint8]:
    alpha = view.opacity * np.minimum(part / SOLID, 1)[..., None]
    return np.asarray(np.rint(np.concatenate([rgb * alpha, 255 * alpha], axis=-1)), dtype=np.uint8)


def paint_layers(image: Image, layers: Sequence[MapLayer]) -> None:
    """Paint layers into a frame; where they lie over one another, what is brightest in any of them shows."""
    if len(layers) == 1:
        paint_layer(image, layers[0])
    elif layers:
        _blend(image, np.maximum.reduce([_placed(what, image.shape[1::-1], (0, 0)) for what in layers]))


def paint_layer(image: Image, what: MapLayer) -> None:
    """Paint a layer into a frame."""
    height, width = what.rgba.shape[:2]
    corners = np.array([[x, y, 1] for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)])
    reached = corners @ what.to_frame.T
    x0, y0 = np.maximum(np.floor(reached.min(axis=0)), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(reached.max(axis=0)) + 1, image.shape[1::-1]).astype(int)
    if x1 <= x0 or y1 <= y0:
        return
    _blend(image[y0:y1, x0:x1], _placed(what, (x1 - x0, y1 - y0), (x0, y0)))


def _placed(what: MapLayer, size: tuple[int, int], corner: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a layer's colours in a part of the frame with this width and height, from this corner on."""
    to_part = what.to_frame - [[0, 0, corner[0]], [0, 0, corner[1]]]
    placed = cv2.warpAffine(what.rgba, to_part, (int(size[0]), int(size[1])), flags=cv2.INTER_NEAREST)
    return np.asarray(placed, dtype=np.uint8)


def _blend(under: Image, placed: NDArray[np.uint8]) -> None:
    rest = 255 - placed[..., 3:].astype(np.uint16)
    under[:] = placed[..., :3] + ((under * rest + 127) // 255).astype(np.uint8)
