"""One quantity of a few keypoints over time: its curves, what is uncertain, what was corrected, and the values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPalette, QPen
from PyQt6.QtWidgets import QGraphicsTextItem

from poseglass.core.curves import Source
from poseglass.gui.bands import Band, Bands
from poseglass.gui.time_marks import TimeMarks
from poseglass.gui.time_view import TimeView
from poseglass.types import Floats

AXIS_WIDTH = 54
"""Device-independent pixels left of every plot, so that their times line up: six digits."""
DOTS_UP_TO = 700
"""Points in view up to which measurements are dots; more of them would touch each other."""
DOT_SIZE, PLACED_SIZE = 4.0, 10.0
"""Device-independent pixels."""
ROOM = 0.08
"""Part of the values' range that is left free above and below."""


@dataclass(frozen=True, eq=False)
class Line:
    """A curve as it is drawn: times and values (N,)."""

    source: Source
    colour: QColor
    time_s: Floats
    values: Floats


@dataclass(frozen=True)
class Value:
    """What a curve says at one moment, as text."""

    colour: QColor
    name: str
    text: str


class TimePlot(pg.PlotItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws what it is given; knows nothing of keypoints."""

    def __init__(self, title: str, *, upside_down: bool = False) -> None:
        """upside_down: values grow downwards, as y does in a picture."""
        self.view = TimeView()
        super().__init__(viewBox=self.view)
        self.title = title
        self.hideButtons()
        self.setMenuEnabled(False)
        self.view.invertY(upside_down)
        self.getAxis("left").setWidth(AXIS_WIDTH)
        self.marks = TimeMarks()
        self.addItem(self.marks)
        self._lines: list[pg.PlotCurveItem] = []
        self._dots, self._placed = pg.ScatterPlotItem(), pg.ScatterPlotItem()
        self._bands = Bands()
        self._cursor, self._pointer = _upright(2.0), _upright(1.0, Qt.PenStyle.DotLine)
        self._pointer.hide()
        for z, item in zip(
            (2, 5, 40, 50, 51), (self._bands, self._dots, self._placed, self._pointer, self._cursor), strict=True
        ):
            item.setZValue(z)
            self.addItem(item, ignoreBounds=True)
        self._text = QGraphicsTextItem(self.view)
        self._text.setPos(6, 2)
        self._text.setZValue(60)
        self._text.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def recolour(self, palette: QPalette) -> None:
        """Take the colours of a theme."""
        quiet, text = (palette.color(role) for role in (QPalette.ColorRole.PlaceholderText, QPalette.ColorRole.Text))
        for side in ("left", "bottom"):
            self.getAxis(side).setPen(palette.color(QPalette.ColorRole.Mid))
            self.getAxis(side).setTextPen(quiet)
        self.showGrid(x=True, y=True, alpha=0.18)
        gap = QColor(quiet)
        gap.setAlpha(60)
        self.marks.recolour(gap, text)
        self._cursor.setPen(pg.mkPen(text, width=1.5))
        self._pointer.setPen(pg.mkPen(quiet, width=1, style=Qt.PenStyle.DotLine))
        self._text.setDefaultTextColor(text)

    def draw(self, lines: Sequence[Line], bands: Sequence[Band], placed: Iterable[tuple[float, float, QColor]]) -> None:
        """Draw these curves, bands, and rings (time, value, colour) around corrected positions instead."""
        _as_many(self, self._lines, len(lines))
        for item, line in zip(self._lines, lines, strict=True):
            item.setPen(_pen(line))
            item.setZValue({Source.RAW: 4, Source.LIVE: 10, Source.SMOOTHED: 20}[line.source])
            item.setData(line.time_s, line.values, connect="finite", skipFiniteCheck=False)
        self._bands.show_bands(bands)
        self._draw_dots([line for line in lines if line.source is Source.RAW])
        rings = list(placed)
        self._placed.setData(
            [time for time, _, _ in rings], [value for _, value, _ in rings],
            size=PLACED_SIZE, brush=None, pen=[pg.mkPen(colour, width=2) for _, _, colour in rings],
        )  # fmt: skip
        self._show_range(lines)

    def show_cursor(self, time_s: float | None) -> None:
        """Put the cursor at a time; None hides it."""
        _place(self._cursor, time_s)

    def show_pointer(self, time_s: float | None) -> None:
        """Put the line under the mouse at a time; None hides it."""
        _place(self._pointer, time_s)

    def show_values(self, values: Sequence[Value]) -> None:
        """Write values beside the plot's name."""
        parts = [f'<span style="font-weight:600">{escape(self.title)}</span>']
        for value in values:
            colour = value.colour.name()
            parts.append(f'<span style="color:{colour}">{escape(value.name)} <b>{escape(value.text)}</b></span>')
        self._text.setHtml(" &nbsp; ".join(parts))

    @property
    def values_text(self) -> str:
        """What is written beside the plot's name, with the name."""
        return self._text.toPlainText()

    def _draw_dots(self, raw: Sequence[Line]) -> None:
        few = [line for line in raw if len(line.time_s) <= DOTS_UP_TO]
        there = [np.isfinite(line.values) for line in few]
        time_s = [line.time_s[shown] for line, shown in zip(few, there, strict=True)]
        values = [line.values[shown] for line, shown in zip(few, there, strict=True)]
        brushes = [pg.mkBrush(line.colour) for line, shown in zip(few, there, strict=True) for _ in range(shown.sum())]
        joined = [np.concatenate(parts) if parts else np.empty(0) for parts in (time_s, values)]
        self._dots.setData(*joined, size=DOT_SIZE, pen=None, brush=brushes)

    def _show_range(self, lines: Sequence[Line]) -> None:
        """Show all values; of measurements, which may lie anywhere, all but one in a hundred."""
        ends: list[float] = []
        for line in lines:
            values = line.values[np.isfinite(line.values)]
            if len(values):
                part = 0.5 if line.source is Source.RAW else 0.0
                ends += np.percentile(values, [part, 100 - part]).tolist()
        if ends:
            low, high = min(ends), max(ends)
            room = max(ROOM * (high - low), 1e-3 * abs(high), 1e-3)
            # Above there is text as well.
            extra = 2.5 * room
            inverted = self.view.yInverted()
            self.view.setYRange(low - (extra if inverted else room), high + (room if inverted else extra), padding=0)


def _upright(width: float, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> pg.InfiniteLine:
    return pg.InfiniteLine(angle=90, movable=False, pen=pg.mkPen(width=width, style=style))


def _place(line: pg.InfiniteLine, time_s: float | None) -> None:
    line.setVisible(time_s is not None)
    if time_s is not None:
        line.setPos(time_s)


def _as_many(plot: pg.PlotItem, items: list[pg.PlotCurveItem], count: int) -> None:
    """Add curves to a plot, or take superfluous ones away; those that stay cost nothing."""
    while len(items) > count:
        plot.removeItem(items.pop())
    while len(items) < count:
        item = pg.PlotCurveItem(antialias=True)
        plot.addItem(item, ignoreBounds=True)
        items.append(item)


def _pen(line: Line) -> QPen:
    colour = QColor(line.colour)
    colour.setAlpha({Source.RAW: 110, Source.LIVE: 220, Source.SMOOTHED: 255}[line.source])
    pen = QPen(colour, 2.0 if line.source is Source.SMOOTHED else 1.0)
    pen.setStyle(Qt.PenStyle.DashLine if line.source is Source.LIVE else Qt.PenStyle.SolidLine)
    pen.setCosmetic(True)
    return pen
