"""What a network finds in squares of pictures, averaged over mirror images and sizes where asked.

Shapes: B batch, K keypoints, N images, S crop side, H heatmap side.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from poseglass_models.checkpoint import Checkpoint
from poseglass_models.codec import decode
from poseglass_models.crop import crop_affine, cut, invert_affine, sample, transform
from poseglass_models.inference import predict_heatmaps
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_train.errors import TrainingError

BATCH = 25

Square = tuple[NDArray[np.float64], float]
"""Centre (2,) and side of what is looked at, in pixels of the picture."""


@dataclass(frozen=True)
class Views:
    """What is averaged into one answer, and where it is computed."""

    flip: bool = False  # average with the mirror image's heatmaps
    scales: int = 1  # sizes whose heatmaps are averaged; the paper tests with 6
    device: torch.device = torch.device("cpu")  # noqa: RUF009 - a device never changes
    bfloat16: bool = False  # half the precision, as the tracker computes where that is fast

    @property
    def zooms(self) -> tuple[float, ...]:
        """Crop sides to look at, in image sides: evenly in ratio from 0.8 to 1.25, or just the image."""
        return (1.0,) if self.scales == 1 else tuple(np.geomspace(0.8, 1.25, self.scales).tolist())


@dataclass(frozen=True)
class Found:
    """xy_NK2: pixels of each picture, NaN where nothing was found. score_NK: the chance to be right, 0 to 1."""

    xy_NK2: NDArray[np.float64]
    score_NK: NDArray[np.float64]

    def keypoints(self, places: Sequence[int]) -> Found:
        """Return some of the keypoints, in that order."""
        return Found(self.xy_NK2[:, places], self.score_NK[:, places])


def places_of(names: Sequence[str], checkpoint: Checkpoint, model: str, protocol: str) -> list[int]:
    """Return where a model has the keypoints that a protocol scores. Raises TrainingError where it lacks one."""
    missing = [name for name in names if name not in checkpoint.skeleton.names]
    if missing:
        raise TrainingError(f"{model}: {protocol} scores {len(names)} keypoints, the model lacks {', '.join(missing)}")
    return [checkpoint.skeleton.index(name) for name in names]


def find_in_squares(
    network: MultiContextNetwork,
    checkpoint: Checkpoint,
    pictures: Iterable[NDArray[np.uint8]],
    squares: Sequence[Square],
    how: Views,
) -> Found:
    """Find the person in the square, given by its centre and side, of each picture; no more than a batch is held."""
    network = network.to(memory_format=torch.channels_last)
    xy, peaks = [], []
    stream = iter(pictures)
    for start in tqdm(range(0, len(squares), BATCH), unit="batch", leave=False, disable=None):
        where = squares[start : start + BATCH]
        some = list(islice(stream, len(where)))
        decoded = decode(pyramid_heatmaps(network, some, where, checkpoint, how))
        affines = [crop_affine(*square, checkpoint.input_size) for square in where]
        crop_xy = decoded.xy_BK2.cpu().double().numpy()
        xy += [transform(invert_affine(affine), found) for affine, found in zip(affines, crop_xy, strict=True)]
        peaks.append(decoded.score_BK.cpu().double().numpy())
    return Found(np.stack(xy), checkpoint.chance_right(np.concatenate(peaks)))


def pyramid_heatmaps(
    network: MultiContextNetwork,
    pictures: Sequence[NDArray[np.uint8]],
    squares: Sequence[Square],
    checkpoint: Checkpoint,
    how: Views,
) -> Tensor:
    """Return the mean of the heatmaps over all zooms, (B, K, H, H), in the frame of zoom 1."""
    size = checkpoint.input_size
    total: Tensor | None = None
    for zoom in how.zooms:
        affines = [crop_affine(center, zoom * side, size) for center, side in squares]
        crops = np.stack([cut(picture, affine, size) for picture, affine in zip(pictures, affines, strict=True)])
        batch_B3SS = torch.from_numpy(crops).to(how.device).permute(0, 3, 1, 2)
        heat_BKHH = predict_heatmaps(network, batch_B3SS, checkpoint.skeleton, flip=how.flip, bfloat16=how.bfloat16)
        heat_BKHH = unzoom(heat_BKHH, zoom)
        total = heat_BKHH if total is None else total + heat_BKHH
    assert total is not None
    return total / len(how.zooms)


def whole_square(picture: NDArray[np.uint8]) -> Square:
    """Return the square in the picture's middle that is as wide as its larger side."""
    height, width = picture.shape[:2]
    return np.array([(width - 1) / 2, (height - 1) / 2]), float(max(height, width))


def unzoom(heat_BKHH: Tensor, zoom: float) -> Tensor:
    """Resample heatmaps of a crop `zoom` times as wide to the frame of zoom 1; what it did not show is 0."""
    if zoom == 1:
        return heat_BKHH
    side = heat_BKHH.shape[-1]
    middle = np.full(2, (side - 1) / 2)
    back = torch.from_numpy(crop_affine(middle, side * zoom, side)).float().to(heat_BKHH.device)
    return sample(heat_BKHH, back.expand(len(heat_BKHH), 2, 3), side)
