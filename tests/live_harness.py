"""A window with nothing but live in it: a picture and the panel. Run it to try live by hand, or for a picture of it:

python tests/live_harness.py [--grab FILE.png] [--file VIDEO | --url ADDRESS]
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QCloseEvent, QImage, QPainter, QPaintEvent
from PyQt6.QtWidgets import QApplication, QHBoxLayout, QWidget

from poseglass.core.live.file_as_live import FileAsLive
from poseglass.core.live.live import LiveResult
from poseglass.core.live.live_source import LiveSource
from poseglass.core.live.mirror import mirror_image, mirror_xy
from poseglass.core.live.recorder import recording_name
from poseglass.core.live.stream_source import StreamSource
from poseglass.core.overlay import paint
from poseglass.core.plugins import make_estimator, make_smoother
from poseglass.core.run import Method
from poseglass.gui.live.live_control import LiveControl
from poseglass.gui.live.live_panel import LivePanel

SAMPLE = Path(__file__).parents[1] / "tracker" / "poseglass" / "assets" / "sample.mp4"


class View(QWidget):
    """The picture with its poses."""

    def __init__(self, window: LiveWindow) -> None:
        super().__init__()
        self._window = window
        self._result: LiveResult | None = None
        self._is_noted = True
        self.setMinimumSize(480, 320)

    def show_result(self, result: LiveResult) -> None:
        self._result, self._is_noted = result, False
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        if self._result is None:
            return
        image = self._window.drawn(self._result)
        height, width = image.shape[:2]
        picture = QImage(image.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
        painter = QPainter(self)
        scale = min(self.width() / width, self.height() / height)
        painter.scale(scale, scale)
        painter.drawImage(0, 0, picture)
        painter.end()
        if not self._is_noted:
            self._is_noted = True
            self._window.control.painted(self._result)


class LiveWindow(QWidget):
    """Puts view, panel and control together as the application's window does."""

    def __init__(self, folder: Path, method: Method | None = None) -> None:
        super().__init__()
        self.recorded: list[list[Path]] = []
        self.panel = LivePanel()
        self.view = View(self)

        def make() -> Method:
            return method or Method(make_estimator("attention_hourglass", {"model": "fast"}))

        def name() -> Path:
            return folder / recording_name(datetime.now())

        self.control = LiveControl(self.panel, make, lambda: make_smoother("kalman"), name)
        self.control.shown.connect(self.view.show_result)
        self.control.recorded.connect(self.recorded.append)
        layout = QHBoxLayout(self)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.panel)
        self.setWindowTitle("Live")
        self.resize(1100, 520)

    def drawn(self, result: LiveResult) -> np.ndarray:
        """Return the picture with everybody's pose on it, mirrored if the panel says so."""
        image, seen = result.live.frame.image.copy(), result.seen
        if self.panel.is_mirrored:
            image = mirror_image(image)
        live = self.control.live
        skeleton = live.status().skeleton if live else None
        if seen is not None and skeleton is not None:
            for xy, score in zip(seen.live_xy, seen.poses.score, strict=True):
                paint(image, skeleton, mirror_xy(xy, image.shape[1]) if self.panel.is_mirrored else xy, score)
        return image

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        self.control.close()
        super().closeEvent(event)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grab", type=Path)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--url")
    options = parser.parse_args()
    if options.grab:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = QApplication(sys.argv[:1])
    window = LiveWindow(Path.cwd() if not options.grab else options.grab.parent)
    window.show()
    window.control.list_cameras()
    source: LiveSource | None = StreamSource(options.url) if options.url else None
    if options.file or options.grab:
        source = source or FileAsLive(options.file or SAMPLE)
    if source:
        window.control.start(source)
    if options.grab:
        QTimer.singleShot(7000, window.panel.record.click)
        QTimer.singleShot(11000, lambda: (window.grab().save(str(options.grab)), window.close()))
    app.exec()


if __name__ == "__main__":
    main()
