"""Which measurements a position fixed by the user shows to be wrong, before the smoother sees them.

Networks err in runs: a limb is taken for another for a dozen frames. One corrected frame says that its run was wrong:
the measurements on either side that lead smoothly to somewhere else than the user's position, as far out as they
follow from one another, up to a reach. Where a run leads to the user's position, or near, it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from poseglass.api import Flags, Floats


class Measured(NamedTuple):
    """Keypoints as a filter takes them, of one frame (K, ...) or of many (T, K, ...)."""

    xy: Floats  # (..., K, 2), 0 where not there
    noise: Floats  # (..., K, 2, 2), px^2
    there: Flags  # (..., K)
    fixed: Flags  # (..., K): by the user


class _Sight(NamedTuple):
    """One measurement of one keypoint."""

    time_s: float
    x: float
    y: float
    variance: float  # px^2 along an axis


class _Limits(NamedTuple):
    acceleration: float  # deviation, px/s^2
    speed: float  # deviation, px/s
    reach_s: float
    gate: float  # squared distance in deviations


def disbelieved(
    time_s: Floats, measured: Measured, acceleration: float, speed: float, reach_s: float, gate: float
) -> Flags:
    """Return the measurements (T, K) that are wrong.

    acceleration, speed: deviations of a keypoint's, px/s^2 and px/s. reach_s: how far from a fixed position to go.
    gate: squared distance, in deviations, of what does not follow.
    """
    wrong = np.zeros_like(measured.there)
    limits = _Limits(acceleration, speed, reach_s, gate)
    for t, k in zip(*np.nonzero(measured.fixed), strict=True):
        anchor = _sight(time_s, measured, t, k)
        for side in (range(t - 1, -1, -1), range(t + 1, len(time_s))):
            frames = _run(_near(time_s, measured, anchor.time_s, k, side, reach_s), time_s, measured, k, limits)
            nearest = [_sight(time_s, measured, frame, k) for frame in frames[:2]]
            if nearest and not _follows(nearest, anchor, limits):
                wrong[frames, k] = True
    return wrong


def _sight(time_s: Floats, measured: Measured, t: int, k: int) -> _Sight:
    x, y = measured.xy[t, k]
    variance = (measured.noise[t, k, 0, 0] + measured.noise[t, k, 1, 1]) / 2
    return _Sight(float(time_s[t]), float(x), float(y), float(variance))


def _near(
    time_s: Floats, measured: Measured, anchor_s: float, k: int, side: Iterable[int], reach_s: float
) -> Iterable[int]:
    """Yield the frames on one side, nearest first, that measured the keypoint, up to the next fixed one."""
    for t in side:
        if abs(float(time_s[t]) - anchor_s) > reach_s or measured.fixed[t, k]:
            return
        if measured.there[t, k]:
            yield t


def _run(near: Iterable[int], time_s: Floats, measured: Measured, k: int, limits: _Limits) -> list[int]:
    """Return the first of these frames that follow from one another without a jump."""
    frames: list[int] = []
    sights: list[_Sight] = []  # the last two, the last first
    for t in near:
        sight = _sight(time_s, measured, t, k)
        if sights and not _follows(sights, sight, limits):
            break
        frames.append(t)
        sights = [sight, *sights[:1]]
    return frames


def _follows(known: Sequence[_Sight], then: _Sight, limits: _Limits) -> bool:
    """Tell whether one or two sights, the nearer first, lead to another: at even speed give or take."""
    near, far = known[0], known[-1]
    ahead, behind = then.time_s - near.time_s, near.time_s - far.time_s
    if len(known) == 1:
        ratio, slack = 0.0, limits.speed * ahead
    else:
        ratio, slack = ahead / behind, limits.acceleration * ahead * (ahead + behind) / 2
    dx = then.x - near.x - ratio * (near.x - far.x)
    dy = then.y - near.y - ratio * (near.y - far.y)
    variance = then.variance + (1 + ratio) ** 2 * near.variance + ratio**2 * far.variance + slack**2
    return dx * dx + dy * dy <= limits.gate * variance
