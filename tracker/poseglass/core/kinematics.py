"""The numbers behind the curves: speeds and joint angles, true to the picture's geometry.

xy are frame pixels (T, K, 2), which need not be square: `aspect` is the sample aspect ratio, the width of a pixel in
heights of one. Lengths are in heights of a pixel. Missing is NaN, and so is what depends on it.
"""

from __future__ import annotations

from poseglass.types import Floats, Skeleton

JOINTS: dict[str, tuple[str, str, str]] = {}
"""Angle's name: keypoints before, at and after the joint."""


def speed(time_s: Floats, xy: Floats, aspect: float = 1.0) -> Floats:
    """Return the speed (T, K) in px/s from the neighbours on both sides (one at the ends), times rising unevenly."""
    raise NotImplementedError


def angle_names(skeleton: Skeleton) -> tuple[str, ...]:
    """Return the angles that a skeleton has keypoints for: "left_elbow", ..., "trunk_tilt"."""
    raise NotImplementedError


def angle(skeleton: Skeleton, name: str, xy: Floats, aspect: float = 1.0) -> Floats:
    """Return an angle over time (T,) in degrees.

    Joints: 0 to 180 between the bones, 180 when stretched. trunk_tilt: -180 to 180 of the line from hips to shoulders
    against the picture's upright, positive to the right.
    """
    raise NotImplementedError
