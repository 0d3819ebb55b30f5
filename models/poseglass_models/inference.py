"""From a batch of crops to the heatmaps that are decoded: one pass, or the mean with the mirrored crop's."""

from __future__ import annotations

import torch
from torch import Tensor

from poseglass_models.multi_context import MultiContextNetwork
from poseglass_models.skeleton import Skeleton


def predict_heatmaps(
    network: MultiContextNetwork, image_B3HW: Tensor, skeleton: Skeleton, *, flip: bool, bfloat16: bool
) -> Tensor:
    """Return the last stack's heatmaps (B, K, H, W) in single precision.

    image_B3HW: RGB, 0 to 255, on the network's device. flip: average with the mirror image's, left and right swapped
    back. bfloat16: compute in half the precision, which is faster where the hardware has it.
    """
    device = image_B3HW.device.type
    with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=bfloat16):
        heat_BKHW: Tensor = network(image_B3HW).heatmaps[-1].float()
        if not flip:
            return heat_BKHW
        mirrored: Tensor = network(image_B3HW.flip(-1)).heatmaps[-1].float()
    return (heat_BKHW + mirrored.flip(-1)[:, skeleton.flip_order]) / 2
