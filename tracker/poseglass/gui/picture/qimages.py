"""Pictures as Qt wants them: 32 bits a pixel, so that painting converts nothing."""

from __future__ import annotations

import cv2
import numpy as np
from PyQt6.QtGui import QImage

from poseglass.types import Image


def as_bgra(picture: Image) -> Image:
    """Return a picture as (H, W, 4) blue, green, red, 255, from (H, W, 3) RGB; one that is so already is no copy."""
    if picture.shape[2] == 3:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGRA), dtype=np.uint8)
    return np.ascontiguousarray(picture)


def qimage_over(bgra: Image) -> QImage:
    """Return a Qt image that looks at a picture's own memory; keep the picture as long as the image."""
    height, width = bgra.shape[:2]
    pixels = bgra.data.cast("B")
    shape = width, height, 4 * width, QImage.Format.Format_RGB32
    return QImage(pixels, *shape)  # type: ignore[call-overload,no-any-return]  # takes any buffer, the stubs say bytes


def to_qimage(picture: Image) -> QImage:
    """Return a Qt image of a picture, RGB or with four channels, with memory of its own."""
    return qimage_over(as_bgra(picture)).copy()
