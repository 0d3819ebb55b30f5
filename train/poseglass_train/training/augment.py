"""Random crops of people, made on the device in batches.

All chances are drawn on the CPU, so that a step is the same on every device and the device is never waited for.
Shapes: B batch, K keypoints, N crop side.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
import torch.nn.functional as F
from torch import Tensor

from poseglass_models.crop import sample
from poseglass_train.data.people import People


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
    close_up: float = 0.0  # share of crops that show only what is around one of the keypoints
    cut_out: float = 0.0  # share of crops with a rectangle painted over
    blur: float = 0.0  # share of crops shown with fewer pixels, see BLURS


NONE = Augmentation(rotation=0, scale=(1, 1), flip=False, colour=0)
"""Plain crops, for validation."""

CLOSE_UP_SIDE = (0.45, 0.8)
"""Side of a close-up, of the person's own square."""
CUT_OUT_SIDE = (0.1, 0.4)
"""Height and width of a painted rectangle, of the crop's side."""
BLURS = (2, 3)
"""How many times fewer pixels, along each axis, a blurred crop has."""


@dataclass(frozen=True)
class Batch:
    """image_B3NN: RGB, 0 to 255. xy_BK2: crop pixels, NaN where not annotated, infinite beyond the picture."""

    image_B3NN: Tensor
    xy_BK2: Tensor


@dataclass(frozen=True)
class Chances:
    """What happens to each crop of a batch; all on the CPU."""

    angle: Tensor  # (B,) degrees
    grow: Tensor  # (B,)
    shift_B2: Tensor
    mirrored: Tensor  # (B,) 0 or 1
    gain_B3: Tensor
    contrast: Tensor  # (B,)
    close_up: Tensor  # (B,) side of the close-up, or 0 for none
    lot_BK: Tensor  # the keypoint with the highest lot is the close-up's middle
    patch_B4: Tensor  # x0 y0 x1 y1 of the painted rectangle, in crop sides; 0 0 0 0 for none
    paint_B3: Tensor
    blur: Tensor  # (B,) one of BLURS, or 1 for none

    def share(self, rank: int, of: int) -> Chances:
        """Return every `of`-th crop's, from `rank` on."""
        return Chances(**{each.name: getattr(self, each.name)[rank::of] for each in fields(self)})


def draw(count: int, keypoints: int, how: Augmentation, dice: torch.Generator) -> Chances:
    """Throw the dice for a batch. `dice`: a generator on the CPU, the only randomness."""

    def between(low: float, high: float, *columns: int) -> Tensor:
        return torch.rand(count, *columns, generator=dice) * (high - low) + low

    angle = torch.where(between(0, 1) < how.whole_circle, between(-180, 180), between(-how.rotation, how.rotation))
    corner_B2, extent_B2 = between(0, 1, 2), between(*CUT_OUT_SIDE, 2)
    painted = (between(0, 1) < how.cut_out)[:, None]
    blurs = torch.tensor(BLURS)[torch.randint(len(BLURS), (count,), generator=dice)]
    return Chances(
        angle=angle,
        grow=between(*how.scale),
        shift_B2=between(-how.shift, how.shift, 2),
        mirrored=((between(0, 1) < 0.5) & how.flip).float(),
        gain_B3=between(1 - how.colour, 1 + how.colour, 3),
        contrast=between(1 - how.contrast, 1 + how.contrast),
        close_up=torch.where(between(0, 1) < how.close_up, between(*CLOSE_UP_SIDE), 0.0),
        lot_BK=between(0, 1, keypoints),
        patch_B4=torch.cat([corner_B2 - extent_B2 / 2, corner_B2 + extent_B2 / 2], dim=1) * painted,
        paint_B3=between(0, 255, 3),
        blur=torch.where(between(0, 1) < how.blur, blurs, 1),
    )


def augment(people: People, size: int, how: Augmentation, dice: torch.Generator) -> Batch:
    """Cut a random crop of `size` pixels around each person."""
    return crop(people, size, draw(len(people), len(people.skeleton), how, dice))


