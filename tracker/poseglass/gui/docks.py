"""Panels around the picture: each in a dock that can be moved, stacked, closed and brought back."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QWidget

from poseglass.gui.actions import Actions, Row

MIN_WIDTH = 320
"""Device-independent pixels: a form with its labels, and a few columns of the table."""
Area = Qt.DockWidgetArea


@dataclass(frozen=True)
class Panel:
    """A panel's place. Texts are already translated."""

    name: str  # for settings, never shown; the action that shows it is `panel.<name>`
    title: str
    area: Area = Area.RightDockWidgetArea
    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    is_open: bool = True  # at the first start
    scrolls: bool = True  # a form does; what fills its place by itself does not


class Docks:
    """Adds panels to a window. Panels of one area are stacked as tabs, in the order they come."""

    def __init__(self, window: QMainWindow, actions: Actions, menu: str) -> None:
        """menu: the title of the menu that lists the panels."""
        self._window, self._actions, self._menu = window, actions, menu
        self._docks: dict[str, QDockWidget] = {}
        window.setDockNestingEnabled(True)

    def add(self, panel: Panel, widget: QWidget) -> QDockWidget:
        """Put a widget into a dock, and an action that shows and hides it into the menu."""
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"panel.{panel.name}")
        dock.setWidget(_scrolling(widget) if panel.scrolls else widget)
        neighbours = [other for other in self._docks.values() if self._window.dockWidgetArea(other) == panel.area]
        self._window.addDockWidget(panel.area, dock)
        if neighbours:
            self._window.tabifyDockWidget(neighbours[-1], dock)
        dock.setVisible(panel.is_open)
        row = Row(f"panel.{panel.name}", panel.title, self._menu, panel.keys, panel.tip, panel.icon, True, group=5)
        action = self._actions.add(row, lambda on: self.show(panel.name) if on else dock.hide())
        dock.visibilityChanged.connect(lambda _visible: action.setChecked(not dock.isHidden()))
        action.setChecked(panel.is_open)
        self._docks[panel.name] = dock
        return dock

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def show(self, name: str) -> None:
        """Show a panel, in front of those it is stacked with."""
        self._docks[name].show()
        self._docks[name].raise_()


def _scrolling(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(widget)
    area.setMinimumWidth(max(MIN_WIDTH, widget.minimumSizeHint().width()))
    return area
