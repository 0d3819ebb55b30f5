import numpy as np
import pytest
from PyQt6.QtCore import QSizeF
from PyQt6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from poseglass.core.explain.maps import MapLayer, paint_layer
from poseglass.gui.picture.brush import paint_map
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
