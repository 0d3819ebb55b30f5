"""The main window: a canvas, a line of text, and the menu; it only puts them together."""

from __future__ import annotations

import time
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
from PyQt6.QtWidgets import QFileDialog, QLabel, QMainWindow, QMenu, QMessageBox, QStatusBar

from poseglass.gui.canvas import Canvas
from poseglass.gui.worker import Follow, Shown

TICK_MS = 16
"""How often the window looks for something new to show: once a picture of a 60 Hz screen."""


class MainWindow(QMainWindow):
    """Plays a video with the pose on it, at its own pace or at the network's where that is slower."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Poseglass")
        self.resize(960, 640)
        self.setAcceptDrops(True)
        self.canvas = Canvas()
        self.setCentralWidget(self.canvas)
        self._follow: Follow | None = None
        self._next: Shown | None = None
        self._started: float | None = None
        self._frames = 0
        self._place = QLabel("No video")
        self._status().addPermanentWidget(self._place)
        self._fill_menu()
        self._ticker = QTimer(self)
        self._ticker.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticker.timeout.connect(self._tick)

    def open_video(self, path: Path) -> None:
        """Close what is open, and follow the person in this file."""
        self.close_video()
        self.setWindowTitle(f"{path.name} - Poseglass")
        self._status().showMessage("Opening ...")
        follow = Follow(path)
        follow.opened.connect(self._on_opened)
        follow.failed.connect(self._on_failed)
        self._follow = follow
        follow.start()
        self._ticker.start(TICK_MS)

    def close_video(self) -> None:
        """End the thread and show the hint."""
        self._ticker.stop()
        if self._follow is not None:
            self._follow.stop()
        self._follow = self._next = self._started = None
        self._place.setText("No video")
        self.canvas.clear()

    def _fill_menu(self) -> None:
        bar = self.menuBar()
        menu: QMenu | None = bar.addMenu("&File") if bar else None
        assert menu is not None
        for text, keys, do in (
            ("&Open ...", QKeySequence.StandardKey.Open, self._ask_and_open),
            ("&Quit", QKeySequence.StandardKey.Quit, self.close),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(do)
            menu.addAction(action)

    def _status(self) -> QStatusBar:
        bar = self.statusBar()  # made on first use
        assert bar is not None
        return bar

    def _ask_and_open(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open a video")
        if name:
            self.open_video(Path(name))

    def _on_opened(self, frames: int) -> None:
        self._frames = frames
        self._status().clearMessage()

    def _on_failed(self, text: str) -> None:
        self.close_video()
        self._status().clearMessage()
        QMessageBox.warning(self, "Poseglass", text)

    def _tick(self) -> None:
        """Show the waiting frame when its time has come."""
        if self._next is None and self._follow is not None:
            self._next = self._follow.take()
        if self._next is None:
            return
        frame = self._next.frame
        now = time.monotonic()
        if self._started is None or now - self._started - frame.time_s > 1:
            self._started = now - frame.time_s  # the network is slower than the video: the clock waits for it
        if now - self._started < frame.time_s:
            return
        self.canvas.show_picture(frame.image, self._next.strokes)
        self._place.setText(f"Frame {frame.index} of 0-{self._frames - 1}   {frame.time_s:.3f} s")
        self._next = None

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        """Take files."""
        data = event.mimeData() if event else None
        if event and data and data.hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        """Open the first file."""
        data = event.mimeData() if event else None
        if data and data.urls():
            self.open_video(Path(data.urls()[0].toLocalFile()))

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Leave no thread behind."""
        self.close_video()
        super().closeEvent(event)
