"""What a plot is painted with besides curves: bands of uncertainty, measurements as dots, gaps and ticks behind all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from poseglass.types import Floats, runs

OPACITY = 46
"""Of 255: curves and the grid show through."""
ROUND_UP_TO = 150
"""Dots in view up to which they are round; more of them are small squares, which draw ten times as fast."""
TICK = (5.0, 7.0)
"""Width and height of a tick, in device-independent pixels."""


@dataclass(frozen=True, eq=False)
class Band:
    """Times, lower and upper values (N,), NaN where nothing is known."""

    colour: QColor
    time_s: Floats
    low: Floats
    high: Floats


class Bands(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Pale areas around curves, where a keypoint may truly be; they ask for no room of their own."""

    def __init__(self) -> None:
        super().__init__()
        self._paths: list[tuple[QPainterPath, QColor]] = []
        self._area = QRectF()

    def show_bands(self, bands: Sequence[Band]) -> None:
        """Paint these instead."""
        self.prepareGeometryChange()
        self._paths, self._area = [], QRectF()
        for band in bands:
            path, colour = _path(band), QColor(band.colour)
            colour.setAlpha(OPACITY)
            self._paths.append((path, colour))
            self._area = self._area.united(path.boundingRect())
        self.update()

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Return the area that is painted."""
        return self._area

    def dataBounds(self, axis: int, frac: float = 1.0, orthoRange: object = None) -> None:  # noqa: N802
        """Ask for no room."""

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Paint."""
        del option, widget
        for path, colour in self._paths:
            painter.fillPath(path, colour)


class _Layer(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Fills the view, whatever that shows, and asks for no room of its own."""

    def boundingRect(self) -> QRectF:  # noqa: N802
        """Fill the view."""
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:  # noqa: N802
        """Fill the view as it is now."""
        self.prepareGeometryChange()
        super().viewTransformChanged()

    def dataBounds(self, axis: int, frac: float = 1.0, orthoRange: object = None) -> None:  # noqa: N802
        """Ask for no room."""


class Dots(_Layer):
    """Many small dots, painted in one go a colour; a scatter plot of pyqtgraph takes a hundred times as long."""

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


class TimeMarks(_Layer):
    """Stretches without results, and ticks where something was corrected.

    Painted in pixels over the height of the view, so that they stay sharp at every zoom.
    """

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


def _path(band: Band) -> QPainterPath:
    """Go along the upper edge and back along the lower one, around each stretch that is there."""
    times, values, connect = [np.empty(0)], [np.empty(0)], [np.empty(0, dtype=np.int32)]
    for run in runs(np.isfinite(band.low) & np.isfinite(band.high)):
        here = slice(run.start, run.stop)
        time_s = band.time_s[here]
        times.append(np.concatenate([time_s, time_s[::-1]]))
        values.append(np.concatenate([band.high[here], band.low[here][::-1]]))
        connect.append((np.arange(2 * len(time_s)) < 2 * len(time_s) - 1).astype(np.int32))
    path: QPainterPath = pg.arrayToQPath(np.concatenate(times), np.concatenate(values), connect=np.concatenate(connect))
    return path
