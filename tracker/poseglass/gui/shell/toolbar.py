"""The toolbar: what is done most often, as buttons."""

from __future__ import annotations

from PyQt6.QtCore import QSize, Qt
from PyQt6.QtWidgets import QToolBar, QToolButton

from poseglass.gui.shared.actions import Actions

GROUPS = (
    ("file.open", "analyse.run", "analyse.stop", "export.table"),
    ("edit.undo", "edit.redo", "edit.correct"),
    ("view.skeleton", "view.trails", "view.boxes", "view.uncertainty"),
    ("panel.curves", "panel.attention", "live.open"),
    ("help.palette",),
)
"""Actions with a button."""
ICONS = ("edit.undo", "edit.redo", "help.palette")
"""Those whose icon everybody knows: with its words the toolbar would be wider than a small screen."""


class Toolbar(QToolBar):
    """The actions of `GROUPS`, each with icon and words."""

    def __init__(self, commands: Actions) -> None:
        super().__init__()
        self.setWindowTitle(self.tr("Toolbar"))
        self.setObjectName("toolbar")  # what a layout is restored by
        self.setMovable(False)
        self.setIconSize(QSize(20, 20))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        short = {  # with its whole name in words the last one would be past the edge of a small screen
            "export.table": self.tr("Export"),
            "edit.correct": self.tr("Correct"),
            "view.boxes": self.tr("Boxes"),
            "live.open": self.tr("Camera"),
        }
        for name, text in short.items():
            commands[name].setIconText(text)
        for group in GROUPS:
            for name in group:
                self._add(commands, name)
            if group is not GROUPS[-1]:
                self.addSeparator()

    def _add(self, commands: Actions, name: str) -> None:
        self.addAction(commands[name])
        button = self.widgetForAction(commands[name])
        if name in ICONS and isinstance(button, QToolButton):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
