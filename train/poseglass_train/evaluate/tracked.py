"""What the tracker, where it is installed, finds in a video: its command line, run as a user would."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from poseglass_train.errors import TrainingError


def has_tracker() -> bool:
    """Say whether the tracker is installed."""
    return importlib.util.find_spec("poseglass") is not None


def track(video: Path, model: str, device: torch.device) -> list[dict[str, str]]:
    """Return the rows of the tracker's table, one for each person in a frame.

    In a frame in which it found nobody `instance.score` is empty. Raises TrainingError.
    """
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "poses.csv"
        command = [sys.executable, "-m", "poseglass", "track", str(video), "-o", str(table), "--model", model]
        done = subprocess.run([*command, "--device", str(device)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise TrainingError(
                f"{video}: poseglass track failed: {(done.stderr.strip() or 'no word').splitlines()[-1]}"
            )
        with table.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
