"""`poseglass-train fit`: read the data, train, log, keep checkpoints."""

from __future__ import annotations

import csv
import logging
import platform
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import SIZE_STEP, MultiContextNetwork
from poseglass_train.data.people import People
from poseglass_train.errors import RecipeError
from poseglass_train.training.loop import CHECK_STEPS, Step, Training
from poseglass_train.training.parallel import ALONE, World
from poseglass_train.training.recipes import Recipe
from poseglass_train.training.state import STATE, state_in
from poseglass_train.training.validate import Validation, validate

logger = logging.getLogger(__name__)

MOST_HELD_OUT = 1000
"""People that are looked at for each checkpoint: with large data sets looking would take longer than training."""

LOG_COLUMNS = ("step", "epoch", "loss", "rate", "seconds", "pck", "pck_of")


@dataclass(frozen=True)
class Run:
    """One call of `fit`."""

    network: MultiContextNetwork  # as it starts
    input_size: int
    recipe: Recipe
    out: Path
    device: torch.device
    save_minutes: float
    facts: Mapping[str, object]  # where it started, for the checkpoint's JSON
    world: World = ALONE
    compiled: bool = False
    minutes: float = float("inf")  # after which to stop and wait for `resume`


def fit(run: Run, people: People, held_out: People, resume: bool) -> Path:
    """Train to the end of the recipe, or for so many minutes; return the checkpoint's path without suffix.

    `out` gets `state.pt` (all state), `weights.*` (what to use) and `log.csv`. Raises RecipeError when `out` already
    holds a training and `resume` is not asked for.
    """
    if run.input_size % SIZE_STEP:
        raise RecipeError(f"crops of {run.input_size} px: their side must divide by {SIZE_STEP}")
    people, held_out = people.to(run.device), held_out.to(run.device)
    held_out = held_out.thinned(MOST_HELD_OUT)
    state = state_in(run.out, resume=resume)
    training = Training(run.network, run.recipe, people, run.input_size, run.world, run.compiled, run.facts)
    if state.exists():
        training.resume(state)
    steps = _for_minutes(training.run(), run)
    if run.world.writes:
        _train_and_keep(run, training, steps, held_out)
    else:
        deque(steps, maxlen=0)  # while the writer writes, the others wait for it in their next step
    return run.out / "weights"


def _for_minutes(steps: Iterator[Step], run: Run) -> Iterator[Step]:
    """Stop after the run's minutes, all processes at the same step."""
    end = time.monotonic() + run.minutes * 60
    for step in steps:
        yield step
        if step.step % CHECK_STEPS == 0:
            over = torch.tensor(float(time.monotonic() > end), device=run.device)
            if run.world.total(over) > 0:
                return


def _train_and_keep(run: Run, training: Training, steps: Iterator[Step], held_out: People) -> None:
    done_before = training.done
    log = _Log(run.out / "log.csv", done_before)
    due = time.monotonic() + run.save_minutes * 60
    bar = tqdm(steps, total=training.total, initial=done_before, unit="step", dynamic_ncols=True, disable=None)
    step = None
    for step in bar:
        log.add(step)
        if step.step % CHECK_STEPS == 0:
            bar.set_postfix(loss=f"{log.loss:.3f}", epoch=f"{step.epoch:.2f}", pck=f"{log.pck:.1f}")
        if time.monotonic() >= due:
            _keep(run, training, step, held_out, log)
            due = time.monotonic() + run.save_minutes * 60
    if step is None:  # an earlier call did the last step; the weights are written as this version does
        _save_weights(run, training, held_out, log.seconds)
    elif log.behind:
        _keep(run, training, step, held_out, log)


def _keep(run: Run, training: Training, step: Step, held_out: People, log: _Log) -> None:
    training.check_weights()
    log.write(step, _save_weights(run, training, held_out, log.now()))
    training.save(run.out / STATE)  # last: what is cut off before it is done again on resuming


class _Log:
    """One line a checkpoint: mean loss since the last, seconds that it all took, PCK of the held-out people."""

    def __init__(self, path: Path, done: int) -> None:
        self.path = path
        rows = list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []
        kept = [row for row in rows if row["pck_of"] is not None and int(row["step"]) <= done]  # None: cut off
        self._write_rows(kept)
        self.seconds = float(kept[-1]["seconds"]) if kept else 0.0
        self.pck = float(kept[-1]["pck"]) if kept else float("nan")
        self._losses: list[Tensor] = []
        self._since = time.monotonic()

    @property
    def loss(self) -> float:
        """Mean of the last steps; asking waits for the device."""
        return float(torch.stack(self._losses[-100:]).mean())

    @property
    def behind(self) -> bool:
        """Say whether there are steps that no line tells of."""
        return bool(self._losses)

    def add(self, step: Step) -> None:
        self._losses.append(step.loss)

    def now(self) -> float:
        """Return the seconds until now."""
        return self.seconds + time.monotonic() - self._since

    def write(self, step: Step, validation: Validation) -> None:
        self.seconds, self._since, self.pck = self.now(), time.monotonic(), validation.pck
        loss = float(torch.stack(self._losses).mean())
        self._losses.clear()
        parts = " ".join(f"{name} {pck:.2f}" for name, pck in validation.pck_of.items())
        row = (
            step.step, f"{step.epoch:.3f}", f"{loss:.5f}", f"{step.rate:.3e}", f"{self.seconds:.0f}",
            f"{self.pck:.2f}", parts,
        )  # fmt: skip
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerow(row)
        held_out = f"held out {self.pck:.2f} ({parts})" if parts else "nobody held out"
        logger.info("step %d of %d, loss %.3f, %s", step.step, step.of, loss, held_out)

    def _write_rows(self, rows: list[dict[str, str]]) -> None:
        staged = self.path.with_suffix(".part")
        with staged.open("w", newline="") as file:
            writer = csv.DictWriter(file, LOG_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        staged.replace(self.path)


def _save_weights(run: Run, training: Training, held_out: People, seconds: float) -> Validation:
    """Write the weights to use; return what they do on the held-out people."""
    validation = validate(training.result, held_out, run.input_size)
    facts: dict[str, object] = {
        **run.facts,
        "recipe": asdict(run.recipe),
        "people": training.people.counts,
        "steps": training.done,
        "of_steps": training.total,
        "seconds": round(seconds),
        "machine": machine(training.device, run.world),
        "torch": torch.__version__,
        "commit": commit(),
        "held_out": held_out_facts(held_out, validation),
    }
    checkpoint = Checkpoint(
        training.network.config, run.input_size, training.people.skeleton, validation.confidence, facts
    )
    save(run.out / "weights", training.result, checkpoint)
    return validation


def held_out_facts(held_out: People, validation: Validation) -> dict[str, object]:
    """Return the score on held-out people as a checkpoint tells it."""
    return {
        "rule": "PCK@0.2, the person's square given, without flip",
        "people": held_out.counts,
        "pck": {name: round(pck, 2) for name, pck in validation.pck_of.items()},
    }


def machine(device: torch.device, world: World) -> str:
    """Return what a training ran on, in words."""
    chip = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return f"{world.size} x {chip}" if world.size > 1 else f"{chip}, {torch.get_num_threads()} threads, {device.type}"


def commit() -> str:
    """Return the commit that this package runs from, with `-dirty` where it was changed since."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
