"""From a batch of crops to the heatmaps that are decoded: one pass, or the mean with the mirrored crop's."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor

from poseglass_models.multi_context import MultiContextNetwork, NetworkOutput
from poseglass_models.skeleton import Skeleton


def predict_heatmaps(
    network: MultiContextNetwork, image_B3HW: Tensor, skeleton: Skeleton, *, flip: bool, bfloat16: bool
) -> Tensor:
    """Return the last stack's heatmaps (B, K, H, W) in single precision.

    image_B3HW: RGB, 0 to 255, on the network's device. flip: average with the mirror image's, left and right swapped
    back. bfloat16: compute in half the precision, which is faster where the hardware has it.
    """
    return predict_with_maps(network, image_B3HW, skeleton, (), flip=flip, bfloat16=bfloat16)[0]


def predict_with_maps(
    network: MultiContextNetwork,
    image_B3HW: Tensor,
    skeleton: Skeleton,
    want: Collection[str],
    *,
    flip: bool,
    bfloat16: bool,
) -> tuple[Tensor, NetworkOutput]:
    """Return the same heatmaps, and the network's output for the image with the attention maps of those names.

    The output is of the image alone: two passes look at different things, and the mean of what they look at is a map
    that neither of them used.
    """
    device = image_B3HW.device.type
    with torch.inference_mode(), torch.autocast(device, torch.bfloat16, enabled=bfloat16):
        output: NetworkOutput = network(image_B3HW, want)
        heat_BKHW = output.heatmaps[-1].float()
        if not flip:
            return heat_BKHW, output
        mirrored: Tensor = network(image_B3HW.flip(-1)).heatmaps[-1].float()
    return (heat_BKHW + mirrored.flip(-1)[:, skeleton.flip_order]) / 2, output


def has_fast_bfloat16(device: torch.device) -> bool:
    """Tell whether half the precision is faster there: tensor cores from Ampere on, AMX or AVX-512 BF16 on a CPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    # get_capabilities is younger than torch 2.11, the oldest that is taken
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
