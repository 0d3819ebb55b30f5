from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from poseglass_models.crop import crop_affine, cut, transform
from poseglass_models.skeleton import Skeleton
from poseglass_train.data.people import People
from poseglass_train.training.augment import (
    BLURS,
    CLOSE_UP_SIDE,
    CUT_OUT_SIDE,
    NONE,
    Augmentation,
    Batch,
    augment,
    crop,
    draw,
)

TRIPLE = Skeleton(("left_hand", "right_hand", "nose"))
DOTS = ((70.3, 60.2), (88.6, 66.9), (76.4, 90.7))
"""Where the red, green and blue dot lie: left hand, right hand, nose."""
CENTER, SIDE, CANVAS = (80.0, 75.0), 110.0, 160
LIVELY = Augmentation(shift=0.05, close_up=0.3, cut_out=0.5, blur=0.5)
ALL = Augmentation(rotation=180, scale=(0.75, 1.25), shift=0.05, flip=True, colour=0)


def dotted(count: int) -> People:
    """Return the same person so many times: a soft red, green and blue dot at its three keypoints."""
    rows, columns = np.mgrid[:CANVAS, :CANVAS]
    light = [255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 4**2)) for x, y in DOTS]
    image = torch.from_numpy(np.stack(light, axis=-1).round().astype(np.uint8))
    return People(
        image.expand(count, CANVAS, CANVAS, 3),
        torch.tensor(DOTS).expand(count, 3, 2),
        torch.tensor(CENTER).expand(count, 2),
        torch.full((count,), SIDE),
        torch.zeros(count, dtype=torch.long),
        ("dots",),
        TRIPLE,
    )


