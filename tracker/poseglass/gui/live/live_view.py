"""Live in the window: its dock, its page, its actions, and the way back to files."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QMessageBox, QVBoxLayout, QWidget

from poseglass.api import Smoother
from poseglass.core.analysis import leave_a_core_free
from poseglass.core.live.live import LiveStatus
from poseglass.core.plugins import make_smoother
from poseglass.core.run import Method, loaded_method
from poseglass.gui.live.live_control import LiveControl
from poseglass.gui.live.live_panel import LivePanel
from poseglass.gui.live.live_screen import LiveScreen
from poseglass.gui.live.live_texts import tr
from poseglass.gui.live.recording_folder import RecordingFolder
from poseglass.gui.options.finding_box import FindingBox
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Need, Row
from poseglass.gui.shared.docks import Docks, Panel

LIVE_NEEDS: frozenset[Need] = frozenset({"nothing", "picture", "live"})
"""What actions may need that can be used while the video is behind the live picture."""


class LiveView(QObject):
    """Watches with the estimator, the detector and the smoother that are chosen when the source is started.

    Signals:
        running_changed(bool): the live picture is to be seen, or no longer.
        open_wanted(object): the Path of a recording that the user wants to open.
        failed(str, str): why there are no poses; a sentence, and nothing.
    """

    running_changed = pyqtSignal(bool)
    open_wanted = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, estimator: PluginBox, people: FindingBox) -> None:
        super().__init__()
        self._actions, self._notice, self._files = parts.actions, parts.notice, parts.files
        self._estimator, self._people, self._project = estimator, people, parts.project
        self._problem = ""
        self._has_listed = False
        self.panel, self.screen = LivePanel(), LiveScreen(parts.displays)
        self.folder = RecordingFolder(parts.settings)
        self.control = LiveControl(self.panel, self._make_method, self._make_smoother, self.folder.next_path)
        self._remember_plugins()
        self._connect()
        self._add_actions()
        self.screen.add_buttons(parts.actions)

    @property
    def is_running(self) -> bool:
        """Whether a source is being watched."""
        return self.control.live is not None

    @property
    def is_recording(self) -> bool:
        """Whether it is being recorded."""
        recording = self.control.live.status().recording if self.control.live is not None else None
        return recording is not None and recording.is_running

    def add_dock(self, docks: Docks) -> None:
        """Put the panel into a dock, closed at first."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.panel)
        column.addWidget(self.folder)
        tip = tr("Watch a camera, record it, see how it goes")
        dock = docks.add(Panel("live", tr("Live"), icon="camera", tip=tip, is_open=False), page)
        dock.visibilityChanged.connect(self._list_once)
        self._actions["live.open"].triggered.connect(lambda: docks.show("live"))

    def make_way(self) -> bool:
        """Stop for a file that is to be opened; return False where the user would rather go on recording."""
        if self.is_recording and not self._may_stop():
            return False
        self.control.stop()
        return True

    def end(self) -> None:
        """End everything and wait, some three seconds at most."""
        self.control.close()

    def _add_actions(self) -> None:
        menu, add = tr("&Live"), self._actions.add
        tip = tr("Watch a camera, and see the pose while you move")
        keys = ("Ctrl+Shift+L",)
        add(Row("live.open", tr("&Watch a camera"), menu, keys, tip, "camera"), lambda: None)
        tip = tr("Keep the picture and the poses in a file")
        row = Row("live.record", tr("&Record"), menu, ("Ctrl+Shift+R",), tip, "record", checkable=True, needs="live")
        add(row, lambda _on: self.panel.record.click())
        tip = tr("Stop watching; a recording is finished")
        add(Row("live.stop", tr("&Stop watching"), menu, (), tip, "stop", needs="live"), self.control.stop)

    def _connect(self) -> None:
        self.control.shown.connect(self.screen.show_result)
        self.screen.painted.connect(self.control.painted)
        self.panel.mirror_changed.connect(self.screen.show_mirrored)
        self.control.status_changed.connect(self._show_status)
        self.control.running_changed.connect(self._show_running)
        self.control.recorded.connect(self._tell_recorded)
        box = self._estimator
        for signal in (box.changed, box.ready, self._people.changed, self._project.smoother_changed):
            signal.connect(self._remember_plugins)

    def _remember_plugins(self) -> None:
        """Copy what is chosen: it is read in a thread that must not touch widgets."""
        box, project = self._estimator, self._project
        self._chosen = (box.name, dict(box.values())), (project.smoother_name, dict(project.smoother_options))
        self._finding = self._people.finding()

    def _make_method(self) -> Method:
        name, options = self._chosen[0]
        leave_a_core_free()
        return loaded_method(name, options, self._finding)

    def _make_smoother(self) -> Smoother:
        name, options = self._chosen[1]
        return make_smoother(name, options)

    def _list_once(self, is_visible: bool) -> None:
        if is_visible and not self._has_listed:
            self._has_listed = True
            self.control.list_cameras()

    def _show_status(self, status: LiveStatus) -> None:
        self.screen.show_status(status)
        self._show_recording(self.is_recording)
        if status.problem and status.problem != self._problem:
            self.failed.emit(status.problem, "")
        self._problem = status.problem

    def _show_running(self, is_running: bool) -> None:
        if is_running:
            self.screen.begin()
            self.screen.show_mirrored(self.panel.is_mirrored)
        self._problem = ""
        self._actions.set_there("live", there=is_running)
        self._actions.reserve(LIVE_NEEDS if is_running else None)
        self._show_recording(is_recording=False)
        self.running_changed.emit(is_running)

    def _show_recording(self, is_recording: bool) -> None:
        action = self._actions["live.record"]
        action.setChecked(is_recording)
        action.setText(tr("Stop &recording") if is_recording else tr("&Record"))

    def _tell_recorded(self, paths: list[Path]) -> None:
        self._files.remember(paths[0])
        text = tr("Recorded {0}.").format(", ".join(path.name for path in paths))
        self._notice.tell(text)
        self._notice.add_button(tr("Open"), lambda: self.open_wanted.emit(paths[0]))
        folder = QUrl.fromLocalFile(str(paths[0].resolve().parent))
        self._notice.add_button(tr("Open folder"), lambda: QDesktopServices.openUrl(folder))

    def _may_stop(self) -> bool:
        box = QMessageBox(self.screen.window())
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(tr("A recording is running. Finish it, and open the file?"))
        finish = box.addButton(tr("Finish and open"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Go on recording"), QMessageBox.ButtonRole.RejectRole)
        box.exec()
        return box.clickedButton() is finish
