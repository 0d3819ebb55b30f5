"""One quantity of a few keypoints over time: its curves, what is uncertain, what was corrected, and the values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QPainter, QPalette, QPen
from PyQt6.QtWidgets import QGraphicsItem, QGraphicsTextItem, QStyleOptionGraphicsItem, QWidget

from poseglass.core.motion.curves import PathKind
from poseglass.gui.curves.plot_items import Band, Bands, Dots, TimeMarks
from poseglass.types import Floats

AXIS_WIDTH = 54
"""Device-independent pixels left of every plot, so that their times line up: six digits."""
DOTS_UP_TO = 700
"""Points in view up to which measurements are dots; more of them would touch each other."""
DOT_SIZE, PLACED_SIZE = 4.0, 10.0
"""Device-independent pixels."""
ROOM, ROOM_ABOVE = 4.0, 22.0
"""Device-independent pixels that are left free below the values, and above them, where text is."""
LEAST_HEIGHT = 62
"""Of a plot, in device-independent pixels: text, and as much again for the curves."""
GROUND_OPACITY = 225
"""Of 255: a curve that reaches below the text is still seen there, a cursor does not cut letters."""
GROUND_MARGIN = 3.0
"""Device-independent pixels of the text's own margin that stay clear on each side."""
WHEEL_STEP = 1.25
"""Zoom of one notch of the wheel."""


@dataclass(frozen=True, eq=False)
class Line:
    """A curve as it is drawn: times and values (N,)."""

    source: PathKind
    colour: QColor
    time_s: Floats
    values: Floats


@dataclass(frozen=True)
class Value:
    """What the curves of a keypoint say at one moment, as text."""

    colour: QColor
    name: str
    text: str


