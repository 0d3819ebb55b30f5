"""The scrub bar: all of the video in one line, with keyframes, marks, and what has been analysed."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PyQt6.QtWidgets import QSizePolicy, QToolTip, QWidget

from poseglass.core.video.timecode import clock_text
from poseglass.core.video.video import VideoInfo
from poseglass.types import Flags, Floats, runs

HEIGHT = 40
TRACK = (14.0, 12.0)
"""Top and height of the track."""
MARGIN = 10.0
"""Left and right of the track: half a head must fit."""
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
        self._analysed = []
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
        self._analysed = [(self._start_s(run.start), self._start_s(run.stop)) for run in runs(analysed)]
        self.update()

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
        self._paint_analysed(painter)
        self._paint_keyframes(painter)
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
        text = self.tr("frame {0}  ·  {1}").format(frame, clock_text(float(self._time_s[frame])))
        QToolTip.showText(event.globalPosition().toPoint(), text, self)
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

    def _paint_analysed(self, painter: QPainter) -> None:
        painter.setBrush(self.palette().color(Role.Highlight))
        top, height = TRACK
        for start, stop in self._analysed:
            left = self.x_of(start)
            painter.drawRect(QRectF(left, top + height - 4, max(1.0, self.x_of(stop) - left), 4))

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
