"""What a camera can deliver: resolutions and rates, asked of the Linux driver, and the usual ones elsewhere.

FFmpeg lists cameras but not their modes. On Linux the driver tells them by ioctl (linux/videodev2.h); DirectShow and
AVFoundation would only print them to a log, so there the modes that nearly every camera has are offered, and a camera
that refuses the chosen one runs at its own.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

Ask = Callable[[int, bytearray], bool]
"""Sends a request with its structure, which the driver fills; returns False when the driver has no (further) answer."""


@dataclass(frozen=True, order=True)
class Mode:
    """A resolution and a rate."""

    width: int  # pixels
    height: int
    rate: float  # frames a second
    is_compressed: bool = False  # the camera sends JPEG: over USB 2 its only way to more than about 640 x 480 at 30


USUAL = (Mode(640, 480, 30), Mode(1280, 720, 30), Mode(1920, 1080, 30))
"""Resolutions of nearly every camera since 2015, at the rate that AVFoundation insists on being told."""

CAPTURE = 1
"""V4L2_BUF_TYPE_VIDEO_CAPTURE."""
DISCRETE = 1
"""V4L2_FRMSIZE_TYPE_DISCRETE and V4L2_FRMIVAL_TYPE_DISCRETE; else a range, which begins with its least."""
MOST = 64
"""Answers taken to one question: broken drivers were seen to answer for ever."""
_READABLE = {b"MJPG": True, b"JPEG": True, b"YUYV": False, b"UYVY": False, b"NV12": False, b"YU12": False,
             b"RGB3": False, b"BGR3": False}  # fmt: skip
"""Pixel formats that FFmpeg's v4l2 reader decodes without being told more, and whether each is compressed."""


def modes_of(address: str) -> tuple[Mode, ...]:
    """Return what a camera can deliver, best first of each resolution; on Linux nothing for what is no camera.

    A device of Linux that may not be opened (in use, no permission) has the usual modes: opening it says why.
    """
    if not sys.platform.startswith("linux"):
        return USUAL
    try:
        device = os.open(address, os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return USUAL if Path(address).exists() else ()
    try:
        return best_of(driver_modes(lambda request, structure: _ioctl(device, request, structure)))
    finally:
        os.close(device)


def preferred(modes: tuple[Mode, ...]) -> Mode | None:
    """Return the mode to begin with: the largest up to 1280 x 720 that moves smoothly; the network sees no more."""
    smooth = [mode for mode in modes if mode.height <= 720 and mode.width <= 1280 and 24 <= mode.rate <= 60]
    return max(smooth, key=lambda mode: (mode.width * mode.height, mode.rate), default=None)


def best_of(modes: Iterator[Mode]) -> tuple[Mode, ...]:
    """Keep one mode of each resolution and rate, uncompressed if there is one; the largest first."""
    best: dict[tuple[int, int, float], Mode] = {}
    for mode in sorted(modes, key=lambda mode: not mode.is_compressed):
        best[mode.width, mode.height, mode.rate] = mode
    return tuple(sorted(best.values(), reverse=True))


def driver_modes(ask: Ask) -> Iterator[Mode]:
    """Yield the modes of a driver; every question is repeated with a rising number until there is no answer."""
    for number in range(MOST):
        form = bytearray(struct.pack("=II56x", number, CAPTURE))  # v4l2_fmtdesc: index, type, ..., fourcc at 44
        if not ask(_request(2, form), form):
            return
        pixels = bytes(form[44:48])
        if pixels in _READABLE:
            for width, height in _sizes(ask, pixels):
                for rate in _rates(ask, pixels, width, height):
                    yield Mode(width, height, rate, _READABLE[pixels])


def _sizes(ask: Ask, pixels: bytes) -> Iterator[tuple[int, int]]:
    """Yield resolutions; of a range the usual ones that lie in it."""
    for number in range(MOST):
        form = bytearray(struct.pack("=I4s36x", number, pixels))  # v4l2_frmsizeenum: index, format, type, sizes
        if not ask(_request(74, form), form):
            return
        kind, *values = struct.unpack_from("=7I", form, 8)
        if kind == DISCRETE:
            yield values[0], values[1]
            continue
        least_w, most_w, _, least_h, most_h, _ = values
        fits = [mode for mode in USUAL if least_w <= mode.width <= most_w and least_h <= mode.height <= most_h]
        yield from [(mode.width, mode.height) for mode in fits]
        return


def _rates(ask: Ask, pixels: bytes, width: int, height: int) -> Iterator[float]:
    """Yield frames a second; of a range the highest."""
    for number in range(MOST):
        form = bytearray(struct.pack("=I4s2I36x", number, pixels, width, height))  # v4l2_frmivalenum: then type, gaps
        if not ask(_request(75, form), form):
            return
        kind, above, below = struct.unpack_from("=3I", form, 16)
        if above and below:
            yield round(below / above, 3)
        if kind != DISCRETE:
            return


def _request(number: int, form: bytearray) -> int:
    """Return _IOWR('V', number, form) as <asm-generic/ioctl.h> composes it."""
    return 3 << 30 | len(form) << 16 | ord("V") << 8 | number


def _ioctl(device: int, request: int, form: bytearray) -> bool:
    import fcntl  # not on Windows

    try:
        fcntl.ioctl(device, request, form)
    except OSError:
        return False
    return True
