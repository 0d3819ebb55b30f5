"""The smoother that comes with Poseglass: one Kalman filter a keypoint, forwards, and for files backwards too.

State of a keypoint: x, its speed, y, its speed (filterpy's order by dimension), in px and px/s, moved by white noise
acceleration. The measurement is the keypoint's position; its noise is the heatmap's own covariance, widened where the
score is low. The filters of all keypoints run as one batch: filterpy, the tests' reference for every step, takes one
object a keypoint and six times as long. Backwards it is the smoother of Rauch, Tung and Striebel (1965).

Shapes: T frames, K keypoints, S = 4 state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
from filterpy.common import Q_discrete_white_noise
from numpy.typing import NDArray

from poseglass.api import Floats, Plugin, SmoothedTrack, Smoother, State, Track

Flags = NDArray[np.bool_]

GATE = 13.8
"""Squared Mahalanobis distance past which a measurement is an outlier: chi-squared, 2 degrees of freedom, 0.999."""
OUTLIERS = 3
"""After so many outliers in a row it is the filter that is wrong: it starts anew from the measurement."""
FIRST_SPEED = 2.0
"""Deviation of a new keypoint's speed, in body sizes a second."""
SIZE_MEMORY = 0.95
"""Part of the remembered body size that is kept each frame while `step` runs."""

_PLACE = np.array([0, 2])
"""Where the state holds x and y."""


@dataclass(frozen=True)
class KalmanOptions:
    """Settings of the smoother; the body's size is the larger side of the box around its keypoints.

    The defaults were chosen from a grid on 40 training clips of JHMDB (train/LOG.md, 2026-11-22).
    """

    acceleration: float = field(
        default=15.0,
        metadata={"help": "how hard keypoints accelerate", "unit": "body sizes/s^2", "min": 0.1, "max": 500},
    )
    noise: float = field(
        default=0.35,
        metadata={"help": "measurement deviation, in deviations of the heatmap's peak", "min": 0.01, "max": 10},
    )
    gap_s: float = field(
        default=0.5, metadata={"help": "longest gap that is bridged", "unit": "s", "min": 0, "max": 10}
    )
    min_score: float = field(
        default=0.1, metadata={"help": "below it a keypoint counts as missing", "min": 0, "max": 1}
    )


@dataclass(frozen=True)
class Belief:
    """What is known of K keypoints at one moment."""

    mean: Floats  # (K, 4)
    covariance: Floats  # (K, 4, 4)
    alive: Flags  # (K,): there is a belief at all
    fresh: Flags  # (K,): it was started from this moment's measurement, so the past says nothing about it
    seen: Flags  # (K,): this moment's measurement was used


class Kalman:
    """A `Smoother`."""

    def __init__(self, options: KalmanOptions) -> None:
        self._options = options
        self._live: _Filter | None = None
        self._size = np.nan

    @property
    def facts(self) -> Mapping[str, str]:
        """The options."""
        return {name: str(value) for name, value in asdict(self._options).items()}

    def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
        """Filter one frame: (K, 2), (K,), (K, 2, 2) -> (K, 2) from the past alone."""
        size = body_size(xy)
        if np.isfinite(size):
            self._size = SIZE_MEMORY * self._size + (1 - SIZE_MEMORY) * size if np.isfinite(self._size) else size
        if not np.isfinite(self._size):
            return np.full_like(xy, np.nan)
        if self._live is None:
            self._live = _Filter(self._options, len(xy))
        belief = self._live.step(time_s, self._size, *self._measured(xy, score, covariance))
        return np.where(belief.alive[:, None], belief.mean[:, _PLACE], np.nan)

    def smooth(self, track: Track) -> SmoothedTrack:
        """Filter forwards, then smooth backwards. Without any keypoint in the whole track, all is missing."""
        frames, keypoints = track.score.shape
        sizes = np.array([body_size(xy) for xy in track.xy])
        if not np.isfinite(sizes).any():
            nothing = np.full((frames, keypoints), np.nan)
            return SmoothedTrack(np.full((frames, keypoints, 2), np.nan), nothing, np.zeros_like(nothing, np.uint8))
        size = float(np.nanmedian(sizes))
        forward = _Filter(self._options, keypoints)
        beliefs = [
            forward.step(time, size, *self._measured(xy, score, covariance))
            for time, xy, score, covariance in zip(track.time_s, track.xy, track.score, track.covariance, strict=True)
        ]
        mean, covariance = _backwards(beliefs, track.time_s, (self._options.acceleration * size) ** 2)
        return _smoothed(beliefs, mean, covariance)

    def _measured(self, xy: Floats, score: Floats, covariance: Floats) -> tuple[Floats, Floats, Flags]:
        """Return positions, their noise covariances, and which of them are there."""
        there = np.isfinite(xy).all(axis=-1) & np.isfinite(covariance).all(axis=(-2, -1))
        there &= score >= self._options.min_score
        widen = (self._options.noise / np.where(there, np.clip(score, 1e-3, 1), 1)) ** 2
        noise = np.where(there[:, None, None], covariance, np.eye(2)) * widen[:, None, None]
        return np.where(there[:, None], xy, 0.0), noise, there


