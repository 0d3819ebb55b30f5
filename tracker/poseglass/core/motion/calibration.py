"""How large things are in the world: a line of known length in the picture, and one along the floor.

True in the plane that faces the camera at the line's distance, and as long as the camera neither moves nor zooms.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from poseglass.types import Floats

Line = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixels of the upright frame."""
SHORTEST_PX = 5.0
"""Of a line: of a shorter one a pixel beside the end is a fifth of it."""


@dataclass(frozen=True)
class Calibration:
    """Raises ValueError, which says why, for lines and lengths that say nothing."""

    line: Line  # as long in the world
    metres: float  # as this
    floor: Line | None = None  # level in the world; the picture's own rows without it

    def __post_init__(self) -> None:
        if not (math.isfinite(self.metres) and self.metres > 0):
            raise ValueError(f"a length of {self.metres:g} m; it is more than 0")
        for what, line in (("line", self.line), ("floor line", self.floor)):
            if line is not None and not _px(line, 1.0) >= SHORTEST_PX:  # not, for what is no number, too
                raise ValueError(f"a {what} shorter than {SHORTEST_PX:g} pixels; draw it longer")

    def metres_a_px(self, aspect: float) -> float:
        """Return how long the height of a pixel is; aspect: the width of one in heights."""
        return self.metres / _px(self.line, aspect)

    def floor_deg(self, aspect: float) -> float:
        """Return by how much the floor is turned clockwise in the picture, -90 to 90 degrees; 0 without its line."""
        return 0.0 if self.floor is None else _slope_deg(self.floor, aspect)

    def in_metres(self, xy: Floats, aspect: float) -> Floats:
        """Return places (..., 2) in metres: along the floor to the right, and up from it.

        From the left end of the floor line; without one, from that of the line.
        """
        dx, dy = np.moveaxis((xy - _left_end(self.floor or self.line)) * [aspect, 1.0], -1, 0)
        turn = np.radians(self.floor_deg(aspect))
        along, down = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
        return np.stack([along, -down], axis=-1) * self.metres_a_px(aspect)

    def sigma_in_metres(self, sigma: Floats, aspect: float) -> tuple[Floats, Floats]:
        """Return the deviations of `in_metres` along and up, for those of places (...) in px, the same both ways."""
        turn, scale = np.radians(self.floor_deg(aspect)), self.metres_a_px(aspect)
        along = np.hypot(aspect * np.cos(turn), np.sin(turn))
        return sigma * along * scale, sigma * np.hypot(aspect * np.sin(turn), np.cos(turn)) * scale

    def told(self) -> dict[str, Any]:
        """Return what JSON can hold; `read` reads it."""
        return {
            "line": list(self.line),
            "metres": self.metres,
            "floor": None if self.floor is None else list(self.floor),
        }

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Calibration:
        """Return what `told` told. Raises KeyError, TypeError or ValueError for what is none."""
        floor = told["floor"]
        return cls(_line(told["line"]), float(told["metres"]), None if floor is None else _line(floor))


def _line(values: Any) -> Line:
    x0, y0, x1, y1 = (float(value) for value in values)
    return x0, y0, x1, y1


def _px(line: Line, aspect: float) -> float:
    x0, y0, x1, y1 = line
    return math.hypot((x1 - x0) * aspect, y1 - y0)


def _slope_deg(line: Line, aspect: float) -> float:
    x0, y0, x1, y1 = line
    degrees = math.degrees(math.atan2(y1 - y0, (x1 - x0) * aspect))
    return degrees - 180 * math.ceil((degrees - 90) / 180)  # whichever end was drawn first


def _left_end(line: Line) -> Floats:
    return np.array(min((line[0], line[1]), (line[2], line[3])))