def crop(people: People, size: int, chances: Chances) -> Batch:
    """Cut the crop that the dice say around each person, where the people are."""
    device = people.side_N.device

    def there(chance: Tensor) -> Tensor:
        return chance.to(device, non_blocking=True)

    center_B2, side = _framed(people, there(chances.close_up), there(chances.lot_BK))
    side = side / there(chances.grow)
    center_B2 = center_B2 + there(chances.shift_B2) * side[:, None]
    mirrored = there(chances.mirrored)
    back_B23 = _crop_to_image(center_B2, side, size, there(chances.angle), mirrored)
    image_B3NN = sample(people.image_NHW3.permute(0, 3, 1, 2).float(), back_B23, size)
    for fewer in BLURS:
        image_B3NN = _blurred(image_B3NN, fewer, torch.nonzero(chances.blur == fewer)[:, 0])
    image_B3NN = _painted(image_B3NN, there(chances.patch_B4) * size, there(chances.paint_B3))
    image_B3NN = _coloured(image_B3NN, there(chances.gain_B3), there(chances.contrast))
    inverse_B22 = torch.linalg.inv_ex(back_B23[..., :2]).inverse  # inv would wait for the device to look for errors
    beyond_BK2 = people.xy_NK2.isinf()
    xy_BK2 = (people.xy_NK2.masked_fill(beyond_BK2, 0) - back_B23[:, None, :, 2]) @ inverse_B22.transpose(1, 2)
    xy_BK2 = xy_BK2.masked_fill(beyond_BK2, torch.inf)
    order = torch.from_numpy(people.skeleton.flip_order)
    swapped_BK2 = xy_BK2.index_select(1, there(order))
    return Batch(image_B3NN, torch.where(mirrored[:, None, None] > 0, swapped_BK2, xy_BK2))


def _framed(people: People, close_up: Tensor, lot_BK: Tensor) -> tuple[Tensor, Tensor]:
    """Return centre and side: the person's own square, or a smaller one around a keypoint."""
    known_BK = torch.isfinite(people.xy_NK2).all(dim=-1)
    chosen = torch.where(known_BK, lot_BK, -1.0).argmax(dim=1)
    around_B2 = people.xy_NK2.gather(1, chosen[:, None, None].expand(-1, 1, 2))[:, 0]
    near = (close_up > 0) & known_BK.any(dim=1)
    center_B2 = torch.where(near[:, None], around_B2, people.center_N2)
    return center_B2, torch.where(near, people.side_N * close_up, people.side_N)


def _crop_to_image(center_B2: Tensor, side: Tensor, size: int, angle: Tensor, mirrored: Tensor) -> Tensor:
    """Return affines (B, 2, 3) from crop to image: the batched inverse of `crop.crop_affine`, mirrored where asked."""
    turn = torch.deg2rad(angle)
    scale = side / size
    sign = 1 - 2 * mirrored
    cos, sin = torch.cos(turn) * scale, torch.sin(turn) * scale
    linear_B22 = torch.stack([torch.stack([sign * cos, -sin], -1), torch.stack([sign * sin, cos], -1)], -2)
    middle = torch.full_like(center_B2, (size - 1) / 2)
    return torch.cat([linear_B22, (center_B2 - (linear_B22 @ middle[..., None])[..., 0])[..., None]], -1)


def _blurred(image_B3NN: Tensor, fewer: int, places: Tensor) -> Tensor:
    if not len(places):
        return image_B3NN
    size = image_B3NN.shape[-1]
    rows = places.to(image_B3NN.device, non_blocking=True)
    small = F.interpolate(image_B3NN[rows], size=size // fewer, mode="area")
    return image_B3NN.index_copy(0, rows, F.interpolate(small, size=size, mode="bilinear"))


def _painted(image_B3NN: Tensor, patch_B4: Tensor, paint_B3: Tensor) -> Tensor:
    steps = torch.arange(image_B3NN.shape[-1], device=image_B3NN.device)
    inside_BN2 = (steps[:, None] >= patch_B4[:, None, :2]) & (steps[:, None] < patch_B4[:, None, 2:])
    inside_B1NN = (inside_BN2[:, :, 1, None] & inside_BN2[:, None, :, 0])[:, None]
    return torch.where(inside_B1NN, paint_B3[..., None, None], image_B3NN)


def _coloured(image_B3NN: Tensor, gain_B3: Tensor, contrast: Tensor) -> Tensor:
    mean = image_B3NN.mean(dim=(1, 2, 3), keepdim=True)
    spread = (image_B3NN - mean) * contrast[:, None, None, None] + mean
    return (spread * gain_B3[..., None, None]).clamp(0, 255)
