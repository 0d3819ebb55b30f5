"""Widgets that scroll where they get less room than they ask for, so that a window fits a small screen."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget


class _Bare(QScrollArea):
    """Holds a widget without a frame, and lets it grow with the place there is."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self._widget = widget
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(widget)

    def _width_with_bar(self) -> int:
        """Return how wide the widget is at least, with a bar beside it."""
        bar = self.verticalScrollBar()
        return self._widget.minimumSizeHint().width() + (bar.sizeHint().width() if bar is not None else 0)


class Scrolled(_Bare):
    """Scrolls a widget, and is content with `least` px of height, and of width where they are given."""

    def __init__(self, widget: QWidget, least_height: int, least_width: int | None = None) -> None:
        super().__init__(widget)
        self._least_height, self._least_width = least_height, least_width

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for little."""
        width = self._width_with_bar() if self._least_width is None else self._least_width
        return QSize(width, self._least_height)


class ScrolledForm(_Bare):
    """Scrolls a form up and down, and is never narrower than it, however it grows."""

    def __init__(self, form: QWidget, least_width: int) -> None:
        super().__init__(form)
        self._least_width = least_width
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._widen()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Follow the form's layout."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest and isinstance(watched, QWidget):
            self._widen()
        return super().eventFilter(watched, event)

    def _widen(self) -> None:
        self.setMinimumWidth(max(self._least_width, self._width_with_bar()))


class ScrolledRow(_Bare):
    """Scrolls a row sideways, and is as high as the row, and its bar where it has one."""

    def __init__(self, row: QWidget, least_width: int) -> None:
        super().__init__(row)
        self._least_width = least_width
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Ask for room for the bar, or give it back."""
        super().resizeEvent(event)
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # noqa: N802
        """Ask for all of the row."""
        return QSize(self._widget.sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for little width, and all of the height."""
        return QSize(self._least_width, self._height())

    def _height(self) -> int:
        least = self._widget.minimumSizeHint()
        bar = self.horizontalScrollBar()
        needs_bar = bar is not None and self.width() < least.width()
        return max(least.height(), self._widget.sizeHint().height()) + (
            bar.sizeHint().height() if needs_bar and bar else 0
        )
