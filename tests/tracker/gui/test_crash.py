"""A window that is killed while it analyses and edits, and what comes back."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from poseglass.gui.shell.window import MainWindow

from .conftest import open_and_wait

KEPT_WITHIN_S = 2.0
"""The promise is a second; the rest is for a machine that does other things, too."""
EDITS = 40

WORKER = """
import sys, time
from pathlib import Path
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from figures import DotEstimator, EverywhereDetector
from poseglass.core import run
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow

class Slow(DotEstimator):
    def estimate(self, image, boxes):
        time.sleep(0.01)
        return super().estimate(image, boxes)

def edit():
    document = window.project.document
    if document is None or not document.tracks.people:
        return
    if not window.analyst.is_running:
        window.analysing.run()
    n = len(document.history.done)
    document.move("1", n % 30, n % 2, (float(n), 1.0))
    print(time.monotonic(), n + 1, int(document.tracks.analysed.sum()), flush=True)

run.make_estimator = lambda name, options: Slow()
run.make_detector = lambda name, options: EverywhereDetector()
app = QApplication([])
window = MainWindow(Settings(Path(sys.argv[2])))
window.show()
window.frames.opened.connect(lambda info: QTimer.singleShot(0, window.analysing.run))
if sys.argv[3]:
    window.desk.sessions.began.connect(lambda: window.desk.sessions.save(Path(sys.argv[3])))
window.open_video(Path(sys.argv[1]))
ticker = QTimer()
ticker.timeout.connect(edit)
ticker.start(40)
app.exec()
"""


def work_and_die(*arguments: str) -> tuple[int, int]:
    """Run a window, kill it; return how many edits and frames it had `KEPT_WITHIN_S` before its death."""
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
    environment = os.environ | {"PYTHONPATH": paths, "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told: list[tuple[float, int, int]] = []
        while len(told) < EDITS or told[-1][0] - told[0][0] < KEPT_WITHIN_S + 1:
            moment, edits, frames = process.stdout.readline().split()
            told.append((float(moment), int(edits), int(frames)))
        died = time.monotonic()
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    _, edits, frames = max(row for row in told if row[0] < died - KEPT_WITHIN_S)
    return edits, frames


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize("is_saved", [False, True], ids=["never saved", "saved before"])
def test_a_killed_window_loses_next_to_nothing(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, tmp_path: Path, is_saved: bool
):
    saved = tmp_path / "work.poseglass"
    edits, frames = work_and_die(str(dots_clip), str(tmp_path / "killed.ini"), str(saved) if is_saved else "")
    open_and_wait(window, qtbot, saved if is_saved else dots_clip)
    document = window.project.document
    assert document is not None

    assert frames > 0
    assert len(document.history.done) >= edits > 0
    assert document.tracks.analysed.sum() >= frames
    assert "brought back" in window.notice.text
    assert window.isWindowModified()
    for n, step in enumerate(document.history.done):
        assert step.patches[0].after.xy[-1].tolist() == [float(n), 1.0]
    last = len(document.history.done) - 1
    here = range(last % 30, last % 30 + 1)
    np.testing.assert_array_equal(document.tracks.corrected("1", here).xy[0, last % 2], [float(last), 1.0])
