"""The numbers behind the curves: speeds and joint angles, true to the picture's geometry.

xy are frame pixels (T, K, 2), which need not be square: `aspect` is the sample aspect ratio, the width of a pixel in
heights of one. Lengths are in heights of a pixel. Missing is NaN, and so is what depends on it.
"""

from __future__ import annotations

import numpy as np

from poseglass.types import Floats, Skeleton, have_own_time

TRUNK_TILT = "trunk_tilt"

_JOINTS = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
}
JOINTS = {
    f"{side}_{joint}": tuple(f"{side}_{name}" for name in names)
    for joint, names in _JOINTS.items()
    for side in ("left", "right")
}
"""Angle's name: keypoints before, at and after the joint."""
_ENDS = tuple(tuple(f"{side}_{name}" for side in ("left", "right")) for name in ("hip", "shoulder"))
"""The trunk runs from the middle of the hips to the middle of the shoulders."""


def speed(time_s: Floats, xy: Floats, aspect: float = 1.0) -> Floats:
    """Return the speed (T, K) in px/s: from the frames on both sides, at the ends and beside a gap from the nearest.

    Times are uneven; frames without a time of their own are left out. Where neither neighbour is there it is NaN.
    """
    if len(time_s) < 2:
        return np.full(xy.shape[:2], np.nan)
    if not (timed := have_own_time(time_s)).all():
        found = np.full(xy.shape[:2], np.nan)
        found[timed] = speed(time_s[timed], xy[timed], aspect)
        return found
    velocity = np.diff(_square(xy, aspect), axis=0) / np.diff(time_s)[:, None, None]
    nothing = np.full((1, *velocity.shape[1:]), np.nan)
    before, after = np.concatenate([nothing, velocity]), np.concatenate([velocity, nothing])
    gaps = np.diff(time_s)
    # Each side counts as much as the other one is long: exact for even acceleration (the three-point formula).
    weight = np.concatenate([[0.5], gaps[1:] / (gaps[1:] + gaps[:-1]), [0.5]])[:, None, None]
    both = weight * before + (1 - weight) * after
    velocity = np.where(np.isnan(both), np.where(np.isnan(before), after, before), both)
    return np.asarray(np.linalg.norm(velocity, axis=-1))


def angle_names(skeleton: Skeleton) -> tuple[str, ...]:
    """Return the angles that a skeleton has keypoints for: "left_elbow", ..., "trunk_tilt"."""
    names = [name for name, keypoints in JOINTS.items() if set(keypoints) <= set(skeleton.names)]
    has_trunk = {name for pair in _ENDS for name in pair} <= set(skeleton.names)
    return (*names, *([TRUNK_TILT] if has_trunk else []))


def angle(skeleton: Skeleton, name: str, xy: Floats, aspect: float = 1.0) -> Floats:
    """Return an angle over time (T,) in degrees.

    Joints: 0 to 180 between the bones, 180 when stretched. trunk_tilt: -180 to 180 of the line from hips to shoulders
    against the picture's upright, positive to the right. Raises ValueError for an angle the skeleton does not have.
    """
    if name not in angle_names(skeleton):
        raise ValueError(f"no angle {name!r}; there are {', '.join(angle_names(skeleton)) or 'none'}")
    square = _square(xy, aspect)
    if name == TRUNK_TILT:
        hips, shoulders = (square[:, [skeleton.index(end) for end in pair]].mean(axis=1) for pair in _ENDS)
        dx, dy = (shoulders - hips).T
        return np.asarray(np.degrees(np.arctan2(dx, -dy)))
    before, joint, after = (square[:, skeleton.index(keypoint)] for keypoint in JOINTS[name])
    a, b = before - joint, after - joint
    cross = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return np.asarray(np.degrees(np.abs(np.arctan2(cross, (a * b).sum(axis=-1)))))


def _square(xy: Floats, aspect: float) -> Floats:
    return np.asarray(xy * np.array([aspect, 1.0]))
