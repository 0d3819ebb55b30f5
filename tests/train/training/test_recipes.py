import dataclasses
from itertools import pairwise

import pytest

from poseglass_models.multi_context import PRESETS, NetworkConfig, Preset
from poseglass_train.errors import RecipeError, TrainingError
from poseglass_train.training.recipes import (
    PYRAMID,
    RECIPES,
    WARM_UP,
    Recipe,
    paper,
    pyramid,
    pyramid_tune,
    recipe_named,
    swift,
)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_found_by_the_name_it_bears(name: str) -> None:
    recipe = recipe_named(name)

    assert recipe.name == name
    assert recipe == RECIPES[name]()


def test_an_unknown_recipe_is_refused_by_name_with_those_there_are() -> None:
    with pytest.raises(RecipeError, match=r"'slow'.*paper, paper-mpii, swift") as caught:
        recipe_named("slow")

    assert isinstance(caught.value, TrainingError)


def test_the_papers_recipe_is_section_6_and_the_release() -> None:
    recipe = paper()

    assert (recipe.optimizer, recipe.learning_rate, recipe.batch, recipe.epochs) == ("rmsprop", 2.5e-4, 8, 60)
    assert (recipe.weight_decay, recipe.ema, recipe.bfloat16, recipe.sigma) == (0, 0, False, 1)
    how = recipe.augmentation
    assert (how.rotation, how.scale, how.flip, how.whole_circle, how.shift) == (30, (0.75, 1.25), True, 0, 0)
    assert how.colour > 0


def test_the_papers_rate_falls_tenfold_twice() -> None:
    """After 100 and 125 of the release's 130 epochs, and so after these parts of any training."""
    rates = [paper().rate(epoch / 130) for epoch in (0, 50, 99, 101, 124, 126, 130)]

    assert rates == pytest.approx([2.5e-4, 2.5e-4, 2.5e-4, 2.5e-5, 2.5e-5, 2.5e-6, 2.5e-6])


def test_one_cycle_starts_low_peaks_and_ends_at_nothing() -> None:
    recipe = swift()
    rates = [recipe.rate(i / 1000) for i in range(1001)]
    top = rates.index(max(rates))

    assert 0 < rates[0] <= 0.05 * recipe.learning_rate
    assert rates[top] == pytest.approx(recipe.learning_rate)
    assert top == 1000 * WARM_UP
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert all(a <= b for a, b in pairwise(rates[: top + 1]))
    assert all(a > b for a, b in pairwise(rates[top:]))


def test_every_rate_is_at_most_the_recipes() -> None:
    for make in RECIPES.values():
        assert all(0 <= make().rate(i / 100) <= make().learning_rate for i in range(101))


def test_parameters_learn_at_the_pace_of_the_longest_start_that_fits() -> None:
    recipe = dataclasses.replace(paper(), paces=(("stem.", 0.5), ("stem.pyramid.", 0.0), ("stem.pyramid.last.", 0.1)))

    assert recipe.pace("stacks.0.classify.weight") == 1
    assert recipe.pace("stem.read.0.0.weight") == 0.5
    assert recipe.pace("stem.pyramid.blocks.3.expand.bias") == 0
    assert recipe.pace("stem.pyramid.last.weight") == 0.1
    assert recipe.pace("from.stem.pyramid.last.weight") == 1
    assert dataclasses.replace(recipe, paces=recipe.paces[::-1]).pace("stem.pyramid.last.weight") == 0.1


def test_recipes_without_a_pyramid_let_everything_learn_alike() -> None:
    for name, make in RECIPES.items():
        paces = {make().pace(start) for start in ("stem.0.weight", PYRAMID + "first.weight", "stacks.0.last.0.weight")}
        assert (paces == {1}) == (name not in ("pyramid", "pyramid-tune"))


def test_the_pyramids_recipes_hold_back_the_pyramid_and_nothing_else() -> None:
    network = Preset(NetworkConfig(1, 8, stem="pyramid", pyramid_width=0.05), 64).build(0)
    parts = {name for name, _ in network.stem.pyramid.named_parameters()}
    for recipe, pace in ((pyramid(), 0), (pyramid_tune(), 0.02)):
        held_back = {name for name, _ in network.named_parameters() if recipe.pace(name) < 1}
        assert held_back == {PYRAMID + name for name in parts}
        assert {recipe.pace(name) for name in held_back} == {pace}
    assert PRESETS["pyramid"]().network.stem == "pyramid"


def test_a_recipe_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        paper().batch = 9  # type: ignore[misc]


def test_two_recipes_of_the_same_values_are_the_same() -> None:
    assert dataclasses.replace(paper(), seed=1) != paper()
    assert Recipe(**{field.name: getattr(paper(), field.name) for field in dataclasses.fields(Recipe)}) == paper()
