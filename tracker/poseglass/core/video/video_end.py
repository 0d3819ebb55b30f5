"""Whether a file ends before it promises to: what was cut off while it was recorded or copied."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from poseglass.core.video.video_stream import open_stream, time_base_of


@dataclass(frozen=True, slots=True)
class Promise:
    """When the frames should end by a file's own header, on the clock of their stamps."""

    end_s: float | None
    is_of_all: bool  # said of the file, of which sound or other pictures may be the longest

    @staticmethod
    def of(container: InputContainer, stream: VideoStream) -> Promise:
        """Read it. A length counts from the first stamp in MP4 and MOV; elsewhere it may count from zero, as in MKV."""
        if stream.duration:
            base = time_base_of(stream)
            length, start = stream.duration * base, (stream.start_time or 0) * base
        elif container.duration:
            length, start = (Fraction(ticks or 0, av.time_base) for ticks in (container.duration, container.start_time))
        else:
            return Promise(None, False)
        counts_from_start = container.format.name.startswith("mov")
        return Promise(float(length + (start if counts_from_start or start < 0 else 0)), not stream.duration)

    def notes(self, path: Path, end_s: float) -> list[str]:
        """Return what to say of frames that end at end_s."""
        if not self._is_broken_by(end_s) or (self.is_of_all and not self._is_broken_by(_last_s(path))):
            return []
        return [f"cut off? The file promises {self.end_s:.1f} s, its frames end at {end_s:.1f} s"]

    def _is_broken_by(self, end_s: float) -> bool:
        # Sound often ends a little after the picture: half a second and 5 % are let pass.
        return self.end_s is not None and self.end_s - end_s > max(0.5, 0.05 * self.end_s)


def _last_s(path: Path) -> float:
    """Return when the last packet of all streams ends: reads the whole file."""
    last_s = 0.0
    with open_stream(path) as (container, _):
        try:
            for packet in container.demux():
                stamp = packet.dts if packet.pts is None else packet.pts
                if stamp is not None and packet.time_base:
                    last_s = max(last_s, float((stamp + (packet.duration or 0)) * packet.time_base))
        except FFmpegError:
            pass
    return last_s
