"""Arrow keys for the chosen keypoint while corrections are made: before the window takes them for stepping."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent

from poseglass.gui.correct.correct_tool import CorrectTool

FAR = 10.0
"""Pixels that Shift makes of one."""
WAYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
"""Frame pixels, y down."""


class NudgeKeys(QObject):
    """Installed on the canvas. With one keypoint chosen and drawn, arrows move it; Escape gives them back."""

    def __init__(self, tool: CorrectTool) -> None:
        super().__init__(tool)
        self._tool = tool

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Take arrows, with Shift or without; leave everything else."""
        if not isinstance(event, QKeyEvent) or not self._takes(event):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.KeyPress:
            dx, dy = WAYS[Qt.Key(event.key())]
            pixels = FAR if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1.0
            self._tool.nudge(dx * pixels, dy * pixels)
        event.accept()
        return True

    def _takes(self, event: QKeyEvent) -> bool:
        others = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        tool = self._tool
        if event.key() not in WAYS or others or not tool.is_active or len(tool.keypoints) != 1:
            return False
        return tool.place_of(tool.keypoints[0]) is not None
