"""People in the window: their list, what is done with them, and what happened to them, put together."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtWidgets import QWidget

from poseglass.gui.parts import Parts
from poseglass.gui.people.happenings import Happenings
from poseglass.gui.people.people_panel import PeoplePanel
from poseglass.gui.people.person_tool import PersonTool
from poseglass.gui.shared.docks import Panel


class People(QObject):
    """Makes the parts, with their actions; the window adds the panel, and does what is wanted.

    Signals:
        follow_wanted(object): a FollowRequest.
        said(str): for the status bar.
        failed(str, str): for the notice.
    """

    follow_wanted = pyqtSignal(object)
    said = pyqtSignal(str)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, window: QWidget) -> None:
        super().__init__(window)
        self._docks = parts.docks
        self.tool = PersonTool(parts, window)
        self.tool.add_actions()
        self.happenings = Happenings(parts)
        self.panel = PeoplePanel(parts, self.tool)
        self.tool.follow_wanted.connect(self.follow_wanted)
        self.tool.failed.connect(self.failed)
        for said in (self.tool.said, self.happenings.said):
            said.connect(self.said)

    def add_dock(self) -> None:
        """Put the panel into a dock."""
        tip = QCoreApplication.translate("People", "Everybody in the video: choose, name, merge, split, follow")
        title = QCoreApplication.translate("People", "People")
        self._docks.add(Panel("people", title, keys=("Ctrl+U",), icon="people", tip=tip, is_form=False), self.panel)
