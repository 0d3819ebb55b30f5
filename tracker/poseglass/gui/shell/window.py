"""The main window: it only puts the parts together."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QStatusBar

from poseglass.core.analysis import Analysed
from poseglass.core.video.video import VideoInfo
from poseglass.gui.analysis.analyse_panel import AnalysePanel
from poseglass.gui.analysis.analysis_status import AnalysisStatus
from poseglass.gui.analysis.analyst import Analyst
from poseglass.gui.analysis.export_panel import ExportPanel
from poseglass.gui.analysis.exports import Exports
from poseglass.gui.attention.attention import Attention
from poseglass.gui.live.live_view import LiveView
from poseglass.gui.live.recorded_poses import RecordedPoses
from poseglass.gui.measure.measure_tool import MeasureTool
from poseglass.gui.parts import make_parts
from poseglass.gui.people.people import People
from poseglass.gui.people.person_tool import FollowRequest
from poseglass.gui.picture.display import add_display_actions
from poseglass.gui.picture.scene import Scene
from poseglass.gui.playback.frame_memory import FrameMemory
from poseglass.gui.playback.transport import add_play_actions
from poseglass.gui.session.session_desk import SessionDesk
from poseglass.gui.shared.actions import Row
from poseglass.gui.shared.docks import Panel
from poseglass.gui.shared.files import dropped_files
from poseglass.gui.shared.selection import chosen_person
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell import theme
from poseglass.gui.shell.command_palette import CommandPalette
from poseglass.gui.shell.health_panel import HealthPanel
from poseglass.gui.shell.help_page import HelpPage
from poseglass.gui.shell.outcomes import Outcomes
from poseglass.gui.shell.study import Study
from poseglass.gui.shell.toolbar import Toolbar
from poseglass.gui.shell.viewer import Viewer, add_zoom_actions
from poseglass.names import shown

SAID_MS = 8000
"""How long the status bar says what was done."""


class MainWindow(QMainWindow):
    """Opens a video, shows it, and holds the panels that work on it.

    What is in `parts` can be reached by its name here, too; its actions are `commands`, the session is `desk`.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Remember things in `settings`; in the user's own if None."""
        super().__init__()
        self.setAcceptDrops(True)
        self._dropped: tuple[Path, ...] = ()  # together, the first of which is being opened
        self.parts = parts = make_parts(self, settings or Settings())
        self.commands, self.docks, self.files, self.notice = parts.actions, parts.docks, parts.files, parts.notice
        self.settings, self.project, self.selection = parts.settings, parts.project, parts.selection
        self.frames, self.player, self.canvas, self.displays = parts.frames, parts.player, parts.canvas, parts.displays
        self.theme = theme.known(self.settings.text("theme"))
        self.desk = SessionDesk(parts, self)
        self.scene = Scene(self.project, self.selection, self.displays, self.canvas)
        self.analyst = Analyst(self.project, self.frames)
        self.exports = Exports(self.project)
        self.recorded = RecordedPoses(self.project)
        self.outcomes = Outcomes(self.notice, self.docks)
        self._make_panels()
        self._fill_actions()
        self.viewer = Viewer(parts)
        self.viewer.add_live(self.live.screen)
        self.setCentralWidget(self.viewer)
        self._add_panels()
        self._connect()
        self._fill_menus()
        self.addToolBar(Toolbar(self.commands))
        self.analysing.load()
        self.exporting.load()
        self.resize(1280, 800)
        self.settings.restore_layout(self)

    def open_video(self, path: Path, video: Path | None = None) -> None:
        """Close what is open, and open this video or session. video: where the user says that the session's is.

        What is open stays if the file cannot be opened. Where it should be asked first whether to save, or to end a
        recording, nothing happens but that.
        """
        if self.frames.info is None:
            self._change_to(path, video)
        else:
            self.desk.sessions.look_first(path, lambda: self._change_to(path, video))

    def close_video(self) -> None:
        """Close the video, and show the welcome page. An analysis or export that runs is stopped.

        Where it should be asked first whether to save, nothing happens but that.
        """
        if self.desk.may_leave(self.close_video):
            self._close()

    def change_theme(self, name: theme.Theme) -> None:
        """Change to dark, light, or what the desktop has, and remember it."""
        self.theme = name
        self.settings.set_text("theme", name)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, name)

    def _change_to(self, path: Path, video: Path | None) -> None:
        if self.live.make_way() and self.desk.may_leave(lambda: self._change_to(path, video)):
            self._close()
            self.notice.hide()
            self._dropped = self._dropped if path in self._dropped[:1] else ()
            self._status().showMessage(self.tr("Opening {0} …").format(shown(path.name)))
            self.desk.sessions.open(path, video)

    def _make_panels(self) -> None:
        self.analysing = AnalysePanel(self.parts, self.analyst)
        self.exporting = ExportPanel(self.parts, self.exports)
        self.attention = Attention(self.parts, self.analysing.estimator)
        self.study = Study(self.parts, self, self.analysing.estimator)
        self.measure = MeasureTool(self.parts, self)
        self.health = HealthPanel()
        self.help = HelpPage(self.commands)
        self._palette = CommandPalette(self, self.commands)

    def _fill_actions(self) -> None:
        self.files.add_actions(self.commands)
        self.desk.add_actions()
        self.exporting.add_actions(self.commands)
        menu = self.tr("&File")
        row = Row("file.close", self.tr("&Close video"), menu, ("Ctrl+W",), group=2, needs="video")
        self.commands.add(row, self.close_video)
        self.commands.add(Row("file.quit", self.tr("&Quit"), menu, ("Ctrl+Q",), group=2), self.close)
        self.study.add_actions()
        self.people = People(self.parts, self)
        self.measure.add_actions()
        add_play_actions(self.commands, self.player, lambda: self.viewer.transport.ask_place())
        self.analysing.add_actions(self.commands)
        self.live = LiveView(self.parts, self.analysing.estimator, self.analysing.people)
        add_zoom_actions(self.commands, lambda: self.viewer.front)
        add_display_actions(self.commands, self.displays)
        tip = self.tr("Find any action by a few letters of its name")
        row = Row("help.palette", self.tr("&Find action…"), self.tr("&Help"), ("Ctrl+Shift+P",), tip, "search")
        self.commands.add(row, self._palette.ask)

    def _add_panels(self) -> None:
        self.analysing.add_dock(self.docks)
        tip = self.tr("Write tables, drawn videos, pictures")
        self.docks.add(Panel("export", self.tr("Export"), icon="export", tip=tip), self.exporting)
        self.people.add_dock()
        self.people.happenings.use(self.viewer.timeline)
        self.study.add_panels()
        tip = self.tr("What is known of the video, and what is wrong with it")
        self.docks.add(Panel("health", self.tr("Video"), keys=("Ctrl+I",), icon="info", tip=tip), self.health)
        self.attention.add_dock(self.docks, self.commands["analyse.frame"])
        self.live.add_dock(self.docks)
        panel = Panel("help", self.tr("Help"), keys=("F1",), icon="help", is_open=False, is_form=False)
        self.docks.add(panel, self.help)
        self.docks.show("analyse")
        theme.add_theme_actions(self.commands, self.theme, self.change_theme)
        self.memory = FrameMemory(self.frames, self.settings, self.commands, self)

    def _fill_menus(self) -> None:
        bar = self.menuBar()
        assert bar is not None
        menus = self.commands.fill(bar)
        recent = QMenu(self.tr("Open &recent"), self)
        menus[self.tr("&File")].insertMenu(self.commands["file.sample"], recent)
        recent.aboutToShow.connect(lambda: self.files.fill_recent(recent))
        menus[self.tr("&File")].insertMenu(self.commands["file.sample"], self.desk.unsaved_menu())
        menus[self.tr("&Help")].insertAction(self.commands["help.palette"], self.commands["panel.help"])
        self._place = QLabel()
        self._status().addPermanentWidget(AnalysisStatus(self.analyst, self.analysing, self.commands["analyse.stop"]))
        self._status().addPermanentWidget(self._place)

    def _connect(self) -> None:
        self.files.chosen.connect(self.open_video)
        self.files.recent_changed.connect(lambda: self.viewer.welcome.show_recent(self.files.recent()))
        self.viewer.welcome.chosen.connect(self.open_video)
        self.viewer.welcome.show_recent(self.files.recent())
        self.desk.keep(self.analysing.estimator, self.analysing.people)
        self.desk.sessions.keep("calibration", self.measure.kept, self.measure.put_back)
        self.desk.sessions.found.connect(self.frames.open)
        self.desk.sessions.saved.connect(self.files.remember)
        self.desk.wanted.connect(self.open_video)
        self.desk.fresh_wanted.connect(self._open_fresh)
        self.analyst.running_changed.connect(self.desk.sessions.show_running)
        self.analyst.running_changed.connect(lambda running: self.study.again.stop() if running else None)
        self.project.began.connect(self._show_results)
        self.frames.opened.connect(self._begin)
        self.frames.failed.connect(self._fail)
        self.frames.closed.connect(self._end)
        self.project.changed.connect(lambda _change: self._show_results())
        self.analyst.running_changed.connect(self._show_running)
        self.analyst.finished.connect(self._finish)
        self.exports.written.connect(self.outcomes.tell_written)
        self.live.open_wanted.connect(self.open_video)
        self.live.running_changed.connect(self._show_live)
        self.analyst.said.connect(self.notice.say)
        self.recorded.said.connect(self.notice.tell)
        self.attention.clips.written.connect(self.outcomes.tell_written)
        self.attention.inspector.written.connect(self.outcomes.tell_written)
        again = self.exporting.ask_again
        self.exports.failed.connect(lambda why, details: self.outcomes.tell_unwritten(why, details, again))
        work = self.analyst, self.project, self.recorded, self.live
        for part in (*work, self.analysing, self.exporting, self.attention):
            part.failed.connect(self.notice.warn)
        self.study.failed.connect(self.notice.warn)
        self.study.lab.kept.connect(lambda *_: self.exporting.refresh())
        self.study.said.connect(lambda text: self._status().showMessage(text, SAID_MS))
        self.viewer.transport.said.connect(lambda text: self._status().showMessage(text, SAID_MS))
        self.measure.failed.connect(self.notice.warn)
        self.measure.said.connect(lambda text: self._status().showMessage(text, SAID_MS))
        self.people.failed.connect(self.notice.warn)
        self.people.said.connect(lambda text: self._status().showMessage(text, SAID_MS))
        self.people.follow_wanted.connect(self._follow_person)
        self.study.training.written.connect(self.outcomes.tell_written)
        for canvas in (self.canvas, self.live.screen.canvas):
            canvas.zoomed.connect(self._show_zoom)

    def _begin(self, info: VideoInfo) -> None:
        self._status().clearMessage()
        self.health.show_video(info)
        self.analysing.show_video()
        for need in ("video", "idle video"):
            self.commands.set_there(need, there=True)
        self.outcomes.tell_warnings(info)
        self.desk.sessions.begin(info)
        self.outcomes.tell_left_out(self._dropped[1:])
        self._dropped = ()
        self.files.remember(self.desk.sessions.path or info.path)

    def _close(self, *, discard: bool = False) -> None:
        self.analyst.end()
        self.exports.end()
        self.desk.sessions.end(discard=discard)
        self.project.end()
        self.frames.close()

    def _open_fresh(self, path: Path) -> None:
        self._close(discard=True)
        self.open_video(path)

    def _end(self) -> None:
        self.health.show_video(None)
        self.analysing.show_video()
        self._place.setText("")
        for need in ("video", "idle video", "poses"):
            self.commands.set_there(need, there=False)

    def _show_results(self) -> None:
        document = self.project.document
        if document is not None:
            self.viewer.timeline.show_analysed(document.tracks.analysed)
            self.commands.set_there("poses", there=self.project.has_poses)
            if document.tracks.shown_people:
                self.selection.choose_person(chosen_person(self.selection, document.tracks))

    def _show_running(self, running: bool) -> None:
        self.commands.set_there("analysis", there=running)
        self.commands.set_there("idle video", there=not running and self.frames.info is not None)

    def _show_live(self, is_live: bool) -> None:
        self.player.pause()
        self.viewer.show_live(is_live)
        self.desk.show_live(is_live)
        self._show_zoom()

    def _follow_person(self, request: FollowRequest) -> None:
        self.analysing.follow(request.person, request.frame, request.box)

    def _finish(self, analysed: Analysed) -> None:
        document, followed = self.project.document, self.analyst.only
        if document is not None:
            if followed in document.tracks.shown_people:
                self.selection.choose_person(followed)
            text = self.outcomes.sum_up(analysed, document, followed)
            self.analysing.show_done(text)
            self._status().showMessage(text, SAID_MS)
        self.outcomes.tell_broken(analysed)

    def _show_zoom(self) -> None:
        front = self.viewer.front
        self._place.setText(f"{front.shown_scale:.0%}" if front.picture is not None else "")

    def _fail(self, why: str) -> None:
        self._status().clearMessage()
        self._close()
        self.notice.warn(why)

    def _status(self) -> QStatusBar:
        bar = self.statusBar()  # made on first use
        assert bar is not None
        return bar

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Draw icons in the colours of a new theme."""
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "commands"):
            self.commands.recolour()
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:  # noqa: N802
        """Take files."""
        if event is not None and dropped_files(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        """Open the first file; when it is there, the others are told."""
        paths = dropped_files(event.mimeData()) if event is not None else []
        if paths:
            self._dropped = tuple(paths)
            self.open_video(paths[0])

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Leave no thread behind; stay where it should be asked first whether to save."""
        if event is not None and not self.desk.may_leave(self.close):
            event.ignore()
            return
        self.settings.save_layout(self)
        self._close()
        self.study.end()
        self.measure.end()
        self.desk.end()
        self.analysing.end()
        self.exporting.end()
        self.attention.end()
        self.live.end()
        super().closeEvent(event)
