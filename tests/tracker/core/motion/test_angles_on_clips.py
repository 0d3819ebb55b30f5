"""Angles of the tracker's table against the exact joints of rendered people; `-m slow -s` shows the figures."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from poseglass.core.motion import kinematics
from poseglass.core.track import Job, track
from poseglass_models.skeleton import MPII_16

CLIPS = Path(__file__).parents[5] / "shared" / "data" / "synthetic"
NAMES = ("static_walk", "pan_jacks", "handheld_dance", "zoom_martial_blur")
"""Those with one person."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CLIPS.is_dir(), reason="needs the shared data folder (data/synthetic)"),
]


def column(angle: str) -> str:
    return f"{angle}.angle_deg" if angle in kinematics.JOINTS else f"{angle.removesuffix('_tilt')}.tilt_deg"


def surest(table: Path) -> Mapping[int, dict[str, str]]:
    """Return the row of each frame, of several people that of the surest."""
    rows: dict[int, dict[str, str]] = {}
    with table.open(newline="") as file:
        for row in sorted(csv.DictReader(file), key=lambda row: float(row["instance.score"] or -1)):
            rows[int(row["frame_idx"])] = row
    return rows


def true_joints(name: str) -> np.ndarray:
    """Return the joints (T, 16, 2) of the one person in a clip."""
    frames = json.loads((CLIPS / f"{name}.json").read_text())["frames"]
    return np.array([frame[0]["joints"] if frame else np.full((16, 2), np.nan) for frame in frames])


def errors(tmp_path: Path, name: str) -> dict[str, np.ndarray]:
    """Return by angle how far off it is and how far the table says it may be, (2, T), in degrees."""
    table, true = tmp_path / f"{name}.csv", true_joints(name)
    track(Job(CLIPS / f"{name}.mp4", table, angles=True), lambda *_: None, lambda: False)
    rows = surest(table)
    found = {}
    for angle in kinematics.angle_names(MPII_16):
        head = column(angle)
        told = np.array([[float(rows[t][name] or "nan") for t in sorted(rows)] for name in (head, f"{head}_sigma")])
        off = told[0] - kinematics.angle(MPII_16, angle, true)[sorted(rows)]
        found[angle] = np.stack([np.abs((off + 180) % 360 - 180), told[1]])
    return found


def test_angles_are_those_of_the_exact_joints(tmp_path: Path):
    of_clips = [errors(tmp_path, name) for name in NAMES]
    lines = [f"{'median error in degrees':<24}" + "".join(f"{name:>20}" for name in NAMES) + f"{'all':>8}{'told':>8}"]
    for angle in kinematics.angle_names(MPII_16):
        together = np.concatenate([of_clip[angle] for of_clip in of_clips], axis=1)
        medians = [np.nanmedian(of_clip[angle][0]) for of_clip in of_clips]
        off, told = np.nanmedian(together, axis=1)
        lines.append(f"{angle:<24}" + "".join(f"{each:20.1f}" for each in medians) + f"{off:8.1f}{told:8.1f}")

        assert np.isfinite(together[0]).mean() > 0.9
        assert off < 10
        # Not only noise: the joints of a network and of a body are not quite the same places.
        assert np.nanmean(together[0] < 2 * together[1]) > 0.5
    print("\n" + "\n".join(lines))  # noqa: T201 - the figures are what it is for
