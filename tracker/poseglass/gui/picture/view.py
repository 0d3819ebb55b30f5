"""How the picture lies in its widget: zoom, pan, and the way between both spaces.

Frame pixels have integers at their centres and may be wider than high; widget points are device-independent.
"""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, QSizeF
from PyQt6.QtGui import QTransform

MAX_SCALE = 64.0
"""Widget points a pixel: single pixels are then as large as a finger."""
MIN_SHOWN = 0.2
"""A picture is never made smaller than this part of what fits."""
EDGE = 40.0
"""Widget points of the picture that always stay visible, so that it cannot be lost."""


@dataclass
class View:
    """The place of a picture of `width` x `height` pixels in a widget of `size`; aspect: width to height of a pixel."""

    size: QSizeF
    width: int = 0
    height: int = 0
    aspect: float = 1.0
    scale: float = 1.0  # widget points for the height of a frame pixel
    left: float = 0.0  # widget x of the picture's left edge
    top: float = 0.0
    is_fit: bool = True  # follows the widget's size

    def show(self, width: int, height: int, aspect: float) -> None:
        """Take a picture of another size, fitted; of the same size, where it was."""
        if (width, height, aspect) != (self.width, self.height, self.aspect):
            self.width, self.height, self.aspect = width, height, aspect
            self.fit()

    def resize(self, size: QSizeF) -> None:
        """Keep the middle of the widget where it is, or fit again."""
        grown = size - self.size
        self.size = size
        if self.is_fit:
            self.fit()
        else:
            self.left, self.top = self.left + grown.width() / 2, self.top + grown.height() / 2
            self._keep_visible()

    def fit(self) -> None:
        """Show all of the picture, as large as possible."""
        self.is_fit = True
        self.scale = self._fitting_scale()
        self._centre()

    def set_scale(self, scale: float, at: QPointF | None = None) -> None:
        """Zoom to a scale; what lies at a widget point (the middle if None) stays there."""
        at = at or QPointF(self.size.width() / 2, self.size.height() / 2)
        scale = min(MAX_SCALE, max(scale, MIN_SHOWN * self._fitting_scale()))
        factor = scale / self.scale
        self.is_fit = False
        self.left, self.top = at.x() - (at.x() - self.left) * factor, at.y() - (at.y() - self.top) * factor
        self.scale = scale
        self._keep_visible()

    def pan(self, delta: QPointF) -> None:
        """Move the picture."""
        self.is_fit = False
        self.left, self.top = self.left + delta.x(), self.top + delta.y()
        self._keep_visible()

    def place(self) -> tuple[float, float, float] | None:
        """Return the scale, and the frame pixels in the middle of the widget; None where all is shown."""
        if self.is_fit:
            return None
        return (self.scale, *self.to_frame(QPointF(self.size.width() / 2, self.size.height() / 2)))

    def go_to(self, scale: float, x: float, y: float) -> None:
        """Show a place that `place` returned, however large the widget is now."""
        self.set_scale(scale)
        self.pan(QPointF(self.size.width() / 2, self.size.height() / 2) - self.to_widget(x, y))

    def target(self) -> QRectF:
        """Return where the picture is painted."""
        return QRectF(self.left, self.top, self.width * self.aspect * self.scale, self.height * self.scale)

    def to_widget(self, x: float, y: float) -> QPointF:
        """Return the widget point of a place in frame pixels."""
        return QPointF(self.left + (x + 0.5) * self.aspect * self.scale, self.top + (y + 0.5) * self.scale)

    def to_frame(self, point: QPointF) -> tuple[float, float]:
        """Return the frame pixels of a widget point."""
        x = (point.x() - self.left) / (self.aspect * self.scale) - 0.5
        return x, (point.y() - self.top) / self.scale - 0.5

    def transform(self) -> QTransform:
        """Return the way from frame pixels to widget points for a painter, whose units count from corners."""
        return QTransform(self.aspect * self.scale, 0, 0, self.scale, self.left, self.top)

    def _fitting_scale(self) -> float:
        if not self.width or not self.height or self.size.isEmpty():
            return 1.0
        return min(self.size.width() / (self.width * self.aspect), self.size.height() / self.height)

    def _centre(self) -> None:
        target = self.target()
        self.left = (self.size.width() - target.width()) / 2
        self.top = (self.size.height() - target.height()) / 2

    def _keep_visible(self) -> None:
        target = self.target()
        self.left = min(max(self.left, EDGE - target.width()), self.size.width() - EDGE)
        self.top = min(max(self.top, EDGE - target.height()), self.size.height() - EDGE)
