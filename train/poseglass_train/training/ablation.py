"""`poseglass-train ablate`: the paper's component analysis (section 7.2, figures 8 and 10) on what compute there is.

Every cell is trained by the same recipe on the same people in the same order for as many steps, with each seed.
"""

from __future__ import annotations

import csv
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.pyramid import PyramidStem
from poseglass_train.data.people import People
from poseglass_train.errors import RecipeError, TrainingError
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
NAME = "ablation"
"""Of the files that are written."""
SMOOTH_EPOCHS = 0.25
"""Between the points at which the seeds' curves are averaged."""


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


def write_report(plan: Plan, results: Sequence[Result], speed: Mapping[str, float], folder: Path) -> list[Path]:
    """Write `ablation.json`, `.md`, `_components.svg` and `_attention.svg` into a folder; return their paths.

    Cells on a pyramid have files of their own, `ablation_pyramid.json` and so on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = NAME if plan.pyramid is None else f"{NAME}_pyramid"
    paths = [folder / f"{name}{end}" for end in (".json", ".md", "_components.svg", "_attention.svg")]
    raw = {"plan": told(plan), "people_per_s": dict(speed), "results": [asdict(result) for result in results]}
    paths[0].write_text(json.dumps(raw, indent=1) + "\n", encoding="utf-8")
    paths[1].write_text(f"{headline(plan)}\n\n{table(results, speed)}", encoding="utf-8")
    groups = by_cell(results)
    for path, title, names in ((paths[2], "Components", COMPONENTS), (paths[3], "Attention", ATTENTION)):
        _plot(path, {name: groups[name] for name in names if name in groups}, title)
    return paths


def told(plan: Plan) -> dict[str, object]:
    """Return the plan in words that JSON knows."""
    stem = "paper" if plan.pyramid is None else f"pyramid of width {plan.base.pyramid_width:g}"
    shared = {"stacks": plan.stacks, "channels": plan.channels, "input_size": plan.input_size, "stem": stem}
    return {**shared, "recipe": asdict(plan.recipe), "seeds": list(plan.seeds), "device": str(plan.device)}


def headline(plan: Plan) -> str:
    """Return in a sentence what the table shows."""
    on = "" if plan.pyramid is None else f" on a frozen pyramid of width {plan.base.pyramid_width:g}"
    return (
        f"By `poseglass-train ablate`: {plan.stacks} stacks of {plan.channels} channels at {plan.input_size} px{on}, "
        f"recipe `{plan.recipe.name}`, {plan.recipe.epochs:g} epochs, seeds {', '.join(map(str, plan.seeds))}; "
        "PCK@0.2 of held-out people in percent, mean and range of the seeds; speed of training beside the first row's."
    )


def table(results: Sequence[Result], speed: Mapping[str, float]) -> str:
    """Return the results as a Markdown table: a row a cell, the mean over its seeds and each seed's own figure."""
    sets = sorted({name for result in results for name in result.pck})
    lines = [
        "| cell | parameters | GMAC | speed | " + " | ".join(sets) + " | seed by seed |",
        "|---|---|---|---|" + "---|" * len(sets) + "---|",
    ]
    first_speed = speed[results[0].cell]
    for name, group in by_cell(results).items():
        means = [f"{np.mean([each.pck[of] for each in group]):.1f}" for of in sets]
        seeds = ", ".join(" / ".join(f"{each.pck[of]:.1f}" for of in sets) for each in group)
        cells = [name, f"{group[0].parameters / 1e6:.2f} M", f"{group[0].gmac:.3f}", f"{speed[name] / first_speed:.2f}"]
        lines.append(f"| {' | '.join([*cells, *means, seeds])} |")
    return "\n".join(lines) + "\n"


def _plot(path: Path, groups: Mapping[str, Sequence[Result]], title: str) -> None:
    """Draw the score of each cell, a dot a seed, and its mean curve over training."""
    pyplot = _pyplot()
    with pyplot.rc_context({"svg.hashsalt": NAME, "font.size": 9}):
        figure, (bars, curves) = pyplot.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
        for i, (name, group) in enumerate(groups.items()):
            scores = [np.mean(list(result.pck.values())) for result in group]
            bars.barh(i, np.mean(scores), color=f"C{i}", alpha=0.35)
            bars.plot(scores, [i] * len(scores), "o", color=f"C{i}", markersize=4)
            curves.plot(*mean_curve(group), color=f"C{i}", label=name)
        lowest = min((np.mean(list(result.pck.values())) for group in groups.values() for result in group), default=0)
        bars.set(yticks=range(len(groups)), yticklabels=list(groups), xlim=(max(0, lowest - 5), None), title=title)
        bars.set_xlabel("PCK@0.2 at the end, a dot a seed (axis does not start at 0)")
        bars.invert_yaxis()
        curves.set(xlabel="epoch", ylabel="PCK@0.2", title="Over training, mean of the seeds")
        if groups:
            curves.legend(frameon=False, fontsize=8)
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)


def mean_curve(group: Sequence[Result]) -> tuple[list[float], list[float]]:
    """Return epochs and the seeds' mean score at each, between the points that every seed has."""
    starts, ends = ([result.curve[i][0] for result in group] for i in (0, -1))
    epochs = np.arange(max(starts), min(ends) + 1e-9, SMOOTH_EPOCHS)
    curves = [np.array(each.curve).T for each in group]
    return epochs.tolist(), np.mean([np.interp(epochs, at, pck) for at, pck in curves], axis=0).tolist()


def _pyplot() -> Any:
    try:
        import matplotlib
    except ImportError as error:
        raise TrainingError("plots need matplotlib: pip install 'poseglass[train]'") from error
    matplotlib.use("svg")
    from matplotlib import pyplot

    return pyplot


def by_cell(results: Sequence[Result]) -> Mapping[str, list[Result]]:
    """Return the results of each cell, all its seeds together, in the order of the first."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.cell, []).append(result)
    return groups
