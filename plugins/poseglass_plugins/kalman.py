"""The smoother that comes with Poseglass: one Kalman filter a keypoint, forwards, and for files backwards too.

State of a keypoint: x, its speed, y, its speed (filterpy's order by dimension), in px and px/s, moved by white noise
acceleration. The measurement is the keypoint's position; its noise is the heatmap's own covariance, widened where the
score is low. The filters of all keypoints run as one batch: filterpy, the tests' reference for every step, takes one
object a keypoint and six times as long. Backwards it is the smoother of Rauch, Tung and Striebel (1965).

A position that the user fixed is measured exactly and never an outlier; what it shows to be wrong is left out.

Shapes: T frames, K keypoints, S = 4 state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

import numpy as np
from filterpy.common import Q_discrete_white_noise

from poseglass.api import Flags, Floats, Plugin, SmoothedTrack, Smoother, State, Track, body_sizes, sigma_of
from poseglass_plugins.disbelief import Measured, disbelieved

GATE = 13.8
"""Squared Mahalanobis distance past which a measurement is an outlier: chi-squared, 2 degrees of freedom, 0.999."""
OUTLIERS = 3
"""After so many outliers in a row it is the filter that is wrong: it starts anew from the measurement."""
FIRST_SPEED = 2.0
"""Deviation of a new keypoint's speed, in body sizes a second."""
SIZE_MEMORY = 0.95
"""Part of the remembered body size that is kept each frame while `step` runs."""
FIXED_REACH = 0.5
"""How far around a fixed position wrong measurements are left out, in longest gaps: half, so that what is left can be
bridged even where a frame or two are missing as well."""
LOOSENESS = 3.0
"""How much harder than usual a keypoint may have accelerated where its measurements are left out: nothing is known of
how it got from the last right one to the fixed one. Thrice is two body sizes in a quarter of a second."""
BLOCK = 1024
"""Frames whose gains are computed at once on the way back: 14 keypoints take 2 MB an array."""


@dataclass(frozen=True)
class KalmanOptions:
    """Settings of the smoother; the body's size is the larger side of the box around its keypoints.

    The defaults were chosen from a grid on 40 training clips of JHMDB (train/LOG.md, 2026-11-22).
    """

    acceleration: float = field(
        default=15.0,
        metadata={
            "help": "higher: follows quick moves more closely (how hard keypoints accelerate)",
            "unit": "body sizes/s²",
            "min": 0.1,
            "max": 500,
        },
    )
    noise: float = field(
        default=0.35,
        metadata={
            "label": "measuring noise",
            "help": "higher: trusts each frame less (measurement deviation, in deviations of the heatmap's peak)",
            "min": 0.01,
            "max": 10,
        },
    )
    gap_s: float = field(
        default=0.5,
        metadata={"label": "longest gap", "help": "longest gap that is bridged", "unit": "s", "min": 0, "max": 10},
    )
    min_score: float = field(
        default=0.1,
        metadata={"label": "lowest score", "help": "below it a keypoint counts as missing", "min": 0, "max": 1},
    )


