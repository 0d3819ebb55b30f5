"""What a training starts from: random weights, or a trained network, fitted to another skeleton where asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from poseglass_models.checkpoint import load
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_models.skeleton import Skeleton


def fine_tunable(name_or_path: str, skeleton: Skeleton, seed: int) -> tuple[MultiContextNetwork, int]:
    """Return a trained network with that skeleton's keypoints, and its input size. Raises CheckpointError.

    All but its heads is kept. Of the heads, what belongs to a keypoint of the same name is kept too; the rest is new.
    """
    trained, checkpoint = load(name_or_path)
    if checkpoint.skeleton.names == skeleton.names:
        return trained, checkpoint.input_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = MultiContextNetwork(replace(checkpoint.network, keypoints=len(skeleton)))
    pairs = [
        (skeleton.index(n), checkpoint.skeleton.index(n)) for n in skeleton.names if n in checkpoint.skeleton.names
    ]
    state, old = network.state_dict(), trained.state_dict()
    for key, tensor in state.items():
        axis = _keypoint_axis(key)
        state[key] = old[key] if axis is None else _by_name(tensor, old[key], axis, pairs)
    network.load_state_dict(state)
    return network.eval(), checkpoint.input_size


def _keypoint_axis(key: str) -> int | None:
    """Return the axis of a tensor that runs over the keypoints; None where none does."""
    if key.startswith("from_heatmaps.") and key.endswith(".weight"):
        return 1
    return 0 if ".classify." in key or ".part." in key else None


def _by_name(new: Tensor, old: Tensor, axis: int, pairs: Sequence[tuple[int, int]]) -> Tensor:
    """Copy what belongs to the keypoints that both have."""
    merged = new.clone()
    for here, there in pairs:
        merged.select(axis, here).copy_(old.select(axis, there))
    return merged
