"""Turn a picture and its poses over for the screen, as a mirror does. Names stay: a right wrist is still one."""

from __future__ import annotations

import cv2
import numpy as np

from poseglass.types import Floats, Image


def mirror_image(image: Image) -> Image:
    """Return the picture (H, W, 3) with left and right exchanged; a copy."""
    return np.asarray(cv2.flip(image, 1), dtype=np.uint8)


def mirror_xy(xy: Floats, width: int) -> Floats:
    """Return points (..., 2) where they lie in the mirrored picture: pixel centres are integers, 0 becomes W - 1."""
    return np.stack([width - 1 - xy[..., 0], xy[..., 1]], axis=-1)


def mirror_covariance(covariance: Floats) -> Floats:
    """Return covariances (..., 2, 2) of mirrored points."""
    return np.asarray(covariance * [[1.0, -1.0], [-1.0, 1.0]])
