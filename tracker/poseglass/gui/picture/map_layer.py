"""Paints a map's layer over a picture."""

from __future__ import annotations

from PyQt6.QtGui import QImage, QPainter, QTransform

from poseglass.core.attention.maps import MapLayer


def paint_map(painter: QPainter, layer: MapLayer) -> None:
    """Paint a layer with a painter whose units are the frame's pixels, the first one's upper left corner at (0, 0).

    The map's cells stay cells, at any zoom.
    """
    height, width = layer.rgba.shape[:2]
    image = QImage(layer.rgba.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888_Premultiplied)
    (a, b, x), (c, d, y) = layer.to_frame
    half = QTransform.fromTranslate(0.5, 0.5)  # painters count from corners, maps and frames from centres
    centred = QTransform(a, c, b, d, x, y)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
    painter.setTransform(half.inverted()[0] * centred * half, combine=True)
    painter.drawImage(0, 0, image)
    painter.restore()
