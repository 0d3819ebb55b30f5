"""One track's raw poses in columns over all frames of a video, and which of them are there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.matching import spread
from poseglass.types import Flags, Floats, Poses, Skeleton, body_sizes

Index = slice | NDArray[np.intp]


class Results:
    """What an estimator saw of one track. Only results replace results: a correction never touches them.

    Rows of frames where the track was not are zeros, which cost no memory until written: ask `present` first.
    """

    def __init__(self, frames: int, skeleton: Skeleton) -> None:
        keypoints = len(skeleton)
        self._body = skeleton.body  # a face comes and goes with every turn of the head: the size is the body's
        self.present: Flags = np.zeros(frames, dtype=bool)
        self.xy: Floats = np.zeros((frames, keypoints, 2))
        self.score: Floats = np.zeros((frames, keypoints))
        self.covariance: Floats = np.zeros((frames, keypoints, 2, 2))
        self.body_size: Floats = np.full(frames, np.nan)

    def put(self, frames: Index, xy: Floats, score: Floats, covariance: Floats) -> None:
        """Keep these rows: (F, K, 2), (F, K), (F, K, 2, 2)."""
        self.xy[frames], self.score[frames], self.covariance[frames] = xy, score, covariance
        self.body_size[frames] = body_sizes(xy[:, self._body])
        self.present[frames] = True

    def spread(self, skeleton: Skeleton, places: NDArray[np.intp]) -> Results:
        """Return the same for another skeleton, in which the keypoints have these places; its others are missing."""
        wide, rows = Results(len(self.present), skeleton), np.flatnonzero(self.present)
        poses = spread(Poses(self.xy[rows], self.score[rows], self.covariance[rows]), places, len(skeleton))
        wide.put(rows, poses.xy, poses.score, poses.covariance)
        return wide

    def forget(self, frames: Index) -> None:
        """Drop rows: the frames were looked at again, and the track is not in them."""
        self.present[frames] = False
        self.body_size[frames] = np.nan
