"""People as training takes them: decoded once into one uint8 array on the device, so that it never waits for a JPEG.

Shapes: N people, K keypoints, H height, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseglass_models.skeleton import Skeleton
from poseglass_train.data.pack import Pack
from poseglass_train.errors import DatasetError


@dataclass(frozen=True)
class People:
    """N people, each with the picture around them in the middle of a square.

    image_NHW3: uint8 RGB. xy_NK2: pixels of it, NaN where not annotated, infinite beyond the picture.
    center_N2, side_N: the person's own square in it. set_N: place in `sets`, the names of the data sets.
    """

    image_NHW3: Tensor
    xy_NK2: Tensor
    center_N2: Tensor
    side_N: Tensor
    set_N: Tensor
    sets: tuple[str, ...]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.side_N)

    def to(self, device: torch.device) -> People:
        """Return the same people on a device."""
        return self._with([tensor.to(device) for tensor in self._tensors])

    def take(self, rows: Tensor) -> People:
        """Return the people at these places."""
        return self._with([tensor[rows] for tensor in self._tensors])

    def of(self, name: str) -> People:
        """Return the people of one data set."""
        return self.take(torch.nonzero(self.set_N == self.sets.index(name))[:, 0])

    def thinned(self, most: int) -> People:
        """Return at most so many of the people, evenly out of all."""
        if len(self) <= most:
            return self
        return self.take(torch.linspace(0, len(self) - 1, most).long().to(self.side_N.device))

    @property
    def counts(self) -> dict[str, int]:
        """How many people each data set has here, where it has any."""
        numbers = torch.bincount(self.set_N.cpu(), minlength=len(self.sets)).tolist()
        return {name: number for name, number in zip(self.sets, numbers, strict=True) if number}

    @property
    def _tensors(self) -> tuple[Tensor, ...]:
        return self.image_NHW3, self.xy_NK2, self.center_N2, self.side_N, self.set_N

    def _with(self, tensors: Sequence[Tensor]) -> People:
        image, xy, center, side, of_set = tensors
        return replace(self, image_NHW3=image, xy_NK2=xy, center_N2=center, side_N=side, set_N=of_set)


def unpack(pack: Pack) -> tuple[People, People]:
    """Decode all pictures on all cores; return the people to train on and the held-out ones. Raises DatasetError."""
    return _decoded(pack.part(np.flatnonzero(~pack.held_out_N))), unpack_held_out(pack)


def unpack_held_out(pack: Pack) -> People:
    """Decode the held-out people's pictures alone: those to train on may take gigabytes. Raises DatasetError."""
    return _decoded(pack.part(np.flatnonzero(pack.held_out_N)))


def _decoded(pack: Pack) -> People:
    images = np.zeros((len(pack), pack.canvas, pack.canvas, 3), dtype=np.uint8)
    with ThreadPoolExecutor() as threads:
        corners = list(threads.map(_place, pack.encoded, images))
    moved = np.array(corners, dtype=np.float32).reshape(-1, 2)
    return People(
        torch.from_numpy(images),
        torch.from_numpy(pack.xy_NK2 + moved[:, None]),
        torch.from_numpy(pack.center_N2 + moved),
        torch.from_numpy(pack.side_N),
        torch.from_numpy(pack.set_N),
        pack.sets,
        pack.skeleton,
    )


def _place(encoded: bytes, canvas: NDArray[np.uint8]) -> tuple[int, int]:
    """Put the picture in the middle of the canvas, by whole pixels; return its left and upper edge there."""
    image = cv2.imdecode(np.frombuffer(encoded, dtype=np.uint8), cv2.IMREAD_COLOR)
    side = len(canvas)
    if image is None or max(image.shape[:2]) > side:
        raise DatasetError("a picture in the pack is damaged; pack again")
    height, width = image.shape[:2]
    x, y = (side - width) // 2, (side - height) // 2
    canvas[y : y + height, x : x + width] = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return x, y