class Kalman:
    """A `Smoother`."""

    def __init__(self, options: KalmanOptions) -> None:
        self._options = options
        self._live: _Filter | None = None
        self._shown = np.empty((0, 2))  # where `step` saw each keypoint last
        self._time: float | None = None
        self._size = np.nan

    @property
    def facts(self) -> Mapping[str, str]:
        """The options."""
        return {name: str(value) for name, value in asdict(self._options).items()}

    def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
        """Filter one frame: (K, 2), (K,), (K, 2, 2) -> (K, 2) from the past alone.

        What is not seen stays where it was last: at a few frames a second its speed would carry it out of the picture.
        """
        size = float(body_sizes(xy))
        if np.isfinite(size):
            self._size = SIZE_MEMORY * self._size + (1 - SIZE_MEMORY) * size if np.isfinite(self._size) else size
        if not np.isfinite(self._size):
            return np.full_like(xy, np.nan)
        if self._live is None:
            self._live = _Filter(self._options, len(xy))
            self._shown = np.full_like(xy, np.nan, dtype=float)
        elapsed = np.array([0.0 if self._time is None else time_s - self._time])
        transition, process = motion(elapsed, (self._options.acceleration * self._size) ** 2)
        self._time = time_s
        live = self._live
        live.step(time_s, transition[0], process[0], self._size, self._measured(xy, score, covariance))
        self._shown = np.where(live.seen[:, None], live.mean[:, ::2], self._shown)
        return np.where(live.alive[:, None], self._shown, np.nan)

    def smooth(self, track: Track) -> SmoothedTrack:
        """Filter forwards, then smooth backwards. Without any size all is missing."""
        frames, keypoints = track.score.shape
        size = track.body_size
        if not np.isfinite(size):
            nothing = np.full((frames, keypoints), np.nan)
            return SmoothedTrack(np.full((frames, keypoints, 2), np.nan), nothing, np.zeros_like(nothing, np.uint8))
        measured = self._measured(track.xy, track.score, track.covariance, track.fixed)
        acceleration = self._options.acceleration * size
        reach_s = FIXED_REACH * self._options.gap_s
        wrong = disbelieved(track.time_s, measured, acceleration, FIRST_SPEED * size, reach_s, GATE)
        measured = measured._replace(there=measured.there & ~wrong)
        transition, process = motion(np.diff(track.time_s, prepend=track.time_s[:1]), acceleration**2)
        motions = _Motions(transition, process, _looseness(wrong))

        def forwards(turns: Flags) -> _Passed:
            return _forwards(_Filter(self._options, keypoints), track.time_s, motions, size, measured, turns)

        passed = forwards(np.zeros_like(wrong))
        turns = _turns(passed, measured.fixed)
        if turns.any():
            passed = forwards(turns)
        _backwards(passed, motions)
        return _smoothed(passed, measured.fixed)

    def _measured(self, xy: Floats, score: Floats, covariance: Floats, fixed: Flags | None = None) -> Measured:
        """Return what was measured, over however many frames, with its noise."""
        there = np.isfinite(xy).all(axis=-1) & np.isfinite(covariance).all(axis=(-2, -1))
        fixed = np.zeros_like(there) if fixed is None else fixed & there
        there &= fixed | (score >= self._options.min_score)
        widen = (self._options.noise / np.where(there, np.clip(score, 1e-3, 1), 1)) ** 2
        widen = np.where(fixed, 1.0, widen)
        noise = np.where(there[..., None, None], covariance, np.eye(2)) * widen[..., None, None]
        return Measured(np.where(there[..., None], xy, 0.0), noise, there, fixed)


