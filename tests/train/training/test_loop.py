from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from poseglass_models.attention import AttentionKind
from poseglass_models.codec import encode
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.skeleton import Skeleton
from poseglass_train.data.people import People
from poseglass_train.errors import DivergedError, RecipeError
from poseglass_train.training import loop
from poseglass_train.training.augment import NONE, Augmentation
from poseglass_train.training.loop import CHECK_STEPS, Training, heatmap_error
from poseglass_train.training.recipes import Recipe

MakePeople = Callable[..., People]

FACE = Skeleton(("nose", "left_eye", "right_eye"))
EMPTY_ANSWER = 2 * torch.pi
"""Loss of two stacks of empty heatmaps: a squared Gaussian of deviation 1 sums to pi."""
LIVELY = Augmentation(rotation=40, whole_circle=0.2, shift=0.05, contrast=0.2)
ADAMW = Recipe("test", "adamw", 2e-3, "one_cycle", batch=2, epochs=3, augmentation=LIVELY, weight_decay=1e-4)
MUON = replace(ADAMW, optimizer="muon")
RMSPROP = Recipe("test", "rmsprop", 1e-3, "steps", batch=2, epochs=3, augmentation=LIVELY, drops=(0.5,))
PACES = (("stem.", 0.0), ("stem.6.", 0.2), ("stacks.0.", 0.07))


def network(
    channels: int = 8, attention: AttentionKind = "crf", seed: int = 0, keypoints: int = 3
) -> MultiContextNetwork:
    return Preset(NetworkConfig(2, channels, keypoints, attention), 64).build(seed)


def training(people: People, recipe: Recipe = ADAMW, seed: int = 0) -> Training:
    return Training(network(seed=seed), recipe, people, 64)


def test_a_perfect_answer_has_no_loss() -> None:
    xy = torch.tensor([[[20.0, 30.0], [40.0, 12.0]]])
    target = encode(xy, (16, 16), 1.5)

    assert [float(each) for each in heatmap_error((target, target), xy, 1.5)] == [0, 2]


def test_an_empty_answer_loses_the_targets_energy_in_every_stack() -> None:
    xy = torch.tensor([[[31.5, 31.5], [29.0, 33.0]], [[35.5, 31.5], [33.0, 30.0]]])
    empty = torch.zeros(2, 2, 16, 16)

    assert heatmap_error((empty, empty), xy, 1.0)[0].item() / 4 == pytest.approx(EMPTY_ANSWER, rel=1e-3)
    assert heatmap_error((empty,), xy, 2.0)[0].item() / 4 == pytest.approx(4 * torch.pi, rel=0.02)


def test_the_error_is_a_sum_over_annotated_keypoints() -> None:
    xy = torch.tensor([[[31.5, 31.5], [torch.nan, torch.nan], [torch.nan, 8.0]]])
    heat = encode(xy, (16, 16))
    heat[0, 1:] = 1000  # nobody knows better
    heat[0, 0, 0, 0] += 0.5
    heat.requires_grad_()
    error, known = heatmap_error((heat,), xy, 1.0)
    error.backward()

    assert known == 1
    assert error.item() == pytest.approx(0.25, rel=1e-4)
    assert heat.grad is not None
    assert (heat.grad[0, 1:] == 0).all()
    assert heat.grad[0, 0, 0, 0] == pytest.approx(1.0)


def test_where_a_keypoint_is_beyond_the_picture_nothing_is_to_be_found() -> None:
    xy = torch.full((1, 2, 2), torch.inf)
    heat = torch.zeros(1, 2, 16, 16)
    heat[0, 1, 3, 4] = 0.5

    assert [float(each) for each in heatmap_error((heat,), xy, 1.0)] == [0.25, 2]


def test_a_batch_without_annotations_has_no_error() -> None:
    heat = torch.ones(1, 2, 16, 16)

    assert heatmap_error((heat,), torch.full((1, 2, 2), torch.nan), 1.0) == (0, 0)


