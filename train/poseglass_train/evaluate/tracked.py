"""What the tracker, where it is installed, finds in a video: its command line, run as a user would."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from poseglass_train.errors import TrainingError


def has_tracker() -> bool:
    """Say whether the tracker is installed."""
    return importlib.util.find_spec("poseglass") is not None


def track(
    videos: Sequence[Path], model: str, device: torch.device, options: Sequence[str] = ()
) -> list[list[dict[str, str]]]:
    """Return the rows of the tracker's table of each video, one for each person in a frame; the model is loaded once.

    options: more of its command line. In a frame in which it found nobody `instance.score` is empty. The videos' names
    differ. Raises TrainingError.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "poseglass", "track", *map(str, videos), "--model", model]
        output = Path(folder) if len(videos) > 1 else _table(Path(folder), videos[0])
        command += ["-o", str(output), "--device", str(device), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr.strip() or "no word").splitlines()[-1]
            raise TrainingError(f"poseglass track failed on {videos[0].name} or a video after it: {said}")
        return [_rows(_table(Path(folder), video)) for video in videos]


def _table(folder: Path, video: Path) -> Path:
    """Return where the tracker, given several videos, puts one's table."""
    return folder / f"{video.name}.poses.csv"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def poses_by_frame(
    rows: Iterable[Mapping[str, str]], keypoints: Sequence[str]
) -> dict[int, dict[str, NDArray[np.float64]]]:
    """Return raw positions (K, 2) of these keypoints by frame and track, NaN for missing ones; nobody without any."""
    found: dict[int, dict[str, NDArray[np.float64]]] = {}
    for row in rows:
        xy_K2 = np.array([[float(row[f"{name}.{axis}"] or "nan") for axis in "xy"] for name in keypoints])
        if np.isfinite(xy_K2).any():
            found.setdefault(int(row["frame_idx"]), {})[row["track"]] = xy_K2
    return found
