"""`poseglass-train evaluate`: score a checkpoint by a data set's published protocol.

Shapes: B batch, K keypoints, N images, S crop side, H heatmap side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from poseglass_models.checkpoint import load
from poseglass_models.codec import decode
from poseglass_models.crop import crop_affine, cut, invert_affine, sample, transform
from poseglass_models.inference import predict_heatmaps
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.datasets import LabelledImages, read_image, read_lsp
from poseglass_train.errors import TrainingError
from poseglass_train.metrics import THRESHOLD, lsp_table, pck, torso_length

BATCH = 25


@dataclass(frozen=True)
class Views:
    """What is averaged into one answer, and where it is computed."""

    flip: bool = False  # average with the mirror image's heatmaps
    scales: int = 1  # sizes whose heatmaps are averaged; the paper tests with 6
    device: torch.device = torch.device("cpu")  # noqa: RUF009 - a device never changes

    @property
    def zooms(self) -> tuple[float, ...]:
        """Crop sides to look at, in image sides: evenly in ratio from 0.8 to 1.25, or just the image."""
        return (1.0,) if self.scales == 1 else tuple(np.geomspace(0.8, 1.25, self.scales).tolist())


def evaluate_lsp(data: Path, model: str, how: Views) -> dict[str, float]:
    """Return the LSP table, PCK@0.2 in percent, person-centric, on images 1001-2000.

    The image's centre and larger side are all that is given of the person. Raises TrainingError, CheckpointError.
    """
    network, checkpoint = load(model)
    if checkpoint.skeleton.names != LSP_14.names:
        raise TrainingError(
            f"{model}: LSP wants its 14 keypoints, the model has {', '.join(checkpoint.skeleton.names)}"
        )
    test = read_lsp(data / "lsp", "test")
    found_NK2 = predict(network.to(how.device), checkpoint.input_size, test, how)
    true_NK2 = test.xy_NK2.astype(np.float64)
    return lsp_table(pck(found_NK2, true_NK2, torso_length(true_NK2, LSP_14), THRESHOLD), LSP_14)


def predict(network: MultiContextNetwork, size: int, images: LabelledImages, how: Views) -> NDArray[np.float64]:
    """Return keypoints (N, K, 2) in pixels of each image."""
    network = network.to(memory_format=torch.channels_last)
    found = []
    for start in tqdm(range(0, len(images), BATCH), unit="batch", leave=False, disable=None):
        pictures = [read_image(picture) for picture in images.pictures[start : start + BATCH]]
        affines = [whole_image_affine(picture, size) for picture in pictures]
        heat = pyramid_heatmaps(network, pictures, size, images.skeleton, how)
        crop_xy = decode(heat).xy_BK2.cpu().double().numpy()
        found += [transform(invert_affine(affine), xy) for affine, xy in zip(affines, crop_xy, strict=True)]
    return np.stack(found)


def whole_image_affine(picture: NDArray[np.uint8], size: int, zoom: float = 1.0) -> NDArray[np.float64]:
    """Return the affine of the square crop in the image's middle, `zoom` times as wide as its larger side."""
    height, width = picture.shape[:2]
    return crop_affine(np.array([(width - 1) / 2, (height - 1) / 2]), zoom * max(height, width), size)


def pyramid_heatmaps(
    network: MultiContextNetwork, pictures: Sequence[NDArray[np.uint8]], size: int, skeleton: Skeleton, how: Views
) -> Tensor:
    """Return the mean of the heatmaps over all zooms, (B, K, H, H), in the frame of zoom 1."""
    total: Tensor | None = None
    for zoom in how.zooms:
        crops = np.stack([cut(picture, whole_image_affine(picture, size, zoom), size) for picture in pictures])
        batch_B3SS = torch.from_numpy(crops).to(how.device).permute(0, 3, 1, 2)
        heat_BKHH = predict_heatmaps(network, batch_B3SS, skeleton, flip=how.flip, bfloat16=False)
        heat_BKHH = unzoom(heat_BKHH, zoom)
        total = heat_BKHH if total is None else total + heat_BKHH
    assert total is not None
    return total / len(how.zooms)


def unzoom(heat_BKHH: Tensor, zoom: float) -> Tensor:
    """Resample heatmaps of a crop `zoom` times as wide to the frame of zoom 1; what it did not show is 0."""
    if zoom == 1:
        return heat_BKHH
    side = heat_BKHH.shape[-1]
    middle = np.full(2, (side - 1) / 2)
    back = torch.from_numpy(crop_affine(middle, side * zoom, side)).float().to(heat_BKHH.device)
    return sample(heat_BKHH, back.expand(len(heat_BKHH), 2, 3), side)


def table_text(table: dict[str, float]) -> str:
    """Return the table in two lines of equal columns."""
    width = max(map(len, table)) + 3
    return (
        "".join(f"{name:>{width}}" for name in table)
        + "\n"
        + "".join(f"{value:{width}.1f}" for value in table.values())
    )
