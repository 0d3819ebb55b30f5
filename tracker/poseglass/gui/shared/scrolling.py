"""Widgets that scroll where they get less room than they ask for, so that a window fits a small screen."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget


class Scrolled(QScrollArea):
    """Scrolls a widget, and is content with `least` px of height, and of width where they are given."""

    def __init__(self, widget: QWidget, least_height: int, least_width: int | None = None) -> None:
        super().__init__()
        self._widget, self._least_height, self._least_width = widget, least_height, least_width
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(widget)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for little."""
        bar = self.verticalScrollBar()
        of_bar = bar.sizeHint().width() if bar is not None else 0
        width = self._widget.minimumSizeHint().width() + of_bar if self._least_width is None else self._least_width
        return QSize(width, self._least_height)


class ScrolledRow(QScrollArea):
    """Scrolls a row sideways, and is as high as the row, and its bar where it has one."""

    def __init__(self, row: QWidget, least_width: int) -> None:
        super().__init__()
        self._row, self._least_width = row, least_width
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWidget(row)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Ask for room for the bar, or give it back."""
        super().resizeEvent(event)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Ask for all of the row."""
        return QSize(self._row.sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for little width, and all of the height."""
        return QSize(self._least_width, self._height())

    def _height(self) -> int:
        least = self._row.minimumSizeHint()
        bar = self.horizontalScrollBar()
        needs_bar = bar is not None and self.width() < least.width()
        return max(least.height(), self._row.sizeHint().height()) + (
            bar.sizeHint().height() if needs_bar and bar else 0
        )
