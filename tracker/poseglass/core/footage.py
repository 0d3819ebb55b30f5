"""What a session knows of its video: enough to name a frame and its time without it, and to find it again."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass.core.video import VideoInfo
from poseglass.types import Floats


@dataclass(frozen=True, eq=False)
class Footage:
    """A video's identity and clock; the number of a frame is its place in `pts` and `time_s`."""

    path: Path
    bytes: int
    fingerprint: str  # core.provenance.fingerprint
    width: int  # pixels of the upright picture
    height: int
    sample_aspect_ratio: Fraction  # width to height of an upright pixel
    pts: NDArray[np.int64]  # (T,), ticks
    time_s: Floats  # (T,), as in Frame.time_s

    def __len__(self) -> int:
        return len(self.pts)


def footage_of(info: VideoInfo) -> Footage:
    """Return what is kept of an open video. Reads the file's two ends for the fingerprint."""
    raise NotImplementedError


def find_video(footage: Footage, relative: str, session: Path) -> Path:
    """Return where the video is now: where it was, at the same place relative to the session, or beside the session.

    relative: the way from the session's folder to the video when it was saved. Raises MissingVideoError.
    """
    raise NotImplementedError
