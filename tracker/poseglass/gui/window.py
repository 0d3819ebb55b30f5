"""The main window: it only puts the parts together."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QStatusBar

from poseglass.core.video import VideoInfo
from poseglass.gui import theme
from poseglass.gui.actions import Actions, Row
from poseglass.gui.canvas import Canvas
from poseglass.gui.command_palette import CommandPalette
from poseglass.gui.display import Displays
from poseglass.gui.docks import Docks, Panel
from poseglass.gui.files import Files, dropped_file
from poseglass.gui.frames import Frames
from poseglass.gui.health_panel import HealthPanel
from poseglass.gui.help_page import HelpPage
from poseglass.gui.notice import Notice
from poseglass.gui.play_actions import add_play_actions
from poseglass.gui.player import Player
from poseglass.gui.report import report
from poseglass.gui.selection import Selection
from poseglass.gui.settings import Settings
from poseglass.gui.view_actions import add_display_actions, add_theme_actions, add_zoom_actions
from poseglass.gui.viewer import Viewer


class MainWindow(QMainWindow):
    """Opens a video, shows it, and holds the panels that work on it.

    Parts that panels are built on: `commands` (actions), `selection`, `frames`, `player`, `canvas`, `project`, `displays`,
    `notice`, `docks`, `settings`.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        """Remember things in `settings`; in the user's own if None."""
        super().__init__()
        self.setAcceptDrops(True)
        self.settings = settings or Settings()
        self.theme = _known_theme(self.settings.text("theme"))
        self.commands = Actions(self)
        self.selection = Selection()
        self.frames = Frames()
        self.player = Player(self.frames)
        self.displays = Displays(self.settings)
        self.canvas = Canvas(self.selection)
        self.notice = Notice(report)
        self.files = Files(self.settings, self)
        self._fill_actions()
        self.docks = Docks(self, self.commands, self.tr("&View"))
        self.viewer = Viewer(self.frames, self.player, self.selection, self.canvas, self.commands, self.notice)
        self.setCentralWidget(self.viewer)
        self._fill_panels()
        self._connect()
        self._fill_menus()
        self.resize(1280, 800)
        self.settings.restore_layout(self)

    def open_video(self, path: Path) -> None:
        """Close what is open, and open this file."""
        self.close_video()
        self.notice.hide()
        self._status().showMessage(self.tr("Opening {0} …").format(path.name))
        self.frames.open(path)

    def close_video(self) -> None:
        """Close the video, and show the welcome page."""
        self.frames.close()

    def change_theme(self, name: theme.Theme) -> None:
        """Change to dark, light, or what the desktop has, and remember it."""
        self.theme = name
        self.settings.set_text("theme", name)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, name)

    def tell_unexpected(self, what: str, where: str) -> None:
        """Say that something happened that nobody thought of."""
        self.notice.warn(self.tr("Something unexpected happened; work can go on. {0}").format(what), where)

    def _fill_actions(self) -> None:
        self.files.add_actions(self.commands)
        menu = self.tr("&File")
        row = Row("file.close", self.tr("&Close video"), menu, ("Ctrl+W",), group=2, needs="video")
        self.commands.add(row, self.close_video)
        self.commands.add(Row("file.quit", self.tr("&Quit"), menu, ("Ctrl+Q",), group=2), self.close)
        add_play_actions(self.commands, self.player)
        row = Row("play.jump", self.tr("&Jump to…"), self.tr("&Play"), ("Ctrl+G",), icon="jump", group=1, needs="video")
        self.commands.add(row, lambda: self.viewer.transport.ask_place())
        add_zoom_actions(self.commands, self.canvas)
        add_display_actions(self.commands, self.displays)
        self._palette = CommandPalette(self, self.commands)
        tip = self.tr("Find any action by a few letters of its name")
        row = Row("help.palette", self.tr("&Find action…"), self.tr("&Help"), ("Ctrl+Shift+P",), tip, "search")
        self.commands.add(row, self._palette.ask)

    def _fill_panels(self) -> None:
        self.health = HealthPanel()
        title = self.tr("Video")
        tip = self.tr("What is known of the video, and what is wrong with it")
        self.docks.add(Panel("health", title, keys=("Ctrl+I",), icon="info", tip=tip), self.health)
        self.help = HelpPage(self.commands)
        panel = Panel("help", self.tr("Help"), keys=("F1",), icon="help", is_open=False, scrolls=False)
        self.docks.add(panel, self.help)
        add_theme_actions(self.commands, self.theme, self.change_theme)

    def _fill_menus(self) -> None:
        bar = self.menuBar()
        assert bar is not None
        menus = self.commands.fill(bar)
        recent = QMenu(self.tr("Open &recent"), self)
        menus[self.tr("&File")].insertMenu(self.commands["file.sample"], recent)
        recent.aboutToShow.connect(lambda: self.files.fill_recent(recent))
        self._place = QLabel()
        self._status().addPermanentWidget(self._place)

    def _connect(self) -> None:
        self.files.chosen.connect(self.open_video)
        self.files.recent_changed.connect(lambda: self.viewer.welcome.show_recent(self.files.recent()))
        self.viewer.welcome.chosen.connect(self.open_video)
        self.viewer.welcome.show_recent(self.files.recent())
        self.frames.opened.connect(self._begin)
        self.frames.failed.connect(self._fail)
        self.frames.closed.connect(self._end)
        self.canvas.zoomed.connect(lambda scale: self._place.setText(f"{scale:.0%}"))

    def _begin(self, info: VideoInfo) -> None:
        self._status().clearMessage()
        self.setWindowTitle(f"{info.path.name} - Poseglass")
        self.files.remember(info.path)
        self.health.show_video(info)
        self.commands.set_there("video", there=True)
        if info.warnings:
            self.notice.warn(self.tr("{0}: {1}").format(info.path.name, info.warnings[0]))
            self.notice.add_button(self.tr("Details"), lambda: self.docks.show("health"))

    def _end(self) -> None:
        self.setWindowTitle("Poseglass")
        self.health.show_video(None)
        self.commands.set_there("video", there=False)

    def _fail(self, why: str) -> None:
        self._status().clearMessage()
        self.close_video()
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
        if event is not None and dropped_file(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:  # noqa: N802
        """Open the first file."""
        path = dropped_file(event.mimeData()) if event is not None else None
        if path is not None:
            self.open_video(path)

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802
        """Leave no thread behind."""
        self.settings.save_layout(self)
        self.close_video()
        super().closeEvent(event)


def _known_theme(name: str) -> theme.Theme:
    return next((known for known in theme.THEMES if known == name), "system")
