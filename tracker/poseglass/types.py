"""The data that flows: frames, poses, tracks. Frozen dataclasses over arrays.

Coordinates are pixels of the upright full frame, x right, y down, integers at pixel centres. Missing is NaN with
score 0. Shapes: P people, K keypoints, T frames, H x W height and width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import Skeleton

__all__ = [
    "HEATMAP",
    "Boxes",
    "Detections",
    "Event",
    "Explanation",
    "Flags",
    "Floats",
    "Frame",
    "Image",
    "MapName",
    "Maps",
    "Measure",
    "Poses",
    "Recording",
    "Skeleton",
    "SmoothedTrack",
    "Source",
    "State",
    "Track",
    "What",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Image = NDArray[np.uint8]
"""(H, W, 3) RGB."""
Boxes = Floats
"""(P, 4): x0, y0, x1, y1 of the smallest upright rectangle around each person."""
Rows = range | slice | NDArray[np.integer]
"""Some of T frames, by their places."""
Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture and its place in the video."""

    index: int  # in presentation order, the video's first frame is 0
    pts: int  # presentation time stamp in ticks of the video's time base
    time_s: float  # seconds since the video's first frame
    image: Image  # upright


@dataclass(frozen=True, slots=True)
class Detections:
    """Where a detector saw P people in one frame, in any order."""

    boxes: Boxes  # (P, 4)
    score: Floats  # (P,), 0 to 1

    def __post_init__(self) -> None:
        people = len(self.score)
        assert self.score.shape == (people,), self.score.shape
        assert self.boxes.shape == (people, 4), self.boxes.shape

    def __len__(self) -> int:
        return len(self.score)


@dataclass(frozen=True, slots=True)
class Poses:
    """What an estimator saw of P people in one frame."""

    xy: Floats  # (P, K, 2)
    score: Floats  # (P, K), 0 to 1
    covariance: Floats  # (P, K, 2, 2), px^2; NaN where xy is

    def __post_init__(self) -> None:
        people, keypoints = self.score.shape
        assert self.xy.shape == (people, keypoints, 2), self.xy.shape
        assert self.covariance.shape == (people, keypoints, 2, 2), self.covariance.shape

    def __len__(self) -> int:
        return len(self.score)

    def part(self, rows: Sequence[int]) -> Poses:
        """Return some of the people, in that order."""
        chosen = list(rows)
        return Poses(self.xy[chosen], self.score[chosen], self.covariance[chosen])

    @staticmethod
    def of(parts: Sequence[Poses], keypoints: int = 0) -> Poses:
        """Return the people of several, in that order; nobody, of so many keypoints, where there is no part."""
        if not parts:
            return Poses.missing(keypoints, people=0)
        return Poses(
            np.concatenate([part.xy for part in parts]),
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.covariance for part in parts]),
        )

    @staticmethod
    def missing(keypoints: int, people: int = 1) -> Poses:
        """Return people without any keypoint."""
        shape = (people, keypoints)
        return Poses(np.full((*shape, 2), np.nan), np.zeros(shape), np.full((*shape, 2, 2), np.nan))


class What(StrEnum):
    """What can happen to those who are followed."""

    CUT = "cut"  # the film goes on with another scene: nobody is followed over it
    BIRTH = "birth"  # somebody new is there
    RETURN = "return"  # somebody who was away for a moment is back
    BREAK = "break"  # a pose jumped further than a body can move: the track ends, whoever is there is somebody new
    LOST = "lost"  # somebody is no longer there
    CAPPED = "capped"  # more people are there than are followed


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to those who are followed, told with the frame from which it shows."""

    frame: int
    what: What
    person: str = ""  # the track; nobody's with a cut, or where too many are there


HEATMAP = "heatmap"
"""The one kind of map that every network means alike: where a keypoint may be, 0 to 1, before it is decoded."""


@dataclass(frozen=True, slots=True)
class MapName:
    """Which of a network's maps: what it can be asked for by."""

    stack: int  # from 1, in the order the network makes its answers
    kind: str  # HEATMAP, or a word of the network's own: "multi_resolution", "refined", "part"
    height: int  # rows of the map
    width: int
    per_keypoint: bool  # one map for each keypoint; else one for all of them

    def __str__(self) -> str:
        return f"stack{self.stack}/{self.kind}/{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Maps:
    """What a map of one name holds for P people: M = K maps per keypoint, or M = 1 for all."""

    values: NDArray[np.float32]  # (P, M, height, width), finite
    to_frame: Floats  # (P, 2, 3): affines from map pixels to frame pixels, integers at the centres of both
    span: tuple[float, float] = (0.0, 1.0)  # what values of this kind run over; heat may leave it a little


