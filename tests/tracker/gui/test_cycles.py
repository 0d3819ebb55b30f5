"""Opening, analysing and closing again and again leaves nothing behind."""

import os
import threading
from pathlib import Path

import pytest
from PyQt6.QtCore import QThread
from pytestqt.qtbot import QtBot

from figures import DotEstimator
from poseglass.gui.shell.window import MainWindow

from .conftest import analyse_and_wait, open_and_wait

CYCLES = 20
WARM = 5
"""Cycles until allocators and pools have what they need."""


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells a process's memory so")
def test_memory_and_threads_stay_flat_over_many_videos(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    qtbot.waitUntil(lambda: window.exporting.exporter.form is not None, timeout=60000)
    sizes = []
    for _ in range(CYCLES):
        open_and_wait(window, qtbot, dots_clip)
        analyse_and_wait(window, qtbot)
        window.player.jump(20)
        qtbot.waitUntil(lambda: window.selection.frame == 20, timeout=20000)
        window.close_video()
        sizes.append(resident_mib())
        dot_estimator.asked.clear()

    assert sizes[-1] - sizes[WARM] < 15
    assert [thread.name for thread in threading.enumerate() if thread.name in ("frames", "read ahead")] == []
    assert not [thread for thread in window.findChildren(QThread) if thread.isRunning()]
