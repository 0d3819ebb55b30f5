"""All about sessions that the window needs: its actions, and what holds, asks and says, put together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtWidgets import QMainWindow, QMenu

from poseglass.core.session.left_behind import describe_left_behind
from poseglass.core.video.scrub import Shown
from poseglass.gui.options.finding_box import FindingBox
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.session.session_dialogs import SessionDialogs
from poseglass.gui.session.session_notices import SessionNotices
from poseglass.gui.session.session_parts import keep_analysis, keep_marks, keep_selection, keep_view
from poseglass.gui.session.sessions import Sessions
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.files import full_text
from poseglass.names import shown

SAID_MS = 6000
"""How long the status bar says that a file was saved."""


class SessionDesk(QObject):
    """Holds `sessions`, their questions and notices; the window's title follows them.

    Signals:
        wanted(object, object): open this Path, with the video at that one; the latter None where the file says.
        fresh_wanted(object): open this Path, which is open, anew, without what is unsaved.
    """

    wanted = pyqtSignal(object, object)
    fresh_wanted = pyqtSignal(object)

    def __init__(self, parts: Parts, window: QMainWindow) -> None:
        super().__init__(window)
        self._window, self._parts = window, parts
        self._actions, self._project, self._player = parts.actions, parts.project, parts.player
        self.sessions = Sessions(parts.project, parts.player, parts.settings)
        self._dialogs = SessionDialogs(self.sessions, window)
        self._notices = SessionNotices(self.sessions, self._dialogs, parts.notice)
        self._dialogs.wanted.connect(self.wanted)
        self._dialogs.fresh_wanted.connect(self.fresh_wanted)
        self._notices.wanted.connect(lambda path: self.wanted.emit(path, None))
        for trouble in (self.sessions.failed, self.sessions.missing):
            trouble.connect(lambda *_: self._show_status(""))
        self.sessions.state_changed.connect(self._show_title)
        self.sessions.saved.connect(self._tell_saved)
        self.sessions.began.connect(self._expect_smoothing)
        self._waits_for_smoothing = False
        self._show_title()

    def may_leave(self, then: Callable[[], object]) -> bool:
        """Tell whether the session can be left now; else ask, and call `then` when it can."""
        return self._dialogs.may_leave(then)

    def offer_left_behind(self) -> None:
        """Offer to go on with what was never saved; for the start."""
        self._notices.offer_left_behind()

    def show_live(self, is_live: bool) -> None:
        """Say nothing of sessions while a live picture is to be seen."""
        self._notices.show_live(is_live)

    def keep(self, estimator: PluginBox, people: FindingBox) -> None:
        """Keep view, choice, marks and settings with the session; call it when the canvas follows the frames.

        Called earlier, no view could be put back. Other panels call `sessions.keep`.
        """
        keep_analysis(self.sessions, estimator, people, self._project)
        keep_selection(self.sessions, self._parts.selection, self._project)
        keep_marks(self.sessions, self._player)
        keep_view(self.sessions, self._parts.canvas, self._parts.frames)
        self._parts.frames.shown.connect(self._smooth_once)

    def add_actions(self) -> None:
        """Add saving to the File menu."""
        add_session_actions(self._actions, self._dialogs)

    def unsaved_menu(self) -> QMenu:
        """Return the menu of work that was never saved."""
        menu = QMenu(self.tr("&Unsaved work"), self._window)
        menu.aboutToShow.connect(lambda: fill_unsaved(menu, self._notices.go_on_with))
        return menu

    def end(self) -> None:
        """Wait for what still runs; the session has been ended before."""
        self._notices.end()

    def _expect_smoothing(self) -> None:
        self._waits_for_smoothing = True

    def _smooth_once(self, shown: Shown) -> None:
        """Smooth what was in the session, after the frame that is waited for: both at once would be slower."""
        if self._waits_for_smoothing and shown.index == self._player.index:
            self._waits_for_smoothing = False
            self._project.smooth()

    def _show_title(self) -> None:
        path = self.sessions.path or self.sessions.video
        self._window.setWindowTitle(f"{shown(path.name)}[*] - Poseglass" if path else "Poseglass")
        self._window.setWindowModified(self.sessions.has_unsaved)
        self._actions.set_there("unsaved", there=self.sessions.has_unsaved)

    def _tell_saved(self, path: Path) -> None:
        self._show_status(self.tr("Saved {0}").format(full_text(path)))

    def _show_status(self, text: str) -> None:
        bar = self._window.statusBar()
        if bar is not None:
            bar.showMessage(text, SAID_MS)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Sessions", text)


def add_session_actions(actions: Actions, dialogs: SessionDialogs) -> None:
    """Add saving to the File menu."""
    menu = _tr("&File")
    tip = _tr("Write results, corrections and settings to one file, to go on with another time or elsewhere")
    row = Row("file.save", _tr("&Save session"), menu, ("Ctrl+S",), tip, "save", group=1, needs="video")
    actions.add(row, dialogs.save)
    row = Row("file.save_as", _tr("Save session &as…"), menu, ("Ctrl+Shift+S",), group=1, needs="video")
    actions.add(row, dialogs.save_as)
    tip = _tr("Go back to what was saved last, or to the video alone")
    row = Row("file.discard", _tr("&Discard what is unsaved…"), menu, (), tip, group=1, needs="unsaved")
    actions.add(row, dialogs.ask_to_discard)


def fill_unsaved(menu: QMenu, go_on_with: Callable[[Path], object]) -> None:
    """Fill a menu with the videos of which there is work that was never saved."""
    menu.clear()
    for found in describe_left_behind():
        video = found.footage.path
        text = _tr("{0}, {1:%Y-%m-%d %H:%M}, {2:.1f} MB").format(video.name, found.written, found.bytes / 1e6)
        action = menu.addAction(text.replace("&", "&&"))
        if action is not None:
            action.setToolTip(str(video))
            action.triggered.connect(lambda _checked, video=video: go_on_with(video))
    if menu.isEmpty():
        nothing = menu.addAction(_tr("None"))
        if nothing is not None:
            nothing.setEnabled(False)