@pytest.mark.parametrize(("attention", "steps"), [("crf", ADAMW), ("softmax", ADAMW), ("crf", MUON)])
def test_one_batch_is_learned_by_heart(attention: AttentionKind, steps: Recipe, make_people: MakePeople) -> None:
    people = make_people(4, skeleton=FACE)
    recipe = Recipe("heart", steps.optimizer, 1e-3, "one_cycle", batch=4, epochs=220, augmentation=NONE)
    learning = Training(network(16, attention), recipe, people, 64)
    losses = [float(step.loss) for step in learning.run()]

    assert losses[0] == pytest.approx(EMPTY_ANSWER, rel=0.1)  # heatmaps start nearly empty
    assert losses[-1] < 0.03 * EMPTY_ANSWER


def test_steps_are_counted_in_epochs_with_the_recipes_rate(make_people: MakePeople) -> None:
    learning = training(make_people(7, skeleton=FACE), RMSPROP)  # three batches of 2 an epoch; the seventh waits
    steps = list(learning.run())

    assert learning.total == len(steps) == 9
    assert [step.step for step in steps] == list(range(1, 10))
    assert {step.of for step in steps} == {9}
    assert [step.epoch for step in steps[2::3]] == [1, 2, 3]
    assert [step.rate for step in steps] == [RMSPROP.rate(i / 9) for i in range(9)]
    assert learning.optimizers.groups[0]["lr"] == steps[-1].rate


def test_a_training_runs_by_so_many_steps_and_never_beyond_its_end(make_people: MakePeople) -> None:
    learning = training(make_people(4, skeleton=FACE), replace(ADAMW, epochs=1.5))

    assert len(list(learning.run(2))) == 2
    assert learning.done == 2
    assert len(list(learning.run(5))) == 1
    assert list(learning.run()) == []


def test_fewer_people_than_a_batch_are_one_batch(make_people: MakePeople) -> None:
    learning = training(make_people(3, skeleton=FACE), replace(ADAMW, batch=8, epochs=2))

    assert [step.epoch for step in learning.run()] == [1, 2]


def test_every_epoch_shows_everybody_once_in_an_order_of_its_own(make_people: MakePeople) -> None:
    people = make_people(8, skeleton=FACE)
    shown: list[int] = []

    class Watched(People):
        def take(self, rows: Tensor) -> People:
            shown.extend(rows.tolist())
            return super().take(rows)

    watched = Watched(**vars(people))
    list(training(watched, replace(ADAMW, epochs=2)).run())

    assert sorted(shown[:8]) == sorted(shown[8:]) == list(range(8))
    assert shown[:8] != shown[8:]


def same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> bool:
    return ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(
    "recipe",
    [
        ADAMW, replace(ADAMW, ema=0.9), MUON, RMSPROP, replace(RMSPROP, ema=0.9),
        replace(MUON, ema=0.9, paces=PACES), replace(RMSPROP, paces=PACES),
    ],
    ids=["adamw", "adamw ema", "muon", "rmsprop", "rmsprop ema", "muon ema paced", "rmsprop paced"],
)  # fmt: skip
def test_a_resumed_training_is_the_uninterrupted_one(recipe: Recipe, make_people: MakePeople, tmp_path: Path) -> None:
    """Bit for bit, across the end of an epoch, whatever weights the resuming one was built with."""
    people = make_people(6, skeleton=FACE)
    through = training(people, recipe)
    expected = [step.loss for step in through.run(7)]

    first = training(people, recipe)
    losses = [step.loss for step in first.run(4)]
    first.save(tmp_path / "state.pt")
    torch.manual_seed(99)
    second = training(people, recipe, seed=5)
    second.resume(tmp_path / "state.pt")
    losses += [step.loss for step in second.run(3)]

    assert losses == expected
    assert second.done == through.done == 7
    assert same(second.network.state_dict(), through.network.state_dict())
    assert same(second.result.state_dict(), through.result.state_dict())
    for ours, theirs in zip(second.optimizers.state_dict(), through.optimizers.state_dict(), strict=True):
        assert all(same(ours["state"][i], theirs["state"][i]) for i in theirs["state"])


def test_another_seed_is_another_training(make_people: MakePeople) -> None:
    people = make_people(6, skeleton=FACE)
    losses = [[step.loss for step in training(people, replace(ADAMW, seed=seed)).run(2)] for seed in (0, 1)]

    assert losses[0] != losses[1]


