"""A box that the user draws on the canvas with the mouse, from one corner to the other."""

from __future__ import annotations

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from poseglass.core.overlay import OUTLINE
from poseglass.gui.picture.view import View

SMALLEST = 8.0
"""Device-independent pixels: a smaller box is a click by mistake."""


class BoxDrawing:
    """Where the box began and where the mouse is now, in widget points."""

    def __init__(self) -> None:
        self._start: QPointF | None = None
        self._end = QPointF()

    def press(self, point: QPointF) -> None:
        """Begin a corner."""
        self._start = self._end = point

    def move(self, point: QPointF) -> None:
        """Take the other corner there."""
        self._end = point

    def release(self, view: View) -> tuple[float, float, float, float] | None:
        """End; return x, y, width and height in frame pixels, inside the picture; None for one that is too small."""
        frame, self._start = self._frame().intersected(view.target()), None
        if frame.width() < SMALLEST or frame.height() < SMALLEST:
            return None
        (x0, y0), (x1, y1) = view.to_frame(frame.topLeft()), view.to_frame(frame.bottomRight())
        return x0, y0, x1 - x0, y1 - y0

    def paint(self, painter: QPainter, colour: QColor) -> None:
        """Paint it as far as it is drawn."""
        if self._start is None:
            return
        painter.setBrush(QColor(colour.red(), colour.green(), colour.blue(), 40))
        for pen in (QPen(QColor(*OUTLINE), 4.0), QPen(colour, 2.0, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawRect(self._frame())
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _frame(self) -> QRectF:
        return QRectF() if self._start is None else QRectF(self._start, self._end).normalized()
