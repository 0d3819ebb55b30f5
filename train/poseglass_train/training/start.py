"""What a training starts from: a trained network, fitted to another skeleton or number of stacks where asked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from poseglass_models.checkpoint import load
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_models.skeleton import Skeleton

NUMBERED = re.compile(r"(stacks|from_features|from_heatmaps)\.(\d+)\.(.+)")
"""Names of the tensors that each stack has its own of."""


def fine_tunable(
    name_or_path: str, skeleton: Skeleton, seed: int, stacks: int | None = None
) -> tuple[MultiContextNetwork, int]:
    """Return a trained network with that skeleton's keypoints, and its input size. Raises CheckpointError.

    All but its heads is kept. Of the heads, what belongs to a keypoint of the same name is kept too; the rest is new.
    Where another number of stacks is asked for, each part of a stack is the nearest one's that has such a part.
    """
    trained, checkpoint = load(name_or_path)
    config = replace(checkpoint.network, keypoints=len(skeleton), stacks=stacks or checkpoint.network.stacks)
    if config == checkpoint.network and checkpoint.skeleton.names == skeleton.names:
        return trained, checkpoint.input_size
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = MultiContextNetwork(config)
    pairs = [
        (skeleton.index(n), checkpoint.skeleton.index(n)) for n in skeleton.names if n in checkpoint.skeleton.names
    ]
    state, old = network.state_dict(), trained.state_dict()
    for key, tensor in state.items():
        known, axis = _nearest(key, old), _keypoint_axis(key)
        if known is not None:
            state[key] = known if axis is None else _by_name(tensor, known, axis, pairs)
    network.load_state_dict(state)
    return network.eval(), checkpoint.input_size


def _nearest(key: str, old: Mapping[str, Tensor]) -> Tensor | None:
    """Return the tensor of that name, or of the nearest stack that has one, the earlier of two; None where none has."""
    numbered = NUMBERED.fullmatch(key)
    if key in old or numbered is None:
        return old.get(key)
    kind, number, rest = numbered.groups()
    others = [int(m[2]) for m in map(NUMBERED.fullmatch, old) if m and (m[1], m[3]) == (kind, rest)]
    if not others:
        return None
    return old[f"{kind}.{min(others, key=lambda other: (abs(other - int(number)), other))}.{rest}"]


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
