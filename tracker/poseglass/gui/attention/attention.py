"""The attention dock: the inspector, the network behind it, and the clips that it asks for."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, pyqtSignal
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from poseglass.gui.attention.clips import AttentionClips
from poseglass.gui.attention.frame_attention import FrameAttention
from poseglass.gui.attention.inspector import Inspector
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.docks import Docks, Panel


class Attention(QWidget):
    """Puts the three together.

    Signals:
        failed(str, str): a sentence, and details for a report.
    """

    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, estimator: PluginBox) -> None:
        super().__init__()
        self.inspector = Inspector()
        self.looking = FrameAttention(parts, self.inspector, estimator)
        self.clips = AttentionClips(parts, self.inspector, estimator)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.inspector, 1)
        column.addWidget(self.clips)
        self.looking.failed.connect(self.failed)
        self.clips.failed.connect(self.failed)
        self.inspector.failed.connect(self.failed)
        parts.frames.closed.connect(self.clips.end)

    def add_dock(self, docks: Docks, analyse_frame: QAction) -> None:
        """Put it into a dock, closed at first. analyse_frame: analyses the frame on the screen."""
        tip = _tr("What the network looked at, for each keypoint and for all")
        panel = Panel(
            "attention", _tr("Attention"), keys=("Ctrl+Shift+I",), icon="eye", tip=tip, is_open=False, is_form=False
        )
        dock = docks.add(panel, self)
        self.inspector.analysis_asked.connect(analyse_frame.trigger)
        analyse_frame.changed.connect(lambda: self.inspector.allow_analysis(analyse_frame.isEnabled()))

        def follow(is_seen: bool) -> None:
            self.looking.set_open(not dock.isHidden())
            self.inspector.set_behind(not is_seen)

        dock.visibilityChanged.connect(follow)

    def end(self) -> None:
        """End all threads, and wait for them."""
        self.looking.end()
        self.clips.end()
        self.inspector.end()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Attention", text)
