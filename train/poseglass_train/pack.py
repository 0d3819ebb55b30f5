"""Images decoded once into one uint8 array, so that training never waits for a JPEG."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseglass_models.crop import crop_affine, cut, square_around, transform
from poseglass_models.skeleton import Skeleton
from poseglass_train.datasets import LabelledImages, read_image
from poseglass_train.errors import DatasetError

CANVAS = 256
"""Side of a packed image in pixels: holds LSP and nearly all of LSPET without shrinking them."""


@dataclass(frozen=True)
class Packed:
    """N people, each with the square of image around them.

    image_NHW3: uint8 RGB, CANVAS x CANVAS. xy_NK2: pixels of it, NaN where not annotated. center_N2, side_N: the
    person's own square, padded as `crop.square_around` does.
    """

    image_NHW3: Tensor
    xy_NK2: Tensor
    center_N2: Tensor
    side_N: Tensor
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.side_N)

    def to(self, device: torch.device) -> Packed:
        """Return the same people on a device."""
        return Packed(
            self.image_NHW3.to(device), self.xy_NK2.to(device), self.center_N2.to(device), self.side_N.to(device),
            self.skeleton,
        )  # fmt: skip

    def take(self, rows: Tensor) -> Packed:
        """Return the people at these places."""
        return Packed(self.image_NHW3[rows], self.xy_NK2[rows], self.center_N2[rows], self.side_N[rows], self.skeleton)


def pack(sets: Sequence[LabelledImages]) -> Packed:
    """Decode all images of all sets on all cores. Raises DatasetError for skeletons that differ or an unread image.

    People with fewer than two annotated keypoints are left out: they have no size.
    """
    skeletons = {labelled.skeleton for labelled in sets}
    if len(skeletons) != 1:
        raise DatasetError(f"data sets to be packed together need one skeleton, got {len(skeletons)}")
    paths = [path for labelled in sets for path in labelled.paths]
    xy_NK2 = np.concatenate([labelled.xy_NK2 for labelled in sets])
    sized = np.isfinite(xy_NK2).all(axis=2).sum(axis=1) >= 2
    rows = [(path, xy) for path, xy, keep in zip(paths, xy_NK2, sized, strict=True) if keep]
    images = np.empty((len(rows), CANVAS, CANVAS, 3), dtype=np.uint8)
    xy_packed = np.empty((len(rows), *xy_NK2.shape[1:]), dtype=np.float32)

    def place(i: int) -> None:
        images[i], xy_packed[i] = _place(*rows[i])

    with ThreadPoolExecutor() as threads:
        list(threads.map(place, range(len(rows))))
    squares = [square_around(xy.astype(np.float64)) for xy in xy_packed]
    return Packed(
        torch.from_numpy(images),
        torch.from_numpy(xy_packed),
        torch.tensor(np.array([center for center, _ in squares]), dtype=torch.float32),
        torch.tensor([side for _, side in squares], dtype=torch.float32),
        skeletons.pop(),
    )


def _place(path: Path, xy_K2: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Put the middle of the image in the middle of the canvas; shrink it only if it is larger."""
    image = read_image(path)
    height, width = image.shape[:2]
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    affine = crop_affine(middle, max(height, width, CANVAS), CANVAS)
    if max(height, width) <= CANVAS:
        affine[:, 2] = np.floor(affine[:, 2])  # whole pixels: half of one would blur every image of odd size
    return cut(image, affine, CANVAS), transform(affine, xy_K2.astype(np.float64))
