"""What a session knows of its video: enough to name a frame and its time without it, and to find it again."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.provenance import fingerprint
from poseglass.core.video.video import VideoInfo
from poseglass.errors import MissingVideoError
from poseglass.types import Floats, Source


@dataclass(frozen=True, eq=False)
class Footage:
    """A video's identity and clock; the number of a frame is its place in `pts` and `time_s`."""

    path: Path  # absolute
    bytes: int
    fingerprint: str  # core.provenance.fingerprint
    width: int  # pixels of the upright picture
    height: int
    sample_aspect_ratio: Fraction  # width to height of an upright pixel
    pts: NDArray[np.int64]  # (T,), ticks
    time_s: Floats  # (T,), as in Frame.time_s: of a frame without a stamp that of the one before
    average_rate: Fraction | None = None  # frames a second; None in sessions from before it was kept
    rotation: int = 0  # as in VideoInfo
    is_mirrored: bool = False
    unstamped: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))  # as in VideoInfo

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def told_s(self) -> Floats:
        """The times as the file tells them, (T,): NaN where it tells none."""
        told = self.time_s.copy()
        told[self.unstamped] = np.nan
        return told

    @property
    def source(self) -> Source:
        """What exporters are told of it."""
        return Source(
            self.width,
            self.height,
            self.average_rate,
            self.path,
            self.rotation,
            self.sample_aspect_ratio,
            self.is_mirrored,
        )

    def has_frames_of(self, info: VideoInfo) -> bool:
        """Tell whether an open video has the same frames at the same stamps, of the same size and mirrored alike.

        A later version may read a file otherwise than the one that made a session: its poses would lie elsewhere.
        """
        shape, same = (self.width, self.height, self.is_mirrored), (info.width, info.height, info.is_mirrored)
        return shape == same and np.array_equal(self.pts, info.pts)

    def is_at(self, path: Path) -> bool:
        """Tell whether this very video lies there."""
        return path.is_file() and path.stat().st_size == self.bytes and fingerprint(path) == self.fingerprint


def footage_of(info: VideoInfo) -> Footage:
    """Return what is kept of an open video. Reads the file's two ends for the fingerprint."""
    path = info.path.resolve()
    return Footage(
        path=path,
        bytes=path.stat().st_size,
        fingerprint=fingerprint(path),
        width=info.width,
        height=info.height,
        sample_aspect_ratio=info.sample_aspect_ratio,
        pts=info.pts,
        time_s=info.times_s,
        average_rate=info.average_rate,
        rotation=info.rotation,
        is_mirrored=info.is_mirrored,
        unstamped=info.unstamped,
    )


def relative_path(video: Path, session: Path) -> str:
    """Return the way from the session's folder to the video, with `/`; empty when there is none (another drive)."""
    try:
        return Path(os.path.relpath(video, session.resolve().parent)).as_posix()
    except ValueError:
        return ""


def find_video(footage: Footage, relative: str, session: Path) -> Path:
    """Return where the video is now: at the same place relative to the session, beside the session, or where it was.

    relative: the way from the session's folder to the video when it was saved. Raises MissingVideoError.
    """
    folder = session.resolve().parent
    # Relative first: a session copied along with its video means the copy.
    for candidate in (folder / relative, folder / footage.path.name, footage.path):
        if footage.is_at(candidate):
            return candidate.resolve()
    raise MissingVideoError(
        f"{session.name}: its video {footage.path.name} is neither beside it nor at {footage.path}; locate it"
    )
