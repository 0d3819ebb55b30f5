"""Attention maps: spatial CRF (section 5.2.1), spatial softmax (5.1), multi-resolution (5.2.2), part attention (5.2.4).

Shapes: B batch, C channels, M maps, K keypoints, H x W height and width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

AttentionKind = Literal["crf", "softmax"]

MEAN_FIELD_STEPS = 3
"""Steps of the mean field, "three steps of recursive convolution" (section 5.2.1)."""
CRF_KERNEL = 11
"""Side of the CRF's spatial kernel; the authors' release uses 11 (`-LRNKer 11`)."""


def heatmap_head(channels: int, keypoints: int) -> nn.Conv2d:
    """Return the 1x1 convolution that makes heatmaps, with weights near zero (as Xiao et al. 2018 start theirs).

    Heatmaps are nearly empty. Started at the usual size, the loss is forty times that of an empty answer, and the
    quickest way down is to shut all attention for good: training then stays on the empty answer.
    """
    head = nn.Conv2d(channels, keypoints, 1)
    nn.init.normal_(head.weight, std=0.001)
    assert head.bias is not None
    nn.init.zeros_(head.bias)
    return head


class CrfAttention(nn.Module):
    """Maps in (0, 1) by mean field inference of a two-class CRF, eq. 7.

    Phi_1 = sigmoid(psi), Phi_t = sigmoid(psi + W * Phi_(t-1)), with psi a 3x3 convolution of the features and W one
    kernel a map, shared between the steps. Eq. 8 as printed drops psi after the first step; the release keeps it.
    (B, C, H, W) -> (B, M, H, W).
    """

    def __init__(self, channels: int, maps: int = 1, steps: int = MEAN_FIELD_STEPS, kernel: int = CRF_KERNEL) -> None:
        super().__init__()
        self.steps = steps
        self.unary = nn.Conv2d(channels, maps, 3, padding=1)
        self.pairwise = nn.Conv2d(maps, maps, kernel, padding=kernel // 2, groups=maps, bias=False)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return the maps after the last mean field step."""
        psi_BMHW: Tensor = self.unary(x_BCHW)
        phi_BMHW = torch.sigmoid(psi_BMHW)
        for _ in range(self.steps - 1):
            phi_BMHW = torch.sigmoid(psi_BMHW + self.pairwise(phi_BMHW))
        return phi_BMHW


class SoftmaxAttention(nn.Module):
    """Maps by spatial softmax, eq. 3-4, times H W: their mean is 1, not 1 / (H W).

    The constant keeps the masked features at the size of the unmasked ones; as printed, 64 x 64 softmax shrinks them
    four thousand times. It starts nearly flat, as a map at one position only takes all gradient from the others; and
    without a bias, which a softmax takes away again. (B, C, H, W) -> (B, M, H, W), values in [0, H W].
    """

    def __init__(self, channels: int, maps: int = 1) -> None:
        super().__init__()
        self.summary = nn.Conv2d(channels, maps, 3, padding=1, bias=False)
        nn.init.normal_(self.summary.weight, std=0.01)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return the maps."""
        s_BMHW: Tensor = self.summary(x_BCHW)
        positions = s_BMHW.shape[-2] * s_BMHW.shape[-1]
        return s_BMHW.flatten(2).softmax(dim=-1).view_as(s_BMHW) * positions


class MultiResolutionAttention(nn.Module):
    """One map of each of an hourglass's merged features; their upsampled sum masks the last feature, eq. 9.

    attend: what makes the map of each resolution, coarse to fine.
    """

    def __init__(self, attend: Sequence[nn.Module]) -> None:
        super().__init__()
        self.attend = nn.ModuleList(attend)

    def forward(self, merged: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
        """Return the sum (B, 1, H, W) and each Phi_r (B, 1, r, r), from features f_r (B, C, r, r), coarse to fine."""
        phis = [attend(feature) for attend, feature in zip(self.attend, merged, strict=True)]
        size = merged[-1].shape[-2:]
        total = phis[-1]
        for phi in phis[:-1]:
            total = total + F.interpolate(phi, size=size)
        return total, phis


class PartAttention(nn.Module):
    """Heatmaps from features masked by a map of their own for each keypoint, eq. 11-13.

    y_p = w_p . (h1 * Phi_p) + b_p. As w_p is a 1x1 convolution it commutes with the mask:
    y_p = Phi_p * (w_p . h1) + b_p, so the features are never copied K times. attend: what makes the K maps.
    """

    def __init__(self, attend: nn.Module, channels: int, keypoints: int) -> None:
        super().__init__()
        self.attend = attend
        self.classify = heatmap_head(channels, keypoints)

    def forward(self, h1_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Return heatmaps and part attention Phi_p, both (B, K, H, W)."""
        phi_BKHW: Tensor = self.attend(h1_BCHW)
        bias = self.classify.bias
        assert bias is not None
        heat_BKHW = phi_BKHW * F.conv2d(h1_BCHW, self.classify.weight) + bias.view(1, -1, 1, 1)
        return heat_BKHW, phi_BKHW
