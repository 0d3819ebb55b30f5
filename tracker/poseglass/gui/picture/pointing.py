"""What of a sketch lies under the mouse: a keypoint, or somebody."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QLineF, QPointF, QRectF
from PyQt6.QtGui import QFontMetrics, QPolygonF

from poseglass.core.sketch import Dot, Sketch
from poseglass.gui.picture.brush import name_frame
from poseglass.gui.picture.view import View

REACH = 12.0
"""Device-independent pixels from which a keypoint is pointed at: a little more than its ring."""
BODY = 0.12
"""Around somebody's keypoints, in parts of their longer side, a click still means them: keypoints lie inside a body."""


def dot_at(sketch: Sketch, view: View, point: QPointF, is_chosen: Callable[[Dot], bool] | None = None) -> Dot | None:
    """Return the keypoint nearest to a widget point, None where there is none within reach.

    is_chosen: such a keypoint goes before others; None if none does.
    """

    def distance(dot: Dot) -> float:
        return QLineF(view.to_widget(*dot.at), point).length()

    within = [dot for dot in sketch.dots if distance(dot) <= REACH]
    chosen = [dot for dot in within if is_chosen(dot)] if is_chosen else []
    return min(chosen or within, key=distance, default=None)


def person_at(sketch: Sketch, view: View, metrics: QFontMetrics, point: QPointF) -> str:
    """Return who is at a widget point, by name or body; of several the one whose keypoints are nearest; "" is nobody.

    metrics: of the font in which names are painted.
    """
    names = [name for name in sketch.names if name_frame(metrics, view, name).contains(point)]
    if names:
        return next((name.person for name in reversed(names) if not name.is_faint), names[-1].person)  # as they lie
    bodies: dict[str, list[QPointF]] = {}
    for dot in sketch.dots:
        bodies.setdefault(dot.person, []).append(view.to_widget(*dot.at))
    here = [name for name, places in bodies.items() if _bounds(places).contains(point)]
    return min(here, key=lambda name: min(QLineF(place, point).length() for place in bodies[name]), default="")


def _bounds(places: list[QPointF]) -> QRectF:
    frame = QPolygonF(places).boundingRect()
    edge = max(REACH, BODY * max(frame.width(), frame.height()))
    return frame.adjusted(-edge, -edge, edge, edge)
