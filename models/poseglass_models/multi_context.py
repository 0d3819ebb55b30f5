"""The whole network: stacked nested hourglasses with multi-context attention (Chu et al., CVPR 2017).

Shapes: B batch, C channels, K keypoints, S stacks; images 3 x 4H x 4W, features and heatmaps H x W (stride 4).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from poseglass_models.attention import (
    CRF_KERNEL,
    MEAN_FIELD_STEPS,
    AttentionKind,
    CrfAttention,
    MultiResolutionAttention,
    PartAttention,
    SoftmaxAttention,
    heatmap_head,
)
from poseglass_models.blocks import ResidualUnit
from poseglass_models.hourglass import LEVELS, NestedHourglass
from poseglass_models.pyramid import PyramidStem

STRIDE = 4
"""Input pixels to a heatmap pixel, along each axis."""
SIZE_STEP = STRIDE * 2**LEVELS
"""Heights and widths of input images divide by this."""

IMAGE_MEAN, IMAGE_STD = 115.0, 62.0
"""Rough mean and deviation of grey values on LSPET; batch norm behind the first convolution takes up the rest."""

StemKind = Literal["paper", "pyramid"]
"""What the first stack reads: the paper's convolutions, or a pretrained feature pyramid."""

MapKind = Literal["multi_resolution", "refined", "part"]

Context = Literal["none", "holistic", "multi_resolution", "hierarchical"]
"""How much attention: none (the baseline of section 7.2), one holistic map at the end of each stack (MS), maps of all
resolutions before it (+ MR), and part attention in its place in the upper half of the stacks (+ HP)."""


@dataclass(frozen=True)
class NetworkConfig:
    """Everything that fixes the architecture."""

    stacks: int = 8
    channels: int = 256  # C, an even number
    keypoints: int = 14
    attention: AttentionKind = "crf"
    context: Context = "hierarchical"  # the other values are for comparison
    hourglass_units: bool = True  # on the side branches; without, plain residual units as in Newell et al. 2016
    mean_field_steps: int = MEAN_FIELD_STEPS
    crf_kernel: int = CRF_KERNEL
    stem: StemKind = "paper"
    pyramid_width: float = 1.75  # of the pyramid's MobileNetV2; says nothing of the paper's stem

    @property
    def first_part_stack(self) -> int:
        """Number (from 1) of the first stack with part attention: the upper half, 5 of 8 (figure 2 and the release)."""
        return self.stacks // 2 + 1

    @property
    def has_multi_resolution(self) -> bool:
        """Say whether there are maps of all resolutions."""
        return self.context in ("multi_resolution", "hierarchical")

    def refinement(self, number: int) -> MapKind | None:
        """Return the kind of attention that stack `number` ends with."""
        if self.context == "hierarchical" and number >= self.first_part_stack:
            return "part"
        return None if self.context == "none" else "refined"

    def spatial_attention(self, maps: int = 1) -> nn.Module:
        """Return an attention of this kind: (B, C, H, W) features -> (B, maps, H, W)."""
        if self.attention == "softmax":
            return SoftmaxAttention(self.channels, maps)
        return CrfAttention(self.channels, maps, self.mean_field_steps, self.crf_kernel)


@dataclass(frozen=True)
class AttentionMap:
    """One attention map of a forward pass: maps (B, 1, H, W), or (B, K, H, W) for part attention."""

    stack: int  # from 1
    kind: MapKind
    reduction: int  # feature pixels to a map pixel: 8, 4, 2 or 1
    maps: Tensor


@dataclass(frozen=True)
class NetworkOutput:
    """heatmaps: one (B, K, H, W) a stack, raw, the last is the answer. attention: what was asked for, by name."""

    heatmaps: tuple[Tensor, ...]
    attention: dict[str, AttentionMap] = field(default_factory=dict)


