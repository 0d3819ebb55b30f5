"""A video file as if it were a camera: pictures come when they are due, whether anybody is ready or not."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from poseglass.core.live.live_source import Arrivals
from poseglass.core.live.pace import MediaClock, now_s
from poseglass.core.video.video import Video
from poseglass.errors import SourceError, VideoError


@dataclass(frozen=True)
class FileAsLive:
    """A `Source` that plays a file; its end is a lost signal, after which it is played again."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    def arrivals(self, stop: threading.Event) -> Arrivals:
        """Yield every frame at its time, or as soon as it is decoded where that is later."""
        try:
            with Video.open(self.path) as video, closing(video.frames()) as frames:
                pace = MediaClock(stop)
                for frame in frames:
                    pace.wait_until(frame.time_s)
                    yield now_s(), frame.image
                    if stop.is_set():
                        return
        except VideoError as error:
            raise SourceError(str(error)) from error