@dataclass(frozen=True, slots=True)
class Explanation:
    """Poses, and what the network looked at on the way to them."""

    poses: Poses  # what `estimate` answers for the same boxes
    maps: Mapping[MapName, Maps]  # those that were asked for, no others

    def part(self, rows: Sequence[int]) -> Explanation:
        """Return some of the people, in that order."""
        chosen = list(rows)
        maps = {
            name: replace(each, values=each.values[chosen], to_frame=each.to_frame[chosen])
            for name, each in self.maps.items()
        }
        return Explanation(self.poses.part(chosen), maps)

    @staticmethod
    def of(parts: Sequence[Explanation]) -> Explanation:
        """Return the people of several explanations, of one skeleton and with the same maps, in that order."""
        maps = {
            name: replace(
                first,
                values=np.concatenate([part.maps[name].values for part in parts]),
                to_frame=np.concatenate([part.maps[name].to_frame for part in parts]),
            )
            for name, first in parts[0].maps.items()
        }
        return Explanation(Poses.of([part.poses for part in parts]), maps)


class State(IntEnum):
    """Where a smoothed keypoint comes from, one byte a keypoint in arrays."""

    MISSING = 0
    OBSERVED = 1
    INTERPOLATED = 2
    PREDICTED = 3
    EDITED = 4

    @property
    def text(self) -> str:
        """What tables write: "observed"; nothing where it is missing."""
        return "" if self is State.MISSING else self.name.lower()


@dataclass(frozen=True, slots=True)
class Track:
    """One person's measured poses over T frames: raw, or with the user's corrections in their place."""

    time_s: Floats  # (T,), not falling, as smoothers are given it rising; of a frame without one that of the one before
    xy: Floats  # (T, K, 2)
    score: Floats  # (T, K)
    covariance: Floats  # (T, K, 2, 2)
    fixed: Flags | None = None  # (T, K): put there by the user, as exact as `covariance` says; None if nothing is
    size: float | None = None  # px, of the body, where it is known better than from these frames: they are a part

    @property
    def body_size(self) -> float:
        """The body's size in px: as given, or the median of what the frames show; NaN where they show nothing."""
        if self.size is not None:
            return self.size
        sizes = body_sizes(self.xy)
        return float(np.nanmedian(sizes)) if np.isfinite(sizes).any() else float("nan")

    def part(self, frames: Rows, keypoints: Sequence[int] | None = None) -> Track:
        """Return these frames, of these keypoints alone if some are named; `size` stays what it is.

        A range or slice of all keypoints is a view, everything else a copy.
        """
        return Track(
            _cut(self.time_s, frames),
            _cut(self.xy, frames, keypoints),
            _cut(self.score, frames, keypoints),
            _cut(self.covariance, frames, keypoints),
            None if self.fixed is None else _cut(self.fixed, frames, keypoints),
            self.size,
        )

    def poses(self, frame: int) -> Poses:
        """Return a frame as the poses of one person; a view."""
        here = slice(frame, frame + 1)
        return Poses(self.xy[here], self.score[here], self.covariance[here])


@dataclass(frozen=True, slots=True)
class SmoothedTrack:
    """One person's smoothed poses over the frames of a Track."""

    xy: Floats  # (T, K, 2)
    sigma: Floats  # (T, K), px: standard deviation of the position along its less certain axis
    state: NDArray[np.uint8]  # (T, K), values of State

    def part(self, frames: Rows, keypoints: Sequence[int] | None = None) -> SmoothedTrack:
        """Return some frames and keypoints, as `Track.part` does."""
        return SmoothedTrack(
            _cut(self.xy, frames, keypoints), _cut(self.sigma, frames, keypoints), _cut(self.state, frames, keypoints)
        )


