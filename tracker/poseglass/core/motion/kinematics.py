"""Angles and speeds of a body, each with its error, true to the picture's geometry.

xy are pixels (T, K, 2) of the upright frame, which need not be square: `aspect` is the sample aspect ratio, the width
of a pixel in heights of one. Lengths are in heights of a pixel. Missing is NaN, and so is what depends on it.

Conventions, in degrees, and how to come to those of Sports2D, whose flexions change sign with the way a person faces:

    elbow, knee              0 to 180 between the bones, 180 stretched           flexion = 180 - ours
    hip                      0 to 180 between thigh and side (hip to shoulder),  flexion = 180 - ours, but against the
                             180 standing                                        line from hips' to shoulders' middle
    shoulder                 0 to 180 between upper arm and side, 0 hanging      flexion = ours, but against that line
    trunk_tilt               -180 to 180 of the line from hips' to shoulders'    trunk, anticlockwise from the
                             middle, 0 upright, positive to picture's right      horizontal = 90 - ours
    thigh_tilt, shank_tilt   the same of the lines knee to hip, ankle to knee    from the upper end down = -90 - ours

Errors are standard deviations by the delta method, from `sigma` (T, K) in px: that of each position along its less
certain axis, taken for both. Keypoints count as independent of one another. So do frames, on the large side for speeds:
what a smoother gets wrong, it gets wrong alike in neighbouring frames. Where an angle nears 0 or 180 it cannot go
past, and the error says too much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poseglass.types import Flags, Floats, Skeleton, have_own_time

TRUNK_TILT = "trunk_tilt"
SIDES = ("left", "right")

_JOINTS = {
    "elbow": ("shoulder", "elbow", "wrist"),
    "shoulder": ("hip", "shoulder", "elbow"),
    "hip": ("shoulder", "hip", "knee"),
    "knee": ("hip", "knee", "ankle"),
}
JOINTS: dict[str, tuple[str, ...]] = {
    f"{side}_{joint}": tuple(f"{side}_{name}" for name in names) for joint, names in _JOINTS.items() for side in SIDES
}
"""Angle's name: keypoints before, at and after the joint."""
_BONES = {"thigh_tilt": ("knee", "hip"), "shank_tilt": ("ankle", "knee")}
SEGMENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    TRUNK_TILT: (("left_hip", "right_hip"), ("left_shoulder", "right_shoulder")),
} | {
    f"{side}_{bone}": ((f"{side}_{low}",), (f"{side}_{high}",))
    for bone, (low, high) in _BONES.items()
    for side in SIDES
}
"""Angle's name: the keypoints in whose middle the segment begins, and those in whose middle it ends, upwards."""


def angle_names(skeleton: Skeleton) -> tuple[str, ...]:
    """Return the angles that a skeleton has keypoints for: "left_elbow", ..., "trunk_tilt", "left_thigh_tilt", ..."""
    return tuple(name for name in (*JOINTS, *SEGMENTS) if set(keypoints_of(name)) <= set(skeleton.names))


def keypoints_of(name: str) -> tuple[str, ...]:
    """Return the keypoints that an angle is made of."""
    if name in JOINTS:
        return JOINTS[name]
    low, high = SEGMENTS[name]
    return low + high


def angle(skeleton: Skeleton, name: str, xy: Floats, aspect: float = 1.0, floor_deg: float = 0.0) -> Floats:
    """Return an angle over time (T,) in degrees, as this file's table says.

    floor_deg: by how much the floor, and with it what is upright, is turned clockwise in the picture; joints do not
    ask. Raises ValueError for an angle the skeleton does not have.
    """
    if name in SEGMENTS:
        ((dx, dy),) = _arms(skeleton, name, xy, aspect)
        degrees = np.degrees(np.arctan2(dx, -dy)) - floor_deg
        return np.asarray(degrees - 360 * np.ceil((degrees - 180) / 360))  # 180 stays, -180 becomes it
    (ax, ay), (bx, by) = _arms(skeleton, name, xy, aspect)
    return np.asarray(np.degrees(np.abs(np.arctan2(ax * by - ay * bx, ax * bx + ay * by))))


def angle_sigma(skeleton: Skeleton, name: str, xy: Floats, sigma: Floats, aspect: float = 1.0) -> Floats:
    """Return the standard deviation (T,) of an angle in degrees; NaN where two of its keypoints are in one place.

    Raises ValueError as `angle` does.
    """
    # By how many radians the direction of each arm turns as its far end moves by a pixel across or down.
    turns = [np.stack([-dy * aspect, dx]) / _squared(dx, dy) for dx, dy in _arms(skeleton, name, xy, aspect)]
    spread = [np.asarray(sigma[:, skeleton.index(keypoint)]) for keypoint in keypoints_of(name)]
    if name in SEGMENTS:
        ((turn,), ends) = turns, SEGMENTS[name]
        parts = [turn / len(end) for end in ends for _ in end]
    else:
        before, after = turns
        parts = [before, before - after, after]
    variance = sum((part**2).sum(axis=0) * each**2 for part, each in zip(parts, spread, strict=True))
    return np.asarray(np.degrees(np.sqrt(variance)))


