"""Numbers that say what a smoother did: how late, how far from the measurements, how smooth.

Medians all of them: a few frames in which left was taken for right would be all that a mean speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from poseglass.types import Floats, have_own_time

MOST_LAG = 15
"""Frames up to which a lag is looked for: half a second, past which nobody would call it live."""
LEAST_FRAMES = 10
"""Fewer frames with both paths say nothing about a lag."""


@dataclass(frozen=True)
class SmoothingNumbers:
    """What a smoother did to some keypoints over some frames. NaN where there is too little to say."""

    lag_frames: float  # of the live path behind the two-pass one
    lag_ms: float
    residual_px: float  # distance of the two-pass path from the measurements
    roughness: float  # acceleration of the two-pass path, in body sizes/s^2
    raw_roughness: float  # the same of the measurements


def smoothing_numbers(
    time_s: Floats, raw: Floats, live: Floats, smoothed: Floats, body_size: float
) -> SmoothingNumbers:
    """Measure paths (T, K, 2) at times (T,), missing as NaN; body_size in px.

    Frames without a time of their own are left out.
    """
    timed = have_own_time(time_s)
    time_s, raw, live, smoothed = time_s[timed], raw[timed], live[timed], smoothed[timed]
    lag = lag_frames(live, smoothed)
    gaps = np.diff(time_s)
    gap_s = float(np.median(gaps)) if len(gaps) else np.nan
    apart = ((raw - smoothed) ** 2).sum(axis=-1)
    return SmoothingNumbers(
        lag_frames=lag,
        lag_ms=lag * gap_s * 1000,
        residual_px=_root_median(apart),
        roughness=_root_median(_squared_acceleration(time_s, smoothed)) / body_size,
        raw_roughness=_root_median(_squared_acceleration(time_s, raw)) / body_size,
    )


def lag_frames(late: Floats, early: Floats, most: int = MOST_LAG) -> float:
    """Return by how many frames a path (T, K, 2) lies behind another, to a part of a frame; NaN with too few of them.

    It is the shift at which the two agree best (least distance), with a parabola through its neighbours.
    """
    costs = np.array([_cost(late, early, shift) for shift in range(-1, most + 1)])
    if not np.isfinite(costs[: 3 + 1]).all():
        return float("nan")
    best = int(np.nanargmin(costs))
    if 0 < best < len(costs) - 1 and np.isfinite(costs[best + 1]):
        before, here, after = costs[best - 1 : best + 2]
        bend = before - 2 * here + after
        return float(best - 1 + (0.5 * (before - after) / bend if bend > 0 else 0.0))
    return float(best - 1)


def _cost(late: Floats, early: Floats, shift: int) -> float:
    ahead, behind = (
        (early[: max(0, len(early) - shift)], late[shift:]) if shift >= 0 else (early[-shift:], late[:shift])
    )
    squared = ((ahead - behind) ** 2).sum(axis=-1)
    there = np.isfinite(squared)
    return float(np.median(squared[there])) if there.any(axis=1).sum() >= LEAST_FRAMES else float("nan")


def _squared_acceleration(time_s: Floats, xy: Floats) -> Floats:
    """Return squared second differences (T - 2, K) over uneven times, px^2/s^4."""
    if len(time_s) < 3:
        return np.full((0, xy.shape[1]), np.nan)
    gaps = np.diff(time_s)[:, None, None]
    speed = np.diff(xy, axis=0) / gaps
    acceleration = 2 * np.diff(speed, axis=0) / (gaps[1:] + gaps[:-1])
    return np.asarray((acceleration**2).sum(axis=-1))


def _root_median(squared: Floats) -> float:
    there = np.isfinite(squared)
    return float(np.sqrt(np.median(squared[there]))) if there.any() else float("nan")
