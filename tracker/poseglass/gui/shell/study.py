"""What works on results: curves, smoothing lab and corrections, put together for the window in one place."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from poseglass.gui.correct.correct_actions import CorrectActions
from poseglass.gui.correct.correct_tool import CorrectTool, NudgeKeys
from poseglass.gui.correct.corrections_panel import CorrectionsPanel
from poseglass.gui.correct.guide import Guide
from poseglass.gui.correct.training_export import TrainingExport
from poseglass.gui.curves.curves_panel import CurvesPanel
from poseglass.gui.curves.lab_panel import LabPanel
from poseglass.gui.curves.live_paths import LivePaths
from poseglass.gui.picture.canvas import Canvas
from poseglass.gui.playback.player import Player
from poseglass.gui.shared.actions import Actions
from poseglass.gui.shared.docks import Docks, Panel
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.selection import Selection
from poseglass.gui.shared.settings import Settings


def _tr(text: str) -> str:
    return QCoreApplication.translate("Study", text)


class Study(QObject):
    """Makes the parts; the window adds their actions and panels, and ends them.

    Signals:
        said(str): for the status bar.
        failed(str, str): for the notice.
    """

    said = pyqtSignal(str)
    failed = pyqtSignal(str, str)

    def __init__(
        self,
        project: Project,
        selection: Selection,
        player: Player,
        canvas: Canvas,
        settings: Settings,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._project, self._selection, self._player = project, selection, player
        self.live = LivePaths(project)
        self.curves = CurvesPanel(project, self.live, selection, player, settings)
        self.lab = LabPanel(project, self.live, selection, settings)
        self.tool = CorrectTool(project, selection, player, canvas)
        canvas.installEventFilter(NudgeKeys(self.tool))
        self.guide = Guide(project, selection, player)
        self.training = TrainingExport(project, window)
        for failed in (self.lab.failed, self.tool.failed, self.training.failed):
            failed.connect(self.failed)
        for said in (self.tool.said, self.guide.said):
            said.connect(self.said)

    def add_actions(self, actions: Actions) -> None:
        """Add the Edit menu, and training to the File menu."""
        self.training.add_action(actions)
        self._rows = CorrectActions(actions, self.tool, self._project, self._selection, self._player)
        self.guide.add_actions(actions)
        parts = actions, self.tool, self.guide, self._project, self._selection, self._player
        self.corrections = CorrectionsPanel(*parts)

    def add_panels(self, docks: Docks) -> None:
        """Add the panels."""
        tip = _tr("The chosen keypoints over time, in step with the video")
        panel = Panel("curves", _tr("Curves"), Qt.DockWidgetArea.BottomDockWidgetArea, ("Ctrl+K",), "trail", tip,
                      is_open=False, scrolls=False)  # fmt: skip
        docks.add(panel, self.curves)
        tip = _tr("Change how much is smoothed, and see at once what comes of it")
        docks.add(Panel("lab", _tr("Smoothing"), keys=("Ctrl+M",), icon="sliders", tip=tip), self.lab)
        tip = _tr("Correct keypoints by hand, and find what was corrected")
        panel = Panel("corrections", _tr("Corrections"), keys=("Ctrl+D",), icon="target", tip=tip, scrolls=False)
        docks.add(panel, self.corrections)
        self.lab.load()

    def end(self) -> None:
        """Leave no thread behind."""
        self.training.end()
        self.lab.end()
        self.live.end()
