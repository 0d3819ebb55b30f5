"""`poseglass-train fit`: read the data, train, log, keep checkpoints."""

from __future__ import annotations

import csv
import platform
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import SIZE_STEP, Preset
from poseglass_train.datasets import read_lsp, read_lspet
from poseglass_train.errors import RecipeError
from poseglass_train.loop import Step, Training
from poseglass_train.pack import Packed, pack
from poseglass_train.recipes import Recipe
from poseglass_train.validate import validate

HELD_OUT = 200
"""The last images of LSP's training half are never trained on; the log's PCK is theirs."""
LOG_COLUMNS = ("step", "epoch", "loss", "rate", "seconds", "pck")


@dataclass(frozen=True)
class Run:
    """One call of `fit`."""

    preset_name: str
    preset: Preset
    recipe: Recipe
    out: Path
    device: torch.device
    save_minutes: float


def load_lsp_and_lspet(data: Path) -> tuple[Packed, Packed]:
    """Return training and held-out people of `data/lspet` and the training half of `data/lsp`."""
    lsp = read_lsp(data / "lsp", "train")
    return pack([read_lspet(data / "lspet"), lsp.part(slice(0, -HELD_OUT))]), pack([lsp.part(slice(-HELD_OUT, None))])


def fit(run: Run, people: Packed, held_out: Packed, resume: bool) -> Path:
    """Train to the end of the recipe; return the checkpoint's path without suffix.

    `out` gets `state.pt` (all state), `weights.*` (what to use) and `log.csv`. Raises RecipeError when `out` already
    holds a training and `resume` is not asked for.
    """
    if run.preset.input_size % SIZE_STEP:
        raise RecipeError(f"crops of {run.preset.input_size} px: their side must divide by {SIZE_STEP}")
    people, held_out = people.to(run.device), held_out.to(run.device)
    state = run.out / "state.pt"
    if state.exists() and not resume:
        raise RecipeError(f"{run.out} already holds a training; add --resume to go on with it, or choose another --out")
    run.out.mkdir(parents=True, exist_ok=True)
    training = Training(run.preset.build(run.recipe.seed), run.recipe, people, run.preset.input_size)
    if state.exists():
        training.resume(state)
    done_before = training.done
    log = _Log(run.out / "log.csv", training.done)
    bar = tqdm(training.run(), total=training.total, initial=training.done, unit="step", dynamic_ncols=True)
    keep = _every(run.save_minutes * 60)
    for step in bar:
        log.add(step)
        bar.set_postfix(loss=f"{log.loss:.3f}", epoch=f"{step.epoch:.2f}", pck=f"{log.pck:.1f}")
        if keep() or step.step == step.of:
            log.write(step, _save_weights(run, training, held_out, log.seconds))
            training.save(state)  # last: what is cut off before it is done again on resuming
    if training.done == done_before:  # an earlier call did the last step; the weights are written as this version does
        _save_weights(run, training, held_out, log.seconds)
    return run.out / "weights"


class _Log:
    """One line a checkpoint: mean loss since the last, held-out PCK, seconds spent training in all."""

    def __init__(self, path: Path, done: int) -> None:
        self.path = path
        rows = list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []
        kept = [row for row in rows if int(row["step"]) <= done]
        self._write_rows(kept)
        self.seconds = float(kept[-1]["seconds"]) if kept else 0.0
        self.pck = float(kept[-1]["pck"]) if kept else float("nan")
        self._losses: list[float] = []
        self._since = time.monotonic()

    @property
    def loss(self) -> float:
        recent = self._losses[-100:]
        return sum(recent) / max(len(recent), 1)

    def add(self, step: Step) -> None:
        self._losses.append(step.loss)

    def write(self, step: Step, pck: float) -> None:
        now = time.monotonic()
        self.seconds, self._since, self.pck = self.seconds + now - self._since, now, pck
        loss = sum(self._losses) / len(self._losses)
        self._losses.clear()
        row = (step.step, f"{step.epoch:.3f}", f"{loss:.5f}", f"{step.rate:.3e}", f"{self.seconds:.0f}", f"{pck:.2f}")
        with self.path.open("a", newline="") as file:
            csv.writer(file).writerow(row)

    def _write_rows(self, rows: list[dict[str, str]]) -> None:
        with self.path.open("w", newline="") as file:
            writer = csv.DictWriter(file, LOG_COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


def _every(seconds: float) -> Callable[[], bool]:
    last = time.monotonic()

    def due() -> bool:
        nonlocal last
        if time.monotonic() - last < seconds:
            return False
        last = time.monotonic()
        return True

    return due


def _save_weights(run: Run, training: Training, held_out: Packed, seconds: float) -> float:
    """Write the weights to use; return their held-out PCK."""
    validation = validate(training.result, held_out, run.preset.input_size)
    facts: dict[str, object] = {
        "preset": run.preset_name,
        "recipe": asdict(run.recipe),
        "data": ["LSPET", f"LSP train without its last {HELD_OUT} images"],
        "people": len(training.people),
        "steps": training.done,
        "of_steps": training.total,
        "seconds": round(seconds),
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, {training.device}",
        "torch": torch.__version__,
        "commit": commit(),
        "scores": {"held-out LSP train, PCK@0.2, person's square given": round(validation.pck, 2)},
    }
    checkpoint = Checkpoint(
        run.preset.network, run.preset.input_size, training.people.skeleton, validation.confidence, facts
    )
    save(run.out / "weights", training.result, checkpoint)
    return validation.pck


def commit() -> str:
    """Return the commit that this package runs from, with `-dirty` where it was changed since."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
