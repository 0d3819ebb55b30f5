"""Corrections by hand: what mouse, keys and actions do to the document, and what that says to the user."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import hypot

from PyQt6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent

from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.errors import SessionError
from poseglass.gui.parts import Parts
from poseglass.gui.shared.selection import chosen_person

SHAKE = 3.0
"""Device-independent pixels that a pressed mouse may move without meaning it."""
SETTLE_MS = 800
"""Nudges that follow each other faster are taken back together."""
FAR = 10.0
"""Pixels that Shift makes of one, when arrows nudge a keypoint."""
WAYS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
"""Frame pixels, y down."""


class CorrectTool(QObject):
    """Edits the frame on the canvas. While it is active keypoints can be dragged, nudged and placed.

    Signals:
        active_changed(bool): keypoints can be moved, or no longer.
        said(str): what was done, for the status bar.
        failed(str, str): why something cannot be done; nothing was changed.
    """

    active_changed = pyqtSignal(bool)
    said = pyqtSignal(str)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._project, self._selection = parts.project, parts.selection
        self._player, self._canvas = parts.player, parts.canvas
        self._drags = False  # the mouse has moved so far that it is meant
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.settle)
        canvas = parts.canvas
        canvas.keypoint_clicked.connect(self._take)
        canvas.keypoint_dragged.connect(self._drag)
        canvas.keypoint_released.connect(self._release)
        canvas.place_clicked.connect(self._place)
        parts.selection.frame_changed.connect(self.settle)

    @property
    def is_active(self) -> bool:
        """Whether keypoints can be moved."""
        return self._canvas.takes_drags

    @property
    def document(self) -> Document | None:
        """What is edited; None without a video."""
        return self._project.document

    @property
    def frame(self) -> int:
        """The frame on the canvas, -1 without one."""
        return self._selection.frame

    @property
    def person(self) -> str:
        """Who is edited."""
        return chosen_person(self._selection, self._project.document.tracks) if self._project.document else ""

    @property
    def keypoints(self) -> tuple[int, ...]:
        """The chosen keypoints."""
        return tuple(sorted(self._selection.keypoints))

    def activate(self, active: bool) -> None:
        """Let keypoints be moved, or no longer."""
        self.settle()
        self._canvas.takes_drags = active
        self.active_changed.emit(active)
        if active:
            self._canvas.setFocus()  # so that the arrow keys do what is said of them
            self.said.emit(self.tr("Drag a keypoint to where it is. Arrow keys move a chosen one by a pixel."))

    def place_of(self, keypoint: int) -> tuple[float, float] | None:
        """Return where a keypoint of the edited person is drawn, None where it is not."""
        dots = [dot for dot in self._canvas.sketch.dots if (dot.person, dot.keypoint) == (self.person, keypoint)]
        return dots[0].at if dots else None

    def nudge(self, dx: float, dy: float) -> None:
        """Move the chosen keypoint by so many frame pixels."""
        place = self.place_of(self.keypoints[0]) if len(self.keypoints) == 1 else None
        if place is not None:
            self._move(self.person, self.keypoints[0], (place[0] + dx, place[1] + dy), ongoing=True)
            self._settle.start()

    def mark(self, mark: Mark) -> None:
        """Say this of every chosen keypoint."""
        for keypoint in self.keypoints:
            self.edit(partial(Document.mark, person=self.person, frame=self.frame, keypoint=keypoint, mark=mark))

    def edit(self, do: Callable[[Document], object]) -> None:
        """Change the document, and say what was done, or why not."""
        if self.document is None:
            return
        try:
            do(self.document)
        except SessionError as error:
            self.failed.emit(str(error), "")
        else:
            self.said.emit(self.document.undo_text or "")

    def undo(self) -> None:
        """Take the last step back, and show where that was."""
        self._travel(lambda document: document.undo(), self.tr("Took back: {0}"), forward=False)

    def redo(self) -> None:
        """Do again what was taken back last, and show where that is."""
        self._travel(lambda document: document.redo(), self.tr("Did again: {0}"), forward=True)

    def settle(self) -> None:
        """End a row of nudges."""
        self._settle.stop()
        if self.document is not None:
            self.document.settle()

    def _travel(self, do: Callable[[Document], object], text: str, *, forward: bool) -> None:
        document = self.document
        if document is None:
            return
        what = document.redo_text if forward else document.undo_text
        steps = document.history.undone if forward else document.history.done
        is_seen = bool(steps) and (steps[-1].kind == "rename" or self.frame in steps[-1].frames)
        frames = steps[-1].frames if steps else range(0)
        self.edit(do)
        if what is not None:
            if not is_seen:
                self._player.jump(frames.start)
            self.said.emit(text.format(what))

    def _take(self, person: str, keypoint: int) -> None:
        del person, keypoint
        self._drags = False
        if self.is_active:
            self._player.pause()  # what is dragged must not run away

    def _drag(self, person: str, keypoint: int, x: float, y: float) -> None:
        if self._drags or self._is_meant(keypoint, x, y):
            self._drags = True
            self._move(person, keypoint, (x, y), ongoing=True)

    def _release(self, person: str, keypoint: int, x: float, y: float) -> None:
        if self._drags:
            self._move(person, keypoint, (x, y), ongoing=False)
        self._drags = False

    def _is_meant(self, keypoint: int, x: float, y: float) -> bool:
        place = self.place_of(keypoint)
        if place is None:
            return True
        way: QPointF = self._canvas.view.to_widget(x, y) - self._canvas.view.to_widget(*place)
        return hypot(way.x(), way.y()) > SHAKE

    def _place(self, x: float, y: float) -> None:
        """Put the chosen keypoint where the user clicked, if the picture does not show it anywhere."""
        if self.is_active and len(self.keypoints) == 1 and self.place_of(self.keypoints[0]) is None:
            self._move(self.person, self.keypoints[0], (x, y), ongoing=False)

    def _move(self, person: str, keypoint: int, xy: tuple[float, float], *, ongoing: bool) -> None:
        self.edit(lambda document: document.move(person, self.frame, keypoint, xy, ongoing=ongoing))

    def spoken(self, keypoint: int) -> str:
        """Return a keypoint's name for people."""
        return self.document.skeleton.spoken(keypoint) if self.document is not None else ""


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
