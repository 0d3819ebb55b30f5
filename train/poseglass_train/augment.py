"""Random crops of packed people, made on the device in batches.

Shapes: B batch, K keypoints, N crop side.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from poseglass_models.crop import sample
from poseglass_train.pack import Packed


@dataclass(frozen=True)
class Augmentation:
    """How far a crop is changed; the defaults are the paper's (section 6)."""

    rotation: float = 30.0  # degrees either way, evenly
    whole_circle: float = 0.0  # share of crops turned by any angle instead
    scale: tuple[float, float] = (0.75, 1.25)  # of the person's size in the crop
    shift: float = 0.0  # of the crop's side either way, evenly
    flip: bool = True  # every second crop, left and right swapped
    colour: float = 0.2  # each channel's gain is 1 +- this
    contrast: float = 0.0  # spread around the crop's mean is 1 +- this


NONE = Augmentation(rotation=0, scale=(1, 1), flip=False, colour=0)
"""Plain crops, for validation."""


@dataclass(frozen=True)
class Batch:
    """image_B3NN: RGB 0 to 255, single precision. xy_BK2: crop pixels, NaN where not annotated."""

    image_B3NN: Tensor
    xy_BK2: Tensor


def augment(people: Packed, size: int, how: Augmentation, dice: torch.Generator) -> Batch:
    """Cut a random crop of `size` pixels around each person. `dice`: a generator on the CPU, the only randomness."""
    count = len(people)
    angle = _between(-how.rotation, how.rotation, count, dice)
    anywhere = _between(-180, 180, count, dice)
    angle = torch.where(_between(0, 1, count, dice) < how.whole_circle, anywhere, angle)
    grow = _between(*how.scale, count, dice)
    shift_B2 = _between(-how.shift, how.shift, count * 2, dice).view(count, 2)
    mirrored = (_between(0, 1, count, dice) < 0.5) & how.flip
    gain_B3 = _between(1 - how.colour, 1 + how.colour, count * 3, dice).view(count, 3)
    contrast = _between(1 - how.contrast, 1 + how.contrast, count, dice)

    device = people.side_N.device
    side = people.side_N / grow.to(device)
    center_B2 = people.center_N2 + shift_B2.to(device) * side[:, None]
    back_B23 = _crop_to_image(center_B2, side, size, angle.to(device), mirrored.to(device))
    image_BCHW = people.image_NHW3.permute(0, 3, 1, 2).float()
    image_B3NN = _colour(sample(image_BCHW, back_B23, size), gain_B3.to(device), contrast.to(device))
    inverse_B22 = torch.linalg.inv(back_B23[..., :2])
    xy_BK2 = (people.xy_NK2 - back_B23[:, None, :, 2]) @ inverse_B22.transpose(1, 2)
    order = torch.from_numpy(people.skeleton.flip_order).to(device)
    return Batch(image_B3NN, torch.where(mirrored.to(device)[:, None, None], xy_BK2[:, order], xy_BK2))


def _between(low: float, high: float, count: int, dice: torch.Generator) -> Tensor:
    return torch.rand(count, generator=dice) * (high - low) + low


def _crop_to_image(center_B2: Tensor, side: Tensor, size: int, angle: Tensor, mirrored: Tensor) -> Tensor:
    """Return affines (B, 2, 3) from crop to image: the batched inverse of `crop.crop_affine`, mirrored where asked."""
    turn = torch.deg2rad(angle)
    scale = side / size
    sign = torch.where(mirrored, -1.0, 1.0)
    cos, sin = torch.cos(turn) * scale, torch.sin(turn) * scale
    linear_B22 = torch.stack([torch.stack([sign * cos, -sin], -1), torch.stack([sign * sin, cos], -1)], -2)
    middle = torch.full_like(center_B2, (size - 1) / 2)
    return torch.cat([linear_B22, (center_B2 - (linear_B22 @ middle[..., None])[..., 0])[..., None]], -1)


def _colour(image_B3NN: Tensor, gain_B3: Tensor, contrast: Tensor) -> Tensor:
    mean = image_B3NN.mean(dim=(1, 2, 3), keepdim=True)
    spread = (image_B3NN - mean) * contrast[:, None, None, None] + mean
    return (spread * gain_B3[..., None, None]).clamp(0, 255)
