from dataclasses import replace

import pytest
import torch
from torch import nn

from poseglass_train.optimizers import MUON_FEWEST, MUON_PACE, make_optimizers
from poseglass_train.recipes import Recipe, recipe_named

MUON = replace(recipe_named("hardy"), optimizer="muon", weight_decay=0.0)
RATE = 0.01


def some_network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(
        nn.Conv2d(3, 24, 3),
        nn.BatchNorm2d(24),
        nn.Conv2d(24, 16, 1),
        nn.Conv2d(16, 1, 3),
        nn.Conv2d(16, 16, 3, groups=16),
    )
    return layers.to(memory_format=torch.channels_last)


def moved_by_a_step(network: nn.Module, recipe: Recipe = MUON, slope: float = 1.0) -> dict[str, torch.Tensor]:
    """Return how far each weight goes in one step along a gradient of noise."""
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    moves = make_optimizers(network, recipe)
    moves.set_rate(RATE)
    for weight in network.parameters():
        weight.grad = slope * torch.randn_like(weight)
    moves.step()
    return {name: weight.detach() - before[name] for name, weight in network.named_parameters()}


@pytest.mark.parametrize("kernel", ["0.weight", "2.weight"])
def test_muon_moves_a_kernel_alike_in_every_direction(kernel: str) -> None:
    """Newton and Schulz's iteration leaves singular values around 1; 0.2 sqrt(longer side) makes it AdamW's step."""
    moved = moved_by_a_step(some_network())[kernel].flatten(1)
    stretch = torch.linalg.svdvals(moved) / (RATE * MUON_PACE * 0.2 * max(moved.shape) ** 0.5)

    assert stretch.min() > 0.5
    assert stretch.max() < 1.4


def test_muon_leaves_to_adamw_what_is_no_matrix() -> None:
    moved = moved_by_a_step(some_network())

    for name in ("0.bias", "1.weight", "1.bias", "2.bias", "3.weight", "3.bias", "4.weight"):
        torch.testing.assert_close(moved[name].abs(), torch.full_like(moved[name], RATE), rtol=1e-3, atol=1e-5)
    assert len(some_network()[3].weight) < MUON_FEWEST


def test_muons_kernels_decay_as_adamws_do() -> None:
    """Without a slope nothing moves a kernel but its decay."""
    network = some_network()
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    moved = moved_by_a_step(network, replace(MUON, weight_decay=0.5), slope=0.0)

    for name in ("0.weight", "2.weight", "3.weight", "4.weight"):
        torch.testing.assert_close(moved[name], -0.5 * RATE * before[name], rtol=1e-3, atol=1e-6)
    assert not moved["1.weight"].any()


def test_muon_leaves_a_kernel_without_gradient_where_it_is() -> None:
    network = some_network()
    moves = make_optimizers(network, MUON)
    before = network[0].weight.detach().clone()
    moves.step()

    assert torch.equal(network[0].weight, before)


def test_a_state_of_other_optimisers_is_refused() -> None:
    moves = make_optimizers(some_network(), MUON)

    with pytest.raises(ValueError, match="1 optimisers does not fit 2"):
        moves.load_state_dict(moves.state_dict()[:1])
