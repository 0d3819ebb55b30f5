"""Start Qt, show the window, leave typed keys to fields, and turn what nobody caught into a message."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from traceback import format_exception
from types import TracebackType

from PyQt6.QtCore import QEvent, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QIcon, QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QTextEdit,
)

from poseglass.errors import WindowError
from poseglass.gui.shared.icons import drawn
from poseglass.gui.shell import theme
from poseglass.gui.shell.window import MainWindow

logger = logging.getLogger(__name__)
FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QAbstractItemView, QSlider, QTabBar)
"""They take keys of their own; without this the window's single-key shortcuts would come first."""
POINTED_AT = (QAbstractItemView, QSlider, QTabBar)
"""Nothing is typed into these: letters and Delete are for what is chosen in them, as N, H and P are for a keypoint."""
COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


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


class TypingGuard(QObject):
    """Installed on the application: answers Qt's question whether a key is a shortcut or meant for the field."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Accept for the field what is no command."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            focus = QApplication.focusWidget()
            is_press = isinstance(focus, QAbstractButton) and event.key() == Qt.Key.Key_Space
            is_typed = isinstance(focus, FIELDS) and not event.modifiers() & COMMANDS
            if is_press or (is_typed and not (isinstance(focus, POINTED_AT) and _is_for_the_window(event))):
                event.accept()
                return True
        return super().eventFilter(watched, event)


def _is_for_the_window(event: QKeyEvent) -> bool:
    """Return whether a key neither moves nor opens anything in a list."""
    return event.key() == Qt.Key.Key_Delete or (len(event.text()) == 1 and event.text().isalnum())


class _Bell(QObject):
    """Carries a message into the window's thread.

    Signals:
        ring(str, str): what happened, and where.
    """

    ring = pyqtSignal(str, str)