def test_a_saved_state_leaves_one_file(make_people: MakePeople, tmp_path: Path) -> None:
    learning = training(make_people(4, skeleton=FACE))
    list(learning.run(1))
    for _ in range(2):
        learning.save(tmp_path / "state.pt")

    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"learning_rate": 1e-3}, {"ema": 0.9}, {"augmentation": NONE}, {"paces": PACES}]
)
def test_resuming_with_another_recipe_is_refused(
    other: dict[str, object], make_people: MakePeople, tmp_path: Path
) -> None:
    people = make_people(4, skeleton=FACE)
    training(people).save(tmp_path / "state.pt")
    second = training(people, replace(ADAMW, **other))  # type: ignore[arg-type]

    with pytest.raises(RecipeError, match=r"state\.pt was trained otherwise \(.* was .*, is .*resume with the same"):
        second.resume(tmp_path / "state.pt")
    assert second.done == 0


def test_resuming_on_other_people_is_refused(make_people: MakePeople, tmp_path: Path) -> None:
    """As many of them, but with other labels: corrected ones, say, or the same in another order."""
    people = make_people(4, skeleton=FACE)
    training(people).save(tmp_path / "state.pt")

    for other in (replace(people, xy_NK2=people.xy_NK2 + 1), people.take(torch.tensor([1, 0, 2, 3]))):
        with pytest.raises(RecipeError, match=r"labels was"):
            training(other).resume(tmp_path / "state.pt")


def test_resuming_with_another_network_is_refused(make_people: MakePeople, tmp_path: Path) -> None:
    people = make_people(4, skeleton=FACE)
    training(people).save(tmp_path / "state.pt")

    with pytest.raises(RecipeError, match=r"state\.pt"):
        Training(network(channels=16), ADAMW, people, 64).resume(tmp_path / "state.pt")


def test_resuming_with_another_size_of_crops_is_refused(make_people: MakePeople, tmp_path: Path) -> None:
    people = make_people(4, skeleton=FACE)
    training(people).save(tmp_path / "state.pt")

    with pytest.raises(RecipeError, match=r"state\.pt"):
        Training(network(), ADAMW, people, 128).resume(tmp_path / "state.pt")


def test_resuming_from_a_damaged_state_is_refused(make_people: MakePeople, tmp_path: Path) -> None:
    people = make_people(4, skeleton=FACE)
    training(people).save(tmp_path / "state.pt")
    whole = (tmp_path / "state.pt").read_bytes()
    (tmp_path / "state.pt").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(RecipeError, match=r"state\.pt"):
        training(people).resume(tmp_path / "state.pt")


def test_resuming_from_a_state_of_another_version_is_refused(make_people: MakePeople, tmp_path: Path) -> None:
    people = make_people(4, skeleton=FACE)
    training(people).save(tmp_path / "state.pt")
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    torch.save({name: part for name, part in state.items() if name != "optimizers"}, tmp_path / "state.pt")

    with pytest.raises(RecipeError, match=r"state\.pt: not a state to resume from.*'optimizers'"):
        training(people).resume(tmp_path / "state.pt")


def test_the_result_is_the_average_where_the_recipe_says_so(make_people: MakePeople) -> None:
    """Over at most a tenth of the steps so far: a longer memory would hold on to the weights it began with."""
    learning = training(make_people(6, skeleton=FACE), replace(ADAMW, ema=0.15))
    weights = learning.network.state_dict
    names = ("stem.0.weight", "stem.1.running_mean", "stacks.1.part.classify.weight")
    expected = {name: weights()[name].clone() for name in names}
    for i, _ in enumerate(learning.run(3)):
        decay = (1 / 10, 0.15, 0.15)[i]  # (1 + i) / (10 + i) until the recipe's
        expected = {name: decay * old + (1 - decay) * weights()[name] for name, old in expected.items()}

    assert learning.result is not learning.network
    for name in names:
        torch.testing.assert_close(learning.result.state_dict()[name], expected[name], rtol=1e-5, atol=1e-7)


