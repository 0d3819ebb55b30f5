"""Every action of the window, one row each: what makes menus, toolbars, shortcuts, the help page and the palette.

A panel adds rows of its own with `Actions.add`; nothing else need be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QMenu, QMenuBar, QWidget

from poseglass.gui.shared.icons import icon

Need = Literal[
    "nothing", "video", "poses", "idle video", "analysis", "stop", "undo", "redo", "picture", "live", "unsaved"
]
"""What must be there for an action to be enabled; see `Actions.set_there`, and `Actions.allow` for one by itself."""


@dataclass(frozen=True)
class Row:
    """One action. Texts are already translated.

    menu: title of the menu it is in; its rows stand by `group`, with a line between, then as they were added.
    keys: shortcuts in Qt's portable spelling; the first is shown.
    """

    name: str  # "play.toggle": for code and settings, never shown
    text: str  # "&Play"
    menu: str  # "&Play"
    keys: tuple[str, ...] = ()
    tip: str = ""  # one sentence; the text without its ampersand if empty
    icon: str = ""  # name in icons.PATHS
    checkable: bool = False
    group: int = 0
    needs: Need = "nothing"


class Actions(QObject):
    """The rows and their QActions.

    Signals:
        changed(): a row was added.
    """

    changed = pyqtSignal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._rows: dict[str, tuple[Row, QAction]] = {}
        self._there: dict[str, bool] = {"nothing": True}
        self._refused: set[str] = set()
        self._reserved_for: frozenset[Need] | None = None

    def add(self, row: Row, do: Callable[..., object]) -> QAction:
        """Make an action that calls `do()`, or `do(checked)` if it is checkable."""
        assert row.name not in self._rows, row.name
        action = QAction(row.text, self._window)
        action.setObjectName(row.name)
        action.setShortcuts([QKeySequence(key) for key in row.keys])
        action.setCheckable(row.checkable)
        action.setToolTip(_tip(row))
        action.setStatusTip(row.tip)
        action.setIcon(icon(row.icon, self._window.palette()))
        action.setEnabled(self._is_enabled(row))
        if row.checkable:
            action.triggered.connect(do)
        else:
            action.triggered.connect(lambda _checked: do())
        self._window.addAction(action)
        self._rows[row.name] = (row, action)
        self.changed.emit()
        return action

    def __getitem__(self, name: str) -> QAction:
        return self._rows[name][1]

    def __iter__(self) -> Iterator[tuple[Row, QAction]]:
        return iter(tuple(self._rows.values()))

    def set_there(self, need: Need, there: bool) -> None:
        """Say whether something that actions need is there."""
        self._there[need] = there
        for row, action in self:
            if row.needs == need:
                action.setEnabled(self._is_enabled(row))

    def allow(self, name: str, allowed: bool) -> None:
        """Say whether an action would do anything now; it is enabled if what it needs is there, too."""
        (self._refused.discard if allowed else self._refused.add)(name)
        row, action = self._rows[name]
        action.setEnabled(self._is_enabled(row))

    def reserve(self, needs: frozenset[Need] | None) -> None:
        """Enable only actions with these needs, whatever else is there, such as a video behind the live picture.

        None: all again.
        """
        self._reserved_for = needs
        for row, action in self:
            action.setEnabled(self._is_enabled(row))

    def is_there(self, need: Need) -> bool:
        """Tell what `set_there` said last."""
        return self._there.get(need, False)

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Make the menus anew; return them by title, for who puts more into one."""
        bar.clear()
        menus: dict[str, QMenu] = {}
        groups: dict[str, int] = {}
        for row, _ in self:
            if row.menu not in menus:
                menus[row.menu] = _new_menu(bar, row.menu)
        for row, action in sorted(self, key=lambda entry: entry[0].group):
            menu = menus[row.menu]
            if groups.setdefault(row.menu, row.group) != row.group:
                menu.addSeparator()
                groups[row.menu] = row.group
            menu.addAction(action)
        return menus

    def _is_enabled(self, row: Row) -> bool:
        is_allowed = row.name not in self._refused and (self._reserved_for is None or row.needs in self._reserved_for)
        return is_allowed and self._there.get(row.needs, False)

    def recolour(self) -> None:
        """Draw the icons in the colours of the window's palette, which has changed."""
        for row, action in self:
            action.setIcon(icon(row.icon, self._window.palette()))


def plain(text: str) -> str:
    """Return a text without the ampersands that mark its key."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def keys_text(action: QAction) -> str:
    """Return the shortcuts of an action as this system writes them."""
    return ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts())


def _tip(row: Row) -> str:
    keys = QKeySequence(row.keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if row.keys else ""
    return (row.tip or plain(row.text).rstrip(". ")) + (f"  ({keys})" if keys else "")


def _new_menu(bar: QMenuBar, title: str) -> QMenu:
    menu = bar.addMenu(title)
    assert menu is not None
    menu.setToolTipsVisible(True)
    return menu
