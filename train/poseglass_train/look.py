"""What the network looks at: its attention drawn beside the picture, and the share of it that lies on the person.

Shapes: B batch, K keypoints, M maps, N people, H x W map, S side of a tile.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from poseglass_models.checkpoint import Checkpoint
from poseglass_models.codec import decode
from poseglass_models.crop import crop_affine, cut, rescale, transform
from poseglass_models.multi_context import STRIDE, AttentionMap, MultiContextNetwork
from poseglass_train.evaluate import BATCH, Square

Image = NDArray[np.uint8]
Array = NDArray[np.float64]

TILE = 160
"""Side in pixels of one small picture."""
CAPTION = 16
"""Pixels above each for its name."""
SHOWN_PARTS = ("right_wrist", "left_wrist", "right_ankle", "left_ankle")
"""Keypoints whose part attention and heatmaps are drawn, of those that the skeleton has."""


@dataclass(frozen=True)
class Share:
    """Of one attention map: the part of its mass inside the person's box, and the box's part of the picture."""

    inside: float
    chance: float


def draw_attention(network: MultiContextNetwork, checkpoint: Checkpoint, picture: Image, square: Square) -> Image:
    """Return one RGB picture: a row a stack, with the input and the pose in front (as in the paper's figures 2, 6, 9).

    Each row has the maps of all resolutions, coarse to fine, then the refined map, or the part attention and the
    heatmaps of SHOWN_PARTS. Each map is drawn from its own least value, black, to its own greatest, white.
    """
    size = checkpoint.input_size
    crop = cut(picture, crop_affine(*square, size), size)
    with torch.inference_mode():
        output = network(_batch([crop], next(network.parameters()).device), network.attention_names)
    parts = [name for name in SHOWN_PARTS if name in checkpoint.skeleton.names]
    rows = []
    for stack in range(1, network.config.stacks + 1):
        first = _tile(crop, "input") if stack == 1 else _tile(_posed(crop, output.heatmaps[-1], checkpoint), "pose")
        maps = [found for found in output.attention.values() if found.stack == stack]
        tiles = [tile for found in maps for tile in _map_tiles(found, checkpoint, parts)]
        heat = output.heatmaps[stack - 1][0].float().cpu().numpy()
        tiles += [_tile(_heated(heat[checkpoint.skeleton.index(name)]), f"heat {name}") for name in parts]
        rows.append(np.hstack([first, *tiles]))
    widest = max(row.shape[1] for row in rows)
    return np.vstack([np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0))) for row in rows])


def attention_shares(
    network: MultiContextNetwork,
    checkpoint: Checkpoint,
    pictures: Iterable[Image],
    squares: Sequence[Square],
    boxes_N4: Array,
) -> dict[str, Share]:
    """Return each map's share inside the person's box, a mean over people; part attention is a mean over its maps.

    boxes_N4: x0 y0 x1 y1 in pixels of the pictures. What lies outside the picture counts as outside the box.
    """
    size, device = checkpoint.input_size, next(network.parameters()).device
    totals: dict[str, list[float]] = {name: [] for name in network.attention_names}
    chances: list[float] = []
    stream = iter(pictures)
    for start in range(0, len(squares), BATCH):
        where = squares[start : start + BATCH]
        affines = [crop_affine(*square, size) for square in where]
        some = list(islice(stream, len(where)))
        crops = [cut(picture, affine, size) for picture, affine in zip(some, affines, strict=True)]
        boxes = np.stack(
            [transform(affine, box.reshape(2, 2)) for affine, box in zip(affines, boxes_N4[start:], strict=False)]
        )
        with torch.inference_mode():
            output = network(_batch(crops, device), network.attention_names)
        for name, found in output.attention.items():
            totals[name] += inside_share(found.maps.float().cpu(), boxes, STRIDE * found.reduction).tolist()
        chances += inside_share(torch.ones(len(where), 1, size, size), boxes, 1).tolist()
    chance = float(np.mean(chances))
    return {name: Share(float(np.mean(values)), chance) for name, values in totals.items()}


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


def _batch(crops: Sequence[Image], device: torch.device) -> Tensor:
    return torch.from_numpy(np.stack(crops)).to(device).permute(0, 3, 1, 2)


def _map_tiles(found: AttentionMap, checkpoint: Checkpoint, parts: Sequence[str]) -> list[Image]:
    maps = found.maps[0].float().cpu().numpy()
    if found.kind == "part":
        return [_tile(_heated(maps[checkpoint.skeleton.index(name)]), f"part {name}") for name in parts]
    name = f"{found.kind} {maps.shape[-1]}" if found.kind == "multi_resolution" else found.kind
    return [_tile(_heated(maps[0]), name.replace("multi_resolution", "attention"))]


def _heated(values: NDArray[np.float32]) -> Image:
    low, high = float(values.min()), float(values.max())
    grey = (255 * (values - low) / max(high - low, 1e-12)).astype(np.uint8)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _posed(crop: Image, heat: Tensor, checkpoint: Checkpoint) -> Image:
    xy = decode(heat.float().cpu()).xy_BK2[0].numpy()
    drawn = np.ascontiguousarray(crop)
    for a, b in checkpoint.skeleton.edge_indices:
        if np.isfinite(xy[[a, b]]).all():
            left = "left" in checkpoint.skeleton.names[a] + checkpoint.skeleton.names[b]
            ends = [(int(x), int(y)) for x, y in xy[[a, b]].round()]
            cv2.line(drawn, *ends, (64, 160, 255) if left else (255, 140, 48), 2, cv2.LINE_AA)
    return drawn


def _tile(image: Image, name: str) -> Image:
    shown = cv2.resize(image, (TILE, TILE), interpolation=cv2.INTER_NEAREST)
    framed = np.zeros((TILE + CAPTION, TILE + 2, 3), dtype=np.uint8)
    framed[CAPTION:, 1:-1] = shown
    cv2.putText(framed, name, (3, CAPTION - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (230, 230, 230), 1, cv2.LINE_AA)
    return framed
