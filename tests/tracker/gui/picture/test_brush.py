import numpy as np
import pytest
from PyQt6.QtCore import QPointF, QSizeF
from PyQt6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from poseglass.core.explain.maps import MapLayer, paint_layer
from poseglass.core.sketch import Arc, Sketch
from poseglass.gui.picture.brush import arc_on_screen, label_frame, paint_map, paint_sketch
from poseglass.gui.picture.view import View
from poseglass.types import Floats, Image


def painted_by_qt(layer: MapLayer, width: int, height: int) -> Image:
    picture = QImage(width, height, QImage.Format.Format_RGB32)
    picture.fill(0xFF646464)
    painter = QPainter(picture)
    paint_map(painter, View(QSizeF(width, height), width, height), layer)
    painter.end()
    bits = picture.constBits()
    assert bits is not None
    bits.setsize(picture.sizeInBytes())
    return np.frombuffer(bits, np.uint8).reshape(height, width, 4)[..., 2::-1].copy()


@pytest.mark.parametrize(
    "to_frame",
    [
        np.array([[8.0, 0, 23.5], [0, 8.0, 15.5]]),
        np.array([[5.3, 0, 20.2], [0, 5.3, 31.7]]),
        np.array([[4.0, -3.0, 60.0], [3.0, 4.0, 20.0]]),
    ],
)
def test_the_window_paints_a_map_where_files_have_it(qtbot: QtBot, to_frame: Floats):
    rgba = np.zeros((9, 12, 4), np.uint8)
    rgba[2:4, 7:9] = (200, 40, 0, 220)
    rgba[6, 1] = (0, 100, 100, 120)
    layer = MapLayer(rgba, to_frame)
    image = np.full((120, 160, 3), 100, np.uint8)
    paint_layer(image, layer)
    apart = np.abs(painted_by_qt(layer, 160, 120).astype(int) - image).max(axis=-1)

    assert (image != 100).any()
    assert (apart > 2).sum() <= 0.02 * (image != 100).any(axis=-1).sum()  # an edge may round the other way


def test_an_arc_is_as_wide_on_screen_as_its_angle_in_the_world():
    # Pixels twice as wide as high: 10 across and 20 down are 45 degrees.
    view = View(QSizeF(400, 200), 200, 200, aspect=2.0, scale=1.0)
    _, first, span = arc_on_screen(view, Arc((100, 100), (150, 100), (110, 80), "45°", (255, 0, 0)))

    assert (first, span) == pytest.approx((0, 45))
    circle, first, span = arc_on_screen(view, Arc((100, 100), (90, 101), (90, 99), "", (255, 0, 0)))
    assert abs(span) == pytest.approx(2 * np.degrees(np.arctan(1 / 20)))  # the shorter way, over 180 degrees
    assert circle.width() / 2 == pytest.approx(0.6 * np.hypot(20, 1))  # no longer than its arms


def test_numbers_of_arcs_lie_on_no_other(qtbot: QtBot):
    sketch = Sketch(arcs=[Arc((50, 50), (50, 10), (90, 50), "100° ± 5", (255, 0, 0)) for _ in range(3)])
    picture = QImage(200, 200, QImage.Format.Format_RGB32)
    picture.fill(0xFFFFFFFF)
    painter = QPainter(picture)
    paint_sketch(painter, View(QSizeF(200, 200), 200, 200), sketch)
    height = label_frame(painter, QPointF(), "100° ± 5").height()
    painter.end()
    dark = [picture.pixelColor(90, y).lightness() < 128 for y in range(200)]

    assert sum(dark) >= 2.5 * height
