"""What lies behind curves: stretches without results, and ticks where something was corrected."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPolygonF
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from poseglass.types import Floats

TICK = (5.0, 7.0)
"""Width and height of a tick, in device-independent pixels."""


class TimeMarks(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Painted in pixels over the height of the view, so that it stays sharp at every zoom."""

    def __init__(self) -> None:
        super().__init__()
        self._gaps: list[tuple[float, float]] = []
        self._ticks: Floats = np.empty(0)
        self._gap_brush, self._tick_brush = QBrush(), QBrush()
        self.setZValue(-10)

    def recolour(self, gap: QColor, tick: QColor) -> None:
        """Take colours."""
        self._gap_brush, self._tick_brush = QBrush(gap, Qt.BrushStyle.BDiagPattern), QBrush(tick)
        self.update()

    def show_marks(self, gaps: list[tuple[float, float]], ticks: Floats) -> None:
        """Show gaps, from and to in seconds, and ticks at times (N,)."""
        self._gaps, self._ticks = gaps, ticks
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Fill the view."""
        return QRectF(self.viewRect())

    def dataBounds(self, axis: int, frac: float = 1.0, orthoRange: object = None) -> None:  # noqa: N802
        """Ask for no room of its own."""

    def viewTransformChanged(self) -> None:  # noqa: N802
        """Fill the view as it is now."""
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint what is in view."""
        del option, widget
        view = self.viewRect()
        area = painter.transform().mapRect(QRectF(view))
        seconds = area.width() / max(view.width(), 1e-9)
        painter.save()
        painter.resetTransform()
        for start, stop in self._gaps:
            left = max(area.left(), area.left() + (start - view.left()) * seconds)
            right = min(area.right(), area.left() + (stop - view.left()) * seconds)
            if right > left:
                painter.fillRect(QRectF(left, area.top(), right - left, area.height()), self._gap_brush)
        shown = self._ticks[(self._ticks >= view.left()) & (self._ticks <= view.right())]
        (width, height), top = TICK, area.top()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._tick_brush)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for x in np.unique(np.round(area.left() + (shown - view.left()) * seconds)).tolist():
            painter.drawPolygon(QPolygonF([QPointF(x - width, top), QPointF(x + width, top), QPointF(x, top + height)]))
        painter.restore()