def speed(time_s: Floats, xy: Floats, aspect: float = 1.0) -> Floats:
    """Return the speed (T, K) in px/s: from the frames on both sides, at the ends and beside a gap from the nearest.

    Times are uneven; frames without a time of their own are left out. Where neither neighbour is there it is NaN.
    """
    return speed_with_sigma(time_s, xy, np.zeros(xy.shape[:2]), aspect)[0]


def speed_with_sigma(time_s: Floats, xy: Floats, sigma: Floats, aspect: float = 1.0) -> tuple[Floats, Floats]:
    """Return `speed` and its standard deviation (T, K) in px/s; of what stands still, that along the longer axis."""
    if len(time_s) < 2:
        return np.full(xy.shape[:2], np.nan), np.full(xy.shape[:2], np.nan)
    if not (timed := have_own_time(time_s)).all():
        found = np.full((2, *xy.shape[:2]), np.nan)
        found[:, timed] = speed_with_sigma(time_s[timed], xy[timed], sigma[timed], aspect)
        return found[0], found[1]
    gaps = np.diff(time_s)[:, None]
    step = np.diff(_square(xy, aspect), axis=0) / gaps[..., None]
    before, after = _shares(gaps, np.asarray(np.isfinite(step).all(axis=-1)))
    step, rates, spread = np.nan_to_num(step), 1 / gaps, np.nan_to_num(sigma)
    velocity = _later(step) * before[..., None] + _earlier(step) * after[..., None]
    velocity[(before + after) == 0] = np.nan
    before, after = before * _later(rates), after * _earlier(rates)
    deviation = np.sqrt(
        (before * _later(spread[:-1])) ** 2 + ((before - after) * spread) ** 2 + (after * _earlier(spread[1:])) ** 2
    )
    found = np.linalg.norm(velocity, axis=-1)
    along = velocity / np.where(found > 0, found, np.nan)[..., None]
    stretch = np.where(found == 0, max(aspect, 1.0), np.hypot(along[..., 0] * aspect, along[..., 1]))
    return found, np.asarray(stretch * deviation)


def _shares(gaps: Floats, known: Flags) -> tuple[Floats, Floats]:
    """Return how much (T, K) the steps to each frame and from it count; 0 and 0 where neither is known.

    gaps: (T - 1, 1) in s. known: (T - 1, K). Each side counts as much as the other one is long: exact for even
    acceleration (the three-point formula).
    """
    before, after = _later(known.astype(float)), _earlier(known.astype(float))
    part = np.full((len(gaps) + 1, 1), 0.5)
    part[1:-1] = gaps[1:] / (gaps[1:] + gaps[:-1])
    both = before * after > 0
    return np.where(both, part, before), np.where(both, 1 - part, after)


def _later(values: Floats) -> Floats:
    """Put what stands between frames (T - 1, ...) at the later one; the first has 0."""
    return np.concatenate([np.zeros((1, *values.shape[1:])), values])


def _earlier(values: Floats) -> Floats:
    return np.concatenate([values, np.zeros((1, *values.shape[1:]))])


def _arms(skeleton: Skeleton, name: str, xy: Floats, aspect: float) -> Sequence[tuple[Floats, Floats]]:
    """Return dx and dy (T,) of the two arms of a joint's angle, or of a segment from its lower end to its upper one."""
    if name not in angle_names(skeleton):
        raise ValueError(f"no angle {name!r}; there are {', '.join(angle_names(skeleton)) or 'none'}")
    square = _square(xy, aspect)
    if name in SEGMENTS:
        low, high = (square[:, [skeleton.index(end) for end in ends]].mean(axis=1) for ends in SEGMENTS[name])
        arms = [high - low]
    else:
        before, joint, after = (square[:, skeleton.index(keypoint)] for keypoint in JOINTS[name])
        arms = [before - joint, after - joint]
    return [(arm[:, 0], arm[:, 1]) for arm in arms]


def _squared(dx: Floats, dy: Floats) -> Floats:
    squared = np.asarray(dx**2 + dy**2)
    return np.where(squared > 0, squared, np.nan)


def _square(xy: Floats, aspect: float) -> Floats:
    return np.asarray(xy * np.array([aspect, 1.0]))
