"""The corrections panel: the tool, this frame's keypoints, what was corrected, and where to look next."""

from __future__ import annotations

from PyQt6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QSize, Qt, QTimer
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QTableView,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseglass.core.store.correction_list import Correction, Said, corrections
from poseglass.core.store.document import Document
from poseglass.core.video.timecode import clock_text
from poseglass.gui.correct.correct_tool import CorrectTool
from poseglass.gui.correct.guide import Guide
from poseglass.gui.correct.keypoint_list import KeypointList
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Actions
from poseglass.gui.shared.labels import quiet

SETTLE_MS = 300
"""Lists are made anew so long after the last change: while a keypoint is dragged nobody reads them."""
ROW_HEIGHT = 24
"""Device-independent pixels, of both lists."""


class CorrectionsPanel(QWidget):
    """Lists are kept only while they are seen."""

    def __init__(self, parts: Parts, tool: CorrectTool, guide: Guide) -> None:
        super().__init__()
        self._tool, self._guide = tool, guide
        self._project, self._player, self._selection = parts.project, parts.player, parts.selection
        self.keypoints = KeypointList(parts, tool)
        self.model = CorrectionTable()
        self.table, self.doubtful = QTableView(), QListWidget()
        self._tabs = QTabWidget()
        self._state = quiet()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SETTLE_MS)
        self._timer.timeout.connect(self.refresh)
        self._lay_out(parts.actions)
        self._connect()

    def refresh(self) -> None:
        """Make the lists anew."""
        if not self.isVisible():
            return
        document = self._project.document
        self.model.show_document(document)
        count = len(self.model.corrections)
        frames = len({frame for c in self.model.corrections if c.keypoint is not None for frame in c.frames})
        self._tabs.setTabText(0, self.tr("Corrections ({0})").format(count) if count else self.tr("Corrections"))
        self._state.setText(
            self.tr("Frames with corrected keypoints: {0}. Smoothing carries them to their neighbours.").format(frames)
            if frames
            else self.tr(
                "Press E, then drag a keypoint to where it is; smoothing carries it to its neighbours. Of a pose "
                "that is all wrong drag two or three, then press A."
            )
        )
        if self._tabs.currentIndex() == 1:
            self._list_doubtful()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """List what changed meanwhile."""
        super().showEvent(event)
        self._timer.start(0)

    def _lay_out(self, actions: Actions) -> None:
        buttons = QHBoxLayout()
        for name in ("edit.correct", "edit.look_again", "edit.undo", "edit.redo"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            is_tool = name in ("edit.correct", "edit.look_again")
            style = Qt.ToolButtonStyle
            button.setToolButtonStyle(style.ToolButtonTextBesideIcon if is_tool else style.ToolButtonIconOnly)
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._dress_table()
        self._tabs.addTab(self.table, self.tr("Corrections"))
        self._tabs.addTab(self.doubtful, self.tr("Look here next"))
        self._tabs.setDocumentMode(True)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.keypoints)
        split.addWidget(self._tabs)
        split.setSizes([370, 190])
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addLayout(buttons)
        column.addWidget(self._state)
        column.addWidget(split, 1)

    def _dress_table(self) -> None:
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setAccessibleName(self.tr("Corrections"))
        self.doubtful.setAccessibleName(self.tr("Frames to look at next"))
        sideways, down = self.table.horizontalHeader(), self.table.verticalHeader()
        assert sideways is not None
        assert down is not None
        sideways.setStretchLastSection(True)
        sideways.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        down.hide()
        down.setDefaultSectionSize(ROW_HEIGHT)

    def _connect(self) -> None:
        for signal in (self._project.began, self._project.ended, self._project.changed, self._project.smoothed):
            signal.connect(lambda *_: None if self._timer.isActive() else self._timer.start(SETTLE_MS))
        self._tabs.currentChanged.connect(lambda _tab: self.refresh())
        self.table.clicked.connect(self._jump)
        self.table.activated.connect(self._jump)
        self.doubtful.itemClicked.connect(self._look)
        self.doubtful.itemActivated.connect(self._look)

    def _jump(self, index: QModelIndex) -> None:
        correction = self.model.corrections[index.row()]
        self._selection.choose_person(correction.person)
        if correction.keypoint is not None:
            self._selection.choose_keypoints({correction.keypoint})
        self._player.jump(correction.frames.start)

    def _list_doubtful(self) -> None:
        document = self._project.document
        self.doubtful.clear()
        for frame in self._guide.doubtful.tolist() if document is not None else []:
            assert document is not None
            time_text = clock_text(float(document.footage.time_s[frame]))
            text = self.tr("frame {0}  ·  {1}  ·  {2}").format(frame, time_text, self._guide.reason(frame))
            item = QListWidgetItem(text)
            item.setSizeHint(QSize(0, ROW_HEIGHT))
            item.setData(Qt.ItemDataRole.UserRole, frame)
            self.doubtful.addItem(item)

    def _look(self, item: QListWidgetItem) -> None:
        self._guide.go(int(item.data(Qt.ItemDataRole.UserRole)))


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
        self.corrections = corrections(document.tracks) if document is not None else []
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
    if len(document.tracks.shown_people) > 1:
        label = document.tracks.label(correction.person)
        what = QCoreApplication.translate("CorrectionTable", "person {0}: {1}").format(label, what)
    return what


_TEXTS = {
    Said.PLACED: "placed",
    Said.ACCEPTED: "accepted as measured",
    Said.OCCLUDED: "hidden",
    Said.PLACED_OCCLUDED: "placed, hidden",
    Said.ACCEPTED_OCCLUDED: "accepted as measured, hidden",
    Said.MISSING: "missing",
    Said.SIDES: "left and right swapped",
    Said.OTHERS: "measured as another person",
    Said.REMOVED: "person removed",
    Said.AGAIN: "looked at again",
}
