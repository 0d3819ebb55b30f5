"""One track's raw poses in columns over the frames it is in, and which frames of the video these are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.matching import spread
from poseglass.types import Flags, Floats, Poses, Skeleton, body_sizes

Index = slice | NDArray[np.intp]
"""Some frames, all of which are in the video."""
NOT_MEASURED = -1.0
"""Of a body whose size nobody has asked for yet: measured frame by frame it takes longer than all else."""
ROOM = 64
"""Frames for which a track has room at first."""


class Results:
    """What an estimator saw of one track. Only results replace results: a correction never touches them.

    Rows are kept from about the first to about the last frame the track was in: most tracks of a crowd are short, and
    one over an hour takes 100 MB.
    """

    def __init__(self, frames: int, skeleton: Skeleton) -> None:
        self._body = skeleton.body  # a face comes and goes with every turn of the head: the size is the body's
        self._keypoints = len(skeleton)
        self.present: Flags = np.zeros(frames, dtype=bool)  # (T,): somebody was said to be there
        self.seen: Flags = np.zeros(frames, dtype=bool)  # (T,): with a keypoint
        self.first = self.stop = 0  # all frames that were ever put are from first to before stop
        self._start = 0  # frame of the first row
        self._xy, self._score, self._covariance, self._sizes = self._room(0)

    def put(self, frames: Index, xy: Floats, score: Floats, covariance: Floats) -> None:
        """Keep these rows: (F, K, 2), (F, K), (F, K, 2, 2). Of a frame that comes twice the last ones count."""
        if not len(score):
            return
        if isinstance(frames, slice):
            frames = slice(*bounds(frames, len(self.present)))
        self._reach(frames)
        rows = _moved(frames, -self._start)
        self._xy[rows], self._score[rows], self._covariance[rows] = xy, score, covariance
        self._sizes[rows] = NOT_MEASURED
        self.present[frames] = True
        self.seen[frames] = np.isfinite(xy).any(axis=(1, 2))

    def rows(self, frames: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        """Return positions, scores and covariances of frames in which the track is `present`; copies."""
        rows = frames - self._start
        return self._xy[rows], self._score[rows], self._covariance[rows]

    def columns(self, frames: NDArray[np.intp], keypoint: int) -> tuple[Floats, Floats]:
        """Return positions (F, 2) and scores (F,) of one keypoint in frames in which the track is `present`."""
        rows = frames - self._start
        return self._xy[rows, keypoint], self._score[rows, keypoint]

    def sizes(self, frames: Flags | None = None) -> Floats:
        """Return the body's sizes in px in those of the frames (T,) in which one can be measured; None: in all."""
        here = slice(self._start, self._start + len(self._sizes))
        asked = self.present[here] if frames is None else self.present[here] & frames[here]
        new = np.flatnonzero(asked & (self._sizes == NOT_MEASURED))
        if len(new):
            self._sizes[new] = body_sizes(self._xy[new][:, self._body])
        sizes = self._sizes[asked]
        return np.asarray(sizes[np.isfinite(sizes)])

    def spread(self, skeleton: Skeleton, places: NDArray[np.intp]) -> Results:
        """Return the same for another skeleton, in which the keypoints have these places; its others are missing."""
        wide, frames = Results(len(self.present), skeleton), np.flatnonzero(self.present)
        poses = spread(Poses(*self.rows(frames)), places, len(skeleton))
        wide.put(frames, poses.xy, poses.score, poses.covariance)
        return wide

    def forget(self, frames: Index) -> bool:
        """Drop rows: the frames were looked at again, and the track is not in them. Return whether it was."""
        if not self.present[frames].any():
            return False
        self.present[frames] = self.seen[frames] = False
        return True

    def _reach(self, frames: Index) -> None:
        """Have room for these frames."""
        first, stop = bounds(frames, len(self.present))
        start, end = self._start, self._start + len(self._score)
        self.first = min(self.first, first) if self.stop else first
        self.stop = max(self.stop, stop)
        if start <= first and stop <= end:
            return
        more = max(ROOM, len(self._score))  # twice as much each time
        if not len(self._score):
            start, end = first, max(stop, first + ROOM)
        start = start if first >= start else max(0, min(first, start - more))
        end = end if stop <= end else max(stop, end + more)
        old = self._xy, self._score, self._covariance, self._sizes
        new = self._room(min(end, len(self.present)) - start)
        kept = slice(self._start - start, self._start - start + len(old[1]))
        for before, after in zip(old, new, strict=True):
            if len(before):
                after[kept] = before
        self._xy, self._score, self._covariance, self._sizes = new
        self._start = start

    def _room(self, frames: int) -> tuple[Floats, Floats, Floats, Floats]:
        keypoints = self._keypoints
        return (
            np.zeros((frames, keypoints, 2)),
            np.zeros((frames, keypoints)),
            np.zeros((frames, keypoints, 2, 2)),
            np.zeros(frames),
        )


def bounds(frames: Index, length: int) -> tuple[int, int]:
    """Return the first of some frames of so many, and the one after the last."""
    if isinstance(frames, slice):
        start, stop, _ = frames.indices(length)
        return start, stop
    return int(frames.min()), int(frames.max()) + 1


def _moved(frames: Index, by: int) -> Index:
    if isinstance(frames, slice):
        return slice(frames.start + by, frames.stop + by)
    return frames + by
