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
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = MultiContextNetwork(replace(checkpoint.network, keypoints=len(skeleton)))
    pairs = [
        (skeleton.index(n), checkpoint.skeleton.index(n)) for n in skeleton.names if n in checkpoint.skeleton.names
    ]
    state, old = network.state_dict(), trained.state_dict()
    for key, tensor in state.items():
        state[key] = old[key] if tensor.shape == old[key].shape else _by_name(tensor, old[key], pairs)
    network.load_state_dict(state)
    return network.eval(), checkpoint.input_size


def _by_name(new: Tensor, old: Tensor, pairs: Sequence[tuple[int, int]]) -> Tensor:
    """Copy what belongs to the keypoints that both have, along the one axis in which the two differ."""
    axis = next(i for i, (a, b) in enumerate(zip(new.shape, old.shape, strict=True)) if a != b)
    merged = new.clone()
    for here, there in pairs:
        merged.select(axis, here).copy_(old.select(axis, there))
    return merged
