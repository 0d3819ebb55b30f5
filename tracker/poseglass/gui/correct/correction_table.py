"""All corrections as a table's model: thousands of rows cost nothing until they are seen."""

from __future__ import annotations

from PyQt6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, Qt

from poseglass.core.store.correction_list import Correction, Said, corrections
from poseglass.core.store.document import Document
from poseglass.core.video.timecode import clock_text


class CorrectionTable(QAbstractTableModel):
    """Frame, time, and what was said, in the order of frames."""

    def __init__(self) -> None:
        super().__init__()
        self.corrections: list[Correction] = []
        self._document: Document | None = None

    def show_document(self, document: Document | None) -> None:
        """List the corrections of a document as they are now."""
        self.beginResetModel()
        self._document = document
        self.corrections = corrections(document) if document is not None else []
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return how many there are."""
        return 0 if parent is not None and parent.isValid() else len(self.corrections)

    def columnCount(self, parent: QModelIndex | None = None) -> int:  # noqa: N802
        """Return 3."""
        return 0 if parent is not None and parent.isValid() else 3

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # noqa: N802
        """Name the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Frame"), self.tr("Time"), self.tr("Correction"))[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return a cell's text."""
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole) or self._document is None:
            return None
        correction = self.corrections[index.row()]
        frames = correction.frames
        if index.column() == 0:
            return str(frames.start) if len(frames) == 1 else f"{frames.start}–{frames.stop - 1}"
        if index.column() == 1:
            return clock_text(float(self._document.footage.time_s[frames.start]))
        return correction_text(correction, self._document)


def correction_text(correction: Correction, document: Document) -> str:
    """Return a correction in words; the person is named where there are several."""
    what = QCoreApplication.translate("CorrectionTable", _TEXTS[correction.said])
    if correction.keypoint is not None:
        what = f"{document.skeleton.spoken(correction.keypoint)}: {what}"
    if len(document.people) > 1:
        what = QCoreApplication.translate("CorrectionTable", "person {0}: {1}").format(correction.person, what)
    return what


_TEXTS = {
    Said.PLACED: "placed",
    Said.OCCLUDED: "hidden",
    Said.PLACED_OCCLUDED: "placed, hidden",
    Said.MISSING: "missing",
    Said.SIDES: "left and right swapped",
    Said.OTHERS: "measured as another person",
    Said.REMOVED: "person removed",
}
