"""`poseglass-train average`: one network out of several that were trained from the same start.

Its weights are the mean of theirs (Wortsman et al. 2022, "Model soups"): trainings that began alike end in one valley,
and its middle is better than their ends. What its peaks are worth is measured anew on the held-out people.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from poseglass_models.checkpoint import Checkpoint, load, save, sha256
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_train.data.people import People
from poseglass_train.errors import TrainingError
from poseglass_train.training.fit import commit, held_out_facts
from poseglass_train.training.validate import Validation, validate


def average(models: Sequence[str], held_out: People, out: Path) -> Validation:
    """Write the mean of the models' weights to `out`; return what it does on the held-out people.

    Raises TrainingError for models of different networks, skeletons or sizes, CheckpointError.
    """
    networks, checkpoints = zip(*map(load, models), strict=True)
    network, first = networks[0], checkpoints[0]
    for model, checkpoint in zip(models, checkpoints, strict=True):
        _check_alike(models[0], first, model, checkpoint)
    _take_mean(network, [each.state_dict() for each in networks])
    validation = validate(network.to(memory_format=torch.channels_last), held_out, first.input_size)
    sources = [
        {"sha256": sha256(model), "training": dict(checkpoint.training)}
        for model, checkpoint in zip(models, checkpoints, strict=True)
    ]
    facts: dict[str, object] = {
        "average_of": sources,
        "commit": commit(),
        "held_out": held_out_facts(held_out, validation),
    }
    save(out, network, Checkpoint(first.network, first.input_size, first.skeleton, validation.confidence, facts))
    return validation


def _check_alike(name: str, one: Checkpoint, other_name: str, other: Checkpoint) -> None:
    if (one.network, one.input_size, one.skeleton) != (other.network, other.input_size, other.skeleton):
        raise TrainingError(f"{other_name} is of another network, size or skeleton than {name}: they have no mean")


def _take_mean(network: MultiContextNetwork, states: Sequence[dict[str, torch.Tensor]]) -> None:
    """Give the network the mean of all weights and of the norms' running statistics."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                value.copy_(torch.stack([state[name] for state in states]).mean(dim=0))
