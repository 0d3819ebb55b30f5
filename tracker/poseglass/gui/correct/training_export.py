"""Writes the corrected frames as a training set: asks for a folder, works in a thread, and says how it went."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QObject, Qt, QTimer, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QProgressDialog, QWidget

from poseglass.core.training_set import collect_labels, write_training_set
from poseglass.core.video.video import Video
from poseglass.errors import PoseglassError
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.files import proposed
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.work import Runner, Work

REFRESH_MS = 100
"""How often the progress is drawn."""


class TrainingExport(QObject):
    """One at a time.

    Signals:
        written(object): the folder, in a tuple.
        failed(str, str): a sentence, and details; what was written before stays.
    """

    written = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self, project: Project, window: QWidget) -> None:
        super().__init__(window)
        self._project, self._window = project, window
        self._runner = Runner()
        self._dialog: QProgressDialog | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self._show_progress)
        self._runner.running_changed.connect(self._show_running)
        self._runner.done.connect(self._tell_written)
        self._runner.failed.connect(self.failed)

    def add_action(self, actions: Actions) -> None:
        """Add its row to the File menu."""

        def tr(text: str) -> str:
            return QCoreApplication.translate("File", text)

        tip = tr("Write the frames that were corrected, to train a network on them: poseglass-train fit --from FOLDER")
        row = Row("export.training", tr("Export corrected &frames…"), tr("&File"), (), tip, "export", group=1,
                  needs="poses")  # fmt: skip
        actions.add(row, self.ask)

    def ask(self) -> None:
        """Ask for a folder, then write."""
        document = self._project.document
        if document is None:
            return
        video = document.footage.path
        suggested = proposed(video, video.suffix).with_name(f"{video.stem}-training")
        title = self.tr("Export corrected frames: name a new folder")
        name, _ = QFileDialog.getSaveFileName(
            self._window, title, str(suggested), options=QFileDialog.Option.ShowDirsOnly
        )
        if name:
            self.write(Path(name))

    def write(self, folder: Path) -> None:
        """Write into a folder, new or empty."""
        document = self._project.document
        assert document is not None, "there is nothing to export without a video"
        try:
            labels = collect_labels(document, self._project.paths)
        except PoseglassError as error:
            self.failed.emit(str(error), "")
            return
        path = document.footage.path

        def do(work: Work) -> tuple[Path, ...]:
            with Video.open(path) as video:
                count = write_training_set(folder, video, labels, work.watch, work.should_stop)
            return (folder,) if count else ()

        self._runner.start(do)

    def end(self) -> None:
        """Stop and wait."""
        self._runner.end()

    def _show_running(self, is_running: bool) -> None:
        if is_running:
            self._show_dialog()
        else:
            self._close_dialog()

    def _show_dialog(self) -> None:
        self._dialog = QProgressDialog(self.tr("Writing corrected frames …"), self.tr("Stop"), 0, 0, self._window)
        self._dialog.setWindowModality(Qt.WindowModality.WindowModal)
        self._dialog.setMinimumDuration(400)
        self._dialog.canceled.connect(self._runner.stop)
        self._timer.start()

    def _show_progress(self) -> None:
        done, expected = self._runner.progress
        if self._dialog is not None and expected:
            self._dialog.setMaximum(expected)
            self._dialog.setValue(min(done, expected - 1))

    def _tell_written(self, paths: tuple[Path, ...]) -> None:
        if paths:
            self.written.emit(paths)

    def _close_dialog(self) -> None:
        self._timer.stop()
        if self._dialog is not None:
            self._dialog.canceled.disconnect()
            self._dialog.close()
            self._dialog.deleteLater()
            self._dialog = None
