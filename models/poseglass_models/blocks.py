"""The residual unit and the hourglass residual unit (HRU), section 4.1 of the paper.

Shapes: B batch, C channels, H x W height and width.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn


def norm_relu_conv(c_in: int, c_out: int, kernel: int) -> list[nn.Module]:
    """Pre-activated convolution that keeps the size: batch norm, ReLU, kernel x kernel convolution."""
    return [nn.BatchNorm2d(c_in), nn.ReLU(inplace=True), nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2)]


class ResidualUnit(nn.Module):
    """Identity (A) plus pre-activation bottleneck (B): x + F(x), eq. 1.

    (B, c_in, H, W) -> (B, c_out, H, W); where the widths differ, a 1x1 convolution stands for the identity.
    """

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        half = c_out // 2
        self.bottleneck = nn.Sequential(
            *norm_relu_conv(c_in, half, 1), *norm_relu_conv(half, half, 3), *norm_relu_conv(half, c_out, 1)
        )
        self.identity = nn.Identity() if c_in == c_out else nn.Conv2d(c_in, c_out, 1)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return (A) + (B)."""
        shortcut: Tensor = self.identity(x_BCHW)
        branch: Tensor = self.bottleneck(x_BCHW)
        return shortcut + branch


class HourglassResidualUnit(ResidualUnit):
    """Residual unit with the hourglass branch (C): x + F(x) + P(x), eq. 2.

    (B, C, H, W) -> (B, C, H, W) for even H and W. Branch (C) works at half size and sees 10 x 10 positions.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels)
        self.pooled = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(channels, channels, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1),
        )

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return (A) + (B) + (C)."""
        return super().forward(x_BCHW) + F.interpolate(self.pooled(x_BCHW), scale_factor=2)
