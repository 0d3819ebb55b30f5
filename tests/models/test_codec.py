import math

import pytest
import torch
from torch import Tensor

from poseglass_models.codec import SIGMA, WINDOW, decode, encode
from poseglass_models.multi_context import STRIDE

TENTH = 0.1 * STRIDE  # a tenth of a heatmap pixel, in crop pixels
HEIGHT, WIDTH = 20, 28


def to_crop(heat_xy: Tensor) -> Tensor:
    """Map heatmap pixels to crop pixels, both integer at the centres."""
    return (heat_xy + 0.5) * STRIDE - 0.5


def gaussian(center: tuple[float, float], covariance_22: Tensor, height: float = 1.0) -> Tensor:
    """Return a heatmap (1, 1, H, W) of any Gaussian; centre and covariance in heatmap pixels."""
    rows, columns = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    away = torch.stack([columns - center[0], rows - center[1]], dim=-1).double()
    power = (away @ torch.linalg.inv(covariance_22.double()) * away).sum(dim=-1) / 2
    return (height * torch.exp(-power)).float()[None, None]


def turned(deviations: tuple[float, float], degrees: float) -> Tensor:
    """Return the covariance with these deviations along x and y, turned."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.tensor([[cos, -sin], [sin, cos]])
    return turn @ torch.diag(torch.tensor(deviations) ** 2) @ turn.T


def scattered(count: int, low: float, high_x: float, high_y: float) -> Tensor:
    """Return (1, count, 2) random positions in heatmap pixels."""
    dice = torch.Generator().manual_seed(0)
    span = torch.tensor([high_x - low, high_y - low])
    return torch.rand(1, count, 2, generator=dice) * span + low


def test_encode_puts_the_top_on_the_keypoints_pixel() -> None:
    heat = encode(torch.tensor([[[21.5, 29.5]]]), (HEIGHT, WIDTH))  # centre of heatmap pixel column 5, row 7

    assert heat.shape == (1, 1, HEIGHT, WIDTH)
    assert heat[0, 0, 7, 5] == 1
    for row, column, squared in ((7, 6, 1), (6, 5, 1), (8, 4, 2), (7, 2, 9), (10, 9, 25)):
        assert heat[0, 0, row, column] == pytest.approx(math.exp(-squared / 2), rel=1e-5)


def test_encode_takes_any_deviation() -> None:
    heat = encode(torch.tensor([[[21.5, 29.5]]]), (HEIGHT, WIDTH), sigma=2)

    assert heat[0, 0, 7, 7] == pytest.approx(math.exp(-1 / 2))


@pytest.mark.parametrize("missing", [[math.nan, math.nan], [math.nan, 9.0], [9.0, math.nan]])
def test_a_missing_keypoint_has_an_empty_heatmap_and_comes_back_missing(missing: list[float]) -> None:
    heat = encode(torch.tensor([[missing, [9.5, 9.5]]]), (HEIGHT, WIDTH))
    decoded = decode(heat)

    assert (heat[0, 0] == 0).all()
    assert decoded.xy_BK2[0, 0].isnan().all()
    assert decoded.covariance_BK22[0, 0].isnan().all()
    assert decoded.score_BK.tolist() == [[0, 1]]
    assert decoded.xy_BK2[0, 1].tolist() == pytest.approx([9.5, 9.5], abs=TENTH)


@pytest.mark.parametrize("sigma", [0.7, SIGMA, 1.5, 2.0])
def test_decode_undoes_encode_to_a_tenth_of_a_heatmap_pixel(sigma: float) -> None:
    xy = to_crop(scattered(300, WINDOW, WIDTH - 1 - WINDOW, HEIGHT - 1 - WINDOW))
    decoded = decode(encode(xy, (HEIGHT, WIDTH), sigma))

    assert (decoded.xy_BK2 - xy).abs().max() < TENTH
    true = torch.eye(2) * (sigma * STRIDE) ** 2
    torch.testing.assert_close(
        decoded.covariance_BK22, true.expand(1, 300, 2, 2), rtol=0.02, atol=0.02 * (sigma * STRIDE) ** 2
    )


def test_decode_undoes_encode_at_the_borders() -> None:
    anywhere = scattered(400, -0.5, WIDTH - 0.5, HEIGHT - 0.5)
    border = torch.tensor([-0.45, 0.0, 0.3, 1.2])
    edges = [torch.stack([border, border + 7], -1), torch.stack([WIDTH - 1 - border, HEIGHT - 1 - border], -1)]
    corners = [torch.stack([border, HEIGHT - 1 - border], -1), torch.stack([WIDTH - 1 - border, border], -1)]
    xy = to_crop(torch.cat([anywhere, torch.cat(edges + corners)[None]], dim=1))
    decoded = decode(encode(xy, (HEIGHT, WIDTH)))

    assert (decoded.xy_BK2 - xy).abs().max() < TENTH
    true = torch.eye(2) * (SIGMA * STRIDE) ** 2
    torch.testing.assert_close(decoded.covariance_BK22, true.expand(1, xy.shape[1], 2, 2), rtol=0.02, atol=0.4)


@pytest.mark.parametrize("degrees", [0, 30, 90, -50])
@pytest.mark.parametrize("center", [(9.3, 11.8), (14.5, 8.5), (0.2, 6.1), (26.9, 18.8)])
def test_decode_finds_place_and_covariance_of_a_turned_gaussian(degrees: float, center: tuple[float, float]) -> None:
    covariance = turned((1.6, 0.8), degrees)
    decoded = decode(gaussian(center, covariance))

    assert (decoded.xy_BK2[0, 0] - to_crop(torch.tensor(center))).abs().max() < TENTH
    torch.testing.assert_close(decoded.covariance_BK22[0, 0], covariance * STRIDE**2, rtol=0.02, atol=0.5)


@pytest.mark.parametrize(("height", "score"), [(0.01, 0.01), (0.4, 0.4), (1.0, 1.0), (3.0, 1.0)])
def test_the_score_is_the_peak_and_changes_neither_place_nor_covariance(height: float, score: float) -> None:
    covariance = turned((1.2, 1.0), 20)
    decoded = decode(gaussian((9, 11), covariance, height))

    assert decoded.score_BK.item() == pytest.approx(score)
    assert decoded.xy_BK2[0, 0].tolist() == pytest.approx([37.5, 45.5], abs=TENTH)
    torch.testing.assert_close(decoded.covariance_BK22[0, 0], covariance * STRIDE**2, rtol=0.02, atol=0.5)


@pytest.mark.parametrize("level", [0.0, -0.3])
def test_without_positive_heat_there_is_no_keypoint(level: float) -> None:
    decoded = decode(torch.full((2, 3, HEIGHT, WIDTH), level))

    assert decoded.xy_BK2.isnan().all()
    assert decoded.covariance_BK22.isnan().all()
    assert (decoded.score_BK == 0).all()


def test_where_there_is_no_gaussian_the_highest_pixel_stands() -> None:
    lonely = torch.zeros(1, 1, HEIGHT, WIDTH)
    lonely[0, 0, 7, 5] = 0.6
    decoded = decode(lonely)

    assert decoded.xy_BK2[0, 0].tolist() == [21.5, 29.5]
    assert decoded.score_BK.item() == pytest.approx(0.6)
    assert decoded.covariance_BK22[0, 0].tolist() == [[(WINDOW * STRIDE) ** 2, 0], [0, (WINDOW * STRIDE) ** 2]]


def test_a_plateau_is_a_place_of_little_certainty() -> None:
    decoded = decode(torch.full((1, 1, HEIGHT, WIDTH), 0.5))

    assert decoded.xy_BK2.isfinite().all()
    assert decoded.covariance_BK22.diagonal(dim1=-2, dim2=-1).min() >= (WINDOW * STRIDE) ** 2


def test_the_higher_of_two_peaks_wins() -> None:
    round_ = turned((1.0, 1.0), 0)
    decoded = decode(gaussian((6, 6), round_, 0.8) + gaussian((20, 12), round_, 0.9))

    assert decoded.xy_BK2[0, 0].tolist() == pytest.approx([81.5, 49.5], abs=TENTH)


def test_places_stay_right_under_noise() -> None:
    torch.manual_seed(0)
    xy = to_crop(scattered(300, 1, WIDTH - 2, HEIGHT - 2))
    heat = encode(xy, (HEIGHT, WIDTH))
    error = (decode(heat + 0.03 * torch.randn_like(heat)).xy_BK2 - xy).norm(dim=-1) / STRIDE

    assert error.median() < 0.1
    assert error.max() < 0.5


def test_heat_below_zero_around_a_peak_does_no_harm() -> None:
    xy = to_crop(scattered(100, 1, WIDTH - 2, HEIGHT - 2))
    decoded = decode(encode(xy, (HEIGHT, WIDTH)) - 0.02)

    assert (decoded.xy_BK2 - xy).abs().max() < 2 * TENTH
    assert torch.linalg.eigvalsh(decoded.covariance_BK22).min() > 0


def test_every_covariance_is_one_even_of_noise() -> None:
    """Symmetric, positive, and no wider than the patch allows, whatever the heatmap."""
    torch.manual_seed(0)
    decoded = decode(torch.rand(4, 100, 16, 16))

    assert decoded.xy_BK2.isfinite().all()
    assert torch.equal(decoded.covariance_BK22, decoded.covariance_BK22.mT)
    spread = torch.linalg.eigvalsh(decoded.covariance_BK22)
    assert spread.min() > 0
    assert spread.max() <= 2 * (2 * WINDOW * STRIDE) ** 2


def test_half_precision_and_gradients_are_taken() -> None:
    xy = torch.tensor([[[33.0, 41.0]]])
    heat = encode(xy, (HEIGHT, WIDTH)).bfloat16().requires_grad_()
    decoded = decode(heat)

    assert not decoded.xy_BK2.requires_grad
    assert decoded.xy_BK2.dtype == torch.float32
    assert (decoded.xy_BK2 - xy).abs().max() < TENTH


def test_a_mirrored_heatmap_gives_the_mirrored_place() -> None:
    heat = gaussian((9.3, 11.8), turned((1.6, 0.8), 30))
    straight, mirrored = decode(heat), decode(heat.flip(-1))

    x, y = straight.xy_BK2[0, 0].tolist()
    assert mirrored.xy_BK2[0, 0].tolist() == pytest.approx([WIDTH * STRIDE - 1 - x, y], abs=1e-3)
    swap = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    torch.testing.assert_close(mirrored.covariance_BK22, straight.covariance_BK22 * swap, rtol=1e-3, atol=1e-3)
