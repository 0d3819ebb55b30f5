"""The panel that exports: the table with a look at its first rows, the drawn video, the picture."""

from __future__ import annotations

import csv
from pathlib import Path

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from poseglass.api import ExporterPlugin
from poseglass.core.export import Choice, preview
from poseglass.core.plugins import DEFAULT_EXPORTER, DEFAULT_SMOOTHER
from poseglass.core.store.document import Change
from poseglass.gui.analysis.exports import Exports
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.files import beside, full_text, proposed
from poseglass.gui.shared.labels import heading, quiet
from poseglass.gui.shared.work import Runner

PREVIEWED = 6
"""Frames whose rows are shown."""
ROW_HEIGHT = 24
SETTLE_MS = 500
"""After so long without a change the preview is made anew, if somebody sees it."""


class ExportPanel(QWidget):
    """Asks where to, and has the exports written.

    Signals:
        failed(str, str): a sentence, and details for a report.
    """

    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, exports: Exports) -> None:
        super().__init__()
        self._exports, self._project, self._frames = exports, parts.project, parts.frames
        self._player, self._canvas, self._settings = parts.player, parts.canvas, parts.settings
        self._selection = parts.selection
        self.exporter = PluginBox("exporter", DEFAULT_EXPORTER, parts.settings)
        self.smoothed = QCheckBox(self.tr("Smoothed positions beside the raw ones"))
        self.angles = QCheckBox(self.tr("Angles and speeds, with their errors"))
        self.metres = quiet()
        self.table = QTableWidget()
        self.note = quiet()
        self.trying = heading("")
        self.write_table = QPushButton(self.tr("Export table"))
        self.choose_table = QPushButton(self.tr("Save as…"))
        self.write_video = QPushButton(self.tr("Drawn video…"))
        self.write_picture = QPushButton(self.tr("Picture…"))
        self.bar = QProgressBar()
        self.stop = QPushButton(self.tr("Stop"))
        self._previewing = Runner()
        self._last = "table"  # what was to be exported last
        self._settle, self._timer = QTimer(self), QTimer(self)
        self._lay_out()
        self._connect()
        self.refresh()

    def add_actions(self, actions: Actions) -> None:
        """Add exporting to the File menu."""
        menu = self.tr("&File")
        tip = self.tr("Write every frame's keypoints to a table beside the video")
        row = Row("export.table", self.tr("&Export table"), menu, ("Ctrl+E",), tip, "table", group=1, needs="poses")
        actions.add(row, self.export_table)
        row = Row("export.table_as", self.tr("Export table &as…"), menu, ("Ctrl+Shift+E",), group=1, needs="poses")
        actions.add(row, self.export_table_as)
        tip = self.tr("Draw the poses on the frames between the marks")
        row = Row("export.video", self.tr("Export &drawn video…"), menu, (), tip, "film", group=1, needs="poses")
        actions.add(row, self.export_video)
        tip = self.tr("Save the frame on the screen with what is drawn over it, in full size")
        text = self.tr("Save &picture…")
        row = Row("export.picture", text, menu, ("Ctrl+P",), tip, "picture", group=1, needs="video")
        actions.add(row, self.export_picture)

    def load(self) -> None:
        """Import the exporter, in a thread, and show its settings."""
        self.exporter.load()

    def end(self) -> None:
        """Wait for threads."""
        self.exporter.end()
        self._previewing.end()

    def choice(self) -> Choice:
        """Return what is chosen."""
        smoother = self._project.smoother_name if self.smoothed.isChecked() else None
        options = self._project.smoother_options if smoother else None
        return Choice(
            self.exporter.name,
            dict(self.exporter.values()),
            smoother,
            options,
            self.angles.isChecked(),
            self._project.calibration,
            self._project.moved,
        )

    def export_table(self) -> None:
        """Write the table beside the video at once; ask where one lies already, or none may be written."""
        self._last = "table"
        info = self._frames.info
        path = beside(info.path, self._ending()) if info is not None and self._suffix() else None
        if info is not None and path is not None and not path.exists():
            self._exports.write_table(info, path, self.choice())
        else:
            self.export_table_as()

    def export_table_as(self) -> None:
        """Ask where to write the table."""
        self._last = "table"
        if not self._suffix():
            why = self.tr("{0} is not loaded yet, or cannot be; try again in a moment, or choose another exporter")
            self.failed.emit(why.format(self.exporter.name), "")
            return
        kinds = self.tr("Tables (*{0});;All files (*)").format(self._suffix())
        path = self._ask(self.tr("Export table"), self._ending(), kinds)
        if path is not None and self._frames.info is not None:
            self._exports.write_table(self._frames.info, path, self.choice())

    def export_video(self) -> None:
        """Ask where to write the drawn video of the marked range."""
        self._last = "video"
        path = self._ask(self.tr("Export drawn video"), ".poses.mp4", self.tr("MP4 videos (*.mp4)"))
        if path is not None and self._frames.info is not None:
            hidden = self._selection.hidden
            self._exports.write_video(self._frames.info, path, self._player.range, self.choice(), hidden)

    def export_picture(self) -> None:
        """Ask where to write the picture."""
        self._last = "picture"
        suffix = f".frame{max(0, self._player.index)}.png"
        path = self._ask(self.tr("Save picture"), suffix, self.tr("PNG pictures (*.png)"))
        if path is not None and self._canvas.picture is not None:
            view = self._canvas.view
            self._exports.write_picture(self._canvas.picture, self._canvas.sketch, view.aspect, path)

    def ask_again(self) -> None:
        """Ask for another place for what was to be exported last."""
        {"table": self.export_table_as, "video": self.export_video, "picture": self.export_picture}[self._last]()

    def refresh(self) -> None:
        """Show the state of things: what can be exported, and the table's first rows."""
        has_poses, is_running = self._project.has_poses, self._exports.is_running
        for button in (self.write_table, self.choose_table):
            button.setEnabled(has_poses and not is_running and bool(self._suffix()))
        for button in (self.write_video, self.write_picture):
            button.setEnabled(self._frames.info is not None and not is_running)
        self.note.setText(self._where_to())
        self.metres.setText(self._metres())
        self._show_trying()
        self._settle.start(SETTLE_MS)

    def _lay_out(self) -> None:
        self.smoothed.setChecked(self._settings.flag("export/smoothed", default=True))
        self.angles.setChecked(self._settings.flag("export/angles", default=False))
        self.angles.setToolTip(self.tr("Of the smoothed positions; of the raw ones where those alone are exported"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAccessibleName(self.tr("First rows of the table"))
        self.table.setFixedHeight((PREVIEWED + 2) * ROW_HEIGHT)
        self.write_table.setDefault(True)
        rows = self.table.verticalHeader()
        if rows is not None:
            rows.hide()
            rows.setDefaultSectionSize(ROW_HEIGHT)
        for button in (self.write_table, self.choose_table):
            button.setMinimumHeight(34)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(heading(self.tr("Table")))
        for widget in (self.exporter, self.smoothed, self.angles, self.metres, self.table, self.trying, self.note):
            column.addWidget(widget)
        column.addLayout(_side_by_side(self.write_table, self.choose_table))
        column.addSpacing(12)
        column.addWidget(heading(self.tr("Video and picture")))
        column.addLayout(_side_by_side(self.write_video, self.write_picture))
        column.addSpacing(6)
        column.addWidget(self.bar)
        column.addWidget(self.stop)
        column.addStretch(1)
        self.bar.hide()
        self.stop.hide()
        self.trying.setWordWrap(True)

    def _connect(self) -> None:
        self.write_table.clicked.connect(self.export_table)
        self.choose_table.clicked.connect(self.export_table_as)
        self.write_video.clicked.connect(self.export_video)
        self.write_picture.clicked.connect(self.export_picture)
        self.stop.clicked.connect(self._exports.stop)
        self.smoothed.toggled.connect(lambda on: self._remember("export/smoothed", on))
        self.angles.toggled.connect(lambda on: self._remember("export/angles", on))
        self.exporter.changed.connect(self.refresh)
        self.exporter.ready.connect(self.refresh)
        self.exporter.failed.connect(self.failed)
        self._project.changed.connect(self._follow)
        self._project.ended.connect(self.refresh)
        self._project.began.connect(self.refresh)
        self._project.smoother_changed.connect(self.refresh)
        self._project.calibration_changed.connect(self.refresh)
        self._exports.running_changed.connect(self._show_running)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._preview)
        self._previewing.done.connect(self._show_rows)
        self._previewing.failed.connect(lambda why, _details: self.note.setText(why))
        self._timer.timeout.connect(self._show_progress)

    def _suffix(self) -> str:
        """Return what the exporter's files end with; nothing until it is imported, and then it refreshes."""
        plugin = self.exporter.plugin
        return plugin.suffix if isinstance(plugin, ExporterPlugin) else ""

    def _ending(self) -> str:
        return f".poses{self._suffix()}"

    def _ask(self, title: str, suffix: str, kinds: str) -> Path | None:
        if self._frames.info is None:
            return None
        name, _ = QFileDialog.getSaveFileName(self, title, str(proposed(self._frames.info.path, suffix)), kinds)
        return Path(name) if name else None

    def _show_trying(self) -> None:
        """Say so where what is exported is smoothed by settings that are not kept."""
        name, options = self._project.smoother_name, self._project.smoother_options
        kept = self._settings.text("smoother/name", DEFAULT_SMOOTHER)
        is_tried = name != kept or options != self._settings.table(f"smoother/options/{name}")
        listed = ", ".join(f"{option.replace('_', ' ')} {value}" for option, value in options.items())
        text = self.tr("Smoothing is being tried, and exported so: {0}. Keep or Go back in Smoothing decides.")
        self.trying.setText(text.format(f"{name}, {listed}" if listed else self.tr("{0}, by default").format(name)))
        self.trying.setVisible(is_tried and self.smoothed.isChecked())

    def _where_to(self) -> str:
        info = self._frames.info
        if info is None or not self._project.has_poses:
            return self.tr("Analyse first: the table holds what was found.")
        path = beside(info.path, self._ending())
        return self.tr("Asks where to write it.") if path is None else self.tr("Writes {0}").format(full_text(path))

    def _metres(self) -> str:
        """Say whether angles and speeds come with metres, or why not."""
        if not self.angles.isChecked():
            return ""
        if self._project.calibration is None:
            return self.tr("In pixels. Measure, Set the scale gives metres, too.")
        if moved := self._project.moved:
            return self.tr("In pixels, not in metres, because the camera moves: {0}.").format(moved)
        return self.tr("In pixels and metres.")

    def _remember(self, name: str, on: bool) -> None:
        self._settings.set_flag(name, on)
        self.refresh()

    def _follow(self, change: Change) -> None:
        """Refresh when the first results come, and when the rows that are shown may have changed."""
        document = self._project.document
        if not self.write_table.isEnabled() or (document is not None and change.frames.start < PREVIEWED):
            self.refresh()

    def _show_running(self, running: bool) -> None:
        self.bar.setVisible(running)
        self.bar.setRange(0, 0)
        self.stop.setVisible(running)
        if running:
            self._timer.start(100)
        else:
            self._timer.stop()
        self.refresh()

    def _show_progress(self) -> None:
        done, expected = self._exports.progress
        self.bar.setRange(0, expected)
        self.bar.setValue(done)

    def _preview(self) -> None:
        """Have the first rows written, if somebody looks."""
        if not self._project.has_poses:
            self._show_rows("")
        elif self._previewing.is_running:
            self._settle.start()  # once more, when it is done
        elif self.isVisible():
            taken, choice = self._exports.draft(), self.choice()
            self._previewing.start(lambda _: preview(taken, choice, PREVIEWED))

    def _show_rows(self, text: str) -> None:
        rows = list(csv.reader(text.splitlines()))
        self.table.clear()
        self.table.setRowCount(max(0, len(rows) - 1))
        self.table.setColumnCount(len(rows[0]) if rows else 0)
        if rows:
            self.table.setHorizontalHeaderLabels(rows[0])
        for i, row in enumerate(rows[1:]):
            for j, cell in enumerate(row):
                self.table.setItem(i, j, QTableWidgetItem(cell))
        self.table.resizeColumnsToContents()


def _side_by_side(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(6)
    for widget in widgets:
        row.addWidget(widget)
    return row
