"""Panels around the picture: each in a dock that can be moved, stacked, closed and brought back."""

from __future__ import annotations

from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QDockWidget, QFrame, QMainWindow, QScrollArea, QTabWidget, QWidget

from poseglass.gui.actions import Actions, Row

MIN_WIDTH = 356
"""Device-independent pixels: the widest form, the lab with its numbers; one that is wider gets its width later."""
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
        window.setAnimated(False)  # the picture and the curves would be laid out anew twenty times
        # Forms want height, curves width; names one below the other can be read however many there are.
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        window.setTabPosition(Area.RightDockWidgetArea, QTabWidget.TabPosition.East)

    def add(self, panel: Panel, widget: QWidget) -> QDockWidget:
        """Put a widget into a dock, and an action that shows and hides it into the menu."""
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(f"panel.{panel.name}")
        dock.setWidget(_Form(widget) if panel.scrolls else widget)
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


class _Form(QScrollArea):
    """Scrolls a form up and down, and is never narrower than it, however it grows."""

    def __init__(self, form: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(form)
        self._widen(form)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Follow the form's layout."""
        if event is not None and event.type() == QEvent.Type.LayoutRequest and isinstance(watched, QWidget):
            self._widen(watched)
        return super().eventFilter(watched, event)

    def _widen(self, form: QWidget) -> None:
        bar = self.verticalScrollBar()
        assert bar is not None
        self.setMinimumWidth(max(MIN_WIDTH, form.minimumSizeHint().width() + bar.sizeHint().width()))
