"""Paints a Sketch in the widget's space: lines keep their width on screen at every zoom."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen, QPolygonF, QTransform

from poseglass.core.explain.maps import MapLayer
from poseglass.core.overlay import FINE, OUTLINE, Colour, Stroke
from poseglass.core.people_marks import letters_colour
from poseglass.core.sketch import Arc, Box, Dot, Ellipse, Name, Sketch, Trail
from poseglass.gui.picture.view import View

LIMB_WIDTH = 3.0
DOT_RADIUS = 4.0
FINE_DOT_RADIUS = 2.5
CHOSEN_RADIUS = 8.0
FINE_CHOSEN_RADIUS = 5.0
OUTLINE_EXTRA = 3.0
NAME_GAP = 12.0
"""Device-independent pixels: the same at every zoom."""
ARC_RADIUS = 26.0
ARC_PART = 0.6
"""Of the shorter arm, which an arc never passes."""
TICK = 6.0
"""Of a rule's ends, to each side."""
RULE: Colour = (250, 222, 90)
LETTERS = QColor(245, 245, 245)
FAINT = 0.5
"""Opacity of who is not looked at: there, but no rival to who is."""


def paint_sketch(painter: QPainter, view: View, sketch: Sketch) -> None:
    """Paint all of a sketch: what is faint under the rest."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for is_faint, opacity in ((True, FAINT), (False, 1.0)):
        painter.setOpacity(opacity)
        _paint_all(painter, view, sketch.part(is_faint=is_faint))


def _paint_all(painter: QPainter, view: View, sketch: Sketch) -> None:
    for rule in sketch.rules:
        paint_rule(painter, view.to_widget(*rule.start), view.to_widget(*rule.end), QColor(*RULE), rule.text)
    for trail in sketch.trails:
        _paint_trail(painter, view, trail)
    for box in sketch.boxes:
        _paint_box(painter, view, box)
    for ellipse in sketch.ellipses:
        _paint_ellipse(painter, view, ellipse)
    for is_fine, part in ((False, 1.0), (True, FINE)):  # the face over what goes through it
        strokes = [stroke for stroke in sketch.strokes if stroke.is_fine == is_fine]
        for stroke in strokes:
            _paint_stroke(painter, view, stroke, OUTLINE, part * (LIMB_WIDTH + OUTLINE_EXTRA))
        for stroke in strokes:
            _paint_stroke(painter, view, stroke, stroke.colour, part * LIMB_WIDTH)
        for dot in sketch.dots:
            if dot.is_fine == is_fine:
                _paint_dot(painter, view, dot, FINE_DOT_RADIUS if is_fine else DOT_RADIUS)
    for arc in sketch.arcs:
        _paint_arc(painter, view, arc)
    _paint_numbers(painter, view, sketch.arcs)
    for name in sketch.names:
        _paint_person(painter, view, name)


def paint_ring(painter: QPainter, view: View, dot: Dot, colour: QColor) -> None:
    """Paint a ring around a chosen keypoint."""
    radius = FINE_CHOSEN_RADIUS if dot.is_fine else CHOSEN_RADIUS
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(*OUTLINE), 4.0), QPen(colour, 2.0)):
        painter.setPen(pen)
        painter.drawEllipse(view.to_widget(*dot.at), radius, radius)


def paint_map(painter: QPainter, view: View, layer: MapLayer) -> None:
    """Paint a map over the picture and nowhere else; its cells stay cells, at any zoom."""
    height, width = layer.rgba.shape[:2]
    image = QImage(layer.rgba.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
    (a, b, x), (c, d, y) = layer.to_frame
    half = QTransform.fromTranslate(0.5, 0.5)  # painters count from corners, maps and frames from centres
    centred = QTransform(a, c, b, d, x, y)
    painter.save()
    painter.setClipRect(view.target())
    painter.setTransform(view.transform(), combine=True)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
    painter.setTransform(half.inverted()[0] * centred * half, combine=True)
    painter.drawImage(0, 0, image)
    painter.restore()


def paint_name(painter: QPainter, view: View, dot: Dot, name: str) -> None:
    """Write a keypoint's name beside it, inside the widget."""
    place = view.to_widget(*dot.at) + QPointF(14, -11)
    right, bottom = view.size.width() - 130, view.size.height() - 26
    paint_label(painter, QPointF(min(max(place.x(), 4), right), min(max(place.y(), 4), bottom)), name)


def name_frame(metrics: QFontMetrics, view: View, name: Name) -> QRectF:
    """Return where somebody's name is painted: above its place, and inside the widget."""
    width, height = max(metrics.horizontalAdvance(name.text) + 10, metrics.height() + 4), metrics.height() + 2
    place = view.to_widget(*name.at)
    left = min(max(place.x() - width / 2, 2.0), view.size.width() - width - 2)
    top = min(max(place.y() - NAME_GAP - height, 2.0), view.size.height() - height - 2)
    return QRectF(left, top, width, height)


def label_frame(painter: QPainter, point: QPointF, text: str) -> QRectF:
    """Return where `paint_label` paints."""
    metrics = painter.fontMetrics()
    return QRectF(point.x(), point.y(), metrics.horizontalAdvance(text) + 10, metrics.height() + 4)


def paint_label(painter: QPainter, point: QPointF, text: str, colour: QColor = LETTERS) -> None:
    """Paint a small text beside a point, readable on any picture."""
    frame = label_frame(painter, point, text)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*OUTLINE, 215))
    painter.drawRoundedRect(frame, 4, 4)
    painter.setPen(colour)
    painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)


