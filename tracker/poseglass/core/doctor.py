"""What `poseglass doctor` says: versions, devices, codecs, and what is missing."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import get_args

import av

from poseglass import __version__
from poseglass.api import Kind
from poseglass.core import plugins
from poseglass.core.store.provenance import library_versions
from poseglass.errors import PluginError

DECODERS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg", "prores")
"""What phones, cameras, browsers and editing programs write."""
OPENCV_WHEELS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless")
"""They all install `cv2` and overwrite one another (opencv-python#467)."""


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    topic: str
    text: str
    is_problem: bool = False


def examine() -> Iterator[Finding]:
    """Yield findings. Slow parts (torch) come late, so that a reader sees something at once."""
    yield Finding("poseglass", f"{__version__}, Python {platform.python_version()}, {platform.platform()}")
    for name, version in library_versions().items():
        yield Finding(name, version, is_problem=version == "absent")
    yield from _codecs()
    yield from _opencv()
    yield from _window()
    yield from _plugins()
    yield from _devices()


def _codecs() -> Iterator[Finding]:
    missing = [name for name in DECODERS if name not in av.codecs_available]
    yield Finding("decoders", "all of " + ", ".join(DECODERS) if not missing else f"missing {missing}", bool(missing))
    drawn = "libx264" in av.codecs_available
    yield Finding("encoder", "libx264" if drawn else "libx264 is missing: --overlay cannot work", not drawn)


def _opencv() -> Iterator[Finding]:
    wheels = sorted({d.name for d in distributions() if d.name in OPENCV_WHEELS})
    if len(wheels) > 1:
        yield Finding("opencv", f"{', '.join(wheels)} overwrite one another; uninstall all, then install one", True)


def _window() -> Iterator[Finding]:
    try:
        importlib.import_module("PyQt6.QtWidgets")
    except ImportError as error:
        yield Finding("window", f"not available, the command line works without it ({error})", True)
        return
    yield Finding("window", "PyQt6 can be imported")
    if sys.platform == "linux" and not find_library("xcb-cursor"):
        yield Finding("window", "libxcb-cursor0 is missing: an X11 display cannot be used", is_problem=True)


def _plugins() -> Iterator[Finding]:
    for kind in get_args(Kind):
        for name in plugins.names(kind):
            try:
                yield Finding(kind, f"{name}: {plugins.find(kind, name).summary}")
            except PluginError as error:
                yield Finding(kind, str(error), is_problem=True)


def _devices() -> Iterator[Finding]:
    import torch  # a second or more; the report above is on screen by then

    yield Finding("cpu", f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads")
    if not torch.cuda.is_available():
        yield Finding("cuda", f"none seen by torch (built for CUDA {torch.version.cuda})")
    for i in range(torch.cuda.device_count()):
        yield Finding(f"cuda:{i}", torch.cuda.get_device_name(i), is_problem=not _computes(f"cuda:{i}"))
    yield Finding("mps", "available" if torch.backends.mps.is_available() else "none")


def _computes(device: str) -> bool:
    """Run one convolution: a wheel that lacks a card's architecture fails only then."""
    import torch

    try:
        torch.nn.functional.conv2d(torch.ones(1, 1, 3, 3, device=device), torch.ones(1, 1, 3, 3, device=device)).item()
    except RuntimeError:
        return False
    return True
