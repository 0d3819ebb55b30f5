"""Where live pictures come from: the one thing that a camera, a stream and a file played as if live all are."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Generator, Iterator
from typing import Protocol, TypeAlias

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from poseglass.core.live.pace import MediaClock, now_s
from poseglass.core.video.orientation import AS_STORED, TOLD_TILT, Orientation, orientation_of, tilt_text
from poseglass.core.video.video_decode import HD_HEIGHT, UNSPECIFIED_MATRIX
from poseglass.core.video.video_stream import VideoPacket, decode, time_base_of
from poseglass.errors import SourceError
from poseglass.types import Image

logger = logging.getLogger(__name__)

Arrivals: TypeAlias = Generator[tuple[float, Image], None, None]
"""Pictures, upright, each with the second of `time.monotonic()` at which it came."""

READ_TIMEOUT_S = 2.0
"""After so long without data FFmpeg gives up by itself: the time after which a missing picture counts as no signal."""
POLL_S = 0.002
"""How often a device that cannot be waited for is asked again; a picture at 60 Hz takes eight times as long."""


class LiveSource(Protocol):
    """Something that can be opened again and again, each time in a thread of its own."""

    @property
    def name(self) -> str:
        """What the user knows it by; tells no password."""

    def arrivals(self, stop: threading.Event) -> Arrivals:
        """Open it, yield its pictures as they come, and close it at the end, which comes when `stop` is set.

        Raises SourceError with a sentence when it cannot be opened or breaks off.
        """


def pictures(container: InputContainer, name: str, stop: threading.Event) -> Arrivals:
    """Decode what an open device or stream delivers. A stream with an end is a file: it is played at its own speed.

    Raises SourceError when it has no pictures, FFmpegError when it breaks off.
    """
    if not container.streams.video:
        raise SourceError(f"{name}: it has no video, only {len(container.streams)} other streams; try another address")
    stream = container.streams.best("video") or container.streams.video[0]
    assert isinstance(stream, VideoStream)
    if not stream.codec_context:  # typed as always there, but None for a codec that FFmpeg cannot decode
        raise SourceError(f"{name}: its video codec is unknown here; set the camera to H.264 or MJPEG")
    stream.thread_type = "SLICE"  # whole frames in parallel would each come a frame time later
    pace = MediaClock(stop) if container.duration else None
    base, turning = time_base_of(stream), _Turning(name)
    for packet in _packets(container, stream, stop):
        arrived_s = now_s()
        for frame in decode([packet]):
            if pace is not None and frame.pts is not None:
                pace.wait_until(float(frame.pts * base))
                arrived_s = now_s()
            yield arrived_s, upright(frame, turning.at(frame))


class _Turning:
    """The orientation that a stream is in: what says nothing is as the picture before."""

    def __init__(self, name: str) -> None:
        self._name, self._last = name, (AS_STORED, 0.0)

    def at(self, frame: VideoFrame) -> Orientation:
        said = orientation_of(frame) or self._last
        if said != self._last and said[1] >= TOLD_TILT:
            logger.warning("%s: %s", self._name, tilt_text(said[1]))
        self._last = said
        return said[0]


def upright(frame: VideoFrame, orientation: Orientation) -> Image:
    """Convert to RGB, turned and mirrored. An untagged matrix is BT.709 in HD video, but never from a camera."""
    is_untagged_hd = frame.colorspace == UNSPECIFIED_MATRIX and frame.height >= HD_HEIGHT
    is_video = frame.format.name.startswith("yuv4")  # cameras give yuvj (JPEG), yuyv422, uyvy422 or nv12
    pixels = frame.to_ndarray(format="rgb24", src_colorspace="ITU709" if is_untagged_hd and is_video else None)
    return orientation.upright(pixels)


def _packets(container: InputContainer, stream: VideoStream, stop: threading.Event) -> Iterator[VideoPacket]:
    """Read on past moments at which a device has nothing yet, which end FFmpeg's reading but not the device."""
    while not stop.is_set():
        try:
            yield from container.demux(stream)
        except BlockingIOError:  # AVFoundation between two pictures
            stop.wait(POLL_S)
        else:
            return


def why(error: Exception) -> str:
    """Say what FFmpeg's error means for somebody with a camera, and what to do."""
    meaning = _BY_NUMBER.get(getattr(error, "errno", None) or 0) or _BY_NAME.get(type(error).__name__)
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return meaning or f"it cannot be read ({said}); check that it is on and connected"


_SILENT = "no data comes; check the address, the cable and the network"
_BY_NUMBER = {
    errno.EACCES: "permission denied; allow this program to use the camera",
    errno.EBUSY: "another program is using it; close that one",
    errno.ECONNREFUSED: "connection refused; check the address and that the camera is on",
    errno.ECONNRESET: "the other side closed the connection; is it on?",
    errno.EHOSTUNREACH: "its address cannot be reached; check the network",
    errno.ENETUNREACH: "its address cannot be reached; check the network",
    errno.ENODEV: "not there any more; is it plugged in?",
    errno.ENOENT: "not there; is it plugged in?",
    errno.EPERM: "permission denied; allow this program to use the camera",
    errno.ETIMEDOUT: _SILENT,
}
_BY_NAME = {
    "ExitError": _SILENT,  # FFmpeg's word for an interrupted wait
    "InvalidDataError": "what it sends is no video; check the path in the address",
    "HTTPUnauthorizedError": "it wants a name and a password; write the address as http://name:password@...",
    "HTTPForbiddenError": "access is forbidden; check name and password",
    "HTTPNotFoundError": "nothing at this address (404); check its path",
    "ProtocolNotFoundError": "this kind of address is not supported; give rtsp:// or http://",
}
