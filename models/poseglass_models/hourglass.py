"""The nested hourglass: four levels down and up, HRUs on the side branches (figure 3, MODEL item 4)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from poseglass_models.blocks import HourglassResidualUnit, ResidualUnit

LEVELS = 4
"""Halvings inside an hourglass: 64, 32, 16, 8, and 4 at the bottom (Newell et al. 2016)."""


class NestedHourglass(nn.Module):
    """(B, C, H, W) -> the merged features of each level, coarse to fine: H/8, H/4, H/2, H. H and W divide by 16.

    hourglass_units: HRUs on the side branches; without, plain residual units, as in Newell et al. 2016.
    """

    def __init__(self, channels: int, hourglass_units: bool = True) -> None:
        super().__init__()
        self.side = nn.ModuleList([_side_unit(channels, hourglass_units) for _ in range(LEVELS)])
        self.down = nn.ModuleList([ResidualUnit(channels, channels) for _ in range(LEVELS)])
        self.up = nn.ModuleList([ResidualUnit(channels, channels) for _ in range(LEVELS)])
        self.bottom = ResidualUnit(channels, channels)

    def forward(self, x_BCHW: Tensor) -> list[Tensor]:
        """Go down, keeping each level's side branch, and up again, merging them."""
        sides = []
        for side, down in zip(self.side, self.down, strict=True):
            sides.append(side(x_BCHW))
            x_BCHW = down(F.max_pool2d(x_BCHW, 2))
        x_BCHW = self.bottom(x_BCHW)
        merged = []
        for side_BCHW, up in zip(reversed(sides), self.up, strict=True):
            x_BCHW = side_BCHW + F.interpolate(up(x_BCHW), scale_factor=2)
            merged.append(x_BCHW)
        return merged


def _side_unit(channels: int, hourglass_units: bool) -> nn.Module:
    return HourglassResidualUnit(channels) if hourglass_units else ResidualUnit(channels, channels)
