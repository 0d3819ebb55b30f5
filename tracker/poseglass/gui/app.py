"""Start Qt, show the window, and turn what nobody caught into a message instead of an abort."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from types import TracebackType

from PyQt6.QtWidgets import QApplication

from poseglass.errors import WindowError
from poseglass.gui.window import MainWindow

logger = logging.getLogger(__name__)


def run(video: Path | None) -> int:
    """Show the window until it is closed, with this video if one is given; return the exit status.

    Raises WindowError where there is no display.
    """
    _check_display()
    _forget_foreign_qt()
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda hook: _log_uncaught(hook.exc_type, hook.exc_value, hook.exc_traceback)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Poseglass")
    window = MainWindow()
    window.show()
    if video is not None:
        window.open_video(video)
    return app.exec()


def _check_display() -> None:
    """Say in a sentence what Qt says by aborting the process."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform == "linux" and not any(os.environ.get(name) for name in displays):
        raise WindowError("no display for the window; `poseglass track VIDEO` works without one")


def _forget_foreign_qt() -> None:
    """opencv-python points Qt at the plugins of its own Qt 5 when it is imported; PyQt6's are meant here."""
    for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
        if "cv2" in os.environ.get(name, ""):
            del os.environ[name]


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Without a hook of its own PyQt6 aborts the process on an exception in a slot."""
    logger.error("unexpected error", exc_info=(kind, error or kind(), trace))
