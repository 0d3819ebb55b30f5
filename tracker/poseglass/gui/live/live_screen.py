"""The live picture with its pose, how old it is, and the buttons that one wants beside it."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from poseglass.core.live.capture import SignalState
from poseglass.core.live.live import LiveResult, LiveStatus
from poseglass.core.live.mirror import mirror_image
from poseglass.core.live.pace import now_s
from poseglass.gui.live.live_scene import LiveScene
from poseglass.gui.live.live_texts import COLOURS, recording_text, signal_text, spread_texts, tr
from poseglass.gui.picture.canvas import Canvas
from poseglass.gui.picture.display import Displays
from poseglass.gui.shared.actions import Actions
from poseglass.gui.shared.selection import Selection
from poseglass.types import Skeleton

BUTTONS = ("live.record", "live.stop")
"""Actions with a button below the picture."""


class LiveScreen(QWidget):
    """Shows results as they come; another mirror or display option is seen at once.

    Signals:
        painted(object): this LiveResult is on the screen now.
    """

    painted = pyqtSignal(object)

    def __init__(self, displays: Displays) -> None:
        super().__init__()
        self._displays = displays
        self._scene = LiveScene(displays)
        self._result: LiveResult | None = None
        self._unpainted: LiveResult | None = None
        self._skeleton: Skeleton | None = None
        self._is_mirrored = True
        self.canvas = Canvas(Selection())
        self.canvas.setAccessibleName(tr("Live picture"))
        self.state, self.delay, self.recording = QLabel(), QLabel(), QLabel()
        self.state.setTextFormat(Qt.TextFormat.RichText)
        self.delay.setToolTip(
            tr("From the camera to the screen: the typical picture (half are quicker), and 95 of 100")
        )
        self._row = QHBoxLayout()
        self._row.setContentsMargins(12, 6, 12, 8)
        self._row.setSpacing(16)
        for label in (self.state, self.delay, self.recording):
            self._row.addWidget(label)
        self._row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.canvas, 1)
        column.addLayout(self._row)
        self.canvas.painted.connect(self._tell_painted)
        displays.changed.connect(self._draw)

    def add_buttons(self, actions: Actions) -> None:
        """Put the buttons below the picture."""
        for name in BUTTONS:
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setIconSize(QSize(20, 20))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self._row.addWidget(button)

    def begin(self) -> None:
        """Show nothing yet: another source begins."""
        self._scene = LiveScene(self._displays)
        self._result = self._unpainted = self._skeleton = None
        self.canvas.clear()

    def show_result(self, result: LiveResult) -> None:
        """Show the newest picture."""
        self._result = self._unpainted = result
        self._draw()

    def show_mirrored(self, is_mirrored: bool) -> None:
        """Show pictures as a mirror does, or as the camera sees them."""
        self._is_mirrored = is_mirrored
        self._draw()

    def show_status(self, status: LiveStatus) -> None:
        """Show how it goes; over the picture only what is not as it should be."""
        self._skeleton = status.skeleton
        if status.skeleton is not None:
            self.canvas.skeleton = status.skeleton
        self.canvas.show_badge(_badge(status))
        text = signal_text(status.signal, status.size, now_s())
        self.state.setText(f'<span style="color:{COLOURS[status.signal.state]}">●</span> <b>{text}</b>')
        self.state.setAccessibleName(text)
        half, most = spread_texts(status.latency.whole)
        self.delay.setText(tr("Camera to screen {0}, 95 % within {1}").format(half, most))
        is_recording = status.recording is not None and status.recording.is_running
        self.recording.setText(recording_text(status.recording) if is_recording else "")

    def _draw(self) -> None:
        if self._result is not None:
            image, is_first = self._result.live.frame.image, self.canvas.picture is None
            self.canvas.show_picture(mirror_image(image) if self._is_mirrored else image)
            if is_first:
                self.canvas.fit()
            self.canvas.show_sketch(self._scene.sketch(self._result, self._skeleton, self._is_mirrored))

    def _tell_painted(self) -> None:
        result, self._unpainted = self._unpainted, None
        if result is not None:
            self.painted.emit(result)


def _badge(status: LiveStatus) -> str:
    if status.signal.state is not SignalState.LIVE:
        return signal_text(status.signal, status.size, now_s())
    if status.problem:
        return tr("No poses: the Live panel says why")
    return "" if status.skeleton is not None else tr("The network is loading …")
