"""What an ablation found: a table in Markdown, and two plots, the paper's figures 8 and 10."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from poseglass_train.errors import TrainingError
from poseglass_train.training.ablate import ATTENTION, COMPONENTS, Plan, Result, by_cell

NAME = "ablation"
"""Of the files that are written."""
SMOOTH_EPOCHS = 0.25
"""Between the points at which the seeds' curves are averaged."""


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
