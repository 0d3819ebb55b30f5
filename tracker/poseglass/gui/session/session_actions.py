"""Actions of sessions, and the menu of work that was never saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QMenu

from poseglass.core.session.left_behind import describe_left_behind
from poseglass.gui.session.session_dialogs import SessionDialogs
from poseglass.gui.shared.actions import Actions, Row


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