class _Filter:
    """K forward filters that remember where they are."""

    def __init__(self, options: KalmanOptions, keypoints: int) -> None:
        self._gap_s = options.gap_s
        self._eye = np.tile(np.eye(4), (keypoints, 1, 1))
        self._outliers = np.zeros(keypoints, dtype=int)
        self._last_seen = np.full(keypoints, -np.inf)
        self.mean = np.zeros((keypoints, 4))
        self.covariance = self._eye.copy()
        self.alive = np.zeros(keypoints, dtype=bool)  # there is a belief at all
        self.fresh = self.alive  # it was started from this moment's measurement: the past says nothing about it
        self.seen = self.alive  # this moment's measurement was used
        self.refused = self.alive  # it was taken for an outlier
        self.gave_up = self.alive  # it was one too many: the filter started anew from it

    def step(
        self,
        time_s: float,
        transition: Floats,
        process: Floats,
        size: float,
        measured: Measured,
        turn: Flags | None = None,
    ) -> None:
        """Predict to this moment, then correct by what was measured. turn: start anew from it instead."""
        alive = self.alive & (time_s - self._last_seen <= self._gap_s)
        onward = np.ascontiguousarray(transition.T)  # twice as fast to multiply by
        self.mean = self.mean @ onward
        self.covariance = transition @ self.covariance @ onward + process
        known = measured.there & alive
        inlier = self._correct(measured.xy, measured.noise, known)
        outlier = known & ~inlier
        self._outliers = np.where(inlier, 0, self._outliers + outlier)
        self.gave_up = outlier & (self._outliers >= OUTLIERS)
        self.fresh = measured.there & (~alive | self.gave_up | (measured.fixed & outlier))
        if turn is not None:
            self.fresh |= measured.there & turn
        self.refused = outlier & ~self.fresh
        if self.fresh.any():
            self._start(measured.xy, measured.noise, size)
        self.alive = alive | self.fresh
        self.seen = inlier | self.fresh
        self._last_seen[self.seen] = time_s

    def _correct(self, xy: Floats, noise: Floats, there: Flags) -> Flags:
        """Take in measurements inside the gate (Joseph form); return which those were."""
        innovation = (xy - self.mean[:, ::2])[..., None]
        shared = np.ascontiguousarray(self.covariance[:, :, ::2])
        inverse = _inverse(shared[:, ::2] + noise)
        pull = inverse @ innovation
        inlier = there & ((innovation * pull).sum(axis=(1, 2)) <= GATE)
        gain = shared @ (inverse * inlier[:, None, None])
        keep = self._eye.copy()
        keep[:, :, ::2] -= gain
        self.mean = self.mean + (gain @ innovation)[..., 0]
        self.covariance = keep @ self.covariance @ keep.mT + gain @ noise @ gain.mT
        return np.asarray(inlier, dtype=bool)

    def _start(self, xy: Floats, noise: Floats, size: float) -> None:
        """Begin the fresh beliefs at their measurements, at rest give or take."""
        fresh = self.fresh
        self.mean[fresh] = 0.0
        self.mean[fresh, ::2] = xy[fresh]
        covariance = np.tile(np.diag([0.0, 1, 0, 1]) * (FIRST_SPEED * size) ** 2, (int(fresh.sum()), 1, 1))
        covariance[:, ::2, ::2] = noise[fresh]
        self.covariance[fresh] = covariance
        self._outliers[fresh] = 0


class _Motions(NamedTuple):
    """How the state moves to each frame from the one before."""

    transition: Floats  # (T, S, S)
    process: Floats  # (T, S, S)
    looseness: Floats  # (T, K, 1, 1), by which to multiply `process`


@dataclass(frozen=True)
class _Passed:
    """What the filters believed at every frame; on the way back mean and covariance become the smoothed ones."""

    mean: Floats  # (T, K, S)
    covariance: Floats  # (T, K, S, S)
    alive: Flags  # (T, K)
    fresh: Flags
    seen: Flags
    refused: Flags
    gave_up: Flags


def motion(dt: Floats, variance: float) -> tuple[Floats, Floats]:
    """Return transitions and process noises (T, S, S) over `dt` (T,) seconds; variance: acceleration's, px^2/s^4."""
    transition = np.tile(np.eye(4), (len(dt), 1, 1))
    transition[:, 0, 1] = transition[:, 2, 3] = dt
    scale = np.stack([dt**2, dt, dt**2, dt], axis=-1)
    unit = np.asarray(Q_discrete_white_noise(2, 1.0, variance, block_size=2))
    return transition, scale[:, :, None] * unit * scale[:, None, :]


def _looseness(wrong: Flags) -> Floats:
    """Return how much larger than usual the process noise (T, K, 1, 1) is on the way to each frame."""
    loose = wrong.copy()
    loose[1:] |= wrong[:-1]
    return np.where(loose, LOOSENESS**2, 1.0)[..., None, None]


def _inverse(matrix: Floats) -> Floats:
    """Invert symmetric matrices (K, 2, 2): a third of the time of numpy's."""
    a, b, d = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 1]
    turned = np.stack([d, -b, -b, a], axis=-1).reshape(-1, 2, 2)
    return np.asarray(turned / (a * d - b * b)[:, None, None])


