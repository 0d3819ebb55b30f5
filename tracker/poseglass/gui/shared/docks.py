"""Panels around the picture: each in a dock that can be moved, stacked, closed and brought back."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.scrolling import Scrolled, ScrolledForm

MIN_WIDTH = 340
"""Device-independent pixels, so that forms are not squeezed; one that is wider gets its width later."""
LEAST_HEIGHT = 100
"""Of a panel that fills its place: it scrolls then."""
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
    is_form: bool = True  # as high as its fields; else it fills its place by itself


class Docks:
    """Adds panels to a window. Panels of one area are stacked as tabs, in the order they come."""

    def __init__(self, window: QMainWindow, actions: Actions, menu: str) -> None:
        """menu: the title of the menu that lists the panels."""
        self._window, self._actions, self._menu = window, actions, menu
        self._docks: dict[str, QDockWidget] = {}
        self._seen: set[str] = set()  # those that are open and not behind another
        window.setDockNestingEnabled(True)
        window.setAnimated(False)  # the picture and the curves would be laid out anew twenty times
        # Forms want height, curves width; names one below the other can be read however many there are.
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        window.setTabPosition(Area.RightDockWidgetArea, QTabWidget.TabPosition.East)

    def add(self, panel: Panel, widget: QWidget) -> QDockWidget:
        """Put a widget into a dock, and its action, `turn`, into the menu; a tick there means open."""
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"panel.{panel.name}")
        dock.setWidget(ScrolledForm(widget, MIN_WIDTH) if panel.is_form else Scrolled(widget, LEAST_HEIGHT))
        neighbours = [other for other in self._docks.values() if self._window.dockWidgetArea(other) == panel.area]
        self._window.addDockWidget(panel.area, dock)
        if neighbours:
            self._window.tabifyDockWidget(neighbours[-1], dock)
        dock.setVisible(panel.is_open)
        row = Row(f"panel.{panel.name}", panel.title, self._menu, panel.keys, panel.tip, panel.icon, True, group=5)
        self._docks[panel.name] = dock
        self._actions.add(row, lambda _on: self.turn(panel.name)).setChecked(panel.is_open)
        dock.visibilityChanged.connect(lambda visible: self._note(panel.name, visible))
        return dock

    def __getitem__(self, name: str) -> QDockWidget:
        return self._docks[name]

    def show(self, name: str) -> None:
        """Show a panel, in front of those it is stacked with."""
        self._docks[name].show()
        self._docks[name].raise_()

    def turn(self, name: str) -> None:
        """Close a panel that is seen; open one that is closed, and bring to the front one that lies behind another."""
        if name in self._seen:
            self._docks[name].hide()
        else:
            self.show(name)
        self._tick(name)  # Qt has turned it, as if a panel behind another were closed by its action

    def _note(self, name: str, visible: bool) -> None:
        if visible:
            self._seen.add(name)
        else:
            self._seen.discard(name)
        self._tick(name)

    def _tick(self, name: str) -> None:
        self._actions[f"panel.{name}"].setChecked(not self._docks[name].isHidden())
