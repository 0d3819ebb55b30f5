"""Reopen a live recording: its video's frames, and the poses that were found for some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass.core.live.live_index import SUFFIX, LiveIndex, index_path, read_index
from poseglass.core.video.video_index import VideoInfo, read_info
from poseglass.types import Floats, Poses, Skeleton, Track


@dataclass(frozen=True, eq=False)
class LiveRecording:
    """T frames as the recorded video has them, `Video.frame(i)` for row i, and what was noted of each."""

    video: VideoInfo
    index: LiveIndex = field(repr=False)
    arrival_s: Floats  # (T,), seconds since the recording's first frame came; NaN where the index ends before the video
    dropped: NDArray[np.int64]  # (T,): frames that came before this one and are not in the video
    connection: NDArray[np.int64]  # (T,): rises where the source was lost and found again
    is_inferred: NDArray[np.bool_]  # (T,): the network looked at the frame, whether it saw somebody or not
    track: Track | None  # of the one person; NaN where not inferred; None without any pose

    @property
    def skeleton(self) -> Skeleton | None:
        """The keypoints of the track; None when the network was never loaded."""
        return self.index.skeleton


def is_recording(path: Path) -> bool:
    """Tell whether a video, or an index, belongs to a live recording."""
    return index_path(_video_of(path)).is_file()


def read_recording(path: Path) -> LiveRecording:
    """Read a recording by its video or its index.

    Frames and poses are joined by pts, the same integers in both; what the index notes of frames that a killed process
    did not bring to the disk is left out. Raises VideoError when the video or the index is missing or damaged.
    """
    video = read_info(_video_of(path))
    index = read_index(index_path(video.path))
    rows = [index.frames.get(int(pts)) for pts in video.pts]
    inferred = [index.poses.get(int(pts)) for pts in video.pts]
    return LiveRecording(
        video=video,
        index=index,
        arrival_s=np.array([np.nan if row is None else row.arrival_s for row in rows]),
        dropped=np.array([0 if row is None else row.dropped for row in rows], dtype=np.int64),
        connection=np.maximum.accumulate([0 if row is None else row.connection for row in rows]),
        is_inferred=np.array([poses is not None for poses in inferred]),
        track=_track(video, inferred, index.skeleton),
    )


def _track(video: VideoInfo, inferred: list[Poses | None], skeleton: Skeleton | None) -> Track | None:
    if skeleton is None:
        return None
    missing = Poses.missing(len(skeleton))
    poses = [missing if found is None else found for found in inferred]
    return Track(
        video.times_s,
        np.stack([found.xy[0] for found in poses]),
        np.stack([found.score[0] for found in poses]),
        np.stack([found.covariance[0] for found in poses]),
    )


def _video_of(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(SUFFIX) + ".mp4") if path.name.endswith(SUFFIX) else path