def _forwards(
    filters: _Filter, time_s: Floats, motions: _Motions, size: float, measured: Measured, turns: Flags
) -> _Passed:
    frames, keypoints = measured.there.shape
    flags = np.zeros((5, frames, keypoints), dtype=bool)
    passed = _Passed(np.empty((frames, keypoints, 4)), np.empty((frames, keypoints, 4, 4)), *flags)
    rows = zip(time_s, *motions, turns, *measured, strict=True)
    for t, (now, transition, process, loose, turn, *row) in enumerate(rows):
        filters.step(now, transition, process * loose, size, Measured(*row), turn)
        passed.mean[t], passed.covariance[t] = filters.mean, filters.covariance
        passed.alive[t], passed.fresh[t], passed.seen[t] = filters.alive, filters.fresh, filters.seen
        passed.refused[t], passed.gave_up[t] = filters.refused, filters.gave_up
    return passed


def _turns(passed: _Passed, fixed: Flags) -> Flags:
    """Return where to start anew (T, K): at the first of those outliers in a row that showed the filter to be wrong.

    Looking back, they were right. Who leaves them out has the keypoint fly on from its last inlier until then. A fixed
    position before them is right, too, and shall reach into them.
    """
    turns = np.zeros_like(passed.refused)
    for keypoint in range(turns.shape[1]):
        refused, seen = (np.flatnonzero(flags[:, keypoint]) for flags in (passed.refused, passed.seen))
        after = np.searchsorted(refused, np.flatnonzero(passed.gave_up[:, keypoint]))
        first = refused[after + 1 - OUTLIERS]
        before = seen[np.searchsorted(seen, first) - 1]
        turns[first[~fixed[before, keypoint]], keypoint] = True
    return turns


def _backwards(passed: _Passed, motions: _Motions) -> None:
    """Smooth means and covariances in place. Nothing passes a moment where a filter started."""
    mean, covariance = passed.mean, passed.covariance
    transition, process, looseness = (values[1:] for values in motions)
    joined = passed.alive[:-1] & passed.alive[1:] & ~passed.fresh[1:]
    for stop in range(len(joined), 0, -BLOCK):
        here = slice(max(0, stop - BLOCK), stop)
        onward = transition[here][:, None]
        crossed = covariance[here] @ onward.mT
        expected_covariance = onward @ crossed + process[here][:, None] * looseness[here]
        gain = crossed @ np.linalg.inv(expected_covariance) * joined[here][..., None, None]
        expected = onward @ mean[here][..., None]
        for t in range(stop - 1, here.start - 1, -1):
            i = t - here.start
            mean[t] += (gain[i] @ (mean[t + 1][..., None] - expected[i]))[..., 0]
            covariance[t] += gain[i] @ (covariance[t + 1] - expected_covariance[i]) @ gain[i].mT


def _smoothed(passed: _Passed, fixed: Flags) -> SmoothedTrack:
    alive = passed.alive
    state = np.where(passed.seen, State.OBSERVED, State.PREDICTED)
    bridged = np.zeros(alive.shape[1], dtype=bool)
    for t in range(len(state) - 1, -1, -1):
        state[t, bridged & ~passed.seen[t]] = State.INTERPOLATED
        bridged = alive[t] & ~passed.fresh[t] & (bridged | passed.seen[t])
    spread = passed.covariance[:, :, ::2, ::2]
    state = np.where(fixed, State.EDITED, state)
    return SmoothedTrack(
        np.where(alive[..., None], passed.mean[..., ::2], np.nan),
        np.where(alive, sigma_of(spread), np.nan),
        np.where(alive, state, State.MISSING).astype(np.uint8),
    )


plugin: Plugin[Smoother] = Plugin(
    name="kalman",
    summary="Kalman filter a keypoint; two passes (Rauch-Tung-Striebel) for files",
    options=KalmanOptions,
    make=Kalman,
    api=(2, 0),
)
