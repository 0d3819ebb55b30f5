"""The text of a bug report: what was said, and what is installed."""

from __future__ import annotations

import platform
import sys

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR

from poseglass import __version__
from poseglass.core.store.provenance import library_versions


def report(text: str) -> str:
    """Return a report of something that went wrong; no more of the user than their system's versions.

    Devices are left to `poseglass doctor`: asking them can take seconds.
    """
    versions = {"Qt": QT_VERSION_STR, "PyQt6": PYQT_VERSION_STR, **library_versions()}
    lines = [
        text,
        "",
        f"poseglass {__version__}, Python {sys.version.split()[0]}, {platform.platform()}",
        ", ".join(f"{name} {version}" for name, version in versions.items()),
        "Please add what `poseglass doctor` says.",
    ]
    return "\n".join(lines)
