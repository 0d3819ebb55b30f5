"""What the plugin `attention_hourglass` makes: our network with its checkpoint, as an `Explainer`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import torch
from torch import Tensor

from poseglass.api import (
    HEATMAP,
    Boxes,
    Explanation,
    Floats,
    Image,
    MapName,
    Maps,
    ModelError,
    Poses,
    Skeleton,
)
from poseglass_models import checkpoint
from poseglass_models.codec import Decoded, decode
from poseglass_models.crop import (
    PADDING,
    compose,
    crop_affine,
    cut,
    invert_affine,
    scaling,
    square_around,
    transform,
    transform_covariance,
)
from poseglass_models.inference import has_fast_bfloat16, predict_with_maps
from poseglass_models.multi_context import STRIDE, MultiContextNetwork, NetworkOutput, map_name
from poseglass_plugins.attention_hourglass import HourglassOptions
from poseglass_plugins.device import choose_device


class AttentionHourglass:
    """An `Explainer` around a `MultiContextNetwork` and its checkpoint."""

    def __init__(self, options: HourglassOptions) -> None:
        self._device, why = choose_device(options.device)
        try:
            network, self._checkpoint = checkpoint.load(options.model)
            digest = checkpoint.sha256(options.model)
        except checkpoint.CheckpointError as error:
            raise ModelError(str(error)) from error
        self._network: MultiContextNetwork = network.to(self._device).to(memory_format=torch.channels_last)
        self._map_keys = map_keys(network, self._checkpoint.input_size)
        self._flip = options.flip
        self._bfloat16 = has_fast_bfloat16(self._device)
        self._facts = {
            "model": options.model,
            "model_sha256": digest,
            "input_size": str(self._checkpoint.input_size),
            "flip": str(options.flip).lower(),
            "precision": "bfloat16" if self._bfloat16 else "float32",
            "device": str(self._device),
            "device_reason": why,
        }

    @property
    def skeleton(self) -> Skeleton:
        """The keypoints that the weights were trained for."""
        return self._checkpoint.skeleton

    @property
    def facts(self) -> Mapping[str, str]:
        """Weights, precision and device."""
        return self._facts

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        """Cut a padded square around each box, run the network on all of them at once, and map the poses back."""
        return self.explain(image, boxes, ()).poses

    @property
    def map_names(self) -> tuple[MapName, ...]:
        """Stack by stack: attention from coarse to fine, part attention or refined attention, heatmaps."""
        return tuple(self._map_keys)

    def explain(self, image: Image, boxes: Boxes, want: Collection[MapName]) -> Explanation:
        """Estimate, and keep these maps on the way. With `flip` they are those of the crop as it is, not mirrored."""
        size = self._checkpoint.input_size
        affines = [square_affine(box, size) for box in boxes]
        if not affines:
            nobody = Poses.missing(len(self.skeleton), people=0)
            return Explanation(nobody, {name: maps_of_nobody(name, len(self.skeleton)) for name in want})
        crops = np.stack([cut(image, affine, size) for affine in affines])
        batch_B3NN = torch.from_numpy(crops).to(self._device).permute(0, 3, 1, 2)
        keys = [key for key in (self._map_keys[name] for name in want) if key]
        heat_BKHW, output = predict_with_maps(
            self._network, batch_B3NN, self.skeleton, keys, flip=self._flip, bfloat16=self._bfloat16
        )
        poses = to_frame(decode(heat_BKHW.cpu()), affines)
        poses = Poses(poses.xy, self._checkpoint.chance_right(poses.score), poses.covariance)
        backs = [invert_affine(affine) for affine in affines]
        return Explanation(poses, {name: self._maps(name, output, backs) for name in want})

    def _maps(self, name: MapName, output: NetworkOutput, backs: list[Floats]) -> Maps:
        key = self._map_keys[name]
        values_BMHW: Tensor = output.attention[key].maps if key else output.heatmaps[name.stack - 1]
        to_crop = scaling(self._checkpoint.input_size / name.width)
        to_frame = np.stack([compose(back, to_crop) for back in backs])
        softmax = key and self._checkpoint.network.attention == "softmax"
        top = float(name.height * name.width) if softmax else 1.0
        return Maps(values_BMHW.float().cpu().numpy(), to_frame, (0.0, top))

    def close(self) -> None:
        """Let go of the weights."""
        del self._network


def map_keys(network: MultiContextNetwork, input_size: int) -> dict[MapName, str]:
    """Return every map to be had and the network's own name for it; heatmaps, which it always makes, have none."""
    keys: dict[MapName, str] = {}
    side = input_size // STRIDE
    for number in range(1, network.config.stacks + 1):
        for stack, kind, reduction in network.attention_kinds:
            if stack == number:
                small = side // reduction
                keys[MapName(stack, kind, small, small, kind == "part")] = map_name(stack, kind, reduction)
        keys[MapName(number, HEATMAP, side, side, per_keypoint=True)] = ""
    return keys


def maps_of_nobody(name: MapName, keypoints: int) -> Maps:
    """Return what a map of that name holds without any box."""
    shape = (0, keypoints if name.per_keypoint else 1, name.height, name.width)
    return Maps(np.zeros(shape, dtype=np.float32), np.zeros((0, 2, 3)))


def square_affine(box: Floats, size: int) -> Floats:
    """Return the affine of the padded square crop around a box (x0, y0, x1, y1)."""
    center, side = square_around(box.reshape(2, 2))
    return crop_affine(center, max(side, PADDING), size)  # a box of a pixel at least


def to_frame(decoded: Decoded, affines: list[Floats]) -> Poses:
    """Map decoded poses from their crops to the frame."""
    xy, covariance = decoded.xy_BK2.double().numpy(), decoded.covariance_BK22.double().numpy()
    backs = [invert_affine(affine) for affine in affines]
    return Poses(
        np.stack([transform(back, one) for back, one in zip(backs, xy, strict=True)]),
        decoded.score_BK.double().numpy(),
        np.stack([transform_covariance(back, one) for back, one in zip(backs, covariance, strict=True)]),
    )
