import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from poseglass_models.pyramid import (
    LAST_CHANNELS,
    FeaturePyramid,
    Levels,
    Merge,
    PyramidStem,
    SameConv2d,
    block_channels,
    scaled,
)

NARROW = 0.05
"""A width at which nearly all layers have the fewest channels there are."""
STRIDES = (4, 8, 16, 32, 4)

Array = NDArray[np.float64]


def lively(pyramid: FeaturePyramid) -> FeaturePyramid:
    """Give every layer weights of a size at which its outputs neither die nor all stick at six."""
    dice = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for layer in pyramid.modules():
            if isinstance(layer, nn.Conv2d):
                fan_in = layer.weight[0].numel()
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=dice) * (2 / fan_in) ** 0.5)
                if layer.bias is not None:
                    layer.bias.copy_(torch.randn(layer.bias.shape, generator=dice) * 0.1)
    return pyramid.eval()


def picture(height: int, width: int, batch: int = 1) -> Tensor:
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(1)) * 255


def same_convolution(x_CHW: Array, kernel_OIHW: Array, stride: int) -> Array:
    """Convolve as TensorFlow defines SAME: ceil(size / stride) outputs; half the padding, rounded down, lies before."""
    _, height, width = x_CHW.shape
    out_c, _, side, _ = kernel_OIHW.shape
    rows, columns = -(-height // stride), -(-width // stride)
    before = [max((n - 1) * stride + side - size, 0) // 2 for n, size in ((rows, height), (columns, width))]
    out = np.zeros((out_c, rows, columns))
    for row in range(rows):
        for column in range(columns):
            for i in range(side):
                for j in range(side):
                    y, x = row * stride - before[0] + i, column * stride - before[1] + j
                    if 0 <= y < height and 0 <= x < width:
                        out[:, row, column] += kernel_OIHW[:, :, i, j] @ x_CHW[:, y, x]
    return out


@pytest.mark.parametrize("height", [5, 6, 7, 8])
@pytest.mark.parametrize("width", [7, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_same_padding_is_tensorflows(height: int, width: int, stride: int) -> None:
    torch.manual_seed(0)
    layer = SameConv2d(2, 3, 3, stride, bias=False)
    x = torch.randn(1, 2, height, width)
    expected = same_convolution(x[0].double().numpy(), layer.weight.detach().double().numpy(), stride)

    found = layer(x)[0].detach().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)
    symmetric = nn.functional.conv2d(x, layer.weight, stride=stride, padding=1)[0].detach().numpy()
    agrees = symmetric.shape == expected.shape and np.allclose(symmetric, expected, atol=1e-5)
    assert agrees == (stride == 1 or (height % 2 == 1 and width % 2 == 1))


@pytest.mark.parametrize(
    ("row", "stride", "expected"),
    [
        ([1, 2, 3, 4], 2, [321, 43]),  # nothing before, one after
        ([1, 2, 3, 4, 5], 2, [210, 432, 54]),  # one on both sides
        ([1, 2, 3, 4], 1, [210, 321, 432, 43]),
    ],
)
def test_same_padding_worked_by_hand(row: list[float], stride: int, expected: list[float]) -> None:
    layer = SameConv2d(1, 1, 3, stride, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[0, 0, 1] = torch.tensor([1.0, 10.0, 100.0])

    assert layer(torch.tensor([[[row]]], dtype=torch.float32)).flatten().tolist() == expected


def test_a_convolution_in_each_channel_by_itself_is_padded_alike() -> None:
    torch.manual_seed(0)
    layer = SameConv2d(3, 3, 3, 2, groups=3)
    x = torch.randn(2, 3, 8, 6)

    for channel in range(3):
        kernel = layer.weight[channel : channel + 1].detach().double().numpy()
        alone = same_convolution(x[1, channel : channel + 1].double().numpy(), kernel, 2)
        bias = layer.bias[channel].item()
        np.testing.assert_allclose(layer(x)[1, channel].detach().numpy(), alone[0] + bias, atol=1e-5)


@pytest.mark.parametrize(("width", "channels"), [(1.0, (24, 32, 96, 1280, 24)), (1.75, (40, 56, 168, 1280, 24))])
def test_levels_lie_at_their_strides_with_the_channels_of_the_original(width: float, channels: tuple[int, ...]) -> None:
    with torch.inference_mode():
        levels = FeaturePyramid(width)(picture(64, 96, batch=2))

    assert levels._fields == ("stride4", "stride8", "stride16", "stride32", "merged")
    shapes = [(2, c, 64 // stride, 96 // stride) for c, stride in zip(channels, STRIDES, strict=True)]
    assert [tuple(level.shape) for level in levels] == shapes


# of Conv1, and of each of the 17 blocks, as Sandler et al.'s table 2 has them, times the width, to a multiple of 8
AT_1 = (32, (16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320))
AT_1_75 = (56, (32, 40, 40, 56, 56, 56, 112, 112, 112, 112, 168, 168, 168, 280, 280, 280, 560))


@pytest.mark.parametrize(
    ("width", "first", "blocks", "parameters"), [(1.0, *AT_1, 2_299_168), (1.75, *AT_1_75, 6_207_240)]
)
def test_the_parameters_are_those_counted_by_hand(
    width: float, first: int, blocks: tuple[int, ...], parameters: int
) -> None:
    count = 3 * first * 9 + first
    c_in = first
    for number, c_out in enumerate(blocks):
        inner = c_in if number == 0 else 6 * c_in
        expand = 0 if number == 0 else c_in * inner + inner
        count += expand + (9 * inner + inner) + (inner * c_out + c_out)
        c_in = c_out
    count += c_in * 1280 + 1280
    for c, lateral in ((1280, 64), (blocks[9], 64), (blocks[5], 32), (blocks[2], 24)):
        count += c * lateral + lateral
    for c, merged in ((64, 32), (32, 24), (24, 24)):
        count += 9 * c + c * merged + merged

    with torch.device("meta"):
        assert sum(p.numel() for p in FeaturePyramid(width).parameters()) == count == parameters
    assert block_channels(width) == blocks
    assert LAST_CHANNELS == 1280


@pytest.mark.parametrize("width", [0.05, 0.35, 0.5, 0.75, 1.0, 1.3, 1.4, 1.75, 2.0])
def test_scaled_channels_are_multiples_of_8_and_hardly_fewer_than_asked(width: float) -> None:
    for channels in (16, 24, 32, 64, 96, 160, 320):
        found = scaled(channels, width)

        assert found % 8 == 0
        assert found >= max(8, 0.9 * channels * width)
        assert found < channels * width + 8
    assert scaled(96, 1.0) == 96


def passing_on(merge: Merge) -> Merge:
    """Leave of a step nothing but its upsampling and its sum."""
    with torch.no_grad():
        merge.depthwise.weight.zero_()
        merge.depthwise.weight[:, 0, 1, 1] = 1
        merge.pointwise.weight.copy_(torch.eye(len(merge.pointwise.weight))[..., None, None])
        merge.pointwise.bias.zero_()
    return merge


def test_a_step_from_coarse_to_fine_keeps_half_pixel_centres() -> None:
    """A coarse pixel's centre is between two fine ones; corners that are aligned would give 0, 2.7, 5.3, 8."""
    coarse = torch.tensor([[0.0, 8.0], [0.0, 8.0]]).expand(1, 2, 2, 2)
    larger = passing_on(Merge(2, 2))(coarse, torch.zeros(1, 2, 4, 4))

    assert larger[0, 0].tolist() == [[0, 2, 6, 8]] * 4
    assert passing_on(Merge(2, 2))(coarse, torch.ones(1, 2, 4, 4))[0, 1, 0].tolist() == [1, 3, 7, 9]
    assert (passing_on(Merge(2, 2))(coarse, torch.full((1, 2, 4, 4), -9.0)) == 0).all()


class Places(nn.Module):
    """Stands for a pyramid: each of its levels says, of every pixel, where in the picture its centre lies."""

    def forward(self, image_B3HW: Tensor) -> Levels:
        height, width = image_B3HW.shape[-2:]
        levels = []
        for stride in STRIDES:
            x = stride * torch.arange(width // stride) + (stride - 1) / 2
            levels.append(x.expand(1, 1, height // stride, -1))
        return Levels(*levels)


def test_the_stem_lays_every_level_on_the_pixels_that_it_is_of() -> None:
    stem = PyramidStem(1, NARROW).eval()
    stem.pyramid = Places()
    for read in stem.read:
        read[0] = nn.Conv2d(1, 1, 1)
        nn.init.ones_(read[0].weight)
        nn.init.zeros_(read[0].bias)
    with torch.inference_mode():
        found = stem(torch.zeros(1, 3, 64, 256))[0, 0]

    places = 4 * torch.arange(64) + 1.5
    inside = slice(4, -4)  # half a pixel of the coarsest level from the edge, beyond whose centres nothing is known
    norm = (1 + 1e-5) ** -0.5
    torch.testing.assert_close(found[:, inside], (5 * norm * places[inside]).expand(16, -1), rtol=1e-5, atol=1e-3)


def test_a_picture_moved_by_32_px_moves_every_level_by_its_part() -> None:
    """Further from the edges than the coarsest level sees, 245 px to each side, and the top-down layers around it."""
    pyramid = lively(FeaturePyramid(NARROW))
    image = picture(64, 1024)
    with torch.inference_mode():
        levels, moved = pyramid(image), pyramid(image.roll(32, dims=-1))

    for level, after, stride in zip(levels, moved, STRIDES, strict=True):
        inside = slice(384 // stride, (1024 - 384) // stride)
        here = level[..., inside]
        there = after.roll(-32 // stride, dims=-1)[..., inside]
        torch.testing.assert_close(there, here, rtol=1e-4, atol=1e-4)
        assert here.std() > 0.05
        assert (after[..., inside] - here).abs().max() > 0.1


def test_a_pyramid_sees_black_as_minus_one_and_white_as_one() -> None:
    pyramid = lively(FeaturePyramid(NARROW))
    seen: list[Tensor] = []
    pyramid.first.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    pyramid(torch.tensor([0.0, 127.5, 255.0])[None, :, None, None].expand(1, 3, 32, 32))

    assert seen[0][0, :, 0, 0].tolist() == [-1, 0, 1]


@pytest.mark.parametrize("channels", [8, 20])
def test_the_stem_gives_an_hourglass_its_channels_at_stride_4(channels: int) -> None:
    stem = PyramidStem(channels, NARROW)

    assert tuple(stem(picture(64, 128, batch=2)).shape) == (2, channels, 16, 32)


def test_every_level_counts_in_the_stem() -> None:
    stem = PyramidStem(4, NARROW).eval()
    lively(stem.pyramid)
    image = picture(64, 64)
    with torch.inference_mode():
        whole = stem(image)
        for read in stem.read:
            before = read[0].weight.clone()
            read[0].weight.zero_()
            assert not torch.allclose(stem(image), whole, atol=1e-3)
            read[0].weight.copy_(before)


def test_a_frozen_pyramid_needs_no_gradient_and_what_reads_it_does() -> None:
    stem = PyramidStem(4, NARROW)
    lively(stem.pyramid).requires_grad_(requires_grad=False)
    stem.train()(picture(64, 64, batch=2)).square().sum().backward()

    assert all(p.grad is None for p in stem.pyramid.parameters())
    assert all(read[0].weight.grad.abs().max() > 0 for read in stem.read)
