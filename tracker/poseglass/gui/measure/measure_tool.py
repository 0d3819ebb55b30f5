"""What sets the scale and the floor: lines drawn on the picture, and a look at whether the camera stands still."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtWidgets import QInputDialog, QWidget

from poseglass.core.export import camera_motion, frames_of
from poseglass.core.motion.calibration import Calibration, Line
from poseglass.core.store.recordings import record
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Row
from poseglass.gui.shared.project import CameraLook
from poseglass.gui.shared.work import Runner, Work

LONGEST_M = 100_000.0
DECIMALS = 3
"""Millimetres, in which a tape is read."""


class MeasureTool(QObject):
    """Adds the Measure menu.

    Signals:
        said(str): what was done, for the status bar.
        failed(str, str): why something cannot be done, or not be relied on; and details for a report.
    """

    said = pyqtSignal(str)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, window: QWidget) -> None:
        super().__init__(window)
        self._actions, self._project, self._canvas = parts.actions, parts.project, parts.canvas
        self._frames, self._player, self._window = parts.frames, parts.player, window
        self._take: Callable[[Line], None] = self._take_scale  # what the line is for that is asked for
        self._looking = Runner()
        self._looking.done.connect(self._tell_camera)
        self._looking.failed.connect(self.failed)
        self._project.ended.connect(self._looking.stop)
        self._project.calibration_changed.connect(self.refresh)
        self._canvas.line_drawn.connect(lambda *line: self._take(line))
        self._canvas.line_asked.connect(self._show_asked)

    def add_actions(self) -> None:
        """Add the Measure menu."""
        menu, add = _tr("&Measure"), self._actions.add
        tip = _tr("Draw a line along something whose length you know: tables then have metres, too")
        row = Row("measure.scale", _tr("Set the &scale…"), menu, ("Shift+L",), tip, "ruler", True, needs="video")
        add(row, lambda on: self._ask(on, self._take_scale, _tr("Drag along something whose length you know.")))
        tip = _tr("Draw a line along the floor, where the camera leans: what is upright is at a right angle to it")
        row = Row("measure.floor", _tr("Set the &floor"), menu, (), tip, checkable=True, needs="video")
        add(row, lambda on: self._ask(on, self._take_floor, _tr("Drag along the floor, or anything that is level.")))
        row = Row("measure.forget", _tr("For&get scale and floor"), menu, (), "", group=1, needs="video")
        add(row, lambda: self._project.calibrate(None))
        self.refresh()

    def refresh(self) -> None:
        """Say what can be done now."""
        for name in ("floor", "forget"):
            self._actions.allow(f"measure.{name}", self._project.calibration is not None)

    def kept(self) -> dict[str, Any] | None:
        """Return what a session is to keep."""
        calibration, looked = self._project.calibration, self._project.looked
        if calibration is None:
            return None
        camera = None if looked is None else [looked.frames.start, looked.frames.stop, looked.moved]
        return {**calibration.told(), "camera": camera}

    def put_back(self, kept: Any) -> None:
        """Take what a session has kept; what makes no sense is nothing."""
        if not isinstance(kept, Mapping):
            return
        try:
            self._project.calibrate(Calibration.read(kept))
            if (camera := kept.get("camera")) is not None:
                start, stop, moved = camera
                self._project.note_camera(CameraLook(range(int(start), int(stop)), str(moved)))
        except (KeyError, TypeError, ValueError):
            self._project.calibrate(None)

    def end(self) -> None:
        """Wait for the thread."""
        self._looking.end()

    def _ask(self, wanted: bool, take: Callable[[Line], None], hint: str) -> None:
        """Let the user draw a line on the frame that is shown, or no longer."""
        self._player.pause()
        self._take = take
        self._canvas.ask_line(_tr("{0}  Escape: no line").format(hint) if wanted else "")
        self._show_asked(wanted)

    def _show_asked(self, asked: bool) -> None:
        self._actions["measure.scale"].setChecked(asked and self._take == self._take_scale)
        self._actions["measure.floor"].setChecked(asked and self._take == self._take_floor)

    def _take_scale(self, line: Line) -> None:
        before = self._project.calibration
        metres, is_given = QInputDialog.getDouble(
            self._window, _tr("Scale"), _tr("Length of this line, in metres:"),
            1.0 if before is None else before.metres, 10**-DECIMALS, LONGEST_M, DECIMALS,
        )  # fmt: skip
        if is_given:
            self._calibrate(lambda: Calibration(line, metres, None if before is None else before.floor))

    def _take_floor(self, line: Line) -> None:
        before = self._project.calibration
        if before is not None:
            self._calibrate(lambda: replace(before, floor=line))

    def _calibrate(self, make: Callable[[], Calibration]) -> None:
        """Take a calibration, and look whether it can hold, unless that is known."""
        looked = self._project.looked
        try:
            calibration = make()
        except ValueError as error:
            self.failed.emit(str(error), "")
            return
        self._project.calibrate(calibration)
        if looked is not None:
            self._project.note_camera(looked)
        if self._project.moved is None:
            self.said.emit(_tr("Looking whether the camera stands still …"))
            self._look()
        else:
            self._tell_camera(self._project.looked)

    def _look(self) -> None:
        document, info = self._project.document, self._frames.info
        if document is None or info is None:
            return
        recording = record(document.tracks, None)
        frames = frames_of(info, recording)

        def do(work: Work) -> CameraLook | None:
            moved = camera_motion(info, recording, work.should_stop)
            return None if work.should_stop() else CameraLook(frames, moved)

        self._looking.start(do)

    def _tell_camera(self, looked: CameraLook | None) -> None:
        if looked is None or self._project.calibration is None:
            return
        self._project.note_camera(looked)
        if looked.moved:
            why = _tr("The camera moves: {0}. Nothing can be measured in metres, and tables will have none.")
            self.said.emit("")  # no longer looking
            self.failed.emit(why.format(looked.moved), "")
        else:
            self.said.emit(_tr("The camera stands still: tables can have metres, in the plane of this line."))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Measure", text)
