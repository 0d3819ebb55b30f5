"""The only owner of results: raw poses frame by frame, and the recording made of them."""

from __future__ import annotations

import numpy as np

from poseglass.api import Smoother
from poseglass.types import Frame, Poses, Recording, Skeleton, Track

PERSON = "1"
"""Name of the track while one person is followed."""


class Store:
    """Collects one followed person's poses. Raw poses are never changed; smoothed ones are made from them anew."""

    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._frames: list[tuple[int, int, float]] = []
        self._poses: list[Poses] = []

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: Frame, poses: Poses) -> None:
        """Keep a frame's pose of one person; frames come in order."""
        self._frames.append((frame.index, frame.pts, frame.time_s))
        self._poses.append(poses)

    @property
    def found(self) -> int:
        """Number of frames with at least one keypoint."""
        return sum(bool(np.isfinite(poses.xy).any()) for poses in self._poses)

    def track(self) -> Track:
        """Return the raw track over all frames."""
        keypoints = len(self._skeleton)
        empty = Poses.missing(keypoints, people=0)
        return Track(
            np.array([time_s for _, _, time_s in self._frames], dtype=np.float64),
            np.concatenate([empty.xy, *(poses.xy for poses in self._poses)]),
            np.concatenate([empty.score, *(poses.score for poses in self._poses)]),
            np.concatenate([empty.covariance, *(poses.covariance for poses in self._poses)]),
        )

    def recording(self, smoother: Smoother | None) -> Recording:
        """Return everything for an exporter; smoothed in two passes where a smoother is given."""
        track = self.track()
        smoothed = smoother.smooth(track) if smoother and len(self) else None
        return Recording(
            self._skeleton,
            np.array([index for index, _, _ in self._frames], dtype=np.int64),
            np.array([pts for _, pts, _ in self._frames], dtype=np.int64),
            track.time_s,
            ((PERSON, track, smoothed),),
        )