class PaperStem(nn.Sequential):
    """(B, 3, 4H, 4W), RGB from 0 to 255, to (B, channels, H, W), as in Newell et al. 2016."""

    def __init__(self, channels: int) -> None:
        super().__init__(
            nn.Conv2d(3, 64, 7, stride=2, padding=3),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            ResidualUnit(64, 128),
            nn.MaxPool2d(2),
            ResidualUnit(128, 128),
            ResidualUnit(128, channels),
        )

    def forward(self, image_B3HW: Tensor) -> Tensor:
        """Return the features."""
        x_BCHW = (image_B3HW - IMAGE_MEAN) / IMAGE_STD
        for layer in self:
            x_BCHW = layer(x_BCHW)
        return x_BCHW


class Stack(nn.Module):
    """One hourglass, its attention, and its heatmaps."""

    def __init__(self, config: NetworkConfig, number: int) -> None:
        super().__init__()
        c, k = config.channels, config.keypoints
        self.number = number
        self.hourglass = NestedHourglass(c, config.hourglass_units)
        self.last = nn.Sequential(ResidualUnit(c, c), nn.Conv2d(c, c, 1), nn.BatchNorm2d(c), nn.ReLU(inplace=True))
        self.multi_resolution: nn.Module | None = None
        self.part: nn.Module | None = None
        self.refine: nn.Module | None = None
        if config.has_multi_resolution:
            self.multi_resolution = MultiResolutionAttention([_on_sums(config) for _ in range(LEVELS)])
        if config.refinement(number) == "part":
            self.part = PartAttention(config.spatial_attention(k), c, k)
            return
        if config.refinement(number) == "refined":
            self.refine = config.spatial_attention()
        self.classify = heatmap_head(c, k)

    def forward(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor, list[AttentionMap]]:
        """Return the last feature f, heatmaps, and every attention map of this stack."""
        merged = self.hourglass(x_BCHW)
        f_BCHW: Tensor = self.last(merged[-1])
        h_BCHW, maps = f_BCHW, []
        if self.multi_resolution is not None:
            mask, phis = self.multi_resolution(merged)
            maps = [AttentionMap(self.number, "multi_resolution", 2 ** (LEVELS - 1 - i), p) for i, p in enumerate(phis)]
            h_BCHW = f_BCHW * mask
        if self.part is not None:
            heat_BKHW, phi = self.part(h_BCHW)
            return f_BCHW, heat_BKHW, [*maps, AttentionMap(self.number, "part", 1, phi)]
        if self.refine is not None:
            phi = self.refine(h_BCHW)
            h_BCHW = h_BCHW * phi
            maps = [*maps, AttentionMap(self.number, "refined", 1, phi)]
        return f_BCHW, self.classify(h_BCHW), maps


def _on_sums(config: NetworkConfig) -> nn.Module:
    """Return an attention that reads an hourglass's merged features: raw sums of residual units, so normalised first.

    On the sums themselves every CRF was driven to 0 or 1 everywhere within an epoch, and a closed sigmoid never opens.
    """
    return nn.Sequential(nn.BatchNorm2d(config.channels), nn.ReLU(), config.spatial_attention())


