"""The exporter that comes with Poseglass: one tidy table, a superset of SLEAP's analysis CSV.

One row a frame and person; a frame without anybody has one row too. Missing is empty, never 0. Measures, where there
are any, come after the keypoints: `left_knee.angle_deg`, `left_knee.angle_deg_sigma`.
UTF-8, line feeds, decimal points, whatever the locale.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from poseglass.api import ExporterPlugin, Floats, Measure, Recording, SmoothedTrack, State, Track, sigma_of

FRAME_COLUMNS = ("frame_idx", "pts", "time_s", "track", "instance.score")
KEYPOINT_COLUMNS = ("x", "y", "score", "sigma", "x_smooth", "y_smooth", "state")
MEASURE_DECIMALS = 4
"""A tenth of a millimetre; finer than anybody's error in degrees and px/s."""


@dataclass(frozen=True)
class CsvOptions:
    """Settings of the exporter."""

    decimals: int = field(default=3, metadata={"help": "of coordinates, in pixels", "min": 0, "max": 9})


class CsvTable:
    """An `Exporter`."""

    def __init__(self, options: CsvOptions) -> None:
        self._decimals = options.decimals

    def write(self, recording: Recording, path: Path) -> None:
        """Write the table row by row."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([*columns(recording.skeleton.names), *measure_columns(recording)])
            writer.writerows(self._rows(recording))

    def _rows(self, recording: Recording) -> Iterator[list[str]]:
        sigmas = [sigma_of(raw.covariance) for _, raw, _ in recording.tracks]
        measures = recording.measures or ((),) * len(recording.tracks)
        nobody = [""] * (2 + len(KEYPOINT_COLUMNS) * len(recording.skeleton) + len(measure_columns(recording)))
        for t, (index, pts, time_s) in enumerate(
            zip(recording.frame_index, recording.pts, recording.time_s, strict=True)
        ):
            start = [str(index), *([str(pts), f"{time_s:.6f}"] if np.isfinite(time_s) else ["", ""])]
            people = [
                [name, *self._person(raw, smooth, sigma, t), *_measured(of_track, t)]
                for (name, raw, smooth), sigma, of_track in zip(recording.tracks, sigmas, measures, strict=True)
                if is_present(raw, smooth, t)
            ]
            for cells in people or [nobody]:
                yield start + cells

    def _person(self, raw: Track, smooth: SmoothedTrack | None, sigma: Floats, t: int) -> list[str]:
        seen = np.isfinite(raw.xy[t]).all(axis=-1)
        score = f"{raw.score[t, seen].mean():.4f}" if seen.any() else ""
        cells = [score]
        for k, there in enumerate(seen):
            cells += [self._px(raw.xy[t, k, 0]), self._px(raw.xy[t, k, 1])]
            cells += [f"{raw.score[t, k]:.4f}" if there else "", self._px(sigma[t, k])]
            if smooth is None:
                cells += ["", "", (State.OBSERVED if there else State.MISSING).text]
            else:
                cells += [self._px(smooth.xy[t, k, 0]), self._px(smooth.xy[t, k, 1]), State(smooth.state[t, k]).text]
        return cells

    def _px(self, value: float) -> str:
        return f"{value:.{self._decimals}f}" if np.isfinite(value) else ""


def columns(keypoints: tuple[str, ...]) -> list[str]:
    """Return the header."""
    return [*FRAME_COLUMNS, *(f"{keypoint}.{column}" for keypoint in keypoints for column in KEYPOINT_COLUMNS)]


def measure_columns(recording: Recording) -> list[str]:
    """Return the header of the measures; nothing where there are none."""
    named = [f"{measure.name}_{measure.unit}" for measure in next(iter(recording.measures), ())]
    return [column for name in named for column in (name, f"{name}_sigma")]


def _measured(measures: tuple[Measure, ...], t: int) -> list[str]:
    values = [value for measure in measures for value in (measure.values[t], measure.sigma[t])]
    return [f"{value:.{MEASURE_DECIMALS}f}" if np.isfinite(value) else "" for value in values]


def is_present(raw: Track, smooth: SmoothedTrack | None, t: int) -> bool:
    """Tell whether a person has any keypoint, raw or smoothed, in frame t."""
    return bool(np.isfinite(raw.xy[t]).any() or (smooth is not None and np.isfinite(smooth.xy[t]).any()))


plugin = ExporterPlugin(
    name="csv",
    summary="One tidy table; SLEAP and sleap-io read it",
    options=CsvOptions,
    make=CsvTable,
    api=(2, 0),
    suffix=".csv",
)
