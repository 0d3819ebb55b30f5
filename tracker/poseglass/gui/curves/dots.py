"""Many small dots, painted in one go a colour; a scatter plot of pyqtgraph takes a hundred times as long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from poseglass.types import Floats

ROUND_UP_TO = 150
"""Dots in view up to which they are round; more of them are small squares, which draw ten times as fast."""


class Dots(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Dots at times and values; asks for no room of its own."""

    def __init__(self, size: float) -> None:
        """size: device-independent pixels."""
        super().__init__()
        self._size = size
        self._dots: list[tuple[QPen, QPolygonF]] = []

    def show_dots(self, dots: Sequence[tuple[QColor, Floats, Floats]]) -> None:
        """Show these: colour, times (N,) and values (N,), NaN where there is none."""
        self._dots = []
        for colour, time_s, values in dots:
            there = np.isfinite(values)
            is_round = there.sum() <= ROUND_UP_TO
            cap = Qt.PenCapStyle.RoundCap if is_round else Qt.PenCapStyle.SquareCap
            pen = QPen(colour, self._size if is_round else self._size - 1, Qt.PenStyle.SolidLine, cap)
            places = zip(time_s[there].tolist(), values[there].tolist(), strict=True)
            self._dots.append((pen, QPolygonF([QPointF(x, y) for x, y in places])))
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Fill the view."""
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:  # noqa: N802
        """Fill the view as it is now."""
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def dataBounds(self, axis: int, frac: float = 1.0, orthoRange: object = None) -> None:  # noqa: N802
        """Ask for no room."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint."""
        del option, widget
        # Qt draws a point as a line of 1/64 of a unit, and a unit here is a second.
        to_pixels = painter.transform()
        painter.save()
        painter.resetTransform()
        for pen, places in self._dots:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, pen.capStyle() is Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPoints(to_pixels.map(places))
        painter.restore()