def paint_rule(painter: QPainter, start: QPointF, end: QPointF, colour: QColor, text: str = "") -> None:
    """Paint a line between two widget points with a tick at each end, and what it says in the middle."""
    along = end - start
    length = math.hypot(along.x(), along.y())
    across = QPointF(-along.y(), along.x()) * (TICK / length) if length else QPointF(0, TICK)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for pen in (QPen(QColor(*OUTLINE), 4.0), QPen(colour, 2.0)):
        painter.setPen(pen)
        painter.drawLine(start, end)
        for place in (start, end):
            painter.drawLine(place - across, place + across)
    if text:
        paint_label(painter, (start + end) / 2 + QPointF(8, -9), text)


def arc_on_screen(view: View, arc: Arc) -> tuple[QRectF, float, float]:
    """Return an arc's circle in the widget, where it starts and how far it goes: degrees, anticlockwise."""
    at = view.to_widget(*arc.at)
    arms = [view.to_widget(*point) - at for point in (arc.start, arc.end)]
    radius = min(ARC_RADIUS, ARC_PART * min(math.hypot(arm.x(), arm.y()) for arm in arms))
    first, second = (math.degrees(math.atan2(-arm.y(), arm.x())) for arm in arms)
    return QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius), first, (second - first + 180) % 360 - 180


def _paint_arc(painter: QPainter, view: View, arc: Arc) -> None:
    frame, first, span = arc_on_screen(view, arc)
    sixteenths = round(16 * first), round(16 * span)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(*arc.colour, 70))
    painter.drawPie(frame, *sixteenths)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(*OUTLINE), 4.0), QPen(QColor(*arc.colour), 2.0)):
        painter.setPen(pen)
        painter.drawArc(frame, *sixteenths)


def _paint_numbers(painter: QPainter, view: View, arcs: Sequence[Arc]) -> None:
    """Write what arcs say beyond their middles, in their colours, and over no other one."""
    taken: list[QRectF] = []
    for arc in arcs:
        circle, first, span = arc_on_screen(view, arc)
        size, middle = label_frame(painter, QPointF(), arc.text).size(), math.radians(first + span / 2)
        away = QPointF(math.cos(middle), -math.sin(middle))
        gap = circle.width() / 2 + 6
        centre = circle.center() + QPointF(away.x() * (gap + size.width() / 2), away.y() * (gap + size.height() / 2))
        frame = QRectF(centre - QPointF(size.width() / 2, size.height() / 2), size)
        while hit := next((other for other in taken if other.intersects(frame)), None):
            frame.moveTop(hit.bottom() + 1)
        taken.append(frame)
        paint_label(painter, frame.topLeft(), arc.text, QColor(*arc.colour))


def _paint_stroke(painter: QPainter, view: View, stroke: Stroke, colour: Colour, width: float) -> None:
    painter.setPen(QPen(QColor(*colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    painter.drawLine(view.to_widget(*stroke.start), view.to_widget(*stroke.end))


def _paint_dot(painter: QPainter, view: View, dot: Dot, radius: float) -> None:
    place = view.to_widget(*dot.at)
    painter.setPen(QPen(QColor(*OUTLINE), 1.5))
    painter.setBrush(QColor(*OUTLINE) if dot.hollow else QColor(*dot.colour))
    painter.drawEllipse(place, radius, radius)
    if dot.hollow:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(*dot.colour), radius / 2))
        painter.drawEllipse(place, radius, radius)


def _paint_trail(painter: QPainter, view: View, trail: Trail) -> None:
    """Paint older parts paler; interruptions stay open."""
    n = len(trail.points)
    for i, (a, b) in enumerate(zip(trail.points[:-1], trail.points[1:], strict=True)):
        if np.isfinite(a).all() and np.isfinite(b).all():
            colour = QColor(*trail.colour, round(40 + 180 * (i + 1) / n))
            painter.setPen(QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(view.to_widget(*a), view.to_widget(*b))


def _paint_box(painter: QPainter, view: View, box: Box) -> None:
    x0, y0, x1, y1 = box.corners
    frame = QRectF(view.to_widget(x0, y0), view.to_widget(x1, y1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(QColor(*OUTLINE), 3.0), QPen(QColor(*box.colour), 1.5)):
        painter.setPen(pen)
        painter.drawRoundedRect(frame, 4, 4)
    if box.label:
        paint_label(painter, frame.topLeft() + QPointF(4, 4), box.label)


def _paint_person(painter: QPainter, view: View, name: Name) -> None:
    frame = name_frame(painter.fontMetrics(), view, name)
    painter.setPen(QPen(QColor(*OUTLINE), 1.5))
    painter.setBrush(QColor(*name.colour))
    painter.drawRoundedRect(frame, 4, 4)
    painter.setPen(QColor(*letters_colour(name.colour)))
    painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, name.text)


def _paint_ellipse(painter: QPainter, view: View, ellipse: Ellipse) -> None:
    turned = np.radians(np.linspace(0, 360, 33))
    long, short = ellipse.axes
    c, s = np.cos(np.radians(ellipse.angle)), np.sin(np.radians(ellipse.angle))
    x = ellipse.at[0] + long * np.cos(turned) * c - short * np.sin(turned) * s
    y = ellipse.at[1] + long * np.cos(turned) * s + short * np.sin(turned) * c
    painter.setPen(QPen(QColor(*ellipse.colour, 200), 1.2))
    painter.setBrush(QColor(*ellipse.colour, 36))
    painter.drawPolygon(QPolygonF([view.to_widget(float(a), float(b)) for a, b in zip(x, y, strict=True)]))
