"""A feature pyramid that has seen people before: MobileNetV2 with layers from coarse to fine, as in MoveNet.

MobileNetV2 is that of Sandler et al. (CVPR 2018), the pyramid that of Lin et al. (CVPR 2017). The layout is the one of
Google's MoveNet, whose weights `poseglass-train pyramid` imports: batch norm is folded into the convolutions, and
padding is TensorFlow's SAME.

Shapes: B batch, C channels, H x W height and width of the picture.
"""

from __future__ import annotations

from typing import NamedTuple

import torch.nn.functional as F
from torch import Tensor, nn

BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels at width 1, repeats and first stride of MobileNetV2's blocks (its table 2)."""
LAST_CHANNELS = 1280
"""Of MobileNetV2's last convolution; MoveNet does not widen it."""
LATERAL = (64, 64, 32, 24)
"""Channels that the top-down layers take from each level, coarse to fine."""
MERGED = (32, 24, 24)
"""Channels after each of the three steps from coarse to fine."""
TAPS = (2, 5, 12)
"""Blocks, from 0, whose outputs are the levels of stride 4, 8 and 16; that of stride 32 is the last convolution's."""
LATERAL_TAPS = (2, 5, 9)
"""The blocks that the top-down layers read in their place."""


class Levels(NamedTuple):
    """What a pyramid gives: features (B, C, H / stride, W / stride), and the top-down layers' result at stride 4."""

    stride4: Tensor
    stride8: Tensor
    stride16: Tensor
    stride32: Tensor
    merged: Tensor


def scaled(channels: int, width: float) -> int:
    """Return the channels at a width: a multiple of 8, at least nine tenths of what was asked (MobileNetV2's rule)."""
    rounded = max(8, int(channels * width + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels * width else rounded


def block_channels(width: float) -> tuple[int, ...]:
    """Return the channels that each block gives."""
    return tuple(scaled(channels, width) for _, channels, repeats, _ in BLOCKS for _ in range(repeats))


def level_channels(width: float) -> tuple[int, ...]:
    """Return the channels of each of the levels."""
    of_block = block_channels(width)
    return (*(of_block[i] for i in TAPS), LAST_CHANNELS, MERGED[-1])


class SameConv2d(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding: where one side needs a pixel more, it is the right and lower one.

    PyTorch's symmetric padding would move all that follows by a pixel at stride 2.
    """

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Pad, then convolve: (B, C, H, W) -> (B, C_out, ceil(H / stride), ceil(W / stride))."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        top, bottom = _same_padding(x_BCHW.shape[-2], kernel, stride)
        left, right = _same_padding(x_BCHW.shape[-1], kernel, stride)
        if (top, left) == (bottom, right):  # the usual case, which need not copy the input
            return F.conv2d(x_BCHW, self.weight, self.bias, self.stride, (top, left), groups=self.groups)
        return super().forward(F.pad(x_BCHW, (left, right, top, bottom)))


def _same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    more = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return more // 2, more - more // 2


class InvertedResidual(nn.Module):
    """MobileNetV2's block: 1x1 to more channels, 3x3 in each by itself, 1x1 to `c_out`, plus the input if it fits."""

    def __init__(self, c_in: int, c_out: int, expansion: int, stride: int) -> None:
        super().__init__()
        inner = c_in * expansion
        self.expand = nn.Conv2d(c_in, inner, 1) if expansion > 1 else None
        self.depthwise = SameConv2d(inner, inner, 3, stride, groups=inner)
        self.project = nn.Conv2d(inner, c_out, 1)
        self.adds = stride == 1 and c_in == c_out

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return (B, c_out, H / stride, W / stride)."""
        inner = x_BCHW if self.expand is None else F.relu6(self.expand(x_BCHW))
        out: Tensor = self.project(F.relu6(self.depthwise(inner)))
        return x_BCHW + out if self.adds else out


class Merge(nn.Module):
    """One step from coarse to fine: twice the size, plus the finer level, 3x3 in each channel by itself, 1x1, ReLU."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in, bias=False)
        self.pointwise = nn.Conv2d(c_in, c_out, 1)

    def forward(self, coarse_BCHW: Tensor, fine_BCHW: Tensor) -> Tensor:
        """Return (B, c_out, 2H, 2W)."""
        larger = F.interpolate(coarse_BCHW, scale_factor=2, mode="bilinear", align_corners=False)
        return F.relu(self.pointwise(self.depthwise(larger + fine_BCHW)))


class FeaturePyramid(nn.Module):
    """(B, 3, H, W), RGB from 0 to 255, to the features of every level. H and W divide by 32.

    width: MobileNetV2's; MoveNet Thunder has 1.75, Lightning 1.
    """

    def __init__(self, width: float) -> None:
        super().__init__()
        self.first = SameConv2d(3, scaled(32, width), 3, stride=2)
        self.blocks = nn.ModuleList()
        c_in = scaled(32, width)
        for expansion, channels, repeats, stride in BLOCKS:
            for number in range(repeats):
                c_out = scaled(channels, width)
                self.blocks.append(InvertedResidual(c_in, c_out, expansion, stride if number == 0 else 1))
                c_in = c_out
        self.last = nn.Conv2d(c_in, LAST_CHANNELS, 1)
        reads = [block_channels(width)[i] for i in reversed(LATERAL_TAPS)]
        self.lateral = nn.ModuleList(
            [nn.Conv2d(c, out, 1) for c, out in zip((LAST_CHANNELS, *reads), LATERAL, strict=True)]
        )
        self.merge = nn.ModuleList([Merge(c, out) for c, out in zip(LATERAL[1:], MERGED, strict=True)])

    def forward(self, image_B3HW: Tensor) -> Levels:
        """Go down, then up."""
        x_BCHW = F.relu6(self.first(image_B3HW / 127.5 - 1))
        of_block = []
        for block in self.blocks:
            x_BCHW = block(x_BCHW)
            of_block.append(x_BCHW)
        last = F.relu6(self.last(x_BCHW))
        merged: Tensor = self.lateral[0](last)
        for merge, lateral, tap in zip(self.merge, self.lateral[1:], reversed(LATERAL_TAPS), strict=True):
            merged = merge(merged, lateral(of_block[tap]))
        stride4, stride8, stride16 = (of_block[i] for i in TAPS)
        return Levels(stride4, stride8, stride16, last, merged)


class PyramidStem(nn.Module):
    """(B, 3, H, W), RGB from 0 to 255, to (B, channels, H / 4, W / 4): what an hourglass reads.

    Each level goes through a 1x1 convolution and batch norm of its own, then all are brought to stride 4 and summed.
    """

    def __init__(self, channels: int, width: float) -> None:
        super().__init__()
        self.pyramid = FeaturePyramid(width)
        self.read = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(c, channels, 1), nn.BatchNorm2d(channels)) for c in level_channels(width)]
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        """Return the sum of what is read."""
        levels: Levels = self.pyramid(image_B3HW)
        read: list[Tensor] = [read(level) for read, level in zip(self.read, levels, strict=True)]
        size = read[0].shape[-2:]
        total = read[0] + read[-1]
        for coarse in read[1:-1]:
            total = total + F.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
        return total