def dice(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def dots_found(batch: Batch) -> Tensor:
    """Return where each crop's red, green and blue light is centred, (B, 3, 2)."""
    size = batch.image_B3NN.shape[-1]
    steps = torch.arange(size, dtype=torch.float32)
    total = batch.image_B3NN.sum(dim=(-2, -1))
    x = (batch.image_B3NN * steps).sum(dim=(-2, -1)) / total
    y = (batch.image_B3NN * steps[:, None]).sum(dim=(-2, -1)) / total
    return torch.stack([x, y], dim=-1)


@dataclass(frozen=True)
class Change:
    """What happened to each crop, worked out from where the three dots are."""

    degrees: Tensor
    growth: Tensor
    shift_B2: Tensor  # of the crop's middle in the image, in crop sides
    mirrored: Tensor


def change(dots_B32: Tensor, size: int) -> Change:
    """Solve for the map from the image's dots to the crop's, and take it apart."""
    before, after = torch.tensor(DOTS), dots_B32
    columns = torch.stack([before[1] - before[0], before[2] - before[0]], dim=-1)
    moved_B22 = torch.stack([after[:, 1] - after[:, 0], after[:, 2] - after[:, 0]], dim=-1)
    linear_B22 = moved_B22 @ torch.linalg.inv(columns)
    determinant = torch.linalg.det(linear_B22)
    middle_B2 = torch.full((len(after), 2), (size - 1) / 2)
    seen_B2 = before[0] + (torch.linalg.inv(linear_B22) @ (middle_B2 - after[:, 0])[..., None])[..., 0]
    growth = determinant.abs().sqrt() * SIDE / size
    upright_B22 = linear_B22 * torch.stack([determinant.sign(), torch.ones_like(determinant)], dim=-1)[..., None]
    return Change(
        torch.rad2deg(torch.atan2(upright_B22[:, 1, 0], upright_B22[:, 0, 0])),
        growth,
        (seen_B2 - torch.tensor(CENTER)) * growth[:, None] / SIDE,
        determinant < 0,
    )


def by_colour(batch: Batch, mirrored: Tensor) -> Tensor:
    """Return the keypoints in the order red, green, blue: in a mirrored crop the red hand is a right one."""
    return torch.where(mirrored[:, None, None], batch.xy_BK2[:, [1, 0, 2]], batch.xy_BK2)


def test_keypoints_move_with_their_pixels() -> None:
    batch = augment(dotted(80), 96, ALL, dice())
    dots_B32 = dots_found(batch)
    mirrored = change(dots_B32, 96).mirrored

    assert 20 < mirrored.sum() < 60
    assert (by_colour(batch, mirrored) - dots_B32).abs().max() < 0.05


def test_keypoints_move_with_their_pixels_when_enlarged() -> None:
    batch = augment(dotted(20), 256, ALL, dice())
    dots_B32 = dots_found(batch)

    assert (by_colour(batch, change(dots_B32, 256).mirrored) - dots_B32).abs().max() < 0.1


def test_the_papers_augmentation_is_the_default() -> None:
    how = Augmentation()

    assert (how.rotation, how.scale, how.flip) == (30, (0.75, 1.25), True)
    assert (how.whole_circle, how.shift, how.contrast, how.close_up, how.cut_out, how.blur) == (0, 0, 0, 0, 0, 0)


def test_crops_are_turned_scaled_and_shifted_over_the_whole_range_and_no_further() -> None:
    how = Augmentation(rotation=30, scale=(0.75, 1.25), shift=0.1, flip=False)
    changed = change(augment(dotted(600), 64, how, dice()).xy_BK2, 64)

    for values, low, high in (
        (changed.degrees, -30, 30),
        (changed.growth, 0.75, 1.25),
        (changed.shift_B2[:, 0], -0.1, 0.1),
        (changed.shift_B2[:, 1], -0.1, 0.1),
    ):
        slack = (high - low) * 1e-3
        assert values.min() >= low - slack
        assert values.max() <= high + slack
        assert values.min() < low + 20 * slack
        assert values.max() > high - 20 * slack
        assert values.mean().item() == pytest.approx((low + high) / 2, abs=50 * slack)
    assert not changed.mirrored.any()


def test_turn_scale_and_shift_are_drawn_apart() -> None:
    changed = change(augment(dotted(600), 64, Augmentation(shift=0.1, flip=False), dice()).xy_BK2, 64)

    drawn = torch.stack([changed.degrees, changed.growth, changed.shift_B2[:, 0], changed.shift_B2[:, 1]])
    assert (torch.corrcoef(drawn) - torch.eye(4)).abs().max() < 0.15


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_a_share_of_the_crops_is_turned_by_any_angle(share: float) -> None:
    how = Augmentation(rotation=10, whole_circle=share, flip=False)
    degrees = change(augment(dotted(800), 64, how, dice()).xy_BK2, 64).degrees

    wild = degrees.abs() > 10.01
    assert wild.float().mean().item() == pytest.approx(share * 340 / 360, abs=0.06)
    if share:
        assert degrees.min() < -170
        assert degrees.max() > 170


def test_a_flipped_crop_is_the_plain_ones_mirror_image_with_left_and_right_swapped() -> None:
    plain = augment(dotted(1), 64, NONE, dice())
    batch = augment(dotted(60), 64, Augmentation(rotation=0, scale=(1, 1), flip=True, colour=0), dice())
    mirror_image = plain.image_B3NN[0].flip(-1)
    mirror_xy = (torch.tensor([63.0, 0.0]) - plain.xy_BK2[0] * torch.tensor([1.0, -1.0]))[[1, 0, 2]]

    mirrored = change(dots_found(batch), 64).mirrored
    assert 15 < mirrored.sum() < 45
    for image, xy, turned in zip(batch.image_B3NN, batch.xy_BK2, mirrored, strict=True):
        torch.testing.assert_close(image, mirror_image if turned else plain.image_B3NN[0], rtol=0, atol=0.1)
        torch.testing.assert_close(xy, mirror_xy if turned else plain.xy_BK2[0], rtol=0, atol=1e-3)


def test_without_flip_nothing_is_mirrored() -> None:
    batch = augment(dotted(60), 64, Augmentation(flip=False), dice())

    assert not change(dots_found(batch), 64).mirrored.any()


def test_missing_keypoints_stay_missing_under_their_mirrored_name() -> None:
    people = dotted(60)
    xy = people.xy_NK2.clone()
    xy[:, 0] = torch.nan  # the left hand
    people = replace(people, xy_NK2=xy)
    batch = augment(people, 64, ALL, dice())

    mirrored = change(dots_found(batch), 64).mirrored
    missing = batch.xy_BK2.isnan().all(dim=-1)
    assert torch.equal(missing[:, 0], ~mirrored)
    assert torch.equal(missing[:, 1], mirrored)
    assert not missing[:, 2].any()


def test_keypoints_beyond_the_picture_stay_there_under_their_mirrored_name_and_are_no_close_ups_middle() -> None:
    people = dotted(60)
    xy = people.xy_NK2.clone()
    xy[:, 0] = torch.inf  # the left hand
    people = replace(people, xy_NK2=xy)
    batch = augment(people, 64, replace(ALL, close_up=0.5), dice())

    beyond = batch.xy_BK2.isinf().all(dim=-1)
    assert beyond[:, :2].sum(dim=1).eq(1).all()
    assert 10 < beyond[:, 0].sum() < 50
    assert not beyond[:, 2].any()
    assert not batch.xy_BK2.isnan().any()
    assert batch.image_B3NN.isfinite().all()


@pytest.mark.parametrize("size", [110, 192])
def test_no_augmentation_is_the_plain_crop_of_cut(size: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (CANVAS, CANVAS, 3), dtype=np.uint8)
    image = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    centers, sides = ((80.0, 75.0), (63.4, 90.1)), (110.0, 87.7)
    image_NHW3 = torch.from_numpy(image).expand(2, CANVAS, CANVAS, 3)
    people = replace(dotted(2), image_NHW3=image_NHW3, center_N2=torch.tensor(centers), side_N=torch.tensor(sides))
    batch = augment(people, size, NONE, dice())

    for i in range(2):
        affine = crop_affine(np.array(centers[i]), sides[i], size)
        away = np.abs(batch.image_B3NN[i].permute(1, 2, 0).numpy() - cut(image, affine, size).astype(np.float64))
        assert away.mean() < 0.6  # of 255; cv2 counts 32nds of pixels and rounds
        assert np.quantile(away, 0.99) < 3
        np.testing.assert_allclose(batch.xy_BK2[i].numpy(), transform(affine, np.array(DOTS)), atol=1e-3)


def test_the_same_seed_makes_the_same_crops_whatever_torchs_own_random_numbers() -> None:
    how = Augmentation(whole_circle=0.2, shift=0.1, contrast=0.3)
    torch.manual_seed(1)
    first = augment(dotted(8), 64, how, dice(7))
    torch.manual_seed(2)
    again, other = augment(dotted(8), 64, how, dice(7)), augment(dotted(8), 64, how, dice(8))

    assert torch.equal(first.image_B3NN, again.image_B3NN)
    assert torch.equal(first.xy_BK2, again.xy_BK2)
    assert not torch.equal(first.xy_BK2, other.xy_BK2)


def flat(value: int, count: int) -> People:
    """Return people on grey."""
    people = dotted(count)
    image = torch.full((1, 1, 1, 1), value, dtype=torch.uint8).expand(count, CANVAS, CANVAS, 3)
    return replace(people, image_NHW3=image)


def test_each_channel_is_brightened_or_darkened_by_its_own_gain() -> None:
    how = Augmentation(rotation=0, scale=(1, 1), flip=False, colour=0.2)
    image_B3NN = augment(flat(100, 300), 16, how, dice()).image_B3NN

    gain_B3 = image_B3NN.mean(dim=(-2, -1)) / 100
    assert image_B3NN.std(dim=(-2, -1)).max() < 1e-3
    assert 0.8 <= gain_B3.min() < 0.81
    assert 1.19 < gain_B3.max() <= 1.2001
    assert (torch.corrcoef(gain_B3.T) - torch.eye(3)).abs().max() < 0.2


def test_contrast_spreads_the_crop_around_its_mean() -> None:
    plain = augment(dotted(1), 64, NONE, dice()).image_B3NN
    how = Augmentation(rotation=0, scale=(1, 1), flip=False, colour=0, contrast=0.3)
    image_B3NN = augment(dotted(200), 64, how, dice()).image_B3NN

    middle = plain.mean()
    ratio = (image_B3NN - middle)[..., 20:44, 20:44] / (plain - middle)[..., 20:44, 20:44]
    far = (plain[0, :, 20:44, 20:44] - middle).abs() > 20
    inside = (image_B3NN[..., 20:44, 20:44] > 0) & (image_B3NN[..., 20:44, 20:44] < 255)
    spread = torch.stack([r[i & far].median() for r, i in zip(ratio, inside, strict=True)])
    assert 0.7 <= spread.min() < 0.73
    assert 1.27 < spread.max() <= 1.3001


def test_colours_stay_bytes() -> None:
    how = Augmentation(colour=0.9, contrast=0.9)
    image_B3NN = augment(dotted(50), 32, how, dice()).image_B3NN

    assert image_B3NN.dtype == torch.float32
    assert image_B3NN.min() >= 0
    assert image_B3NN.max() == 255


def test_a_crop_that_is_not_flipped_is_one_of_crop_affine() -> None:
    batch = augment(dotted(20), 96, Augmentation(shift=0.1, flip=False), dice())
    changed = change(batch.xy_BK2, 96)

    for i in range(20):
        side = SIDE / float(changed.growth[i])
        center = np.array(CENTER) + changed.shift_B2[i].double().numpy() * side
        affine = crop_affine(center, side, 96, -float(changed.degrees[i]))  # the square turns, the content turns back
        np.testing.assert_allclose(transform(affine, np.array(DOTS)), batch.xy_BK2[i].numpy(), atol=0.01)


def still(**changes: float) -> Augmentation:
    return Augmentation(rotation=0, scale=(1, 1), flip=False, colour=0, **changes)


def test_a_close_up_is_a_smaller_square_around_one_of_the_keypoints() -> None:
    batch = augment(dotted(300), 64, still(close_up=1), dice())

    away_B3 = (batch.xy_BK2 - 31.5).norm(dim=-1)
    nearest, which = away_B3.min(dim=1)
    assert nearest.max() < 1e-3
    assert {0, 1, 2} == set(which.tolist())
    growth = change(batch.xy_BK2, 64).growth
    low, high = (1 / side for side in reversed(CLOSE_UP_SIDE))
    assert low - 1e-3 <= growth.min() < low + 0.05
    assert high - 0.1 < growth.max() <= high + 1e-3


def test_a_close_up_is_never_around_a_keypoint_that_nobody_annotated() -> None:
    people = dotted(50)
    xy = people.xy_NK2.clone()
    xy[:25, :2] = torch.nan
    xy[25:] = torch.nan
    batch = augment(replace(people, xy_NK2=xy), 64, still(close_up=1), dice())
    plain = augment(people, 64, NONE, dice())

    assert (batch.xy_BK2[:25, 2] - 31.5).abs().max() < 1e-3
    torch.testing.assert_close(batch.image_B3NN[25:], plain.image_B3NN[25:])  # nothing to be around


def test_a_cut_out_is_one_rectangle_of_one_colour_and_moves_no_keypoint() -> None:
    batch = augment(flat(100, 400), 60, still(cut_out=0.5), dice())
    plain = augment(flat(100, 1), 60, NONE, dice())

    assert torch.equal(batch.xy_BK2, plain.xy_BK2.expand(400, 3, 2))
    painted = (batch.image_B3NN - 100).abs().amax(dim=1) > 0.5
    assert painted.flatten(1).any(dim=1).float().mean().item() == pytest.approx(0.5, abs=0.1)
    for image, mask in zip(batch.image_B3NN, painted, strict=True):
        rows, columns = mask.any(dim=1), mask.any(dim=0)
        assert torch.equal(mask, rows[:, None] & columns)  # a rectangle
        assert max(rows.sum(), columns.sum()) <= CUT_OUT_SIDE[1] * 60 + 1
        if mask.any():
            assert image[:, mask].std(dim=1).max() < 1e-4


def test_a_share_of_the_crops_is_blurred_and_loses_no_light() -> None:
    people, plain = dotted(300), augment(dotted(1), 64, NONE, dice())
    batch = augment(people, 64, still(blur=0.4), dice())

    peak = batch.image_B3NN.amax(dim=(1, 2, 3))
    sharp = peak > 0.999 * plain.image_B3NN.max()
    assert (~sharp).float().mean().item() == pytest.approx(0.4, abs=0.08)
    assert len(peak[~sharp].round().unique()) == len(BLURS)
    light = batch.image_B3NN.sum(dim=(1, 2, 3)) / plain.image_B3NN.sum()
    assert light.min() > 0.96
    assert light.max() < 1.04
    torch.testing.assert_close(dots_found(batch), plain.xy_BK2.expand(300, 3, 2), rtol=0, atol=0.3)


def test_shares_of_a_batch_make_the_whole_batch() -> None:
    people = dotted(7)
    chances = draw(7, 3, LIVELY, dice())
    whole = crop(people, 64, chances)

    for rank in range(3):
        share = crop(people.take(torch.arange(rank, 7, 3)), 64, chances.share(rank, 3))
        torch.testing.assert_close(share.image_B3NN, whole.image_B3NN[rank::3])
        torch.testing.assert_close(share.xy_BK2, whole.xy_BK2[rank::3])
