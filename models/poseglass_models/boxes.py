"""Boxes as arrays (..., 4) of x0, y0, x1, y1: how large they are, and what they share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def overlaps(one_N4: Array, other_M4: Array) -> Array:
    """Return intersection over union (N, M) of boxes, 0 to 1."""
    shared_NM = intersections(one_N4, other_M4)
    return np.asarray(shared_NM / np.maximum(areas(one_N4)[:, None] + areas(other_M4) - shared_NM, 1e-9))


def intersections(one_N4: Array, other_M4: Array) -> Array:
    """Return the area (N, M) that boxes share."""
    low = np.maximum(one_N4[:, None, :2], other_M4[None, :, :2])
    high = np.minimum(one_N4[:, None, 2:], other_M4[None, :, 2:])
    return np.asarray(np.clip(high - low, 0, None).prod(axis=-1))


def areas(boxes_N4: Array) -> Array:
    """Return the area (N,) of boxes."""
    return np.asarray(np.clip(boxes_N4[:, 2:] - boxes_N4[:, :2], 0, None).prod(axis=-1))
