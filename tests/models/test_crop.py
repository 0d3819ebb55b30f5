import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseglass_models.crop import (
    PADDING,
    compose,
    crop_affine,
    cut,
    invert_affine,
    rescale,
    sample,
    scaling,
    square_around,
    transform,
    transform_covariance,
)

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 160, 120


def dot(x: float, y: float, deviation: float) -> Picture:
    """Draw a soft white dot at a known place, in colour."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    light = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * deviation**2))
    return np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def middle_of_light(image: Picture) -> Array:
    """Return where the light of a dark image is centred, in its pixels."""
    light = image[..., 0].astype(np.float64)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    return np.array([(light * columns).sum(), (light * rows).sum()]) / light.sum()


def soft_noise() -> Picture:
    """Return an image (H, W, 3) without fine detail, so that ways of interpolating agree."""
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 4).astype(np.float64)
    low, high = soft.min(), soft.max()
    return np.asarray((soft - low) / (high - low) * 255, dtype=np.uint8)


def test_scaling_an_image_keeps_its_borders() -> None:
    edges = np.array([[-0.5, WIDTH - 0.5]])

    assert rescale(edges, 3).tolist() == [[-0.5, 3 * WIDTH - 0.5]]
    assert rescale(edges, 1 / 4).tolist() == [[-0.5, WIDTH / 4 - 0.5]]


def test_scaling_there_and_back_is_nothing() -> None:
    xy = torch.tensor([[0.0, 7.3], [-4.0, 99.0]])

    torch.testing.assert_close(rescale(rescale(xy, 0.25), 4), xy)


def test_a_square_is_centred_on_the_pose_and_padded() -> None:
    center, side = square_around(np.array([[10.0, 20.0], [30.0, 100.0], [np.nan, np.nan], [500.0, np.nan]]))

    assert center.tolist() == [20, 60]
    assert side == pytest.approx(80 * PADDING)


def test_a_square_around_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no keypoint"):
        square_around(np.full((3, 2), np.nan))


@pytest.mark.parametrize("angle", [0.0, 30.0, -145.0])
@pytest.mark.parametrize(("side", "size"), [(90.0, 64), (40.0, 128), (64.0, 64)])
def test_the_crop_shows_the_square_from_corner_to_corner(side: float, size: int, angle: float) -> None:
    center = np.array([70.3, 55.9])
    affine = crop_affine(center, side, size, angle)

    turn = np.deg2rad(angle)
    along, down = (
        np.array([np.cos(turn), np.sin(turn)]),
        np.array([-np.sin(turn), np.cos(turn)]),
    )  # clockwise, y is down
    corners = [center + side / 2 * (i * along + j * down) for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    last = size - 0.5
    np.testing.assert_allclose(
        transform(affine, np.array(corners)), [[-0.5, -0.5], [last, -0.5], [last, last], [-0.5, last]], atol=1e-9
    )


@pytest.mark.parametrize("angle", [0.0, 77.0])
def test_from_frame_to_crop_and_back_is_nothing(angle: float) -> None:
    xy = np.random.default_rng(0).uniform(-50, 200, (4, 7, 2))
    xy[1, 2] = np.nan
    affine = crop_affine(np.array([33.0, 44.4]), 81.5, 128, angle)
    there = transform(affine, xy)

    np.testing.assert_allclose(transform(invert_affine(affine), there), xy, atol=1e-9)
    assert np.isnan(there[1, 2]).all()
    assert np.isfinite(there).sum() == xy.size - 2


@pytest.mark.parametrize("angle", [0.0, 35.0, 90.0, -120.0])
@pytest.mark.parametrize(("side", "size"), [(96.0, 96), (96.0, 256), (96.0, 70), (110.0, 40), (100.0, 24)])
def test_a_dot_lands_where_the_affine_says(side: float, size: int, angle: float) -> None:
    x, y = 83.4, 57.7
    affine = crop_affine(np.array([78.0, 61.0]), side, size, angle)
    crop = cut(dot(x, y, deviation=4), affine, size)

    assert crop.shape == (size, size, 3)
    np.testing.assert_allclose(middle_of_light(crop), transform(affine, np.array([x, y])), atol=0.05)


def test_a_crop_of_the_whole_image_at_its_size_is_the_image() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
    affine = crop_affine(np.array([23.5, 23.5]), 48, 48)

    assert (cut(image, affine, 48) == image).all()


def test_outside_the_image_is_black() -> None:
    white = np.full((20, 20, 3), 255, dtype=np.uint8)
    crop = cut(white, crop_affine(np.array([9.5, 9.5]), 40, 40), 40)

    assert (crop[10:30, 10:30] == 255).all()
    assert crop.sum() == 20 * 20 * 3 * 255


@pytest.mark.parametrize("angle", [0.0, 20.0, 45.0])
@pytest.mark.parametrize("times", [1.2, 1.4, 2.0, 2.4, 3.0, 5.3])
def test_fine_patterns_turn_grey_when_shrunk(times: float, angle: float) -> None:
    rows, columns = np.mgrid[:400, :400]
    board = np.repeat(((rows + columns) % 2 * 255).astype(np.uint8)[..., None], 3, axis=2)
    crop = cut(board, crop_affine(np.array([200.2, 199.7]), 48 * times, 48, angle), 48)
    contrast = float(np.abs(crop.astype(int) - 127.5).max())

    assert contrast < 64  # aliased, it is black and white: 127


@pytest.mark.parametrize("angle", [0.0, 40.0])
@pytest.mark.parametrize(("side", "size"), [(80.0, 80), (80.0, 128), (200.0, 220)])
def test_the_batched_crop_agrees_with_the_single_one_unless_it_shrinks(side: float, size: int, angle: float) -> None:
    image = soft_noise()
    affines = [crop_affine(np.array([x, 52.2]), side, size, angle) for x in (60.0, 91.3)]
    back = torch.tensor(np.array([invert_affine(affine) for affine in affines]), dtype=torch.float32)
    batch = torch.from_numpy(image).permute(2, 0, 1).float().expand(2, 3, HEIGHT, WIDTH)
    crops = sample(batch, back, size)

    assert crops.shape == (2, 3, size, size)
    for crop, affine in zip(crops, affines, strict=True):
        away = np.abs(crop.permute(1, 2, 0).numpy() - cut(image, affine, size).astype(np.float64))
        assert away.mean() < 0.6  # of 255; cv2 counts 32nds of pixels and rounds
        assert np.quantile(away, 0.99) < 3


def test_the_batched_crop_puts_a_dot_where_the_affine_says() -> None:
    affine = crop_affine(np.array([78.0, 61.0]), 96, 150, 35)
    back = torch.tensor(invert_affine(affine), dtype=torch.float32)[None]
    image = torch.from_numpy(dot(83.4, 57.7, deviation=4)).permute(2, 0, 1).float()[None]
    crop = sample(image, back, 150)[0].permute(1, 2, 0).numpy()

    np.testing.assert_allclose(middle_of_light(crop), transform(affine, np.array([83.4, 57.7])), atol=0.02)


def test_covariances_move_like_scattered_points() -> None:
    dice = np.random.default_rng(0)
    covariance = np.array([[9.0, 3.0], [3.0, 4.0]])
    affine = crop_affine(np.array([30.0, 40.0]), 50, 128, 25)
    scattered = dice.multivariate_normal([31.0, 39.0], covariance, 50_000)

    expected = np.cov(transform(affine, scattered).T)
    np.testing.assert_allclose(transform_covariance(affine, covariance), expected, rtol=0.03, atol=0.3)


def test_covariances_go_to_the_frame_and_back_in_any_number() -> None:
    root = np.random.default_rng(0).normal(size=(3, 5, 2, 2))
    covariance = root @ root.swapaxes(-1, -2)
    covariance[1, 2] = np.nan
    affine = crop_affine(np.array([30.0, 40.0]), 50, 128, 25)
    there = transform_covariance(affine, covariance)

    assert there.shape == (3, 5, 2, 2)
    np.testing.assert_allclose(transform_covariance(invert_affine(affine), there), covariance, atol=1e-9)


def test_scaling_is_rescale_as_an_affine() -> None:
    xy = np.array([[-0.5, -0.5], [3.0, 7.25]])

    np.testing.assert_allclose(transform(scaling(4.0), xy), rescale(xy, 4.0))


def test_composed_affines_map_one_after_the_other() -> None:
    first, then = crop_affine(np.array([40.0, 50.0]), 60.0, 128, 25.0), scaling(0.25)
    xy = np.array([[12.0, 80.0], [33.5, 41.0]])

    np.testing.assert_allclose(transform(compose(then, first), xy), transform(then, transform(first, xy)))
