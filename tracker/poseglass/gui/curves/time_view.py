"""The inside of a plot over time: a click or a drag seeks, the wheel zooms time, Shift and a drag moves it."""

from __future__ import annotations

import pyqtgraph as pg
from PyQt6.QtCore import QPointF, Qt, pyqtSignal

WHEEL_STEP = 1.25
"""Zoom of one notch of the wheel."""


class TimeView(pg.ViewBox):  # type: ignore[misc]  # pyqtgraph has no types
    """A view whose x is seconds. Its y is set by whoever fills it.

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
