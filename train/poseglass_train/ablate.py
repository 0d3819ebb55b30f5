"""`poseglass-train ablate`: the paper's component analysis (section 7.2, figures 8 and 10) on what compute there is.

Every cell is trained by the same recipe on the same people in the same order for as many steps, with each seed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_train.errors import RecipeError
from poseglass_train.fit import Run, fit
from poseglass_train.pack import Packed
from poseglass_train.recipes import Recipe


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


@dataclass(frozen=True)
class Result:
    """One trained cell. pck: held-out people, PCK@0.2 in percent, at the end and along the way (epoch, pck)."""

    cell: str
    seed: int
    parameters: int
    gmac: float  # multiply-adds of one forward pass of one crop, in billions
    people_per_s: float
    pck: dict[str, float]
    curve: tuple[tuple[float, float], ...]


def cells(stacks: int, channels: int, keypoints: int, input_size: int) -> dict[str, NetworkConfig]:
    """Return the networks that are compared, by name.

    Each adds one part of the paper to the one before it; `BL wide` spends the whole network's multiply-adds on a wider
    baseline instead, so that a gain of mere size can be told from one of the idea. The rest vary the attention.
    """
    whole = NetworkConfig(stacks, channels, keypoints)
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
    return counter.get_total_flops() / 2e9  # a multiply-add is two operations


def widened(config: NetworkConfig, budget: float, input_size: int) -> NetworkConfig:
    """Return the network with as many channels, in steps of 8, as come nearest to a budget of GMAC."""
    widths = [replace(config, channels=channels) for channels in range(config.channels, 4 * config.channels + 1, 8)]
    return min(widths, key=lambda wide: abs(gmac(wide, input_size) - budget))


def ablate(plan: Plan, names: Sequence[str], people: Packed, held_out: Packed) -> list[Result]:
    """Train all cells with all seeds, or go on where an earlier call stopped; return their results in that order."""
    known = cells(plan.stacks, plan.channels, len(people.skeleton), plan.input_size)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise RecipeError(f"no cell {', '.join(unknown)}; there are {', '.join(known)}")
    return [_trained(plan, name, known[name], seed, people, held_out) for seed in plan.seeds for name in names]


def _trained(
    plan: Plan, name: str, config: NetworkConfig, seed: int, people: Packed, held_out: Packed
) -> Result:  # fmt: skip
    out = plan.out / f"{name.replace(' ', '_')}-{seed}"
    network = Preset(config, plan.input_size).build(seed)
    recipe = replace(plan.recipe, seed=seed)
    fit(Run(network, plan.input_size, recipe, out, plan.device, 2, {"cell": name}), people, held_out, resume=True)
    with (out / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    told = json.loads((out / "weights.json").read_text(encoding="utf-8"))["training"]
    return Result(
        name,
        seed,
        sum(p.numel() for p in network.parameters()),
        gmac(config, plan.input_size),
        int(rows[-1]["step"]) * recipe.batch / max(float(rows[-1]["seconds"]), 1e-9),
        told["held_out"]["pck"],
        tuple((float(row["epoch"]), float(row["pck"])) for row in rows),
    )


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table: a row a cell, the mean over its seeds and each seed's own figure."""
    sets = sorted({name for result in results for name in result.pck})
    lines = [
        "| cell | parameters | GMAC | people/s | " + " | ".join(sets) + " | seeds |",
        "|---|---|---|---|" + "---|" * len(sets) + "---|",
    ]
    for name, group in by_cell(results).items():
        first = group[0]
        means = [sum(each.pck[of] for each in group) / len(group) for of in sets]
        seeds = ", ".join(f"{each.seed}: {' / '.join(f'{each.pck[of]:.1f}' for of in sets)}" for each in group)
        speed = sum(each.people_per_s for each in group) / len(group)
        lines.append(
            f"| {name} | {first.parameters / 1e6:.2f} M | {first.gmac:.2f} | {speed:.0f} | "
            + " | ".join(f"{mean:.1f}" for mean in means)
            + f" | {seeds} |"
        )
    return "\n".join(lines) + "\n"


def by_cell(results: Sequence[Result]) -> Mapping[str, list[Result]]:
    """Return the results of each cell, all its seeds together."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.cell, []).append(result)
    return groups
