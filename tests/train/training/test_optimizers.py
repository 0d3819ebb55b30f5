from dataclasses import replace

import pytest
import torch
from torch import nn

from poseglass_train.training.optimizers import MUON_FEWEST, MUON_PACE, make_optimizers
from poseglass_train.training.recipes import Recipe, recipe_named

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
    """Return how far each weight goes in one step along a gradient of noise, the same for all recipes."""
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    moves = make_optimizers(network, recipe)
    moves.set_rate(RATE)
    torch.manual_seed(1)
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


ADAMW = replace(MUON, optimizer="adamw")
RMSPROP = replace(MUON, optimizer="rmsprop")
BY_NAME = pytest.mark.parametrize("recipe", [ADAMW, MUON, RMSPROP], ids=["adamw", "muon", "rmsprop"])


@BY_NAME
def test_what_is_frozen_gets_no_gradient_and_stays_where_it_is(recipe: Recipe) -> None:
    network = some_network()
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}
    moves = make_optimizers(network, replace(recipe, weight_decay=0.5, paces=(("0.", 0.0), ("1.", 0.0))))
    moves.set_rate(RATE)
    for _ in range(2):
        network.zero_grad()
        x = network[:3](torch.randn(2, 3, 8, 8))
        (network[3](x).square().sum() + network[4](x).square().sum()).backward()
        moves.step()

    for name, weight in network.named_parameters():
        frozen = name.startswith(("0.", "1."))
        assert weight.requires_grad is not frozen
        assert (weight.grad is None) is frozen
        assert torch.equal(weight, before[name]) is frozen


@BY_NAME
def test_what_was_frozen_learns_again_under_a_recipe_that_does_not_freeze_it(recipe: Recipe) -> None:
    network = some_network()
    make_optimizers(network, replace(recipe, paces=(("0.", 0.0),)))
    make_optimizers(network, recipe)

    assert all(weight.requires_grad for weight in network.parameters())


@pytest.mark.parametrize("recipe", [ADAMW, RMSPROP], ids=["adamw", "rmsprop"])
@pytest.mark.parametrize("slope", [1.0, 0.0])
def test_a_part_moves_at_its_pace_and_the_rest_as_ever(recipe: Recipe, slope: float) -> None:
    """Along a slope, and without one, where only decay moves a kernel."""
    recipe = replace(recipe, weight_decay=0.5)
    moved = moved_by_a_step(some_network(), recipe, slope)
    slowed = moved_by_a_step(some_network(), replace(recipe, paces=(("2.", 0.07),)), slope)

    for name, way in moved.items():
        pace = 0.07 if name.startswith("2.") else 1
        torch.testing.assert_close(slowed[name], pace * way, rtol=1e-3, atol=1e-7)
    assert moved["2.weight"].abs().max() > 1e-4


def test_muon_leaves_to_adamw_what_has_a_pace_of_its_own() -> None:
    """AdamW's first step along a slope is of one size, the rate."""
    moved = moved_by_a_step(some_network(), replace(MUON, paces=(("2.", 0.07),)))
    torch.testing.assert_close(
        moved["2.weight"].abs(), torch.full_like(moved["2.weight"], 0.07 * RATE), rtol=1e-3, atol=1e-6
    )

    as_ever = moved_by_a_step(some_network())
    for name in ("0.weight", "0.bias", "3.weight"):
        torch.testing.assert_close(moved[name], as_ever[name])


@BY_NAME
def test_every_weight_that_learns_is_in_one_group_with_its_pace(recipe: Recipe) -> None:
    network = some_network()
    paced = replace(recipe, weight_decay=0.3, paces=(("0.", 0.0), ("1.", 0.2), ("2.", 0.2), ("3.bias", 0.4)))
    moves = make_optimizers(network, paced)
    moves.set_rate(RATE)
    learning = sum(weight.numel() for name, weight in network.named_parameters() if paced.pace(name))

    assert sum(weight.numel() for group in moves.groups for weight in group["params"]) == learning
    assert all(group["params"] for group in moves.groups)
    named = {id(weight): name for name, weight in network.named_parameters()}
    for group in moves.groups:
        paces = {paced.pace(named[id(weight)]) for weight in group["params"] if id(weight) in named}
        assert all(group["lr"] == pytest.approx(RATE * pace) for pace in paces)


def test_recipes_without_paces_have_the_groups_they_always_had() -> None:
    """RMSprop one; AdamW kernels, which decay, then norms and biases; Muon matrices, then AdamW the rest."""
    network = some_network()
    kernels = [p for p in network.parameters() if p.dim() > 1]
    others = [p for p in network.parameters() if p.dim() == 1]

    def groups(recipe: Recipe) -> list[tuple[list[int], float]]:
        made = make_optimizers(network, replace(recipe, weight_decay=0.3)).groups
        return [([id(p) for p in group["params"]], group["weight_decay"]) for group in made]

    assert groups(RMSPROP) == [([id(p) for p in network.parameters()], 0.3)]
    assert groups(ADAMW) == [([id(p) for p in kernels], 0.3), ([id(p) for p in others], 0.0)]
    assert groups(MUON)[1:] == [([id(p) for p in kernels[2:]], 0.3), ([id(p) for p in others], 0.0)]


def test_a_state_of_other_optimisers_is_refused() -> None:
    moves = make_optimizers(some_network(), MUON)

    with pytest.raises(ValueError, match="1 optimisers does not fit 2"):
        moves.load_state_dict(moves.state_dict()[:1])