def test_the_result_is_the_network_itself_without_an_average(make_people: MakePeople) -> None:
    learning = training(make_people(4, skeleton=FACE))

    assert learning.result is learning.network


def test_norms_and_biases_do_not_decay(make_people: MakePeople) -> None:
    learning = training(make_people(4, skeleton=FACE), replace(ADAMW, weight_decay=0.3))
    decays = {id(p): group["weight_decay"] for group in learning.optimizers.groups for p in group["params"]}

    for parameter in learning.network.parameters():
        assert decays[id(parameter)] == (0.3 if parameter.dim() > 1 else 0)


def test_rmsprop_is_that_of_torch7(make_people: MakePeople) -> None:
    group = training(make_people(4, skeleton=FACE), RMSPROP).optimizers.groups[0]

    assert (group["alpha"], group["eps"], group["momentum"], group["centered"]) == (0.99, 1e-8, 0, False)


def test_a_loss_that_is_not_finite_stops_the_training_and_is_never_saved(
    make_people: MakePeople, tmp_path: Path
) -> None:
    learning = training(make_people(4, skeleton=FACE), replace(ADAMW, epochs=50))
    list(learning.run(1))
    learning.save(tmp_path / "state.pt")
    before = (tmp_path / "state.pt").read_bytes()
    with torch.no_grad():
        learning.network.stem[0].bias[0] = torch.nan

    with pytest.raises(DivergedError, match=rf"the loss is nan by step {CHECK_STEPS}.*'test'"):
        list(learning.run())
    with pytest.raises(DivergedError, match="the loss is nan"):
        learning.save(tmp_path / "state.pt")
    assert (tmp_path / "state.pt").read_bytes() == before


def test_a_set_is_shown_as_many_times_as_the_recipe_says(make_people: MakePeople) -> None:
    shown: list[int] = []

    class Watched(People):
        def take(self, rows: Tensor) -> People:
            shown.extend(rows.tolist())
            return super().take(rows)

    people = make_people(6, skeleton=FACE)
    two_sets = replace(people, set_N=torch.tensor([0, 1, 0, 0, 1, 0]), sets=("much", "little"))
    learning = training(Watched(**vars(two_sets)), replace(ADAMW, times=(("little", 3), ("absent", 9)), epochs=1))
    list(learning.run())

    assert sorted(shown) == [0, 1, 1, 1, 2, 3, 4, 4, 4, 5]


@pytest.mark.parametrize("recipe", [MUON, RMSPROP], ids=["muon", "rmsprop"])
def test_what_is_frozen_is_the_same_after_training_and_in_the_average(recipe: Recipe, make_people: MakePeople) -> None:
    learning = training(make_people(4, skeleton=FACE), replace(recipe, ema=0.9, paces=(("stem.0.", 0.0),)))
    before = {name: weight.detach().clone() for name, weight in learning.network.named_parameters()}
    list(learning.run())

    for network in (learning.network, learning.result):
        moved = {name for name, weight in network.named_parameters() if not torch.equal(weight, before[name])}
        assert {name for name in before if name.startswith("stem.0.")} == before.keys() - moved


@pytest.mark.parametrize("asked", [True, False])
@pytest.mark.parametrize("fast", [True, False])
def test_half_precision_is_computed_where_it_is_asked_for_and_fast(
    asked: bool, fast: bool, make_people: MakePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "has_fast_bfloat16", lambda device: fast)
    learning = training(make_people(4, skeleton=FACE), replace(ADAMW, bfloat16=asked, epochs=1))
    kinds = set()
    learning.network.stem[0].register_forward_hook(lambda _, inputs, output: kinds.add(output.dtype))
    list(learning.run(1))

    assert kinds == {torch.bfloat16 if asked and fast else torch.float32}


def test_half_precision_trains(make_people: MakePeople, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "has_fast_bfloat16", lambda device: True)
    learning = training(make_people(4, skeleton=FACE), replace(ADAMW, bfloat16=True, epochs=1))

    assert all(0 < step.loss < 2 * EMPTY_ANSWER for step in learning.run())
    assert {p.dtype for p in learning.network.parameters()} == {torch.float32}