class TimePlot(pg.PlotItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws what it is given; knows nothing of keypoints."""

    def __init__(self, title: str, *, upside_down: bool = False) -> None:
        """upside_down: values grow downwards, as y does in a picture."""
        self.view = TimeView()
        super().__init__(viewBox=self.view, axisItems={"bottom": TimeAxis("bottom")})
        self.title = title
        self.hideButtons()
        self.setMenuEnabled(False)
        self.view.invertY(upside_down)
        self.getAxis("left").setWidth(AXIS_WIDTH)
        for side in ("left", "bottom"):
            self.getAxis(side).setStyle(maxTickLevel=0)  # finer lines of the grid take half the time of a drawing
        self.setMinimumHeight(LEAST_HEIGHT)
        self.marks = TimeMarks()
        self.addItem(self.marks)
        self._lines: list[pg.PlotCurveItem] = []
        self._dots, self._placed = Dots(DOT_SIZE), pg.ScatterPlotItem()
        self._bands = Bands()
        self._cursor, self._pointer = _upright(2.0), _upright(1.0, Qt.PenStyle.DotLine)
        self._pointer.hide()
        for z, item in zip(
            (2, 5, 40, 50, 51), (self._bands, self._dots, self._placed, self._pointer, self._cursor), strict=True
        ):
            item.setZValue(z)
            self.addItem(item, ignoreBounds=True)
        self._text = _Legend(self.view)
        self._text.setPos(6, 2)
        self._text.setZValue(60)

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
        self._text.recolour(palette)

    def draw(self, lines: Sequence[Line], bands: Sequence[Band], placed: Iterable[tuple[float, float, QColor]]) -> None:
        """Draw these curves, bands, and rings (time, value, colour) around corrected positions instead."""
        _as_many(self, self._lines, len(lines))
        for item, line in zip(self._lines, lines, strict=True):
            is_dense = len(line.time_s) > DOTS_UP_TO
            item.setZValue({PathKind.RAW: 4, PathKind.LIVE: 10, PathKind.SMOOTHED: 20}[line.source])
            item.setData(line.time_s, line.values, connect="finite", pen=_pen(line, is_dense), antialias=not is_dense)
        self._bands.show_bands(bands)
        raw = [line for line in lines if line.source is PathKind.RAW and len(line.time_s) <= DOTS_UP_TO]
        self._dots.show_dots([(line.colour, line.time_s, line.values) for line in raw])
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

    def show_values(self, values: Sequence[Value], instead: str = "") -> None:
        """Write values beside the plot's name, or what is to be said instead."""
        parts = [f'<span style="font-weight:600">{escape(self.title)}</span>']
        for value in values:
            colour = value.colour.name()
            parts.append(f'<span style="color:{colour}">{escape(value.name)} <b>{escape(value.text)}</b></span>')
        self._text.setHtml(" &nbsp; ".join([*parts, escape(instead)] if instead else parts))

    @property
    def values_text(self) -> str:
        """What is written beside the plot's name, with the name."""
        return self._text.toPlainText()

    def _show_range(self, lines: Sequence[Line]) -> None:
        """Show all values; of measurements, which may lie anywhere, all but one in a hundred."""
        ends: list[float] = []
        for line in lines:
            values = line.values[np.isfinite(line.values)]
            if len(values):
                few = len(values) // 200 if line.source is PathKind.RAW else 0
                order = np.partition(values, (few, len(values) - 1 - few)) if few else values
                ends += [order[few], order[-1 - few]] if few else [values.min(), values.max()]
        if ends:
            low, high = min(ends), max(ends)
            span = max(high - low, 1e-3 * abs(high), 1e-3)
            pixel = span / max(self.view.height() - ROOM - ROOM_ABOVE, 10.0)
            below, above = (ROOM_ABOVE, ROOM) if self.view.yInverted() else (ROOM, ROOM_ABOVE)
            self.view.setYRange(low - below * pixel, high + above * pixel, padding=0)


class TimeView(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """The inside of a plot over time: a click or a drag seeks, the wheel zooms time, Shift and a drag moves it.

    Its x is seconds; its y is set by whoever fills it.

    Signals:
        sought(float, bool): the user points at a time; False while the mouse is down and may move on.
        moved(float, float): show the time between these instead.
    """

    sought = pyqtSignal(float, bool)
    moved = pyqtSignal(float, float)

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=False, y=False)
        self.disableAutoRange()

    def mouseClickEvent(self, event: pg.GraphicsScene.mouseEvents.MouseClickEvent) -> None:  # noqa: N802
        """Seek."""
        if event.button() == Qt.MouseButton.LeftButton:
            event.accept()
            self.sought.emit(self._time_at(event.pos()), True)

    def mouseDragEvent(self, event: pg.GraphicsScene.mouseEvents.MouseDragEvent, axis: int | None = None) -> None:  # noqa: N802
        """Seek while the mouse moves; with Shift, or the middle button, move the time that is shown."""
        del axis
        event.accept()
        shifts = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        if event.button() == Qt.MouseButton.MiddleButton or shifts:
            self._move_by(self._time_at(event.lastPos()) - self._time_at(event.pos()))
        elif event.button() == Qt.MouseButton.LeftButton:
            self.sought.emit(self._time_at(event.pos()), bool(event.isFinish()))

    def wheelEvent(self, event: object, axis: int | None = None) -> None:  # noqa: N802
        """Zoom at the mouse; with Shift move."""
        del axis
        start, stop = self.viewRange()[0]
        notches = event.delta() / 120  # type: ignore[attr-defined]  # a QGraphicsSceneWheelEvent
        event.accept()  # type: ignore[attr-defined]
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:  # type: ignore[attr-defined]
            self._move_by(-notches * (stop - start) / 8)
            return
        at = self._time_at(event.pos())  # type: ignore[attr-defined]
        factor = WHEEL_STEP**-notches
        self.moved.emit(at + (start - at) * factor, at + (stop - at) * factor)

    def _move_by(self, seconds: float) -> None:
        start, stop = self.viewRange()[0]
        self.moved.emit(start + seconds, stop + seconds)

    def _time_at(self, place: QPointF) -> float:
        return float(self.mapToView(place).x())


class TimeAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Minutes and seconds, with as many decimals as its ticks need; values are seconds."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        """Return the texts of ticks that are so far apart."""
        del scale
        decimals = 0 if spacing >= 1 else 1 if spacing >= 0.1 else 2 if spacing >= 0.01 else 3
        return [time_text(value, decimals) for value in values]


def time_text(time_s: float, decimals: int) -> str:
    """Return "1:02.5"; before the start with a sign."""
    rounded = round(abs(time_s), decimals)
    minutes, seconds = divmod(rounded, 60)
    width = 2 if not decimals else 3 + decimals
    sign = "-" if time_s < 0 and rounded > 0 else ""
    return f"{sign}{int(minutes)}:{seconds:0{width}.{decimals}f}"


class _Legend(QGraphicsTextItem):
    """Text on a ground of its own: lines pass behind it, the mouse reaches what lies there."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._ground = QColor()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def recolour(self, palette: QPalette) -> None:
        """Take the colours of a theme."""
        self._ground = palette.color(QPalette.ColorRole.Base)
        self._ground.setAlpha(GROUND_OPACITY)
        self.setDefaultTextColor(palette.color(QPalette.ColorRole.Text))

    def paint(
        self, painter: QPainter | None, option: QStyleOptionGraphicsItem | None, widget: QWidget | None = None
    ) -> None:
        """Paint the ground, and the text on it."""
        assert painter is not None
        margin = GROUND_MARGIN
        painter.fillRect(self.boundingRect().adjusted(margin, margin, -margin, -margin), self._ground)
        super().paint(painter, option, widget)


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
        item = pg.PlotCurveItem()
        item.setSegmentedLineMode("on")  # 25 times as fast as a path for a wide smooth line
        plot.addItem(item, ignoreBounds=True)
        items.append(item)


def _pen(line: Line, is_dense: bool) -> QPen:
    """Return the pen of a curve; dense ones are neither dashed nor wide, which would take seconds to draw."""
    colour = QColor(line.colour)
    colour.setAlpha({PathKind.RAW: 110, PathKind.LIVE: 220, PathKind.SMOOTHED: 255}[line.source])
    pen = QPen(colour, 2.0 if line.source is PathKind.SMOOTHED and not is_dense else 1.0)
    is_dashed = line.source is PathKind.LIVE and not is_dense
    pen.setStyle(Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine)
    pen.setCosmetic(True)
    return pen
