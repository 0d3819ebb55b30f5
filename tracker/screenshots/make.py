"""Make the README's screenshots from the sample clip: `python tracker/screenshots/make.py [FOLDER]`, no display needed.

Each scene is a function that brings a fresh window to what is to be seen; add one and it is made with the others.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication

from poseglass.core.live.file_as_live import FileAsLive
from poseglass.gui.shared.files import SAMPLE
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow

SIZE = (1280, 800)
QUALITY = 90
"""Of JPEG: letters stay clean, and a picture is some 150 kB."""
PATIENCE_S = 300


def wait_until(is_so: Callable[[], bool]) -> None:
    """Let the window work until something is so. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"not so after {PATIENCE_S} s: {is_so}")
        QTest.qWait(20)


def show_frame(window: MainWindow, index: int) -> None:
    """Have a frame on the canvas."""
    window.player.jump(index)
    wait_until(lambda: window.selection.frame == index)


def open_sample(window: MainWindow) -> None:
    """Open the sample clip."""
    window.open_video(SAMPLE)
    wait_until(lambda: window.canvas.picture is not None)


def analyse_sample(window: MainWindow) -> None:
    """Have all of the sample clip analysed and smoothed."""
    smoothed: list[str] = []
    window.project.smoothed.connect(smoothed.append)
    open_sample(window)
    window.analysing.run()
    wait_until(lambda: bool(smoothed) and not window.analyst.is_running)


def empty(window: MainWindow) -> None:
    """Show what a first start looks like."""
    window.change_theme("light")


def running(window: MainWindow) -> None:
    """Show an analysis on its way."""
    window.change_theme("light")
    open_sample(window)
    window.analysing.run()
    wait_until(lambda: window.analyst.progress[0] >= 40)
    show_frame(window, 12)


def analysed(window: MainWindow) -> None:
    """Show a file that was analysed, with a keypoint chosen."""
    window.change_theme("light")
    analyse_sample(window)
    window.displays.change(trails=True)
    show_frame(window, 60)
    window.docks.show("export")
    window.selection.choose_keypoints({window.canvas.skeleton.names.index("left_wrist")})


def dark(window: MainWindow) -> None:
    """Show the same by night, with all that can be drawn."""
    window.change_theme("dark")
    analyse_sample(window)
    window.displays.change(trails=True, boxes=True, uncertainty=True, colours="score")
    show_frame(window, 60)
    window.canvas.zoom(1.6)


def attention(window: MainWindow) -> None:
    """Show what the network looked at for a wrist, over the picture and through the stacks."""
    window.change_theme("dark")
    window.resize(1440, 900)
    analyse_sample(window)
    show_frame(window, 24)
    window.commands["panel.attention"].trigger()
    inspector = window.attention.inspector
    wait_until(lambda: len(inspector.tiles) > 0)
    wrist = window.canvas.skeleton.names.index("right_wrist")
    window.selection.choose_keypoints({wrist})
    inspector.choose_keypoint(wrist)
    next(t for t in inspector.tiles if t.choice.name.kind == "part" and t.choice.keypoints == (wrist,)).click()
    wait_until(lambda: window.canvas.map_layer is not None and all(tile.is_fresh for tile in inspector.tiles[:6]))


def live(window: MainWindow) -> None:
    """Show a camera, for which the sample clip stands in, being recorded."""
    window.change_theme("dark")
    window.commands["live.open"].trigger()
    window.live.control.start(FileAsLive(SAMPLE))
    wait_until(lambda: bool(window.live.screen.canvas.sketch.dots))
    window.commands["live.record"].trigger()
    wait_until(lambda: "0:01" in window.live.screen.recording.text())


def smoothing(window: MainWindow) -> None:
    """Show curves, and a setting that is being tried."""
    window.change_theme("dark")
    analyse_sample(window)
    show_frame(window, 57)
    window.docks.show("curves")
    window.docks.show("lab")
    wait_until(lambda: window.study.lab.form is not None)
    window.selection.choose_keypoints({window.canvas.skeleton.names.index("left_ankle")})
    assert window.study.lab.form is not None
    window.study.lab.form.show_values({"acceleration": 2.0})
    window.study.lab.form.changed.emit()
    wait_until(lambda: window.project.smoother_options == {"acceleration": 2.0})


def correcting(window: MainWindow) -> None:
    """Show a keypoint that was moved, and what that does to its curves."""
    window.change_theme("light")
    analyse_sample(window)
    show_frame(window, 40)
    document, names = window.project.document, window.canvas.skeleton.names
    assert document is not None
    window.docks.show("curves")
    window.docks.show("corrections")
    window.commands["edit.correct"].trigger()
    ankle = names.index("left_ankle")
    window.selection.choose_keypoints({ankle})
    x, y = document.tracks.raw("1", range(40, 41)).xy[0, ankle]
    document.move("1", 40, ankle, (float(x) - 14, float(y) - 10))
    window.study.curves.plots.show_window(0.6, 2.2)


SCENES: tuple[Callable[[MainWindow], None], ...] = (
    empty, running, analysed, dark, smoothing, correcting, attention, live,
)  # fmt: skip


def make(folder: Path) -> None:
    """Make every scene's picture."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    folder.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        with TemporaryDirectory() as home:
            os.environ["XDG_STATE_HOME"] = home  # else it would bring back unsaved work, and discard it
            settings = Settings(Path(home) / "window.ini")
            settings.set_text("live/folder", str(Path(home) / "Poseglass"))
            window = MainWindow(settings)
            window.resize(*SIZE)
            window.show()
            wait_until(lambda window=window: window.analysing.estimator.form is not None)
            scene(window)
            QTest.qWait(1500)  # previews and fades come to rest
            window.grab().save(str(folder / f"{scene.__name__}.jpg"), quality=QUALITY)
            window.desk.sessions.end(discard=True)  # else it would ask whether to save, and stay
            window.close()


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
