"""The people panel: everybody in the video in a list, and what can be done with the one who is chosen."""

from __future__ import annotations

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt, QTimer
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QStackedLayout,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseglass.core.store.document import Change
from poseglass.gui.parts import Parts
from poseglass.gui.people.people_table import NAME, PeopleTable
from poseglass.gui.people.person_tool import PersonTool
from poseglass.gui.shared.actions import Actions, plain
from poseglass.gui.shared.labels import quiet

REST_MS = 250
"""While results come in the list follows so often: as often as one can read it."""
ROW_HEIGHT = 26
"""Device-independent pixels."""
IN_A_ROW = 3
"""Buttons: as wide as other panels."""
BUTTONS = ("people.follow", "people.merge", "people.split", "people.delete", "people.only")
MENU = ("people.follow", "people.merge", "people.split", "people.delete", "people.only", "people.all")


class PeoplePanel(QWidget):
    """Kept up to date only while it is seen."""

    def __init__(self, parts: Parts, tool: PersonTool) -> None:
        super().__init__()
        self._project, self._selection, self._tool = parts.project, parts.selection, tool
        self.model = PeopleTable(parts.selection)
        self.table = QTableView()
        self._changed: set[str] | None = set()  # whose rows are to be made anew; None: everybody's
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self.refresh)
        self._dress_table(parts.actions)
        self._lay_out(parts.actions)
        self._connect()

    def refresh(self) -> None:
        """List everybody as they are now."""
        self._timer.stop()
        if not self.isVisible():
            return
        with QSignalBlocker(self.table.selectionModel()):  # a row that goes is no choice of the next one
            self.model.show_document(self._project.document, self._changed)
        self._changed = set()
        self._pages.setCurrentIndex(int(bool(self.model.people)))
        self._show_chosen()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """List what changed meanwhile."""
        super().showEvent(event)
        self.refresh()

    def _dress_table(self, actions: Actions) -> None:
        table = self.table
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        triggers = QAbstractItemView.EditTrigger
        table.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        table.setShowGrid(False)
        table.setAccessibleName(self.tr("People"))
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        table.addActions([actions[name] for name in MENU])
        sideways, down = table.horizontalHeader(), table.verticalHeader()
        assert sideways is not None
        assert down is not None
        sideways.setStretchLastSection(True)
        sideways.resizeSection(NAME, 150)
        sideways.setHighlightSections(False)
        down.hide()
        down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        down.setDefaultSectionSize(ROW_HEIGHT)

    def _lay_out(self, actions: Actions) -> None:
        box = QToolButton()
        box.setDefaultAction(actions["people.box"])
        box.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        buttons = QGridLayout()
        buttons.setSpacing(2)
        short = {"people.follow": self.tr("Follow"), "people.only": self.tr("Show only")}
        for number, name in enumerate(BUTTONS):
            actions[name].setIconText(short.get(name, plain(actions[name].text())))
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            buttons.addWidget(button, number // IN_A_ROW, number % IN_A_ROW)
        buttons.setColumnStretch(IN_A_ROW, 1)
        hint = quiet(
            self.tr("Nobody is here yet. Analyse finds everybody in the picture; who is missed can be given a box.")
        )
        hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        full = QWidget()
        rows = QVBoxLayout(full)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.table, 1)
        rows.addLayout(buttons)
        self._pages = QStackedLayout()
        self._pages.addWidget(hint)
        self._pages.addWidget(full)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(self._pages, 1)
        column.addWidget(box)

    def _connect(self) -> None:
        project, selection = self._project, self._selection
        for signal in (project.began, project.ended):
            signal.connect(self._start_anew)
        project.changed.connect(self._follow)
        selection.person_changed.connect(self._show_chosen)
        selection.hidden_changed.connect(self.model.show_hidden)
        self.model.renamed.connect(self._tool.rename)
        chosen = self.table.selectionModel()
        assert chosen is not None
        chosen.currentRowChanged.connect(self._choose)

    def _start_anew(self) -> None:
        self._changed = None
        self.refresh()

    def _follow(self, change: Change) -> None:
        if self._changed is not None:
            self._changed.update(change.people)
        if change.by_user:
            self.refresh()
        elif not self._timer.isActive():
            self._timer.start()

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid():
            self._selection.choose_person(self.model.people[current.row()])

    def _show_chosen(self) -> None:
        chosen = self.table.selectionModel()
        assert chosen is not None
        person = self._tool.person
        if person not in self.model.people:
            return
        index = self.model.index(self.model.people.index(person), NAME)
        if index.row() != self.table.currentIndex().row() or not chosen.isRowSelected(index.row()):
            flags = QItemSelectionModel.SelectionFlag
            with QSignalBlocker(chosen):
                chosen.setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.table.scrollTo(index)
            self.table.viewport().update()  # type: ignore[union-attr]  # views have one
