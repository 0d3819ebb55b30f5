"""Writes clips with a map over every frame: asks where to, shows how far it is, stops when told to."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from poseglass.core.explain.clip import ResultsClipJob, explain_results
from poseglass.core.explain.maps import MapChoice
from poseglass.core.export import draft
from poseglass.gui.attention.inspector import Inspector
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.selection import chosen_person
from poseglass.gui.shared.work import Runner, Work

REFRESH_MS = 100
"""How often the bar moves."""


class AttentionClips(QWidget):
    """A bar with a button to stop; hidden while no clip is being written.

    Signals:
        written(object): the Paths of what was written, one.
        failed(str, str): a sentence, and details for a report; what lay there before is as it was.
    """

    written = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, inspector: Inspector, estimator: PluginBox) -> None:
        super().__init__()
        self._inspector, self._estimator, self._frames = inspector, estimator, parts.frames
        self._player, self._project, self._selection = parts.player, parts.project, parts.selection
        self._runner = Runner()
        self.state, self.bar = QLabel(), QProgressBar()
        self.bar.setAccessibleName(self.tr("Frames of the clip that are done"))
        self.stop = QPushButton(self.tr("Stop, keep what is done"))
        row = QHBoxLayout(self)
        for widget in (self.state, self.bar, self.stop):
            row.addWidget(widget)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._show_progress)
        self.stop.clicked.connect(self._ask_to_stop)
        self._runner.running_changed.connect(self._show_running)
        self._runner.done.connect(self.written)
        self._runner.failed.connect(self.failed)
        inspector.clip_asked.connect(self.ask)
        self.hide()

    def ask(self, choice: MapChoice) -> None:
        """Ask where to, and write the clip of the marked range: of the chosen person, or of everybody."""
        info = self._frames.info
        if info is None:
            return
        proposed = info.path.with_suffix(f".{choice.name.kind}.mp4")
        kinds = self.tr("MP4 videos (*.mp4)")
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Save clip with attention"), str(proposed), kinds)
        if name:
            self.write(Path(name).with_suffix(".mp4"), choice)

    def write(self, path: Path, choice: MapChoice) -> None:
        """Write the clip; one that is being written is stopped first."""
        project, info = self._project, self._frames.info
        assert project.document is not None, "there is nothing to write without a video"
        assert info is not None
        tracks = project.document.tracks
        job = ResultsClipJob(
            info.path,
            path,
            self._player.range,
            draft(tracks),
            None if self._inspector.is_of_everybody else tracks.label(chosen_person(self._selection, tracks)),
            choice,
            self._inspector.view,
            self._estimator.name,
            dict(self._estimator.values()),
            project.smoother_name,
            dict(project.smoother_options),
        )

        def do(work: Work) -> tuple[Path, ...]:
            explain_results(job, work.watch, work.should_stop)
            return (path,)

        self._runner.start(do)

    def end(self) -> None:
        """Stop and wait; what is done is kept."""
        self._runner.end()

    def _ask_to_stop(self) -> None:
        self._runner.stop()
        self.stop.setEnabled(False)

    def _show_progress(self) -> None:
        done, expected = self._runner.progress
        if expected:
            self.bar.setRange(0, expected)
            self.bar.setValue(done)
            self.state.setText(self.tr("{0} of {1} frames").format(done, expected))

    def _show_running(self, is_running: bool) -> None:
        self.setVisible(is_running)
        if not is_running:
            self._timer.stop()
            return
        self.state.setText(self.tr("Loading the network …"))
        self.bar.setRange(0, 0)
        self.stop.setEnabled(True)
        self._timer.start(REFRESH_MS)