class MultiContextNetwork(nn.Module):
    """Crops in, heatmaps out, attention maps on request."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        c, k = config.channels, config.keypoints
        self.stem = PyramidStem(c, config.pyramid_width) if config.stem == "pyramid" else PaperStem(c)
        numbers = range(1, config.stacks + 1)
        self.stacks = nn.ModuleList([Stack(config, number) for number in numbers])
        self.from_features = nn.ModuleList([nn.Conv2d(c, c, 1) for _ in numbers[1:]])
        self.from_heatmaps = nn.ModuleList([nn.Conv2d(k, c, 1) for _ in numbers[1:]])

    @property
    def attention_kinds(self) -> tuple[tuple[int, MapKind, int], ...]:
        """Stack, kind and reduction of all attention maps of a forward pass, in the order they are made."""
        kinds: list[tuple[int, MapKind, int]] = []
        for number in range(1, self.config.stacks + 1):
            if self.config.has_multi_resolution:
                kinds += [(number, "multi_resolution", 2**i) for i in reversed(range(LEVELS))]
            last = self.config.refinement(number)
            kinds += [(number, last, 1)] if last else []
        return tuple(kinds)

    @property
    def attention_names(self) -> tuple[str, ...]:
        """Their names, in the same order."""
        return tuple(map_name(*kind) for kind in self.attention_kinds)

    def forward(self, image_B3HW: Tensor, want: Collection[str] = ()) -> NetworkOutput:
        """Run the network.

        image_B3HW: RGB, 0 to 255, any dtype; height and width divide by 64. want: names out of `attention_names`.
        Raises ValueError for a size or a name that the network does not have.
        """
        self._check(image_B3HW, want)
        x_BCHW: Tensor = self.stem(image_B3HW.float())
        heatmaps: list[Tensor] = []
        attention: dict[str, AttentionMap] = {}
        for i, stack in enumerate(self.stacks):
            f_BCHW, heat_BKHW, maps = stack(x_BCHW)
            heatmaps.append(heat_BKHW)
            if want:
                named = {map_name(m.stack, m.kind, m.reduction): m for m in maps}
                attention |= {name: m for name, m in named.items() if name in want}
            if i + 1 < len(self.stacks):
                x_BCHW = x_BCHW + self.from_heatmaps[i](heat_BKHW) + self.from_features[i](f_BCHW)
        return NetworkOutput(tuple(heatmaps), attention)

    def _check(self, image_B3HW: Tensor, want: Collection[str]) -> None:
        height, width = image_B3HW.shape[-2:]
        if height % SIZE_STEP or width % SIZE_STEP:
            raise ValueError(f"image is {width} x {height}; width and height must divide by {SIZE_STEP}")
        unknown = set(want) - set(self.attention_names) if want else set()
        if unknown:
            raise ValueError(f"no attention map {sorted(unknown)}; there are {', '.join(self.attention_names)}")


def map_name(stack: int, kind: MapKind, reduction: int) -> str:
    """Return the name of an attention map: `stack1/multi_resolution/8`, `stack1/refined`, `stack2/part`."""
    return f"stack{stack}/{kind}/{reduction}" if kind == "multi_resolution" else f"stack{stack}/{kind}"


@dataclass(frozen=True)
class Preset:
    """An architecture and the square input it is meant for."""

    network: NetworkConfig
    input_size: int  # pixels

    def build(self, seed: int | None = None) -> MultiContextNetwork:
        """Return the network with random weights; a seed makes them the same each time and leaves torch's own alone."""
        if seed is None:
            return MultiContextNetwork(self.network)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return MultiContextNetwork(self.network)


def tiny() -> Preset:
    """2 x 64 at 128 px, 1 M parameters: live on a laptop CPU."""
    return Preset(NetworkConfig(stacks=2, channels=64), 128)


def small() -> Preset:
    """2 x 128 at 128 px, 4 M parameters: three quarters of tiny's speed on a CPU with AMX."""
    return Preset(NetworkConfig(stacks=2, channels=128), 128)


def medium() -> Preset:
    """4 x 128 at 256 px, 8 M parameters."""
    return Preset(NetworkConfig(stacks=4, channels=128), 256)


def large() -> Preset:
    """4 x 256 at 256 px, 32 M parameters: the most whose weights come to 64 MB; for files on a GPU."""
    return Preset(NetworkConfig(stacks=4, channels=256), 256)


def paper() -> Preset:
    """8 x 256 at 256 px, 63 M parameters, as published."""
    return Preset(NetworkConfig(stacks=8, channels=256), 256)


def pyramid_small() -> Preset:
    """1 x 96 at 192 px on a pyramid of width 1, 4 M parameters: five sixths of the time of `small` on a CPU."""
    return Preset(NetworkConfig(stacks=1, channels=96, stem="pyramid", pyramid_width=1.0), 192)


def pyramid() -> Preset:
    """2 x 96 at 192 px on a pyramid of width 1.75, 9 M parameters."""
    return Preset(NetworkConfig(stacks=2, channels=96, stem="pyramid"), 192)


def pyramid_large() -> Preset:
    """3 x 96 at 256 px on a pyramid of width 1.75, 10 M parameters."""
    return Preset(NetworkConfig(stacks=3, channels=96, stem="pyramid"), 256)


PRESETS = {
    "tiny": tiny, "small": small, "medium": medium, "large": large, "paper": paper,
    "pyramid-small": pyramid_small, "pyramid": pyramid, "pyramid-large": pyramid_large,
}  # fmt: skip
