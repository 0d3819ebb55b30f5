"""Pictures from the network by address: RTSP over TCP, and whatever FFmpeg reads over HTTP, such as MJPEG."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import av
from av.error import FFmpegError

from poseglass.core.live.live_source import READ_TIMEOUT_S, Arrivals, pictures, why
from poseglass.errors import SourceError
from poseglass.names import is_address, shown_address

SCHEMES = ("rtsp", "rtsps", "http", "https", "rtmp", "udp", "rtp", "srt", "tcp")
"""What FFmpeg reads live video from; `file` and its like are left to opening a video."""
OPEN_TIMEOUT_S = 6.0
"""A camera that wakes up and asks for a login takes some seconds; so long does closing leave its thread behind."""
_OPTIONS = {
    "rtsp_transport": "tcp",  # UDP loses packets on Wi-Fi, and every loss smears until the next keyframe
    "flags": "low_delay",  # but not nobuffer: it throws away what was probed, and with it the first keyframe
    "analyzeduration": "1000000",  # microseconds; FFmpeg's own five seconds are five seconds of nothing on screen
    "probesize": "1000000",
}


@dataclass(frozen=True)
class StreamSource:
    """A `Source` by address. Raises SourceError for an address that can never work.

    Every wait for data ends by itself: opening after OPEN_TIMEOUT_S, reading after READ_TIMEOUT_S. The look-up of a
    host's name is the system's and cannot be interrupted.
    """

    url: str = field(repr=False)  # with whatever secrets it holds; `name` is for everybody

    def __post_init__(self) -> None:
        address = self.url.strip()
        try:
            parts = urlsplit(address)
            can_work = parts.scheme in SCHEMES and bool(parts.hostname) and address.isprintable()
        except ValueError:  # a bracket without its twin
            can_work = False
        if not can_work:
            given = f"{self.name}: " if is_address(address) else ""
            raise SourceError(f"{given}not an address; write rtsp://... or http://...")
        try:
            _ = parts.port
        except ValueError:  # what was taken for it is the beginning of a password
            raise SourceError(
                f"{self.name}: its host cannot be told from its password; write / # ? @ in that as %2F %23 %3F %40"
            ) from None

    @property
    def name(self) -> str:
        """The address without whatever may be secret in it: scheme://host:port."""
        return shown_address(self.url)

    def arrivals(self, stop: threading.Event) -> Arrivals:
        """Connect and yield pictures as they come."""
        try:
            with av.open(self.url.strip(), timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S), options=_OPTIONS) as container:
                yield from pictures(container, self.name, stop)
        except FFmpegError as error:
            raise SourceError(f"{self.name}: {why(error)}") from None  # FFmpeg's text holds the password
