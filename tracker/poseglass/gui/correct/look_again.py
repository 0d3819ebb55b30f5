"""Look again: two or three keypoints placed by hand, and the network mends the rest, in these frames and the next."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from poseglass.core.look_again import Mended, look_again, wish_of
from poseglass.core.people.mending import Ended
from poseglass.core.store.corrections import Mark
from poseglass.core.store.history import Step
from poseglass.errors import SessionError
from poseglass.gui.correct.correct_tool import CorrectTool
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.work import Runner, Work

ENOUGH = 2
"""Keypoints that must be placed in a frame: one alone says next to nothing of where the others are."""
REFRESH_MS = 200
"""How often the status bar says how far it is."""


class LookAgain(QObject):
    """Runs one look at a time, in a thread, with the estimator that the Analyse panel is set to.

    Signals:
        said(str): how far it is, for the status bar.
        failed(str, str): why it could not be done; nothing was changed.
    """

    said = pyqtSignal(str)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, tool: CorrectTool, estimator: PluginBox) -> None:
        super().__init__()
        self._parts, self._tool, self._estimator = parts, tool, estimator
        self._person = ""
        self._step: Step | None = None  # what the notice offers to take back
        self._runner = Runner()
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._show_progress)
        self._runner.running_changed.connect(self._show_running)
        self._runner.done.connect(self._take)
        self._runner.failed.connect(self.failed)
        parts.project.ended.connect(self.end)

    def add_actions(self, actions: Actions) -> None:
        """Add its rows to the Edit menu."""

        def tr(text: str) -> str:
            return QCoreApplication.translate("Edit", text)

        tip = tr("Place two or three keypoints of a wrong pose: the network finds the others, here and further on")
        text = tr("Look a&gain from what is placed")
        row = Row("edit.look_again", text, tr("&Edit"), ("A",), tip, "again", group=1, needs="idle video")
        actions.add(row, self.start).setIconText(tr("Look again"))
        text, tip = tr("Stop loo&king again"), tr("Look no further; what was seen until now is kept")
        row = Row("edit.stop_looking", text, tr("&Edit"), ("Esc",), tip, "stop", group=1, needs="video")
        actions.add(row, self.stop)
        project, selection = self._parts.project, self._parts.selection
        for signal in (
            project.began, project.ended, project.changed, selection.frame_changed, selection.person_changed,
        ):  # fmt: skip
            signal.connect(self.refresh)
        self.refresh()

    @property
    def is_running(self) -> bool:
        """Whether a look is under way."""
        return self._runner.is_running

    def refresh(self) -> None:
        """Say what can be done now."""
        self._parts.actions.allow("edit.look_again", not self.is_running and self._placed() >= ENOUGH)
        self._parts.actions.allow("edit.stop_looking", self.is_running)

    def start(self) -> None:
        """Look again at the person, from the frame on the canvas."""
        document = self._tool.document
        if document is None or self._placed() < ENOUGH:
            return
        self._tool.settle()
        self._parts.player.pause()
        self._person, options = self._tool.person, dict(self._estimator.values())
        wish = wish_of(document, self._person, self._tool.frame, self._estimator.name, options)

        def do(work: Work) -> Mended:
            return look_again(wish, work.watch, work.should_stop)

        self._runner.start(do)

    def stop(self) -> None:
        """Look no further; what was seen is kept."""
        self._runner.stop()

    def end(self) -> None:
        """Stop and wait; nothing is kept."""
        self._runner.end()

    def _placed(self) -> int:
        """Return how many keypoints of the person are placed in the frame on the canvas; 0 where none may be."""
        document, frame = self._tool.document, self._tool.frame
        if document is None or document.is_read_only or frame < 0 or self._tool.person not in document.tracks.people:
            return 0
        marks = document.tracks.marks(self._tool.person, range(frame, frame + 1))
        return int(np.count_nonzero(marks & Mark.PLACED))

    def _take(self, mended: Mended) -> None:
        document, notice = self._tool.document, self._parts.notice
        if document is None:
            return
        if not len(mended.frames):
            notice.say(
                self.tr("Nothing was changed: no pose fits the placed keypoints. Place one or two more, far apart.")
                if mended.ended is Ended.UNFIT
                else self.tr("Nothing was changed: stopped before the first frame was done.")
            )
            return
        try:
            document.look_again(self._person, mended.frames, mended.poses, mended.skeleton, mended.facts)
        except SessionError as error:
            self.failed.emit(str(error), "")
            return
        self._step = document.history.done[-1]
        notice.say(self._sentence(mended))
        notice.add_button(self.tr("Undo"), self._undo)

    def _undo(self) -> None:
        """Take it back, unless something else was done since."""
        document = self._tool.document
        if document is not None and document.history.done and document.history.done[-1] is self._step:
            self._tool.undo()
            self._parts.notice.hide()
        else:
            self.said.emit(self.tr("Something else was done since; Undo in the Edit menu goes back step by step."))

    def _sentence(self, mended: Mended) -> str:
        first, last, count = int(mended.frames[0]), int(mended.frames[-1]), len(mended.frames)
        text = self.tr("Looked again: {0} frames changed, {1} to {2}.").format(count, first, last)
        if count == 1:
            text = self.tr("Looked again: frame {0} changed.").format(first)
        why = {
            None: self.tr("Stopped there."),
            Ended.ALIKE: self.tr("From there the pose was right already."),
            Ended.JUMP: self.tr("Then the pose jumps."),
            Ended.CUT: self.tr("Then another scene begins."),
            Ended.LOST: self.tr("Then nobody is seen there."),
        }
        return f"{text} {why[mended.ended]}" if mended.ended in why else text

    def _show_running(self, is_running: bool) -> None:
        self._parts.frames.let_gather(not is_running)
        if is_running:
            self.said.emit(self.tr("Looking again: loading the network …"))
            self._timer.start()
        else:
            self._timer.stop()
            self.said.emit("")
        self.refresh()

    def _show_progress(self) -> None:
        done, most = self._runner.progress
        if most:
            self.said.emit(self.tr("Looking again: {0} frames done, {1} at most. Esc stops.").format(done, most))
