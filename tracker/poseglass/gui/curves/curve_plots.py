"""Plots of several quantities above each other, over one axis of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import QEvent, QPointF, QSize, pyqtSignal
from PyQt6.QtGui import QPalette

from poseglass.core.motion.quantities import Quantity
from poseglass.gui.curves.time_plot import LEAST_HEIGHT, TimePlot
from poseglass.types import Floats

SHORTEST_S = 0.2
"""The time that is shown at least: some frames of any video."""
AXIS_HEIGHT = 26
"""Device-independent pixels of the axis below the last plot."""
BEYOND = 0.02
"""Part of the shown time that may lie before the video's start or after its end."""


class CurvePlots(pg.GraphicsLayoutWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Shows the same stretch of time in all its plots, the video's cursor, and a line under the mouse.

    Signals:
        sought(int, bool): the user points at a frame; False while the mouse is down and may move on.
        pointed(int): the mouse is at this frame; -1 when it has left.
        window_changed(): another stretch of time is shown.
        restyled(): the palette is another one.
    """

    sought = pyqtSignal(int, bool)
    pointed = pyqtSignal(int)
    window_changed = pyqtSignal()
    restyled = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.time_s: Floats = np.empty(0)
        self.plots: dict[Quantity, TimePlot] = {}
        self.window_s = (0.0, 1.0)
        self.pointed_frame = -1
        self.ci.layout.setContentsMargins(2, 2, 8, 2)
        self.ci.layout.setVerticalSpacing(2)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Curves over time"))
        self.scene().sigMouseMoved.connect(self._point)

    def show_video(self, time_s: Floats) -> None:
        """Take the times (T,) of another video's frames, and show all of them."""
        self.time_s = time_s
        self.show_all()

    def show_quantities(self, quantities: Sequence[Quantity], titles: Callable[[Quantity], str]) -> None:
        """Have one plot for each of these."""
        self.ci.clear()
        self.plots = {}
        for row, quantity in enumerate(quantities):
            plot = TimePlot(titles(quantity), upside_down=quantity is Quantity.Y)
            plot.view.sought.connect(lambda time_s, settled: self.sought.emit(self.frame_at(time_s), settled))
            plot.view.moved.connect(self.show_window)
            plot.recolour(self.palette())
            is_last = row == len(quantities) - 1  # the others share its axis
            plot.getAxis("bottom").setStyle(showValues=is_last)
            self.ci.addItem(plot, row=row, col=0)
            self.plots[quantity] = plot
        self.setMinimumHeight(len(quantities) * LEAST_HEIGHT + AXIS_HEIGHT)
        self._show_times()

    def show_all(self) -> None:
        """Show the whole video."""
        self.show_window(0.0, self._end_s())

    def show_window(self, start_s: float, stop_s: float) -> None:
        """Show the time between these; what lies outside the video is moved into it."""
        end_s = self._end_s()
        span = min(max(stop_s - start_s, SHORTEST_S), end_s * (1 + 2 * BEYOND))
        middle = (start_s + stop_s) / 2
        start = min(max(middle - span / 2, -BEYOND * span), max(end_s + BEYOND * span - span, -BEYOND * span))
        self.window_s = (start, start + span)
        self._show_times()
        self.window_changed.emit()

    def follow(self, time_s: float) -> None:
        """Turn the page where a time is out of sight."""
        start, stop = self.window_s
        if not start <= time_s <= stop:
            first = time_s - 0.1 * (stop - start)
            self.show_window(first, first + stop - start)

    def show_cursor(self, time_s: float | None) -> None:
        """Put the video's cursor at a time; None hides it."""
        for plot in self.plots.values():
            plot.show_cursor(time_s)

    def frame_at(self, time_s: float) -> int:
        """Return the frame that is shown at a time: the last one that has begun."""
        last = int(np.searchsorted(self.time_s, time_s, side="right")) - 1
        return min(max(last, 0), len(self.time_s) - 1)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Ask for a few lines."""
        return QSize(600, 260)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "plots"):
            self.recolour()

    def recolour(self) -> None:
        """Take the palette's colours."""
        self.setBackground(self.palette().color(QPalette.ColorRole.Base))
        for plot in self.plots.values():
            plot.recolour(self.palette())
        self.restyled.emit()

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Forget the mouse."""
        super().leaveEvent(event)
        self._tell_pointed(-1, None)

    def _end_s(self) -> float:
        return max(float(self.time_s[-1]) if len(self.time_s) else 1.0, SHORTEST_S)

    def _show_times(self) -> None:
        for plot in self.plots.values():
            plot.view.setXRange(*self.window_s, padding=0)

    def _point(self, place: QPointF) -> None:
        for plot in self.plots.values():
            if plot.view.sceneBoundingRect().contains(place) and len(self.time_s):
                frame = self.frame_at(float(plot.view.mapSceneToView(place).x()))
                self._tell_pointed(frame, float(self.time_s[frame]))
                return
        self._tell_pointed(-1, None)

    def _tell_pointed(self, frame: int, time_s: float | None) -> None:
        if frame != self.pointed_frame:
            self.pointed_frame = frame
            for plot in self.plots.values():
                plot.show_pointer(time_s)
            self.pointed.emit(frame)
