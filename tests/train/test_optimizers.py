from dataclasses import replace

import pytest
import torch
from torch import nn

from poseglass_train.optimizers import MUON_FEWEST, MUON_PACE, optimizers
from poseglass_train.recipes import recipe_named

MUON = replace(recipe_named("hardy"), optimizer="muon", weight_decay=0.0)


def some_network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 24, 3), nn.BatchNorm2d(24), nn.Conv2d(24, 16, 1), nn.Conv2d(16, 1, 3))
    return layers.to(memory_format=torch.channels_last)


def moved_by_a_step(network: nn.Module, rate: float) -> dict[str, torch.Tensor]:
    """Return how far each weight goes in one step along a gradient of noise."""
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    moves = optimizers(network, MUON)
    moves.set_rate(rate)
    for weight in network.parameters():
        weight.grad = torch.randn_like(weight)
    moves.step()
    return {name: weight.detach() - before[name] for name, weight in network.named_parameters()}


@pytest.mark.parametrize("kernel", ["0.weight", "2.weight"])
def test_muon_moves_a_kernel_alike_in_every_direction(kernel: str) -> None:
    """Newton and Schulz's iteration leaves singular values around 1; 0.2 sqrt(longer side) makes it AdamW's step."""
    moved = moved_by_a_step(some_network(), 0.01)[kernel].flatten(1)
    stretch = torch.linalg.svdvals(moved) / (0.01 * MUON_PACE * 0.2 * max(moved.shape) ** 0.5)

    assert stretch.min() > 0.5
    assert stretch.max() < 1.4


def test_muon_leaves_norms_biases_and_single_outputs_to_adamw() -> None:
    moved = moved_by_a_step(some_network(), 0.01)

    for name in ("0.bias", "1.weight", "1.bias", "2.bias", "3.weight", "3.bias"):
        torch.testing.assert_close(moved[name].abs(), torch.full_like(moved[name], 0.01), rtol=1e-3, atol=1e-5)
    assert len(some_network()[3].weight) < MUON_FEWEST


def test_muon_leaves_a_kernel_without_gradient_where_it_is() -> None:
    network = some_network()
    moves = optimizers(network, MUON)
    before = network[0].weight.detach().clone()
    moves.step()

    assert torch.equal(network[0].weight, before)


def test_a_state_of_other_optimisers_is_refused() -> None:
    moves = optimizers(some_network(), MUON)

    with pytest.raises(ValueError, match="argument 2 is shorter"):
        moves.load_state_dict(moves.state_dict()[:1])
