"""The component analysis on people of noise: that cells are what their names say, and that it can be done again."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_train.cli import main
from poseglass_train.data.people import People
from poseglass_train.errors import RecipeError
from poseglass_train.training.ablation import (
    ATTENTION,
    CELLS,
    COMPONENTS,
    Plan,
    Result,
    ablate,
    cells,
    gmac,
    mean_curve,
    table,
    training_speed,
    write_report,
)
from poseglass_train.training.recipes import swift

MakePeople = Callable[..., People]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """Return two steps of the smallest network."""
    recipe = replace(swift(), epochs=1, batch=4)
    return Plan(2, 8, 64, recipe, (0, 1), tmp_path / "runs", torch.device("cpu"))


def test_every_cell_is_a_network_and_each_component_adds_cost() -> None:
    known = cells(NetworkConfig(2, 16, 14), 64)
    costs = [gmac(known[name], 64) for name in COMPONENTS[:-1]]

    assert set(known) == set(CELLS)
    assert costs == sorted(costs)
    assert known["softmax"].attention == "softmax"
    assert (known["1 step"].mean_field_steps, known["kernel 3"].crf_kernel) == (1, 3)


def test_the_wide_baseline_costs_what_the_whole_network_costs() -> None:
    known = cells(NetworkConfig(2, 48, 14), 64)

    assert known["BL wide"].context == "none"
    assert known["BL wide"].channels > known["BL"].channels
    assert gmac(known["BL wide"], 64) == pytest.approx(gmac(known["BL+MS+HRU+MR+HP"], 64), rel=0.05)


def test_multiply_adds_are_those_of_the_convolutions() -> None:
    """Counted by hooks: each output of a convolution sums over its kernel and its group's channels."""
    config = cells(NetworkConfig(1, 8, 14), 64)["BL"]
    network, counted = MultiContextNetwork(config).eval(), 0

    def count(layer: torch.nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal counted
        counted += out.numel() * layer.weight[0].numel()

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)  # type: ignore[arg-type]  # hooks are typed for any module
    with torch.inference_mode():
        network(torch.zeros(1, 3, 64, 64))

    assert gmac(config, 64) == pytest.approx(counted / 1e9)


def test_a_cell_trained_again_scores_the_same(plan: Plan, make_people: MakePeople) -> None:
    people, held_out = make_people(8), make_people(4, seed=1)
    first = ablate(plan, ["BL", "softmax"], people, held_out)
    again = ablate(replace(plan, out=plan.out / "again", seeds=(1,)), ["softmax"], people, held_out)

    assert [(result.cell, result.seed) for result in first] == [("BL", 0), ("softmax", 0), ("BL", 1), ("softmax", 1)]
    assert again == [first[-1]]
    assert ablate(plan, ["BL", "softmax"], people, held_out) == first  # nothing is trained anew


def test_speed_is_told_of_every_cell(plan: Plan, make_people: MakePeople) -> None:
    speed = training_speed(plan, ["BL", "BL+MS"], make_people(8))

    assert list(speed) == ["BL", "BL+MS"]
    assert all(value > 0 for value in speed.values())


def test_unknown_cells_and_nobody_held_out_are_refused(plan: Plan, make_people: MakePeople) -> None:
    with pytest.raises(RecipeError, match=r"no cell BL\+XX; there are BL, "):
        ablate(plan, ["BL+XX"], make_people(4), make_people(4))
    with pytest.raises(RecipeError, match="nobody is held out"):
        ablate(plan, ["BL"], make_people(4), make_people(0))


def result(cell: str, seed: int, pck: float) -> Result:
    return Result(cell, seed, 1_500_000, 0.25, {"lsp": pck}, ((0.5, pck - 10), (1.5, pck)))


def test_the_table_has_a_row_a_cell_with_mean_and_every_seed() -> None:
    text = table([result("BL", 0, 50), result("BL+MS", 0, 52), result("BL", 1, 51)], {"BL": 40, "BL+MS": 30})

    assert text.splitlines()[2] == "| BL | 1.50 M | 0.250 | 1.00 | 50.5 | 50.0, 51.0 |"
    assert text.splitlines()[3] == "| BL+MS | 1.50 M | 0.250 | 0.75 | 52.0 | 52.0 |"


def test_the_mean_curve_lies_between_its_seeds_where_both_are_known() -> None:
    later = Result("BL", 1, 1, 1, {}, ((1.0, 60), (2.0, 60)))
    epochs, pck = mean_curve([result("BL", 0, 50), later])

    assert epochs == [1.0, 1.25, 1.5]
    assert pck == pytest.approx([(45 + 60) / 2, (47.5 + 60) / 2, (50 + 60) / 2])


def test_the_report_is_a_table_its_numbers_and_two_drawings(plan: Plan, tmp_path: Path) -> None:
    results = [result(name, 0, 50 + i) for i, name in enumerate(ATTENTION)]
    paths = write_report(plan, results, dict.fromkeys(ATTENTION, 10.0), tmp_path / "results")

    assert [path.name for path in paths] == [
        "ablation.json", "ablation.md", "ablation_components.svg", "ablation_attention.svg",
    ]  # fmt: skip
    assert json.loads(paths[0].read_text())["results"][1]["pck"] == {"lsp": 51}
    assert all(ElementTree.parse(path).getroot().tag.endswith("svg") for path in paths[2:])


def test_the_command_trains_and_writes_the_report(tiny_data: Path, tmp_path: Path) -> None:
    places = ["--data", str(tiny_data), "--out", str(tmp_path / "runs"), "--results", str(tmp_path / "results")]
    size = ["--channels", "8", "--epochs", "0.5", "--cells", "BL", "--seeds", "3", "--device", "cpu"]

    assert main(["ablate", *places, *size, "--sets", "lspet", "lsp-held-out"]) == 0
    told = json.loads((tmp_path / "results" / "ablation.json").read_text())
    assert [(each["cell"], each["seed"]) for each in told["results"]] == [("BL", 3)]
