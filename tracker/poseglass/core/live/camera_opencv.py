"""The second way to a camera: OpenCV's, for systems where FFmpeg's reader is missing or fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from poseglass.core.live.camera_modes import Mode
from poseglass.core.live.live_source import Arrivals
from poseglass.core.live.pace import now_s
from poseglass.errors import SourceError
from poseglass.types import Image

JPEG = cv2.VideoWriter.fourcc(*"MJPG")
Open = Callable[[int], cv2.VideoCapture]


def opencv_pictures(
    number: int, mode: Mode | None, name: str, stop: threading.Event, open_device: Open = cv2.VideoCapture
) -> Arrivals:
    """Open the system's camera of that number and yield its pictures. Neither opening nor reading can be interrupted.

    Raises SourceError when it cannot be opened or delivers nothing more.
    """
    with _opened(number, open_device) as device:
        if not device.isOpened():
            raise SourceError(f"{name}: cannot be opened; is it plugged in, or used by another program?")
        _set_mode(device, mode)
        while not stop.is_set():
            if not device.grab():
                raise SourceError(f"{name}: delivers no more pictures; is it plugged in?")
            arrived_s = now_s()
            is_whole, pixels = device.retrieve()
            if is_whole:
                yield arrived_s, _rgb(np.asarray(pixels, dtype=np.uint8))


@contextmanager
def _opened(number: int, open_device: Open) -> Iterator[cv2.VideoCapture]:
    device = open_device(number)
    try:
        yield device
    finally:
        device.release()


def _set_mode(device: cv2.VideoCapture, mode: Mode | None) -> None:
    """Ask for a mode; the camera takes what it can of it. The pixel format comes first: it decides what else goes."""
    if mode is None:
        return
    if mode.is_compressed:
        device.set(cv2.CAP_PROP_FOURCC, JPEG)
    device.set(cv2.CAP_PROP_FRAME_WIDTH, mode.width)
    device.set(cv2.CAP_PROP_FRAME_HEIGHT, mode.height)
    device.set(cv2.CAP_PROP_FPS, mode.rate)


def _rgb(pixels: Image) -> Image:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), dtype=np.uint8)
