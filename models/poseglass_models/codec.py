"""Keypoints to Gaussian heatmaps and back, side by side.

Shapes: B batch, K keypoints, H x W heatmap. Positions are crop pixels; a heatmap pixel is STRIDE of them wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from poseglass_models.crop import rescale
from poseglass_models.multi_context import STRIDE

SIGMA = 1.0
"""Deviation of a target Gaussian in heatmap pixels (Newell et al. 2016)."""
WINDOW = 2
"""Radius, in heatmap pixels, of the patch that a Gaussian is fitted to: two deviations."""
FLOOR = 1e-4
"""Heat below this part of the peak says nothing in a logarithm; it carries no weight."""


@dataclass(frozen=True)
class Decoded:
    """xy_BK2: crop pixels, NaN where there is no peak. score_BK: peak height in [0, 1]. covariance_BK22: crop px^2."""

    xy_BK2: Tensor
    score_BK: Tensor
    covariance_BK22: Tensor


def encode(xy_BK2: Tensor, size: tuple[int, int], sigma: float = SIGMA) -> Tensor:
    """Return target heatmaps (B, K, H, W): a Gaussian of height 1 and `sigma` heatmap pixels at each keypoint.

    xy_BK2: crop pixels; NaN and infinity give an empty map. size: (H, W).
    """
    heat_xy = rescale(xy_BK2, 1 / STRIDE)
    rows = torch.arange(size[0], device=xy_BK2.device)
    columns = torch.arange(size[1], device=xy_BK2.device)
    x_BKW = torch.exp(-((columns - heat_xy[..., :1]) ** 2) / (2 * sigma**2))
    y_BKH = torch.exp(-((rows - heat_xy[..., 1:]) ** 2) / (2 * sigma**2))
    return (y_BKH[..., :, None] * x_BKW[..., None, :]).nan_to_num(0.0)


def decode(heat_BKHW: Tensor) -> Decoded:
    """Find each heatmap's peak, to a fraction of a pixel, and its spread.

    A Gaussian is fitted to the 5 x 5 pixels around the highest by least squares on the logarithm, weighted by the
    squared heat (Guo 2011, "A simple algorithm for fitting a Gaussian function", there in one dimension). It is exact
    for a Gaussian, at the border too, and its covariance is the heatmap's own. Where the patch has no such peak, the
    highest pixel stands, with the patch's radius as its deviation. Any range of heat is taken; without any positive
    heat xy and covariance are NaN and the score is 0.
    """
    heat = heat_BKHW.detach().float()
    height, width = heat.shape[-2:]
    peak_BK, place_BK = heat.flatten(2).max(dim=-1)
    x_BK, y_BK = place_BK % width, place_BK // width
    x0_BK = x_BK.clamp(WINDOW, max(WINDOW, width - 1 - WINDOW))
    y0_BK = y_BK.clamp(WINDOW, max(WINDOW, height - 1 - WINDOW))
    patch_BKM, offset_M2 = _patches(heat, x0_BK, y0_BK)
    center_BK2 = torch.stack([x0_BK, y0_BK], dim=-1).float()
    offset_BK2, covariance_BK22 = _fit_gaussian(patch_BKM / peak_BK.clamp(min=FLOOR)[..., None], offset_M2)

    spread_BK = covariance_BK22.diagonal(dim1=-2, dim2=-1).amax(dim=-1)
    moved_BK = (center_BK2 + offset_BK2 - torch.stack([x_BK, y_BK], dim=-1)).abs().amax(dim=-1)
    fits_BK = (covariance_BK22.det() > 0) & (spread_BK > 0) & (spread_BK < (2 * WINDOW) ** 2) & (moved_BK <= 1)
    flat_22 = torch.eye(2, device=heat.device) * float(WINDOW**2)
    xy_BK2 = torch.where(fits_BK[..., None], center_BK2 + offset_BK2, torch.stack([x_BK, y_BK], dim=-1).float())
    covariance_BK22 = torch.where(fits_BK[..., None, None], covariance_BK22, flat_22)

    found_BK = peak_BK > 0
    return Decoded(
        rescale(xy_BK2, STRIDE).where(found_BK[..., None], torch.nan),
        peak_BK.clamp(0, 1),
        (covariance_BK22 * STRIDE**2).where(found_BK[..., None, None], torch.nan),
    )


def _patches(heat: Tensor, x0_BK: Tensor, y0_BK: Tensor) -> tuple[Tensor, Tensor]:
    """Return the M = 5 x 5 values around (x0, y0) of each map, (B, K, M), and their offsets (M, 2)."""
    steps = torch.arange(-WINDOW, WINDOW + 1, device=heat.device)
    dy, dx = torch.meshgrid(steps, steps, indexing="ij")
    offset_M2 = torch.stack([dx.flatten(), dy.flatten()], dim=-1)
    height, width = heat.shape[-2:]
    rows = (y0_BK[..., None] + offset_M2[:, 1]).clamp(0, height - 1)
    columns = (x0_BK[..., None] + offset_M2[:, 0]).clamp(0, width - 1)
    return heat.flatten(2).gather(-1, rows * width + columns), offset_M2.float()


def _fit_gaussian(patch_BKM: Tensor, offset_M2: Tensor) -> tuple[Tensor, Tensor]:
    """Fit log heat = a + g.d + d'Hd / 2 and return the top -H^-1 g (B, K, 2) and the covariance -H^-1 (B, K, 2, 2)."""
    x, y = offset_M2.unbind(-1)
    basis_M6 = torch.stack([torch.ones_like(x), x, y, x * x / 2, x * y, y * y / 2], dim=-1)
    heat = patch_BKM.clamp(min=FLOOR)
    weight_BKM = torch.where(patch_BKM > FLOOR, heat**2, 0.0)
    weighted_BKM6 = basis_M6 * weight_BKM[..., None]
    normal_BK66 = weighted_BKM6.transpose(-1, -2) @ basis_M6 + 1e-7 * torch.eye(6, device=x.device)
    right_BK61 = weighted_BKM6.transpose(-1, -2) @ heat.log()[..., None]
    fit_BK6 = torch.linalg.solve_ex(normal_BK66, right_BK61).result[..., 0]
    _, gx, gy, hxx, hxy, hyy = fit_BK6.unbind(-1)
    det = hxx * hyy - hxy**2
    curved = torch.where((det > 1e-6) & (hxx < 0), det, torch.nan)
    covariance = -torch.stack([hyy, -hxy, -hxy, hxx], dim=-1).view(*det.shape, 2, 2) / curved[..., None, None]
    gradient = torch.stack([gx, gy], dim=-1)
    return (covariance @ gradient[..., None])[..., 0], covariance
