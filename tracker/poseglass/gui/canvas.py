"""The picture with the pose on it, scaled to the widget."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from poseglass.core.overlay import OUTLINE, Stroke
from poseglass.types import Image

STROKE_WIDTH = 3.0
"""Width of a limb on screen, in device-independent pixels: the same at every zoom."""
HINT = "Open a video to see its poses:  File > Open  (Ctrl+O), or drop a file here"


class Canvas(QWidget):
    """Paints the newest picture; strokes are drawn as vectors, so they stay sharp at any size."""

    def __init__(self) -> None:
        super().__init__()
        self._picture: QImage | None = None
        self._strokes: list[Stroke] = []
        self.setMinimumSize(320, 240)
        self.setAccessibleName("Video with poses")

    def show_picture(self, image: Image, strokes: list[Stroke]) -> None:
        """Show an upright RGB picture (H, W, 3) and strokes in its pixels."""
        height, width = image.shape[:2]
        picture = QImage(np.ascontiguousarray(image).tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        self._picture = picture.convertToFormat(QImage.Format.Format_RGB32)  # a copy, and what paints fastest
        self._strokes = strokes
        self.update()

    def clear(self) -> None:
        """Show the hint again."""
        self._picture, self._strokes = None, []
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Paint picture and strokes, or the hint."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(24, 24, 27))
        if self._picture is None:
            painter.setPen(QColor(200, 200, 205))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, HINT)
            return
        target = self._target(self._picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scale = target.width() / self._picture.width()
        for outline in (True, False):
            for stroke in self._strokes:
                self._draw(painter, stroke, target, scale, outline)

    def _target(self, picture: QImage) -> QRectF:
        """Return the largest rectangle of the picture's shape in the middle of the widget."""
        scale = min(self.width() / picture.width(), self.height() / picture.height())
        width, height = picture.width() * scale, picture.height() * scale
        return QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)

    @staticmethod
    def _draw(painter: QPainter, stroke: Stroke, target: QRectF, scale: float, outline: bool) -> None:
        is_dot = stroke.start == stroke.end
        width = STROKE_WIDTH * (2.5 if is_dot else 1) + (2 if outline else 0)
        colour = QColor(*(OUTLINE if outline else stroke.colour))
        painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        start, end = (
            QPointF(target.x() + (x + 0.5) * scale, target.y() + (y + 0.5) * scale)  # pixel centres are integers
            for x, y in (stroke.start, stroke.end)
        )
        if is_dot:
            painter.drawPoint(start)
        else:
            painter.drawLine(start, end)
