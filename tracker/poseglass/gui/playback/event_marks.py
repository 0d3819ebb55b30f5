"""Marks on the scrub bar for what happened to those who are followed: a form for each kind, in the person's colour."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QLineF, QPointF, QRectF
from PyQt6.QtGui import QColor, QPainter, QPalette, QPen, QPolygonF

from poseglass.core.overlay import Colour
from poseglass.types import Floats, What

HALF = 4.0
"""Half the size of a mark, in device-independent pixels."""
CUT_DEPTH = 18.0
"""How far the line of a cut goes down: through the track."""


@dataclass(frozen=True)
class EventMark:
    """Something that happened, to be shown. The text is already translated."""

    frame: int
    what: What
    text: str
    colour: Colour | None  # the person's; None: nobody's


def paint_events(painter: QPainter, marks: tuple[EventMark, ...], xs: Floats, y: float, palette: QPalette) -> None:
    """Paint marks at these widget x (N,), around y. Where two of a kind and colour would be one, one is painted.

    A triangle points up where somebody comes, and down where they go; a cross is a break, a line a cut, a square tells
    that there are more people than are followed.
    """
    neutral = palette.color(QPalette.ColorRole.Text)
    painted = set()
    for mark, x in zip(marks, xs.tolist(), strict=True):
        place = round(x), mark.what, mark.colour
        if place not in painted:
            painted.add(place)
            colour = QColor(*mark.colour) if mark.colour else neutral
            _paint_mark(painter, mark.what, QPointF(x, y), colour, palette.color(QPalette.ColorRole.Window))


def _paint_mark(painter: QPainter, what: What, at: QPointF, colour: QColor, edge: QColor) -> None:
    if what is What.CUT:
        painter.setPen(QPen(colour, 2.0))
        painter.drawLine(QLineF(at.x(), at.y() - HALF, at.x(), at.y() + CUT_DEPTH))
        return
    if what is What.BREAK:
        for pen in (QPen(edge, 4.0), QPen(colour, 2.0)):
            painter.setPen(pen)
            for sign in (1, -1):
                painter.drawLine(QLineF(at.x() - HALF, at.y() - sign * HALF, at.x() + HALF, at.y() + sign * HALF))
        return
    painter.setPen(QPen(edge, 1.0))
    painter.setBrush(colour)
    if what is What.CAPPED:
        painter.drawRect(QRectF(at.x() - HALF, at.y() - HALF, 2 * HALF, 2 * HALF))
        return
    tip = HALF if what is What.LOST else -HALF
    corners = (QPointF(-HALF, -tip), QPointF(HALF, -tip), QPointF(0.0, tip))
    painter.drawPolygon(QPolygonF([at + corner for corner in corners]))
