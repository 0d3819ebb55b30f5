"""`poseglass-train ablate`: the paper's component analysis (section 7.2, figures 8 and 10) on what compute there is.

Every cell is trained by the same recipe on the same people in the same order for as many steps, with each seed.
"""

from __future__ import annotations

import csv
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.pyramid import PyramidStem
from poseglass_train.data.people import People
from poseglass_train.errors import RecipeError
from poseglass_train.training.fit import Run, fit
from poseglass_train.training.loop import Training
from poseglass_train.training.pyramid_file import load_pyramid, pyramid_width
from poseglass_train.training.recipes import Recipe

COMPONENTS = ("BL", "BL+MS", "BL+MS+HRU", "BL+MS+HRU+MR", "BL+MS+HRU+MR+HP", "BL wide")
"""Figure 8, and a baseline that spends as much as the whole network."""
ATTENTION = ("BL+MS+HRU+MR+HP", "softmax", "1 step", "2 steps", "kernel 3", "kernel 7")
"""Figure 10 and section 5.2.1: the whole network (CRF, 3 steps, kernel 11) and the same with other attention."""
CELLS = tuple(dict.fromkeys(COMPONENTS + ATTENTION))
"""All that are compared."""
SAVE_MINUTES = 1.0
"""Between the points of a cell's curve."""
TIMED_STEPS, ROUNDS = 4, 3
"""Steps whose time is taken together, and how often: in turn with the other cells, as a busy machine slows all."""


@dataclass(frozen=True)
class Plan:
    """What all cells share."""

    stacks: int
    channels: int
    input_size: int  # pixels
    recipe: Recipe
    seeds: tuple[int, ...]
    out: Path
    device: torch.device
    pyramid: Path | None = None  # what all cells stand on in place of the paper's stem, see `pyramid_file`

    @property
    def base(self) -> NetworkConfig:
        """Return the whole network of these sizes on its stem; each cell varies it."""
        whole = NetworkConfig(self.stacks, self.channels)
        if self.pyramid is None:
            return whole
        return replace(whole, stem="pyramid", pyramid_width=pyramid_width(self.pyramid))

    def build(self, config: NetworkConfig, seed: int) -> MultiContextNetwork:
        """Return a cell's network as it starts."""
        network = Preset(config, self.input_size).build(seed)
        if self.pyramid is not None:
            assert isinstance(network.stem, PyramidStem)
            load_pyramid(self.pyramid, network.stem.pyramid, config.pyramid_width)
        return network


@dataclass(frozen=True)
class Result:
    """One trained cell. pck: of each held-out set, PCK@0.2 in percent, at the end and along the way (epoch, mean)."""

    cell: str
    seed: int
    parameters: int
    gmac: float  # multiply-adds of one forward pass of one crop, in billions
    pck: dict[str, float]
    curve: tuple[tuple[float, float], ...]


def cells(whole: NetworkConfig, input_size: int) -> dict[str, NetworkConfig]:
    """Return the networks that are compared, by name, out of the whole one.

    Each adds one part of the paper to the one before it; `BL wide` spends the whole network's multiply-adds on a wider
    baseline instead, so that a gain of mere size can be told from one of the idea. The rest vary the attention.
    """
    baseline = replace(whole, context="none", hourglass_units=False)
    holistic = replace(whole, context="holistic")
    return {
        "BL": baseline,
        "BL+MS": replace(holistic, hourglass_units=False),
        "BL+MS+HRU": holistic,
        "BL+MS+HRU+MR": replace(whole, context="multi_resolution"),
        "BL+MS+HRU+MR+HP": whole,
        "BL wide": widened(baseline, gmac(whole, input_size), input_size),
        "softmax": replace(whole, attention="softmax"),
        "1 step": replace(whole, mean_field_steps=1),
        "2 steps": replace(whole, mean_field_steps=2),
        "kernel 3": replace(whole, crf_kernel=3),
        "kernel 7": replace(whole, crf_kernel=7),
    }


def gmac(config: NetworkConfig, input_size: int) -> float:
    """Count the multiply-adds of one forward pass, in billions."""
    with torch.device("meta"):
        network = MultiContextNetwork(config).eval()
        image = torch.empty(1, 3, input_size, input_size)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image)
    return float(counter.get_total_flops()) / 2e9  # a multiply-add is two operations


def widened(config: NetworkConfig, budget: float, input_size: int) -> NetworkConfig:
    """Return the network with as many channels, in steps of 8, as come nearest to a budget of GMAC."""
    narrower, cost = config, gmac(config, input_size)
    while True:
        wider = replace(narrower, channels=narrower.channels + 8)
        more = gmac(wider, input_size)
        if more >= budget:
            return wider if more - budget < budget - cost else narrower
        narrower, cost = wider, more


def ablate(plan: Plan, names: Sequence[str], people: People, held_out: People) -> list[Result]:
    """Train these cells with all seeds, or go on where an earlier call stopped; return their results.

    All cells get their first seed before any gets its second. Raises RecipeError for a cell that there is not.
    """
    chosen = _chosen(plan, names, people)
    if not len(held_out):
        raise RecipeError("nobody is held out: add a set that has a held-out part, such as lsp-held-out")
    return [_trained(plan, name, chosen[name], seed, people, held_out) for seed in plan.seeds for name in names]


def training_speed(plan: Plan, names: Sequence[str], people: People) -> dict[str, float]:
    """Return the people a second in training of each cell: the median of rounds in which all cells take turns."""
    chosen = _chosen(plan, names, people)
    endless, people = replace(plan.recipe, epochs=1e6), people.to(plan.device)
    networks = {name: plan.build(config, 0) for name, config in chosen.items()}
    steps = {name: Training(each, endless, people, plan.input_size).run() for name, each in networks.items()}
    times: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(ROUNDS + 1):
        for name, running in steps.items():
            start = time.perf_counter()
            losses = [next(running).loss for _ in range(TIMED_STEPS)]
            float(losses[-1])  # waits for the device
            if number > 0:  # the first round warms up
                times[name].append(time.perf_counter() - start)
    return {name: TIMED_STEPS * plan.recipe.batch / statistics.median(taken) for name, taken in times.items()}


def _chosen(plan: Plan, names: Sequence[str], people: People) -> dict[str, NetworkConfig]:
    known = cells(replace(plan.base, keypoints=len(people.skeleton)), plan.input_size)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise RecipeError(f"no cell {', '.join(unknown)}; there are {', '.join(known)}")
    return {name: known[name] for name in names}


def _trained(
    plan: Plan, name: str, config: NetworkConfig, seed: int, people: People, held_out: People
) -> Result:  # fmt: skip
    out = plan.out / f"{name.replace(' ', '_')}-{seed}"
    network = plan.build(config, seed)
    recipe = replace(plan.recipe, seed=seed)
    fit(
        Run(network, plan.input_size, recipe, out, plan.device, SAVE_MINUTES, {"cell": name}), people, held_out,
        resume=True,
    )  # fmt: skip
    with (out / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    told = json.loads((out / "weights.json").read_text(encoding="utf-8"))["training"]
    return Result(
        name,
        seed,
        sum(parameter.numel() for parameter in network.parameters()),
        gmac(config, plan.input_size),
        told["held_out"]["pck"],
        tuple((float(row["epoch"]), float(row["pck"])) for row in rows),
    )


def by_cell(results: Sequence[Result]) -> Mapping[str, list[Result]]:
    """Return the results of each cell, all its seeds together, in the order of the first."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.cell, []).append(result)
    return groups