def have_own_time(time_s: Floats) -> Flags:
    """Return which of the frames (T,) come later than the one before: the others share a stamp, or have none."""
    return np.asarray(np.diff(time_s, prepend=-np.inf) > 0)


def runs(flags: Flags) -> list[range]:
    """Return the stretches in which flags (T,) are set."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [range(int(start), int(stop)) for start, stop in edges.reshape(-1, 2)]


def sigma_of(covariance: Floats) -> Floats:
    """Return standard deviations (...) in px along the less certain axis of (..., 2, 2); NaN where any of it is."""
    known = np.asarray(np.isfinite(covariance).all(axis=(-2, -1)))
    variances = np.linalg.eigvalsh(np.where(known[..., None, None], covariance, np.eye(2)))
    return np.where(known, np.sqrt(variances[..., -1]), np.nan)


def body_sizes(xy: Floats) -> Floats:
    """Return the larger side of the box around the keypoints (..., K, 2) that are there, in px; NaN without two."""
    first = np.moveaxis(xy, -2, 0)  # over the first axis numpy compares whole frames: a quarter of the time
    there = np.isfinite(first).all(axis=-1)
    sides = [
        np.where(there, first[..., axis], -np.inf).max(axis=0) - np.where(there, first[..., axis], np.inf).min(axis=0)
        for axis in (0, 1)
    ]
    return np.where(there.sum(axis=0) > 1, np.maximum(*sides), np.nan)


@dataclass(frozen=True, slots=True)
class Source:
    """Where the frames come from: a video file or a camera, as far as it is known."""

    width: int = 0  # pixels of the upright picture; 0 where an imported file does not say
    height: int = 0
    rate: Fraction | None = None  # frames a second on average, from the stamps: single gaps may differ; None: unknown
    path: Path | None = None  # absolute; None for a camera
    rotation: int = 0  # degrees counter-clockwise by which the stored pictures were turned upright
    sample_aspect_ratio: Fraction = Fraction(1)  # width to height of an upright pixel
    is_mirrored: bool = False  # whether they were then mirrored left to right, as the file says


@dataclass(frozen=True, slots=True)
class Measure:
    """A number over T frames that follows from one person's positions, smoothed where they are, with its error."""

    name: str  # what, and which number of it: "left_knee.angle"
    unit: str  # "deg", "px_s", "m", "m_s"
    values: Floats  # (T,), NaN where it is missing
    sigma: Floats  # (T,), standard deviation in the same unit

    def part(self, frames: Rows) -> Measure:
        """Return these frames."""
        return replace(self, values=_cut(self.values, frames), sigma=_cut(self.sigma, frames))


@dataclass(frozen=True, slots=True)
class Recording:
    """Everything an exporter may write: the frames that were decoded, and each person's raw and smoothed track."""

    skeleton: Skeleton
    frame_index: NDArray[np.int64]  # (T,)
    pts: NDArray[np.int64]  # (T,); of a frame without a stamp that of the one before
    time_s: Floats  # (T,), not falling; NaN for a frame without a stamp, or for all where an imported file has none
    tracks: tuple[tuple[str, Track, SmoothedTrack | None], ...]  # name, raw, smoothed if it was asked for
    source: Source
    measures: tuple[tuple[Measure, ...], ...] = ()  # of each track, alike by name; none where nobody asked for them

    def part(self, rows: Rows) -> Recording:
        """Return these rows of everybody."""
        return replace(
            self,
            frame_index=_cut(self.frame_index, rows),
            pts=_cut(self.pts, rows),
            time_s=_cut(self.time_s, rows),
            tracks=tuple((name, raw.part(rows), smooth and smooth.part(rows)) for name, raw, smooth in self.tracks),
            measures=tuple(tuple(measure.part(rows) for measure in of_track) for of_track in self.measures),
        )


def _cut(values: NDArray[Value], frames: Rows, keypoints: Sequence[int] | None = None) -> NDArray[Value]:
    """Return some rows (T, ...), and of these some columns (T, K, ...)."""
    rows = values[slice(frames.start, frames.stop, frames.step) if isinstance(frames, range) else frames]
    return rows if keypoints is None else rows[:, list(keypoints)]
