"""What curves can show of a keypoint: where it is, how sure, how fast, and the angle at a joint."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import numpy as np

from poseglass.core.motion import kinematics
from poseglass.types import Floats, Skeleton


class Quantity(Enum):
    """One plot each."""

    X = "x"
    Y = "y"
    SCORE = "score"
    SPEED = "speed"
    ANGLE = "angle"


DECIMALS = {Quantity.X: 1, Quantity.Y: 1, Quantity.SCORE: 2, Quantity.SPEED: 0, Quantity.ANGLE: 1}
"""Digits that mean something: pixels to a tenth, which is what a good peak is worth."""


def of_keypoint(quantity: Quantity, time_s: Floats, xy: Floats, score: Floats, aspect: float) -> Floats:
    """Return a quantity (T,) of one keypoint: xy (T, 2), score (T,) at times (T,), pixels `aspect` wide."""
    if quantity is Quantity.X:
        return xy[:, 0]
    if quantity is Quantity.Y:
        return xy[:, 1]
    if quantity is Quantity.SCORE:
        return np.where(np.isfinite(xy[:, 0]), score, np.nan)
    assert quantity is Quantity.SPEED, quantity
    return kinematics.speed(time_s, xy[:, None], aspect)[:, 0]


def angles_of(skeleton: Skeleton, keypoints: Iterable[int]) -> tuple[str, ...]:
    """Return the angles that say something of some keypoints: at the joint, or, of a wrist or ankle, at the next one.

    In the skeleton's order of angles; a segment has its tilt where something at both of its ends is chosen.
    """
    known, chosen = kinematics.angle_names(skeleton), {skeleton.names[k] for k in keypoints}
    wanted: set[str] = set()
    for name in chosen:
        at = [angle for angle in known if kinematics.JOINTS.get(angle, ("", "", ""))[1] == name]
        beside = [angle for angle in known if name in kinematics.JOINTS.get(angle, ())]
        wanted.update(at or beside)
    wanted.update(name for name, ends in kinematics.SEGMENTS.items() if all(chosen.intersection(end) for end in ends))
    return tuple(angle for angle in known if angle in wanted)
