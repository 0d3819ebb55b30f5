"""What a body's positions say in numbers, for tables: angles, speeds, and places in metres, each with its error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from poseglass.core.motion import kinematics
from poseglass.core.motion.calibration import Calibration
from poseglass.types import Floats, Measure, Recording, SmoothedTrack, Track, sigma_of


def with_measures(recording: Recording, calibration: Calibration | None = None) -> Recording:
    """Return a recording with everybody's angles and speeds; with a calibration places and speeds in metres, too."""
    aspect = float(recording.source.sample_aspect_ratio)
    measures = [
        tuple(_measures(recording, *_positions(raw, smooth), aspect, calibration))
        for _, raw, smooth in recording.tracks
    ]
    return replace(recording, measures=tuple(measures))


def _positions(raw: Track, smooth: SmoothedTrack | None) -> tuple[Floats, Floats]:
    """Return the best that is known: positions (T, K, 2) and their deviations (T, K)."""
    return (raw.xy, sigma_of(raw.covariance)) if smooth is None else (smooth.xy, smooth.sigma)


def _measures(
    recording: Recording, xy: Floats, sigma: Floats, aspect: float, calibration: Calibration | None
) -> Iterator[Measure]:
    skeleton = recording.skeleton
    floor_deg = 0.0 if calibration is None else calibration.floor_deg(aspect)
    for name in kinematics.angle_names(skeleton):
        values = kinematics.angle(skeleton, name, xy, aspect, floor_deg)
        error = kinematics.angle_sigma(skeleton, name, xy, sigma, aspect)
        what = f"{name}.angle" if name in kinematics.JOINTS else f"{name.removesuffix('_tilt')}.tilt"
        yield Measure(what, "deg", values, error)
    speed, speed_sigma = _speeds(recording, xy, sigma, aspect)
    for k, name in enumerate(skeleton.names):
        yield Measure(f"{name}.speed", "px_s", speed[:, k], speed_sigma[:, k])
    if calibration is None:
        return
    scale, places = calibration.metres_a_px(aspect), calibration.in_metres(xy, aspect)
    sigmas = calibration.sigma_in_metres(sigma, aspect)
    for k, name in enumerate(skeleton.names):
        for axis, letter in enumerate("xy"):
            yield Measure(f"{name}.{letter}", "m", places[:, k, axis], sigmas[axis][:, k])
        yield Measure(f"{name}.speed", "m_s", speed[:, k] * scale, speed_sigma[:, k] * scale)


def _speeds(recording: Recording, xy: Floats, sigma: Floats, aspect: float) -> Floats:
    """Return speeds and their deviations (2, T, K) in px/s.

    Frames that were left out are no way from one to the next; one without a time has no speed, and gives none.
    """
    found = np.full((2, *sigma.shape), np.nan)
    jumps = np.flatnonzero(np.diff(recording.frame_index) > 1) + 1
    for rows in np.split(np.arange(len(sigma)), jumps):
        timed = rows[np.isfinite(recording.time_s[rows])]
        found[:, timed] = kinematics.speed_with_sigma(recording.time_s[timed], xy[timed], sigma[timed], aspect)
    return found
