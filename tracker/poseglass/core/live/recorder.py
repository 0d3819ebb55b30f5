"""Record live frames and poses in a thread of its own, which never holds up the camera or the network."""

from __future__ import annotations

import logging
import shutil
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from poseglass.core.files.output import check_writable
from poseglass.core.live.capture import LiveFrame
from poseglass.core.live.live_index import index_path
from poseglass.core.live.pace import now_s
from poseglass.core.live.recording_part import RecordingPart
from poseglass.core.run import Seen
from poseglass.errors import OutputError, PoseglassError
from poseglass.types import Skeleton

logger = logging.getLogger(__name__)

QUEUE_BYTES = 256 * 2**20
"""Frames that wait for the encoder: 41 of 1080p, more than a second in which the disk may do something else."""
QUEUE_ITEMS = 4096
"""Poses hardly weigh anything; this bounds them where frames do not."""
FREE_BYTES = 200 * 2**20
"""Room that a recording leaves on the disk: for the session, and for a system that does not choke."""
CHECK_S = 1.0
"""How often the room on the disk is looked at."""

Model = Callable[[], tuple[Skeleton | None, Mapping[str, str]]]


@dataclass(frozen=True)
class RecorderStatus:
    """How a recording goes, or went."""

    path: Path  # of the first part's video
    parts: tuple[Path, ...]  # all videos; a new one begins when the size of the pictures changes
    is_running: bool
    frames: int
    poses: int
    dropped: int  # frames that came while the encoder or the disk was too slow
    elapsed_s: float  # of video, gaps included
    bytes_written: int
    problem: str  # why it stopped by itself; a sentence, else empty


class Recorder:
    """A running recording. `add_frame` and `add_poses` never wait; after the end they do nothing."""

    def __init__(
        self,
        path: Path,
        source: str,
        model: Model,
        queue_bytes: int = QUEUE_BYTES,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        """Begin. model: the skeleton and facts of the poses, asked when the first ones come.

        Raises OutputError when `path` or its index exists or cannot be written, or the disk is nearly full.
        """
        for file in (path, index_path(path)):
            if file.exists():
                raise OutputError(f"{file}: exists already; choose another name")
            check_writable(file)
        self._path, self._source, self._model = path, source, model
        self._queue_bytes, self._free_bytes = queue_bytes, free_bytes
        self._check_room()
        self._waiting: deque[tuple[LiveFrame, int | Seen]] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._is_open = True  # more may be added
        self._came = self._dropped = self._dropped_since = 0  # frames
        self._parts: list[RecordingPart] = []
        self._checked_s = now_s()
        self._problem = ""
        self._knows_model = False
        self._thread = threading.Thread(target=self._run, name="live recorder", daemon=True)
        self._thread.start()

    def add_frame(self, live: LiveFrame) -> None:
        """Queue a frame; when the queue is full it is dropped and counted."""
        with self._changed:
            if not self._is_open:
                return
            self._came += 1
            size = live.frame.image.nbytes
            if self._waiting and self._waiting_bytes + size > self._queue_bytes:
                self._dropped += 1
                self._dropped_since += 1
                return
            self._waiting_bytes += size
            self._waiting.append((live, self._dropped_since))
            self._dropped_since = 0
            self._changed.notify_all()

    def add_poses(self, live: LiveFrame, seen: Seen) -> None:
        """Queue everybody in a frame, in the order of the frames; they are kept if the frame was."""
        with self._changed:
            if self._is_open and len(self._waiting) < QUEUE_ITEMS:
                self._waiting.append((live, seen))
                self._changed.notify_all()

    def stop(self) -> None:
        """Take nothing more; what is queued is still written. Returns at once."""
        with self._changed:
            self._is_open = False
            self._changed.notify_all()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end after `stop`; return whether it came."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.warning("%s: the disk is slow, frames are still being written", self._path.name)
        return not self._thread.is_alive()

    def status(self) -> RecorderStatus:
        """Return how it goes; from any thread."""
        parts = list(self._parts)
        return RecorderStatus(
            path=self._path,
            parts=tuple(part.path for part in parts),
            is_running=self._thread.is_alive(),
            frames=sum(part.frames for part in parts),
            poses=sum(part.poses for part in parts),
            dropped=self._dropped,
            elapsed_s=sum(part.duration_s for part in parts),
            bytes_written=sum(part.bytes_written() for part in parts),
            problem=self._problem,
        )

    def _run(self) -> None:
        try:
            while (item := self._next()) is not None:
                self._write(*item)
                self._look_around()
            if self._parts:
                self._parts[-1].close()
        except PoseglassError as error:
            self._fail(str(error))
        except Exception as error:
            logger.warning("recording ended by an unexpected error", exc_info=True)
            self._fail(f"unexpected error: {error!r}")

    def _next(self) -> tuple[LiveFrame, int | Seen] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._is_open)
            if not self._waiting:
                return None
            live, what = self._waiting.popleft()
            self._waiting_bytes -= 0 if isinstance(what, Seen) else live.frame.image.nbytes
            return live, what

    def _write(self, live: LiveFrame, what: int | Seen) -> None:
        if isinstance(what, Seen):
            if self._parts:
                self._introduce_model()
                self._parts[-1].add_poses(live.frame.index, what.people, what.poses)
            return
        if not self._parts or not self._parts[-1].fits(live):
            self._begin_part(live)
        self._parts[-1].add_frame(live, what)

    def _begin_part(self, live: LiveFrame) -> None:
        before = self._parts[-1] if self._parts else None
        if before is not None:
            before.close()
        path = self._path if before is None else _beside(self._path, len(self._parts) + 1)
        self._parts.append(RecordingPart(path, live, self._source, before.path.name if before else None))
        self._knows_model = False

    def _introduce_model(self) -> None:
        skeleton, facts = self._model()
        if not self._knows_model and skeleton is not None:
            self._parts[-1].add_model(skeleton, facts)
            self._knows_model = True

    def _look_around(self) -> None:
        if now_s() - self._checked_s >= CHECK_S:
            self._checked_s = now_s()
            self._check_room()

    def _check_room(self) -> None:
        free = self._free_bytes(self._path.parent)
        if free < FREE_BYTES:
            raise OutputError(
                f"{self._path.parent}: the disk is full ({free / 2**20:.0f} MB left, {FREE_BYTES / 2**20:.0f} MB are "
                "kept free); make room or record to another place"
            )

    def _fail(self, why: str) -> None:
        self.stop()
        with self._changed:
            self._waiting.clear()
            self._dropped = self._came - self.status().frames
        kept = f"; the first {self.status().elapsed_s:.1f} s are kept" if self._parts else ""
        self._problem = f"recording stopped: {why}{kept}"
        logger.warning("%s", self._problem)
        if self._parts:
            self._parts[-1].salvage()


def recording_name(at: datetime) -> str:
    """Return a file name for a recording that begins now, sorted by time and fit for every file system."""
    return f"live {at:%Y-%m-%d %H.%M.%S}.mp4"


def _beside(path: Path, number: int) -> Path:
    """Return the path of a further part."""
    return path.with_stem(f"{path.stem}-{number}")