class _Filter:
    """K forward filters that remember where they are."""

    def __init__(self, options: KalmanOptions, keypoints: int) -> None:
        self._options = options
        self._mean = np.zeros((keypoints, 4))
        self._covariance = np.tile(np.eye(4), (keypoints, 1, 1))
        self._alive = np.zeros(keypoints, dtype=bool)
        self._outliers = np.zeros(keypoints, dtype=int)
        self._last_seen = np.full(keypoints, -np.inf)
        self._time: float | None = None

    def step(self, time_s: float, size: float, xy: Floats, noise: Floats, there: Flags) -> Belief:
        """Predict to this moment, then correct by what was measured."""
        self._alive &= time_s - self._last_seen <= self._options.gap_s
        if self._time is not None:
            variance = (self._options.acceleration * size) ** 2
            self._mean, self._covariance = _predict(
                self._mean, self._covariance, *motion(time_s - self._time, variance)
            )
        self._time = time_s
        inlier = self._correct(xy, noise, there & self._alive)
        outlier = there & self._alive & ~inlier
        self._outliers = np.where(outlier, self._outliers + 1, np.where(inlier, 0, self._outliers))
        fresh = there & (~self._alive | (self._outliers >= OUTLIERS))
        self._start(fresh, xy, noise, size)
        self._last_seen[inlier | fresh] = time_s
        return Belief(self._mean.copy(), self._covariance.copy(), self._alive.copy(), fresh, inlier | fresh)

    def _correct(self, xy: Floats, noise: Floats, there: Flags) -> Flags:
        """Take in measurements inside the gate (Joseph form); return which those were."""
        innovation = xy - self._mean[:, _PLACE]
        spread = self._covariance[:, _PLACE[:, None], _PLACE] + noise
        inverse = np.linalg.inv(spread)
        inlier = there & (np.einsum("ki,kij,kj->k", innovation, inverse, innovation) <= GATE)
        gain = self._covariance[:, :, _PLACE] @ inverse * inlier[:, None, None]
        keep = np.tile(np.eye(4), (len(xy), 1, 1))
        keep[:, :, _PLACE] -= gain
        self._mean = self._mean + (gain @ innovation[..., None])[..., 0]
        self._covariance = keep @ self._covariance @ keep.mT + gain @ noise @ gain.mT
        return np.asarray(inlier, dtype=bool)

    def _start(self, fresh: Flags, xy: Floats, noise: Floats, size: float) -> None:
        """Begin a belief at its measurement, at rest give or take."""
        mean = np.zeros_like(self._mean)
        mean[:, _PLACE] = xy
        covariance = np.tile(np.diag([0.0, 1, 0, 1]) * (FIRST_SPEED * size) ** 2, (len(xy), 1, 1))
        covariance[:, _PLACE[:, None], _PLACE] = noise
        self._mean = np.where(fresh[:, None], mean, self._mean)
        self._covariance = np.where(fresh[:, None, None], covariance, self._covariance)
        self._alive |= fresh
        self._outliers[fresh] = 0


def body_size(xy: Floats) -> float:
    """Return the larger side of the box around the keypoints (K, 2) that are there, in px; NaN without two of them."""
    present = xy[np.isfinite(xy).all(axis=-1)]
    return float(np.ptp(present, axis=0).max()) if len(present) > 1 else float("nan")


def motion(dt: float, variance: float) -> tuple[Floats, Floats]:
    """Return transition and process noise (4, 4) over `dt` seconds; variance of the acceleration in px^2/s^4."""
    step = np.array([[1.0, dt], [0.0, 1.0]])
    return np.kron(np.eye(2), step), np.asarray(Q_discrete_white_noise(2, dt, variance, block_size=2))


def _predict(mean: Floats, covariance: Floats, transition: Floats, process: Floats) -> tuple[Floats, Floats]:
    return mean @ transition.T, transition @ covariance @ transition.T + process


def _backwards(beliefs: list[Belief], time_s: Floats, variance: float) -> tuple[Floats, Floats]:
    """Return smoothed means (T, K, 4) and covariances (T, K, 4, 4). Nothing passes a moment where a filter started."""
    mean = np.stack([belief.mean for belief in beliefs])
    covariance = np.stack([belief.covariance for belief in beliefs])
    for t in range(len(beliefs) - 2, -1, -1):
        later = beliefs[t + 1]
        joined = beliefs[t].alive & later.alive & ~later.fresh
        transition, process = motion(float(time_s[t + 1] - time_s[t]), variance)
        expected, expected_covariance = _predict(mean[t], covariance[t], transition, process)
        gain = covariance[t] @ transition.T @ np.linalg.inv(expected_covariance) * joined[:, None, None]
        mean[t] += (gain @ (mean[t + 1] - expected)[..., None])[..., 0]
        covariance[t] += gain @ (covariance[t + 1] - expected_covariance) @ gain.mT
    return mean, covariance


def _smoothed(beliefs: list[Belief], mean: Floats, covariance: Floats) -> SmoothedTrack:
    alive = np.stack([belief.alive for belief in beliefs])
    state = np.where(np.stack([belief.seen for belief in beliefs]), State.OBSERVED, State.PREDICTED)
    bridged = np.zeros(alive.shape[1], dtype=bool)
    for t in range(len(beliefs) - 1, -1, -1):
        state[t, bridged & (state[t] == State.PREDICTED)] = State.INTERPOLATED
        bridged = alive[t] & ~beliefs[t].fresh & (bridged | beliefs[t].seen)
    spread = covariance[:, :, _PLACE[:, None], _PLACE]
    sigma = np.sqrt(np.linalg.eigvalsh(spread)[..., -1])
    return SmoothedTrack(
        np.where(alive[..., None], mean[..., _PLACE], np.nan),
        np.where(alive, sigma, np.nan),
        np.where(alive, state, State.MISSING).astype(np.uint8),
    )


plugin: Plugin[Smoother] = Plugin(
    name="kalman",
    summary="Kalman filter a keypoint; two passes (Rauch-Tung-Striebel) for files",
    options=KalmanOptions,
    make=Kalman,
)
