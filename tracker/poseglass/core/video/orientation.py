"""How stored pictures are to be turned and mirrored to be upright, as a file's display matrix says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from poseglass.types import Floats, Image

QUARTER: Floats = np.array([[0.0, -1.0], [1.0, 0.0]])
"""A quarter turn counter-clockwise, for rows (x, y) with y down."""
MIRROR: Floats = np.array([[-1.0, 0.0], [0.0, 1.0]])
TOLD_TILT = 1.0
"""Degrees: what lies closer to a right angle is meant to be one; phones' sensors and editors miss it by a hair."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight: first turned, then mirrored."""

    quarter_turns: int = 0  # counter-clockwise, 0 to 3
    is_mirrored: bool = False  # left to right

    @property
    def rotation(self) -> int:
        """The turn in degrees."""
        return 90 * self.quarter_turns

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height of the stored picture change places."""
        return self.quarter_turns % 2 == 1

    @property
    def matrix(self) -> Floats:
        """The same for rows (x, y) with y down, (2, 2)."""
        turn: Floats = np.linalg.matrix_power(QUARTER, self.quarter_turns)
        return turn @ MIRROR if self.is_mirrored else turn

    def upright(self, pixels: NDArray[Any]) -> Image:
        """Return a stored picture (H, W, C) upright; contiguous."""
        turned = np.rot90(pixels, self.quarter_turns)
        return np.ascontiguousarray(turned[:, ::-1] if self.is_mirrored else turned)


AS_STORED = Orientation()
ALL = tuple(Orientation(turns, is_mirrored) for is_mirrored in (False, True) for turns in range(4))


def orientation_of(frame: VideoFrame) -> tuple[Orientation, float] | None:
    """Return the orientation that is nearest to what the frame says, and the degrees by which it misses that.

    None where the frame says nothing: containers say it with every frame, the stream itself only with some keyframes.
    """
    found = frame.side_data.get("DISPLAYMATRIX")
    if not isinstance(found, SideData):
        return None
    return nearest(np.frombuffer(bytes(found), np.int32).reshape(3, 3)[:2, :2])


def tilt_text(degrees: float) -> str:
    """Say that the picture is tilted by as much, at TOLD_TILT or more."""
    return f"the picture is to be tilted by {degrees:.0f} degrees; it is shown at the nearest right angle"


def nearest(matrix: NDArray[np.int32]) -> tuple[Orientation, float]:
    """Return the orientation nearest to a matrix (2, 2) for rows (x, y), of whatever scale, and its tilt in degrees."""
    best = max(ALL, key=lambda each: float((matrix * each.matrix).sum()))
    rest = matrix @ best.matrix.T
    return best, abs(float(np.degrees(np.arctan2(rest[0, 1] - rest[1, 0], rest[0, 0] + rest[1, 1]))))
