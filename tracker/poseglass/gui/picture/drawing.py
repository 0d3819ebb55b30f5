"""What the user draws on the canvas with the mouse, from one end to the other: a box, or a line."""

from __future__ import annotations

from abc import ABC, abstractmethod

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen

from poseglass.core.overlay import OUTLINE
from poseglass.gui.picture.brush import paint_rule
from poseglass.gui.picture.view import View

SMALLEST = 8.0
"""Device-independent pixels: what is smaller is a click by mistake."""


class Drawing(ABC):
    """Where it began and where the mouse is now, in widget points."""

    def __init__(self) -> None:
        self._start: QPointF | None = None
        self._end = QPointF()

    def press(self, point: QPointF) -> None:
        """Begin at one end."""
        self._start = self._end = point

    def move(self, point: QPointF) -> None:
        """Take the other end there."""
        self._end = point

    @abstractmethod
    def release(self, view: View) -> tuple[float, float, float, float] | None:
        """End; return what was drawn in frame pixels; None for what is too small."""

    @abstractmethod
    def paint(self, painter: QPainter, colour: QColor) -> None:
        """Paint it as far as it is drawn."""


class BoxDrawing(Drawing):
    """A box, from one corner to the other; drawn as x, y, width and height, inside the picture."""

    def release(self, view: View) -> tuple[float, float, float, float] | None:  # noqa: D102
        frame, self._start = self._frame().intersected(view.target()), None
        if frame.width() < SMALLEST or frame.height() < SMALLEST:
            return None
        (x0, y0), (x1, y1) = view.to_frame(frame.topLeft()), view.to_frame(frame.bottomRight())
        return x0, y0, x1 - x0, y1 - y0

    def paint(self, painter: QPainter, colour: QColor) -> None:  # noqa: D102
        if self._start is None:
            return
        painter.setBrush(QColor(colour.red(), colour.green(), colour.blue(), 40))
        for pen in (QPen(QColor(*OUTLINE), 4.0), QPen(colour, 2.0, Qt.PenStyle.DashLine)):
            painter.setPen(pen)
            painter.drawRect(self._frame())
            painter.setBrush(Qt.BrushStyle.NoBrush)

    def _frame(self) -> QRectF:
        return QRectF() if self._start is None else QRectF(self._start, self._end).normalized()


class LineDrawing(Drawing):
    """A line, drawn as both ends, x0, y0, x1, y1."""

    def release(self, view: View) -> tuple[float, float, float, float] | None:  # noqa: D102
        start, self._start = self._start, None
        if start is None or (self._end - start).manhattanLength() < SMALLEST:
            return None
        return (*view.to_frame(start), *view.to_frame(self._end))

    def paint(self, painter: QPainter, colour: QColor) -> None:  # noqa: D102
        if self._start is not None:
            paint_rule(painter, self._start, self._end, colour)
