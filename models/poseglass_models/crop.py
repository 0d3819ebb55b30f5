"""Square crops around people, and the way back to the frame.

The pixel-centre rule, stated here and nowhere else: integer coordinates lie at pixel centres, so an image of width W
spans -0.5 to W - 0.5, and scaling an image by s maps x to (x + 0.5) s - 0.5.

Affines are (2, 3) arrays that map frame pixels to crop pixels. Shapes: B batch, K keypoints, N crop side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # only `sample` needs torch, which takes seconds to import
    from torch import Tensor

Array = NDArray[np.float64]
Coordinates = TypeVar("Coordinates", "Tensor", Array)

PADDING = 1.3
"""Crop side to the larger extent of the keypoints; LSP's images are so (median 1.32 on the training half)."""


def rescale(xy: Coordinates, factor: float) -> Coordinates:
    """Map coordinates along with an image that is scaled by `factor`."""
    return (xy + 0.5) * factor - 0.5


def scaling(factor: float) -> Array:
    """Return the affine (2, 3) that maps coordinates as `rescale` does."""
    return np.array([[factor, 0, (factor - 1) / 2], [0, factor, (factor - 1) / 2]])


def square_around(xy_K2: Array, padding: float = PADDING) -> tuple[Array, float]:
    """Return centre (2,) and side of the square crop around a pose; NaN keypoints are left out.

    Raises ValueError when no keypoint is present.
    """
    present = xy_K2[np.isfinite(xy_K2).all(axis=1)]
    if not len(present):
        raise ValueError("no keypoint to put a crop around")
    low, high = present.min(axis=0), present.max(axis=0)
    return (low + high) / 2, float((high - low).max()) * padding


def crop_affine(center: Array, side: float, size: int, angle: float = 0.0) -> Array:
    """Return the affine of the crop of `size` x `size` pixels that shows the square of that centre and side.

    angle: degrees by which the square is turned clockwise in the frame.
    """
    turn = np.deg2rad(angle)
    scale = size / side
    linear = scale * np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return np.column_stack([linear, (size - 1) / 2 - linear @ center])


def invert_affine(affine: Array) -> Array:
    """Return the affine of the way back."""
    linear = np.linalg.inv(affine[:, :2])
    return np.column_stack([linear, -linear @ affine[:, 2]])


def compose(then: Array, first: Array) -> Array:
    """Return the affine that maps by `first`, then by `then`."""
    return np.column_stack([then[:, :2] @ first[:, :2], transform(then, first[:, 2])])


def transform(affine: Array, xy: Array) -> Array:
    """Map coordinates (..., 2); NaN stays NaN."""
    return np.asarray(xy @ affine[:, :2].T + affine[:, 2])


def transform_covariance(affine: Array, covariance: Array) -> Array:
    """Map covariances (..., 2, 2) along with the coordinates they belong to."""
    return np.asarray(affine[:, :2] @ covariance @ affine[:, :2].T)


def cut(image: NDArray[np.uint8], affine: Array, size: int) -> NDArray[np.uint8]:
    """Cut a crop (size, size, C) out of an image (H, W, C); black outside the image.

    A crop smaller than what it shows is sampled several times finer, then averaged, so that it does not alias.
    """
    finer = max(1, math.ceil(1 / np.sqrt(abs(np.linalg.det(affine[:, :2]))) - 0.01))  # a crop at size stays sharp
    fine = compose(scaling(finer), affine)
    big = cv2.warpAffine(image, fine, (size * finer, size * finer), flags=cv2.INTER_LINEAR)
    small = cv2.resize(big, (size, size), interpolation=cv2.INTER_AREA) if finer > 1 else big
    return np.asarray(small, dtype=np.uint8)


def sample(image_BCHW: Tensor, back_B23: Tensor, size: int) -> Tensor:
    """Cut one crop out of each image on its device: the batched, bilinear twin of `cut`.

    back_B23: affines from crop pixels to image pixels. Returns (B, C, size, size), 0 outside the image.
    """
    import torch
    import torch.nn.functional as F

    height, width = image_BCHW.shape[-2:]
    steps = torch.arange(size, device=image_BCHW.device, dtype=torch.float32)
    y_NN, x_NN = torch.meshgrid(steps, steps, indexing="ij")
    crop_MN3 = torch.stack([x_NN, y_NN, torch.ones_like(x_NN)], dim=-1).view(-1, 3)
    xy_BNN2 = (crop_MN3 @ back_B23.transpose(1, 2)).view(-1, size, size, 2)
    xy_BNN2 = torch.stack([(2 * xy_BNN2[..., 0] + 1) / width - 1, (2 * xy_BNN2[..., 1] + 1) / height - 1], dim=-1)
    return F.grid_sample(image_BCHW, xy_BNN2, align_corners=False)
