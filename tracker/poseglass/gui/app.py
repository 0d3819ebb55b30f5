"""Start Qt, show the window, and turn what nobody caught into a message instead of an abort."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from traceback import format_exception
from types import TracebackType

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QColor, QIcon
from PyQt6.QtWidgets import QApplication

from poseglass.errors import WindowError
from poseglass.gui.shared.icons import drawn
from poseglass.gui.shell import theme
from poseglass.gui.shell.typing_guard import TypingGuard
from poseglass.gui.shell.window import MainWindow

logger = logging.getLogger(__name__)


def run(file: Path | None) -> int:
    """Show the window until it is closed, with this video or session if one is given; return the exit status.

    Raises WindowError where there is no display.
    """
    _check_display()
    _forget_foreign_qt()
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Poseglass")
    app.setWindowIcon(QIcon(drawn("analyse", 64, QColor(theme.DARK.accent))))
    guard = TypingGuard(app)
    app.installEventFilter(guard)
    window = MainWindow()
    window.change_theme(window.theme)
    _tell_uncaught(window)
    window.show()
    if file is not None:
        window.open_video(file)
    else:
        window.desk.offer_left_behind()
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


def _tell_uncaught(window: MainWindow) -> None:
    """Turn exceptions that nobody caught into a message. Without a hook PyQt6 aborts on one in a slot."""

    def tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        logger.error("unexpected error", exc_info=(kind, error or kind(), trace))
        bell.ring.emit(f"{kind.__name__}: {error}", "".join(format_exception(kind, error, trace)))

    bell = _Bell(window)
    bell.ring.connect(window.outcomes.tell_unexpected)
    sys.excepthook = tell
    threading.excepthook = lambda hook: tell(hook.exc_type, hook.exc_value, hook.exc_traceback)


class _Bell(QObject):
    """Carries a message into the window's thread.

    Signals:
        ring(str, str): what happened, and where.
    """

    ring = pyqtSignal(str, str)
