"""The cameras of this computer by name, and live pictures from one of them."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from poseglass.core.live.camera_modes import Mode, modes_of
from poseglass.core.live.camera_opencv import opencv_pictures
from poseglass.core.live.live_source import READ_TIMEOUT_S, Arrivals, pictures, why
from poseglass.errors import SourceError

logger = logging.getLogger(__name__)

DEVICE_FORMAT = {"darwin": "avfoundation", "win32": "dshow"}.get(sys.platform, "v4l2")
"""What FFmpeg calls this system's way to cameras."""
OPEN_TIMEOUT_S = 8.0
"""Passed to FFmpeg, which minds it only while it probes; who opens a camera needs a clock of their own."""
BY_NAME = Path("/dev/v4l/by-id")
"""Where udev keeps names that outlive unplugging; /dev/video0 may be /dev/video1 after it."""
DSHOW_BUFFER = str(64 * 2**20)
"""Bytes; FFmpeg's own 3 MB hold not one raw 1080p picture, and what does not fit is thrown away."""
_MINE_ALONE = (FileNotFoundError, PermissionError, BlockingIOError)
"""What another library would not open either."""


@dataclass(frozen=True)
class Camera:
    """A camera that is plugged in."""

    name: str  # as the maker calls it
    address: str  # what FFmpeg opens
    modes: tuple[Mode, ...] = ()
    number: int = 0  # its place in the system's list, by which OpenCV knows it


def cameras() -> tuple[Camera, ...]:
    """Ask the system for its cameras: some tenths of a second, on Windows and macOS up to seconds.

    Raises SourceError where the system does not let itself be asked.
    """
    try:
        devices = av.enumerate_input_devices(DEVICE_FORMAT)
    except (ValueError, FFmpegError, NotImplementedError) as error:
        raise SourceError(f"the system does not list its cameras ({error}); use a network address instead") from error
    pictured = [device for device in devices if not device.media_types or "video" in device.media_types]
    found = [
        Camera(device.description or device.name, *_where(device.name, device.description), number=number)
        for number, device in enumerate(pictured)
    ]
    return tuple(camera for camera in found if camera.modes)


@dataclass(frozen=True)
class CameraSource:
    """A `Source`: FFmpeg's reader first, OpenCV's where that one fails.

    mode: what to ask the camera for; None, or a mode that it refuses, is the camera's own choice.

    Reading a device cannot be interrupted: v4l2, DirectShow and AVFoundation wait in the driver. Pulling the plug ends
    the wait with most drivers; with the others the reading thread stays behind (`capture.Capture` lives with that).
    """

    camera: Camera
    mode: Mode | None = None

    @property
    def name(self) -> str:
        """The camera's name."""
        return self.camera.name

    def arrivals(self, stop: threading.Event) -> Arrivals:
        """Open the camera and yield pictures as they come."""
        try:
            container = self._open()
        except (FFmpegError, ValueError) as error:  # ValueError: FFmpeg was built without the system's cameras
            if isinstance(error, _MINE_ALONE):
                raise SourceError(f"{self.name}: {why(error)}") from error
            logger.info("%s: FFmpeg cannot open it (%s), OpenCV tries", self.name, error)
            yield from opencv_pictures(self.camera.number, self.mode, self.name, stop)
            return
        try:
            with container, closing(pictures(container, self.name, stop)) as found:
                yield from found
        except FFmpegError as error:
            raise SourceError(f"{self.name}: {why(error)}") from error

    def _open(self) -> InputContainer:
        """Open with the first options that the camera accepts. Raises what FFmpeg said to the last ones."""
        *tries, last = option_sets(self.mode, DEVICE_FORMAT)
        for options in tries:
            try:
                return self._open_with(options)
            except _MINE_ALONE:
                raise
            except FFmpegError as error:
                logger.info("%s: refuses %s (%s)", self.name, options, error.strerror)
        return self._open_with(last)

    def _open_with(self, options: dict[str, str]) -> InputContainer:
        return av.open(
            self.camera.address, format=DEVICE_FORMAT, options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)
        )


def option_sets(mode: Mode | None, device_format: str) -> Iterator[dict[str, str]]:
    """Yield FFmpeg's options for a mode, then without it; AVFoundation always wants a rate that the camera has."""
    own = {"rtbufsize": DSHOW_BUFFER} if device_format == "dshow" else {}
    if mode is not None:
        chosen = own | {"video_size": f"{mode.width}x{mode.height}", "framerate": f"{mode.rate:g}"}
        if mode.is_compressed and device_format != "avfoundation":  # which knows no such option, and fails over it
            yield chosen | {"vcodec" if device_format == "dshow" else "input_format": "mjpeg"}
        yield chosen
    if device_format == "avfoundation":
        yield from ({"framerate": rate} for rate in ("30", "25", "15", "60"))
    else:
        yield own


def _where(name: str, description: str) -> tuple[str, tuple[Mode, ...]]:
    """Return what FFmpeg opens, as lasting as the system allows, and its modes."""
    if DEVICE_FORMAT == "dshow":
        return f"video={name}", modes_of(name)
    if DEVICE_FORMAT == "avfoundation":  # a name outlives unplugging, a number does not; ":" parts picture and sound
        return f"{name if ':' in description else description}:none", modes_of(name)
    lasting = [link for link in BY_NAME.glob("*") if link.resolve() == Path(name)] if BY_NAME.is_dir() else []
    return str(lasting[0] if lasting else name), modes_of(name)
