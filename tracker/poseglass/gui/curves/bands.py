"""Pale areas around curves: where a keypoint may truly be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QPainter, QPainterPath
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from poseglass.types import Floats, runs

OPACITY = 46
"""Of 255: curves and the grid show through."""


@dataclass(frozen=True, eq=False)
class Band:
    """Times, lower and upper values (N,), NaN where nothing is known."""

    colour: QColor
    time_s: Floats
    low: Floats
    high: Floats


class Bands(pg.GraphicsObject):  # type: ignore[misc]  # pyqtgraph has no types
    """Paints them; asks for no room of its own."""

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
