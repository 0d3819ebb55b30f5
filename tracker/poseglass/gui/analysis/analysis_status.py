"""How far the analysis is, in the status bar: seen whatever panel is on top."""

from __future__ import annotations

from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QToolButton, QWidget

from poseglass.gui.analysis.analyse_panel import AnalysePanel
from poseglass.gui.analysis.analyst import Analyst

BAR_WIDTH = 140
"""Device-independent pixels."""


class AnalysisStatus(QWidget):
    """Seen while an analysis runs."""

    def __init__(self, analyst: Analyst, panel: AnalysePanel, stop: QAction) -> None:
        super().__init__()
        self.bar, self.text = QProgressBar(), QLabel()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(BAR_WIDTH)
        self.bar.setAccessibleName(self.tr("Progress of the analysis"))
        button = QToolButton()
        button.setDefaultAction(stop)
        button.setAutoRaise(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        for widget in (self.text, self.bar, button):
            row.addWidget(widget)
        self.hide()
        analyst.running_changed.connect(self.setVisible)
        panel.progressed.connect(self._show)

    def _show(self, done: int, expected: int, text: str) -> None:
        self.bar.setRange(0, expected)
        self.bar.setValue(done)
        self.text.setText(text)
