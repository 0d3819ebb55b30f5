"""The people of a document as rows: colour, name, whether they are drawn, and in how many frames they are."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from PyQt6.QtCore import QAbstractTableModel, QModelIndex, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QIcon, QPixmap

from poseglass.core.overlay import Colour
from poseglass.core.people_marks import person_colour
from poseglass.core.store.document import Document
from poseglass.core.video.timecode import clock_text
from poseglass.gui.shared.selection import Selection
from poseglass.types import runs

Role = Qt.ItemDataRole
NAME, FRAMES = 0, 1
"""The columns."""
SWATCH = 14
"""Side of a colour's square, in pixels."""


class PeopleTable(QAbstractTableModel):
    """Rows come and go one by one, so that whoever scrolls, edits or has chosen one keeps their place.

    Signals:
        renamed(str, str): the user wants a person to be called otherwise.
    """

    renamed = pyqtSignal(str, str)

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self._selection = selection
        self._document: Document | None = None
        self.people: list[str] = []
        self._counts: dict[str, int] = {}
        self._stretches: dict[str, list[range]] = {}  # a cache, filled for the rows that are seen

    def show_document(self, document: Document | None, changed: Collection[str] | None = None) -> None:
        """List everybody in a document as it is now. changed: whose rows may be others; None: everybody's."""
        if document is not self._document:
            self._document, changed = document, None
        counts = document.tracks.shown_people if document is not None else {}
        for name in list(self._stretches) if changed is None else changed:
            self._stretches.pop(name, None)
        self._counts = dict(counts)
        self._have_rows(list(counts))
        for row, name in enumerate(self.people):
            if changed is None or name in changed:
                self.dataChanged.emit(self.index(row, NAME), self.index(row, FRAMES))

    def show_hidden(self) -> None:
        """Tick who is drawn."""
        if self.people:
            self.dataChanged.emit(
                self.index(0, NAME), self.index(len(self.people) - 1, NAME), [Role.CheckStateRole.value]
            )

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return how many people there are."""
        return 0 if parent is not None and parent.isValid() else len(self.people)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return 2."""
        return 0 if parent is not None and parent.isValid() else 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> object:  # noqa: N802
        """Name the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return (self.tr("Person"), self.tr("In"))[section]
        return None

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Let names be edited and ticked."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def data(self, index: QModelIndex, role: int = Role.DisplayRole) -> object:
        """Return what a cell shows."""
        document = self._document
        if document is None or not index.isValid():
            return None
        person = self.people[index.row()]
        if index.column() == FRAMES:
            return {Role.DisplayRole: self._frames_text, Role.ToolTipRole: self._times_text}.get(
                Role(role), lambda _: None
            )(person)
        if role in (Role.DisplayRole, Role.EditRole):
            return document.tracks.label(person)
        if role == Role.DecorationRole:
            return _swatch(person_colour(person))
        if role == Role.CheckStateRole:
            return Qt.CheckState.Unchecked if person in self._selection.hidden else Qt.CheckState.Checked
        if role == Role.ToolTipRole:
            return self.tr("Ticked people are drawn. A double click changes the name.")
        return None

    def setData(self, index: QModelIndex, value: object, role: int = Role.EditRole) -> bool:  # noqa: N802
        """Take a new name, or a tick."""
        person = self.people[index.row()]
        if role == Role.CheckStateRole:
            self._selection.hide_people(self._selection.hidden ^ {person})
            return True
        if role == Role.EditRole and isinstance(value, str):
            self.renamed.emit(person, value)
            return True
        return False

    def _have_rows(self, people: list[str]) -> None:
        for row in reversed(range(len(self.people))):
            if self.people[row] not in people:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self.people[row]
                self.endRemoveRows()
        for row, name in enumerate(people):
            if row >= len(self.people) or self.people[row] != name:
                self.beginInsertRows(QModelIndex(), row, row)
                self.people.insert(row, name)
                self.endInsertRows()

    def _present(self, person: str) -> list[range]:
        if person not in self._stretches:
            assert self._document is not None
            tracks = self._document.tracks
            self._stretches[person] = runs(np.asarray(tracks.is_there(person, tracks.frames)))
        return self._stretches[person]

    def _frames_text(self, person: str) -> str:
        count, gaps = self._counts.get(person, 0), len(self._present(person)) - 1
        text = self.tr("1 frame") if count == 1 else self.tr("{0} frames").format(count)
        if gaps < 1:
            return text
        return self.tr("{0}, 1 gap").format(text) if gaps == 1 else self.tr("{0}, {1} gaps").format(text, gaps)

    def _times_text(self, person: str) -> str:
        present = self._present(person)
        if not present or self._document is None:
            return ""
        time_s = self._document.footage.time_s
        first, last = float(time_s[present[0].start]), float(time_s[present[-1].stop - 1])
        return self.tr("{0} to {1}").format(clock_text(first), clock_text(last))


def _swatch(colour: Colour) -> QIcon:
    """Return a square of a colour that is the same in the chosen row: Qt would tint it."""
    square, icon = QPixmap(SWATCH, SWATCH), QIcon()
    square.fill(QColor(*colour))
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(square, mode)
    return icon
