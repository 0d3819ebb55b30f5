"""The text in a plot's corner, on a ground of its own: lines pass behind it, not through it."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QColor, QPainter, QPalette
from PyQt6.QtWidgets import QGraphicsItem, QGraphicsTextItem, QStyleOptionGraphicsItem, QWidget

OPACITY = 225
"""Of 255: a curve that reaches below the text is still seen there, a cursor does not cut letters."""
MARGIN = 3.0
"""Device-independent pixels of the text's own margin that stay clear on each side."""


class Legend(QGraphicsTextItem):
    """Lets the mouse through to what lies behind it."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._ground = QColor()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def recolour(self, palette: QPalette) -> None:
        """Take the colours of a theme."""
        self._ground = palette.color(QPalette.ColorRole.Base)
        self._ground.setAlpha(OPACITY)
        self.setDefaultTextColor(palette.color(QPalette.ColorRole.Text))

    def paint(
        self, painter: QPainter | None, option: QStyleOptionGraphicsItem | None, widget: QWidget | None = None
    ) -> None:
        """Paint the ground, and the text on it."""
        assert painter is not None
        painter.fillRect(self.boundingRect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN), self._ground)
        super().paint(painter, option, widget)
