"""A bar over the picture that says one thing, with what can be done about it, down to the text of a bug report."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, QEvent, Qt, QTimer
from PyQt6.QtGui import QColor, QGuiApplication, QPalette
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from poseglass import __version__
from poseglass.core.store.provenance import library_versions
from poseglass.gui.shared.icons import drawn, icon

AMBER = {"dark": "#f0a830", "light": "#a86400"}
"""Of the warning's icon, by what it lies on: at least 3 times as bright or dark (WCAG 2.1, 1.4.11)."""
GOOD_NEWS_MS = 12000
"""How long good news stay; bad ones stay until they are closed."""


class Notice(QFrame):
    """One sentence, an icon, buttons, and a cross: nothing has to be clicked away first.

    A new sentence takes the place of the last one, but for one that is added to it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._picture = QLabel()
        self._icon = "info"
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)  # the name of a file may look like markup
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons = QHBoxLayout()
        self._cross = QToolButton()
        self._cross.setAutoRaise(True)
        self._cross.setAccessibleName(self.tr("Close message"))
        self._cross.clicked.connect(self.hide)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.setAutoFillBackground(True)
        self.setBackgroundRole(QPalette.ColorRole.Button)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.addWidget(self._picture)
        row.addWidget(self._text, 1)
        row.addLayout(self._buttons)
        row.addWidget(self._cross)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def warn(self, text: str, details: str = "") -> None:
        """Say what went wrong. details: more for the report, such as where in the program."""
        self._say(text, "warning")
        self.add_button(self.tr("Copy report"), lambda: self._copy(f"{text}\n{details}".strip()))

    def tell(self, text: str) -> None:
        """Say what went well; it goes by itself."""
        self._say(text, "info")
        self._timer.start(GOOD_NEWS_MS)

    def say(self, text: str) -> None:
        """Say what is neither good nor bad; it stays until it is closed."""
        self._say(text, "info")

    def add(self, text: str) -> None:
        """Say this, too, after what it says now."""
        if self.text:
            self._text.setText(f"{self.text} {text}")
            self.setAccessibleName(self.text)
        else:
            self.say(text)

    def add_button(self, text: str, do: Callable[[], object]) -> QPushButton:
        """Add what can be done about what is said now."""
        button = QPushButton(text)
        button.clicked.connect(lambda _checked: do())
        self._buttons.addWidget(button)
        return button

    def _say(self, text: str, picture: str) -> None:
        self._timer.stop()
        while (item := self._buttons.takeAt(0)) is not None:
            widget: QWidget | None = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._text.setText(text)
        self._icon = picture
        self._recolour()
        self.setAccessibleName(text)
        self.show()

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Draw icon and cross in the colours of a new theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "_cross"):
            self._recolour()

    def _recolour(self) -> None:
        ratio = self.devicePixelRatioF()
        pixmap = drawn(self._icon, round(20 * ratio), self._colour_of_icon())
        pixmap.setDevicePixelRatio(ratio)
        self._picture.setPixmap(pixmap)
        self._cross.setIcon(icon("close", self.palette()))

    def _colour_of_icon(self) -> QColor:
        if self._icon != "warning":
            return self.palette().color(QPalette.ColorRole.Highlight)
        ground = self.palette().color(QPalette.ColorRole.Button)
        return QColor(AMBER["dark" if ground.lightnessF() < 0.5 else "light"])

    def _copy(self, text: str) -> None:
        clipboard = QGuiApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(report(text))
            self.tell(self.tr("The report is in the clipboard; paste it where you ask for help."))


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
