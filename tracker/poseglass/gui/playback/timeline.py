"""The scrub bar: all of the video in one line, with keyframes, marks, what has been analysed, and what happened."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from poseglass.core.overlay import Colour
from poseglass.core.video.timecode import clock_text
from poseglass.core.video.video import VideoInfo
from poseglass.gui.playback.event_marks import HALF, EventMark, paint_events
from poseglass.types import Flags, Floats, runs

HEIGHT = 40
TRACK = (14.0, 12.0)
"""Top and height of the track."""
MARGIN = 10.0
"""Left and right of the track: half a head must fit."""
EVENTS_Y = 8.0
"""Where the marks of events are, above the track."""
PRESENCE = (28.0, 3.0)
"""Top and height of the bar that says where the chosen person is, under the track."""
MOST_TOLD = 5
"""Events that one tooltip tells."""
DENSE = 3.0
"""Device-independent pixels between keyframes below which they would be a grey bar, and are left out."""

Role = QPalette.ColorRole


class Timeline(QWidget):
    """Shows the video from left to right by time, so that it lines up with curves over time.

    Signals:
        dragged(int): the user holds the head over this frame.
        dropped(int): they let go of it there.
    """

    dragged = pyqtSignal(int)
    dropped = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self._time_s: Floats = np.empty(0)
        self._keys: Floats = np.empty(0)  # times of keyframes
        self._end_s = 1.0
        self._index = -1
        self._range = range(0)
        self._analysed: list[tuple[float, float]] = []  # from, to, in seconds
        self._present: list[tuple[float, float]] = []  # from, to, in seconds
        self._colour: Colour = (0, 0, 0)
        self._events: tuple[EventMark, ...] = ()
        self._event_times: Floats = np.empty(0)
        self._hover_x: float | None = None
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Position in the video"))

    def show_video(self, info: VideoInfo | None, time_s: Floats) -> None:
        """Take a video and the times (T,) of its frames, with the head on the first; None is no video."""
        self._time_s = time_s
        self._end_s = max(info.duration_s, 1e-6) if info else 1.0
        self._keys = info.seconds(info.keyframes) if info else np.empty(0)
        self._analysed, self._present = [], []
        self.show_events(())
        self._range, self._index = range(len(time_s)), 0 if len(time_s) else -1
        self.update()

    def show_head(self, index: int) -> None:
        """Put the head on a frame."""
        self._index = index
        self.setAccessibleDescription(self.tr("frame {0}").format(index))
        self.update()

    def show_range(self, frames: range) -> None:
        """Show which frames lie between the marks."""
        self._range = frames
        self.update()

    def show_analysed(self, analysed: Flags) -> None:
        """Show which frames (T,) have results."""
        self._analysed = self._stretches(analysed)
        self.update()

    def show_presence(self, present: Flags, colour: Colour) -> None:
        """Show in which frames (T,) the chosen person is, in their colour; nowhere is no bar."""
        self._present, self._colour = self._stretches(present), colour
        self.update()

    def show_events(self, events: tuple[EventMark, ...]) -> None:
        """Show what happened, in the order of frames."""
        self._events = events
        self._event_times = self._time_s[[event.frame for event in events]] if events else np.empty(0)
        self.update()

    def told_at(self, x: float) -> str:
        """Return what there is to say of a widget x: the frame, and what happened there."""
        frame = self.frame_at(x)
        near = np.flatnonzero(np.abs(self._event_xs() - x) <= HALF) if self._events else ()
        told = [self._events[i].text for i in near]
        if len(told) > MOST_TOLD:
            told[MOST_TOLD:] = [self.tr("and {0} more").format(len(told) - MOST_TOLD)]
        moment = self.tr("frame {0}  ·  {1}").format(frame, clock_text(float(self._time_s[frame])))
        return "\n".join([moment, *told])

    def frame_at(self, x: float) -> int:
        """Return the frame at a widget x."""
        time_s = (x - MARGIN) / max(1.0, self.width() - 2 * MARGIN) * self._end_s
        place = int(np.searchsorted(self._time_s, time_s, side="right")) - 1
        return min(max(place, 0), max(0, len(self._time_s) - 1))

    def x_of(self, time_s: float) -> float:
        """Return the widget x of a time."""
        return MARGIN + time_s / self._end_s * max(1.0, self.width() - 2 * MARGIN)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Ask for one line."""
        return QSize(400, HEIGHT)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Paint the line from what lies lowest to the head."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top, height = TRACK
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.palette().color(Role.Button))
        painter.drawRoundedRect(QRectF(MARGIN, top, self.width() - 2 * MARGIN, height), 3, 3)
        if not len(self._time_s):
            return
        self._paint_range(painter)
        self._paint_stretches(painter, self._analysed, TRACK[0] + TRACK[1] - 4, 4, self.palette().color(Role.Highlight))
        self._paint_stretches(painter, self._present, *PRESENCE, QColor(*self._colour))
        self._paint_keyframes(painter)
        paint_events(painter, self._events, self._event_xs(), EVENTS_Y, self.palette())
        self._paint_hover(painter)
        self._paint_head(painter)

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Take the head."""
        if event is not None and event.button() is Qt.MouseButton.LeftButton and len(self._time_s):
            self.dragged.emit(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Drag the head, or say where the mouse is."""
        if event is None or not len(self._time_s):
            return
        self._hover_x = event.position().x()
        frame = self.frame_at(self._hover_x)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(frame)
        QToolTip.showText(event.globalPosition().toPoint(), self.told_at(self._hover_x), self)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Let go of the head."""
        if event is not None and event.button() is Qt.MouseButton.LeftButton and len(self._time_s):
            self.dropped.emit(self.frame_at(event.position().x()))

    def leaveEvent(self, event: object) -> None:  # noqa: ARG002, N802
        """Forget the mouse."""
        self._hover_x = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Leave keys to the window's actions: arrows step, Home and End jump."""
        if event is not None:
            event.ignore()

    def _stretches(self, flags: Flags) -> list[tuple[float, float]]:
        """Return when the stretches of frames (T,) that are set begin and end."""
        return [(self._start_s(run.start), self._start_s(run.stop)) for run in runs(flags)]

    def _event_xs(self) -> Floats:
        return MARGIN + self._event_times / self._end_s * max(1.0, self.width() - 2 * MARGIN)

    def _start_s(self, index: int) -> float:
        return float(self._time_s[index]) if index < len(self._time_s) else self._end_s

    def _paint_range(self, painter: QPainter) -> None:
        """Darken what lies outside the marks."""
        if len(self._range) == len(self._time_s):
            return
        top, height = TRACK
        left, right = self.x_of(self._start_s(self._range.start)), self.x_of(self._start_s(self._range.stop))
        accent = self.palette().color(Role.Highlight)
        painter.setBrush(QColor(accent.red(), accent.green(), accent.blue(), 70))
        painter.drawRect(QRectF(left, top, max(1.0, right - left), height))
        painter.setPen(QPen(accent, 2))
        for x, inward in ((left, 4), (right, -4)):
            painter.drawLine(QPointF(x, top - 4), QPointF(x, top + height + 4))
            painter.drawLine(QPointF(x, top - 4), QPointF(x + inward, top - 4))
            painter.drawLine(QPointF(x, top + height + 4), QPointF(x + inward, top + height + 4))
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_stretches(
        self, painter: QPainter, stretches: list[tuple[float, float]], top: float, height: float, colour: QColor
    ) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for start, stop in stretches:
            left = self.x_of(start)
            painter.drawRect(QRectF(left, top, max(1.0, self.x_of(stop) - left), height))

    def _paint_keyframes(self, painter: QPainter) -> None:
        if len(self._keys) * DENSE > self.width():
            return
        painter.setPen(QPen(self.palette().color(Role.PlaceholderText), 1))
        top, height = TRACK
        for time_s in self._keys[self._keys >= 0]:
            x = round(self.x_of(float(time_s))) + 0.5
            painter.drawLine(QPointF(x, top + 1), QPointF(x, top + height - 5))
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_hover(self, painter: QPainter) -> None:
        if self._hover_x is not None:
            painter.setPen(QPen(self.palette().color(Role.PlaceholderText), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(self._hover_x, 6), QPointF(self._hover_x, HEIGHT - 6))
            painter.setPen(Qt.PenStyle.NoPen)

    def _paint_head(self, painter: QPainter) -> None:
        if not 0 <= self._index < len(self._time_s):
            return
        x = self.x_of(float(self._time_s[self._index]))
        text = self.palette().color(Role.Text)
        painter.setPen(QPen(text, 2))
        painter.drawLine(QPointF(x, 7), QPointF(x, HEIGHT - 6))
        painter.setBrush(text)
        painter.drawEllipse(QPointF(x, 7), 4.5, 4.5)
        if self.hasFocus():
            painter.setPen(QPen(self.palette().color(Role.Highlight), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x, 7), 7, 7)
