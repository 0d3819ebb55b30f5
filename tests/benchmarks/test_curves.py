"""How smoothly 100,000 frames are moved under the mouse, in this thread's own time: others may use the machine too."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from PyQt6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from poseglass.core.motion.smoothing import SmoothedPaths
from poseglass.core.store.document import Change, Document
from poseglass.gui.curves.curves_panel import CurvesPanel
from poseglass.gui.curves.live_paths import LivePaths
from poseglass.gui.parts import make_parts
from poseglass.gui.shared.settings import Settings
from poseglass_models.skeleton import LSP_14
from sessions import footage

pytestmark = pytest.mark.benchmark

FRAMES = 100_000
SMOOTH_MS = 60
"""A step of a pan: sixteen in a second still look like moving, and a quiet machine has half of it left."""


@pytest.fixture
def panel(qtbot: QtBot, tmp_path: Path) -> Iterator[CurvesPanel]:
    """The curves of two keypoints, raw, live and two-pass, in three plots, of an hour of video with gaps."""
    window = QMainWindow()  # owns the parts
    parts = make_parts(window, Settings(tmp_path / "window.ini"))
    project = parts.project
    project.document = document = Document(footage(FRAMES), LSP_14)
    rng = np.random.default_rng(0)
    phase = 5 * document.footage.time_s[:, None] + np.arange(14)
    xy = np.stack([400 + 100 * np.sin(phase), 300 + 100 * np.cos(phase)], axis=-1) + rng.normal(size=(FRAMES, 14, 2))
    xy[rng.random((FRAMES, 14)) < 0.05] = np.nan
    there = np.isfinite(xy[..., 0])
    covariance = np.where(there[..., None, None], np.eye(2), np.nan)
    document.tracks.begin("1")
    document.tracks.results("1").put(slice(0, FRAMES), xy, np.where(there, 0.8, 0.0), covariance)
    document.tracks.analysed[:] = True
    project.paths = SmoothedPaths(document, project._make_smoother())
    live = LivePaths(project)
    project.paths.track("1").xy[:] = xy
    live.xy("1")[:] = xy
    live.end()
    shown = CurvesPanel(parts, live)
    qtbot.addWidget(shown)
    shown.resize(1300, 330)
    shown.show()
    shown.draw()
    yield shown
    shown.hide()


@pytest.mark.parametrize("seconds", [20, 300, 3333])
def test_a_hundred_thousand_frames_pan_smoothly(panel: CurvesPanel, seconds: int):
    spent = []
    viewport = panel.plots.viewport()
    assert viewport is not None
    for step in range(25):
        start = step * seconds / 100
        began = time.thread_time()
        panel.plots.show_window(start, start + seconds)
        panel.draw()
        viewport.repaint()
        spent.append((time.thread_time() - began) * 1000)
    print(f"\n{seconds} s in view: median {np.median(spent):.0f} ms, 95th {np.percentile(spent, 95):.0f} ms a step")

    assert np.median(spent[3:]) < SMOOTH_MS


def test_a_new_result_draws_only_what_changed(panel: CurvesPanel):
    panel.plots.show_all()
    panel.draw()
    spent = []
    for frame in range(50_000, 50_010):
        panel._follow(Change(("1",), range(frame, frame + 8), None, by_user=False))
        began = time.thread_time()
        panel.draw()
        spent.append((time.thread_time() - began) * 1000)
    print(f"\n8 new frames: median {np.median(spent):.0f} ms, four times a second")

    assert np.median(spent) < SMOOTH_MS
