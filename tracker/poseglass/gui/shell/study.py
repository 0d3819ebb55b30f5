"""What works on results: curves, smoothing lab and corrections, put together for the window in one place."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QWidget

from poseglass.gui.correct.correct_actions import CorrectActions
from poseglass.gui.correct.correct_tool import CorrectTool, NudgeKeys
from poseglass.gui.correct.corrections_panel import CorrectionsPanel
from poseglass.gui.correct.guide import Guide
from poseglass.gui.correct.look_again import LookAgain
from poseglass.gui.correct.training_export import TrainingExport
from poseglass.gui.curves.curves_panel import CurvesPanel
from poseglass.gui.curves.lab_panel import LabPanel
from poseglass.gui.curves.live_paths import LivePaths
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.docks import Panel


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

    def __init__(self, parts: Parts, window: QWidget, estimator: PluginBox) -> None:
        """estimator: what looks again."""
        super().__init__(window)
        self._parts = parts
        self.live = LivePaths(parts.project)
        self.curves = CurvesPanel(parts, self.live)
        self.lab = LabPanel(parts, self.live)
        self.tool = CorrectTool(parts)
        parts.canvas.installEventFilter(NudgeKeys(self.tool))
        self.guide = Guide(parts)
        self.again = LookAgain(parts, self.tool, estimator)
        self.training = TrainingExport(parts.project, window)
        for failed in (self.lab.failed, self.tool.failed, self.again.failed, self.training.failed):
            failed.connect(self.failed)
        for said in (self.tool.said, self.guide.said, self.again.said):
            said.connect(self.said)

    def add_actions(self) -> None:
        """Add the Edit menu, and training to the File menu."""
        self.training.add_action(self._parts.actions)
        self._rows = CorrectActions(self._parts, self.tool)
        self.again.add_actions(self._parts.actions)
        self.guide.add_actions(self._parts.actions)
        self.corrections = CorrectionsPanel(self._parts, self.tool, self.guide)

    def add_panels(self) -> None:
        """Add the panels."""
        docks = self._parts.docks
        tip = _tr("The chosen keypoints over time, in step with the video")
        panel = Panel("curves", _tr("Curves"), Qt.DockWidgetArea.BottomDockWidgetArea, ("Ctrl+K",), "trail", tip,
                      is_open=False, is_form=False)  # fmt: skip
        docks.add(panel, self.curves)
        tip = _tr("Change how much is smoothed, and see at once what comes of it")
        docks.add(Panel("lab", _tr("Smoothing"), keys=("Ctrl+M",), icon="sliders", tip=tip), self.lab)
        tip = _tr("Correct keypoints by hand, and find what was corrected")
        panel = Panel("corrections", _tr("Corrections"), keys=("Ctrl+D",), icon="target", tip=tip, is_form=False)
        docks.add(panel, self.corrections)
        self.lab.load()

    def end(self) -> None:
        """Leave no thread behind."""
        self.again.end()
        self.training.end()
        self.lab.end()
        self.live.end()
