"""Where people are: centres and sizes (CenterNet, Zhou et al. 2019) on a pretrained feature pyramid.

Shapes: B batch, C channels; pictures 3 x H x W whose sides divide by 32, answers at stride 4. A cell is a place of the
answer, 4 x 4 pixels of the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import nms

from poseglass_models.blocks import HourglassResidualUnit, norm_relu_conv
from poseglass_models.pyramid import FeaturePyramid, Levels, level_channels

STRIDE = 4
"""Pixels of the picture to a cell, along each axis."""
SIZE_STEP = 32
"""Heights and widths of pictures divide by this."""
RARE = 0.01
"""Share of cells that an untrained detector takes for centres, so that the first losses are not those of the many."""
USUAL_SIZE = (8.0, 16.0)
"""Cells, width and height, that an untrained detector says of everybody."""
MOST_PEOPLE = 100
"""Peaks of a picture that are looked at, highest first."""
LOWEST_PEAK = 0.05
"""Lower ones are noise."""
SAME_PERSON = 0.6
"""Overlap (intersection over union) from which two boxes are one person's."""


@dataclass(frozen=True)
class DetectorConfig:
    """Everything that fixes the architecture."""

    pyramid_width: float = 1.5  # of the pyramid's MobileNetV2
    channels: int = 96  # at stride 8, where people are put together
    fine_channels: int = 48  # at stride 4, where they are told apart
    units: int = 3  # hourglass residual units at stride 8


class Answer(NamedTuple):
    """What the network says of each cell: centre (B, 1, H/4, W/4), box (B, 4, H/4, W/4).

    The logit that it is somebody's centre; how far off in cells, right and down, that centre is from the middle of
    the cell, and the logarithms of the box's width and height in cells.
    """

    centre: Tensor
    box: Tensor


class Found(NamedTuple):
    """People of one picture, highest peak first: edges x0, y0, x1, y1 (P, 4) of boxes in cells, and peaks (P,)."""

    edges: Tensor
    peak: Tensor


class PersonDetector(nn.Module):
    """Pictures in, centres and boxes out."""

    def __init__(self, config: DetectorConfig) -> None:
        super().__init__()
        self.config = config
        c, fine = config.channels, config.fine_channels
        self.pyramid = FeaturePyramid(config.pyramid_width)
        stride4, stride8, stride16, stride32, merged = level_channels(config.pyramid_width)
        self.read = nn.ModuleList([_reader(c_in, c) for c_in in (stride8, stride16, stride32, merged)])
        self.units = nn.Sequential(*[HourglassResidualUnit(c) for _ in range(config.units)])
        self.read_fine = nn.ModuleList([_reader(c_in, fine) for c_in in (c, stride4, merged)])
        self.see_centre = nn.Sequential(*norm_relu_conv(fine, fine, 3), nn.BatchNorm2d(fine), nn.ReLU(inplace=True))
        self.see_box = nn.Sequential(*norm_relu_conv(fine, fine, 3), nn.BatchNorm2d(fine), nn.ReLU(inplace=True))
        self.centre = nn.Conv2d(fine, 1, 1)
        self.box = nn.Conv2d(fine, 4, 1)
        nn.init.constant_(_bias(self.centre), -math.log(1 / RARE - 1))
        nn.init.normal_(self.box.weight, std=0.01)
        with torch.no_grad():
            _bias(self.box).copy_(torch.tensor([0.0, 0.0, *USUAL_SIZE]).clamp(min=1).log())

    def forward(self, image_B3HW: Tensor) -> Answer:
        """Look at pictures: RGB, 0 to 255, any dtype. Raises ValueError for sides that do not divide by 32."""
        height, width = image_B3HW.shape[-2:]
        if height % SIZE_STEP or width % SIZE_STEP:
            raise ValueError(f"picture is {width} x {height}; width and height must divide by {SIZE_STEP}")
        fine_BCHW = self._features(self.pyramid(image_B3HW.float()))
        centre, box = self.see_centre(fine_BCHW), self.see_box(fine_BCHW)
        # in half the precision a box of 100 cells would be off by one
        with torch.autocast(image_B3HW.device.type, enabled=False):
            return Answer(self.centre(centre.float()), self.box(box.float()))

    def _features(self, levels: Levels) -> Tensor:
        coarse = (levels.stride8, levels.stride16, levels.stride32, F.avg_pool2d(levels.merged, 2))
        x_BCHW: Tensor = self.read[0](coarse[0])
        for read, level in zip(self.read[1:], coarse[1:], strict=True):
            x_BCHW = x_BCHW + _resized(read(level), x_BCHW)
        x_BCHW = self.units(x_BCHW)
        from_units, from_stride4, from_merged = self.read_fine
        fine_BCHW: Tensor = from_stride4(levels.stride4) + from_merged(levels.merged)
        return fine_BCHW + _resized(from_units(x_BCHW), fine_BCHW)


def _reader(c_in: int, c_out: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(c_in, c_out, 1), nn.BatchNorm2d(c_out))


def _bias(layer: nn.Conv2d) -> Tensor:
    assert layer.bias is not None
    return layer.bias


def _resized(x_BCHW: Tensor, like_BCHW: Tensor) -> Tensor:
    if x_BCHW.shape[-2:] == like_BCHW.shape[-2:]:
        return x_BCHW
    return F.interpolate(x_BCHW, size=like_BCHW.shape[-2:], mode="bilinear", align_corners=False)


def edges(box_B4HW: Tensor) -> Tensor:
    """Return x0, y0, x1, y1 (B, 4, H, W) in cells of what the network says of each cell's box."""
    rows, columns = box_B4HW.shape[-2:]
    x_W = torch.arange(columns, device=box_B4HW.device) + 0.5
    y_H1 = (torch.arange(rows, device=box_B4HW.device) + 0.5)[:, None]
    x, y = x_W + box_B4HW[:, 0], y_H1 + box_B4HW[:, 1]
    half_width, half_height = box_B4HW[:, 2].clamp(max=8).exp() / 2, box_B4HW[:, 3].clamp(max=8).exp() / 2
    return torch.stack([x - half_width, y - half_height, x + half_width, y + half_height], dim=1)


def people(answer: Answer) -> list[Found]:
    """Return who is in each picture: peaks of the centres, of which those that overlap most are one person."""
    peak_BHW = answer.centre.sigmoid()[:, 0]
    highest = F.max_pool2d(peak_BHW, 3, stride=1, padding=1)
    peak_BN = torch.where(peak_BHW == highest, peak_BHW, 0).flatten(1)
    peak_BP, place_BP = peak_BN.topk(min(MOST_PEOPLE, peak_BN.shape[1]))
    edges_BN4 = edges(answer.box).flatten(2).transpose(1, 2)
    found = []
    for peak_P, place_P, edges_N4 in zip(peak_BP, place_BP, edges_BN4, strict=True):
        keep = place_P[peak_P >= LOWEST_PEAK]
        boxes, peaks = edges_N4[keep], peak_P[: len(keep)]
        alone = nms(boxes, peaks, SAME_PERSON)
        found.append(Found(boxes[alone], peaks[alone]))
    return found
