"""Keys for whoever is typed into: a field that has the focus keeps letters, arrows and the space bar from shortcuts."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
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

FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit, QAbstractItemView, QSlider, QTabBar)
"""They take keys of their own; without this the window's single-key shortcuts would come first."""
COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


class TypingGuard(QObject):
    """Installed on the application: answers Qt's question whether a key is a shortcut or meant for the field."""

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Accept for the field what is no command."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            focus = QApplication.focusWidget()
            is_press = isinstance(focus, QAbstractButton) and event.key() == Qt.Key.Key_Space
            if is_press or (isinstance(focus, FIELDS) and not event.modifiers() & COMMANDS):
                event.accept()
                return True
        return super().eventFilter(watched, event)
