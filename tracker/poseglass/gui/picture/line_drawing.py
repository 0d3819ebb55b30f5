"""A line that the user draws on the canvas with the mouse, from one end to the other."""

from __future__ import annotations

from PyQt6.QtCore import QPointF
from PyQt6.QtGui import QColor, QPainter

from poseglass.gui.picture.brush import paint_rule
from poseglass.gui.picture.view import View

SHORTEST = 8.0
"""Device-independent pixels: a shorter line is a click by mistake."""


class LineDrawing:
    """Where the line began and where the mouse is now, in widget points."""

    def __init__(self) -> None:
        self._start: QPointF | None = None
        self._end = QPointF()

    def press(self, point: QPointF) -> None:
        """Begin an end."""
        self._start = self._end = point

    def move(self, point: QPointF) -> None:
        """Take the other end there."""
        self._end = point

    def release(self, view: View) -> tuple[float, float, float, float] | None:
        """End; return both ends, x0, y0, x1, y1 in frame pixels; None for a line that is too short."""
        start, self._start = self._start, None
        if start is None or (self._end - start).manhattanLength() < SHORTEST:
            return None
        return (*view.to_frame(start), *view.to_frame(self._end))

    def paint(self, painter: QPainter, colour: QColor) -> None:
        """Paint it as far as it is drawn."""
        if self._start is not None:
            paint_rule(painter, self._start, self._end, colour)
