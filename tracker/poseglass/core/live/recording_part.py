"""One file of a live recording: the video and its index, written side by side, valid at any moment they are cut off.

Fragmented MP4, not Matroska: that one stamps in whole milliseconds, this one in the ticks that the frames came with.
Every half second is a fragment of its own, whole on the disk when the next begins.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from fractions import Fraction
from pathlib import Path

from poseglass.core.live.capture import TICK, LiveFrame
from poseglass.core.live.live_index import (
    IndexedFrame,
    Line,
    frame_line,
    index_path,
    model_line,
    poses_line,
    recording_line,
)
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import OutputError
from poseglass.types import Poses, Skeleton

logger = logging.getLogger(__name__)

CODING = {"crf": "20", "preset": "ultrafast", "tune": "zerolatency", "g": "60"}
"""The encoder shares the processor with the network: a 1080p frame costs it 21 ms, half of what `veryfast` costs, at
42.5 against 43.1 dB and 48 against 42 MB a minute (the sample clip enlarged, two cores). It holds no frame back, which
a killed process would lose. A keyframe every two seconds at 30 frames a second, so that scrubbing is quick."""
MUXING = {"movflags": "empty_moov+default_base_moof", "frag_duration": "500000", "flush_packets": "1"}
"""Fragments of half a second (in microseconds), handed to the system as soon as they are whole."""
RATE = Fraction(30)
"""For the header alone; the frames have their own stamps."""
REMEMBERED = 4096
"""Frames whose poses may still come: two minutes at 30 frames a second, for a network that takes so long."""


class RecordingPart:
    """An open part, for frames of one size. Not for more than one thread."""

    def __init__(self, path: Path, first: LiveFrame, source: str, continues: str | None) -> None:
        """Open video and index. Raises OutputError; then neither is left."""
        self.path = path
        self._size = first.frame.image.shape
        self._origin = first.frame.pts
        self._pts_of: dict[int, int] = {}  # frames whose poses may still come: index -> pts in this part
        self._is_closed = False
        self.frames = self.poses = 0
        self.duration_s = 0.0
        height, width = self._size[:2]
        try:
            self._index = index_path(path).open("x", encoding="utf-8", buffering=1)  # each line is the system's at once
            self._video = VideoWriter(path, width, height, TICK, RATE, CODING, MUXING)
        except OSError as error:
            raise OutputError(f"{path}: cannot be written ({error.strerror or error}); choose another place") from error
        started = datetime.now().astimezone().isoformat(timespec="milliseconds")
        self._note(recording_line(source, started, f"{TICK.numerator}/{TICK.denominator}", continues))

    def fits(self, live: LiveFrame) -> bool:
        """Tell whether a frame can go into this part."""
        return live.frame.image.shape == self._size

    def add_model(self, skeleton: Skeleton, facts: Mapping[str, str]) -> None:
        """Note whose poses will come. Raises OutputError."""
        self._note(model_line(skeleton, facts))

    def add_frame(self, live: LiveFrame, dropped: int) -> None:
        """Append a frame, `dropped` frames after the last one. Raises OutputError."""
        pts = live.frame.pts - self._origin
        self._video.write(live.frame.image, pts)
        self.frames += 1
        self.duration_s = float(pts * TICK)
        self._pts_of[live.frame.index] = pts
        if len(self._pts_of) > REMEMBERED:
            del self._pts_of[next(iter(self._pts_of))]
        self._note(frame_line(IndexedFrame(pts, self.duration_s, dropped, live.connection)))

    def add_poses(self, index: int, people: Sequence[str], poses: Poses) -> None:
        """Append the poses of a frame, a track's name for each. Raises OutputError.

        Of a frame that is not in this part nothing is kept.
        """
        pts = self._pts_of.get(index)
        for old in [known for known in self._pts_of if known <= index]:  # poses come in the order of the frames
            del self._pts_of[old]
        if pts is not None:
            self._note(poses_line(pts, people, poses))
            self.poses += 1

    def close(self) -> None:
        """Finish both files; may be called twice. Raises OutputError when the end cannot be written."""
        if self._is_closed:
            return
        self._is_closed = True
        with self._index:
            self._video.__exit__(None, None, None)

    def salvage(self) -> None:
        """Close after a failure: keep what is whole and cut off what is torn. Raises nothing."""
        with suppress(OutputError, OSError):
            self.close()
        with suppress(OSError):
            cut_torn_end(self.path)

    def bytes_written(self) -> int:
        """Return the size of both files so far."""
        paths = (self.path, index_path(self.path))
        return sum(path.stat().st_size for path in paths if path.exists())

    def _note(self, line: Line) -> None:
        try:
            self._index.write(json.dumps(line, separators=(",", ":")) + "\n")
        except OSError as error:
            name = index_path(self.path).name
            raise OutputError(f"{name}: cannot be written ({error.strerror}); is the disk full?") from error


def cut_torn_end(path: Path) -> None:
    """Shorten an MP4 file to its last whole box: a fragment's pictures without their end are damaged pictures.

    A box begins with its size in 4 bytes and its kind in 4; fragments are pairs, moof (the list) and mdat.
    """
    whole = position = 0
    with path.open("r+b") as file:
        end = file.seek(0, 2)
        while position + 8 <= end:
            file.seek(position)
            head = file.read(8)
            position += max(int.from_bytes(head[:4], "big"), 8)
            if position <= end and head[4:] != b"moof":
                whole = position
        if whole < end:
            logger.warning("%s: %d bytes of an unfinished fragment cut off", path.name, end - whole)
            file.truncate(whole)
