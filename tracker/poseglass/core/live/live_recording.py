"""Reopen a live recording: its video's frames, and the poses that were found for some of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass.core.live.live_index import NOBODY, SUFFIX, Everybody, LiveIndex, index_path, read_index
from poseglass.core.video.video_index import VideoInfo, read_info
from poseglass.types import Floats, Poses, Skeleton


@dataclass(frozen=True, eq=False)
class LiveRecording:
    """T frames as the recorded video has them, `Video.frame(i)` for row i, and what was noted of each."""

    video: VideoInfo
    index: LiveIndex = field(repr=False)
    arrival_s: Floats  # (T,), seconds since the recording's first frame came; NaN where the index ends before the video
    dropped: NDArray[np.int64]  # (T,): frames that came before this one and are not in the video
    connection: NDArray[np.int64]  # (T,): rises where the source was lost and found again
    everybody: tuple[Everybody | None, ...] = field(repr=False)  # T; None where the network did not look

    @property
    def skeleton(self) -> Skeleton | None:
        """The keypoints of all poses; None when the network was never loaded."""
        return self.index.skeleton

    @property
    def inferred(self) -> NDArray[np.intp]:
        """Frames that the network looked at, whether it saw somebody or not; rising."""
        return np.flatnonzero([found is not None for found in self.everybody])


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
    return LiveRecording(
        video=video,
        index=index,
        arrival_s=np.array([np.nan if row is None else row.arrival_s for row in rows]),
        dropped=np.array([0 if row is None else row.dropped for row in rows], dtype=np.int64),
        connection=np.maximum.accumulate([0 if row is None else row.connection for row in rows]),
        everybody=tuple(_of_skeleton(index.poses.get(int(pts)), index.skeleton) for pts in video.pts),
    )


def _of_skeleton(found: Everybody | None, skeleton: Skeleton | None) -> Everybody | None:
    """Give nobody the keypoints of the others, so that all frames fit together."""
    return Everybody((), Poses.missing(len(skeleton), people=0)) if found is NOBODY and skeleton else found


def _video_of(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(SUFFIX) + ".mp4") if path.name.endswith(SUFFIX) else path
