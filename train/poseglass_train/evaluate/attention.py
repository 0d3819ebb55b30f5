"""`poseglass-train evaluate attention`: whether the network looks at the person: how much of each map lies on them.

Shapes: B batch, M maps, N people, H x W map.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from poseglass_models.checkpoint import Checkpoint, load
from poseglass_models.crop import crop_affine, cut, rescale, square_around, transform
from poseglass_models.multi_context import STRIDE, MultiContextNetwork
from poseglass_train.data.jhmdb import as_images, read_jhmdb
from poseglass_train.data.labelled import BOX_PADDING, LabelledImages, read_image
from poseglass_train.data.lsp import read_lsp
from poseglass_train.errors import TrainingError
from poseglass_train.evaluate.views import BATCH

Array = NDArray[np.float64]

BODY = 1.13
"""A person's box to the extent of their keypoints, hands, feet and hair being outside: the median of JHMDB's."""
FRAME_STEP = 5
"""Of JHMDB's frames: neighbours show nearly the same."""


@dataclass(frozen=True)
class Share:
    """Of one attention map: the part of its mass inside the person's box, and the box's part of the crop."""

    inside: float
    chance: float


def evaluate_attention(data: Path, model: str, device: torch.device) -> dict[str, dict[str, Share]]:
    """Return the shares of each map, on LSP's and on JHMDB's test people. Raises TrainingError, CheckpointError.

    The crop is the square around the person that the tracker cuts. Part attention is a mean over its maps.
    """
    network, checkpoint = load(model)
    if not network.attention_names:
        raise TrainingError(f"{model}: a network without attention")
    network = network.to(device).eval()
    sets = {
        "lsp": read_lsp(data / "lsp", "test"),
        "jhmdb": as_images(read_jhmdb(data / "jhmdb", "test"), FRAME_STEP),
    }
    return {name: attention_shares(network, checkpoint, people) for name, people in sets.items()}


def attention_shares(
    network: MultiContextNetwork, checkpoint: Checkpoint, people: LabelledImages
) -> dict[str, Share]:  # fmt: skip
    """Return each map's share, a mean over people. What lies outside the picture counts as outside the box."""
    size = checkpoint.input_size
    totals: dict[str, list[float]] = {name: [] for name in network.attention_names}
    chances: list[float] = []
    for start in tqdm(range(0, len(people), BATCH), unit="batch", leave=False, disable=None):
        rows = range(start, min(start + BATCH, len(people)))
        boxes = [person_box(people, row) for row in rows]
        affines = [crop_affine(*square_around(box, BOX_PADDING), size) for box in boxes]
        crops = [cut(read_image(people.pictures[row]), affine, size) for row, affine in zip(rows, affines, strict=True)]
        boxes_B22 = np.stack([transform(affine, box) for affine, box in zip(affines, boxes, strict=True)])
        batch_B3SS = torch.from_numpy(np.stack(crops)).to(next(network.parameters()).device).permute(0, 3, 1, 2)
        with torch.inference_mode():
            output = network(batch_B3SS, network.attention_names)
        for name, found in output.attention.items():
            totals[name] += inside_share(found.maps.float().cpu(), boxes_B22, STRIDE * found.reduction).tolist()
        chances += inside_share(torch.ones(len(crops), 1, size, size), boxes_B22, 1).tolist()
    chance = float(np.mean(chances))
    return {name: Share(float(np.mean(values)), chance) for name, values in totals.items()}


def person_box(people: LabelledImages, row: int) -> Array:
    """Return the corners (2, 2) of the labelled box, or of one a little larger than the keypoints' extent."""
    box = people.box_N4[row].astype(np.float64).reshape(2, 2)
    if np.isfinite(box).all():
        return np.asarray(box)
    low, high = people.extents[row].astype(np.float64).reshape(2, 2)
    more = (BODY - 1) / 2 * (high - low)
    return np.stack([low - more, high + more])


def inside_share(maps_BMHW: Tensor, boxes_B22: Array, pixel: int) -> Array:
    """Return the share (B,) of the maps' mass whose pixels, `pixel` crop pixels wide, have their centre in the box."""
    height, width = maps_BMHW.shape[-2:]
    low_B2, high_B2 = (rescale(boxes_B22[:, i], 1 / pixel) for i in (0, 1))
    rows, columns = np.arange(height), np.arange(width)
    inside_BH = (rows >= low_B2[:, 1:]) & (rows <= high_B2[:, 1:])
    inside_BW = (columns >= low_B2[:, :1]) & (columns <= high_B2[:, :1])
    inside_BHW = inside_BH[:, :, None] & inside_BW[:, None, :]
    mass_BMHW = maps_BMHW.numpy()
    share_BM = (mass_BMHW * inside_BHW[:, None]).sum(axis=(2, 3)) / np.maximum(mass_BMHW.sum(axis=(2, 3)), 1e-12)
    return np.asarray(share_BM.mean(axis=1))
