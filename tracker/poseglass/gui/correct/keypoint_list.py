"""The keypoints of the frame on the canvas: how sure each is, and what was said of it; also of those not drawn."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from poseglass.core.overlay import SHOWN
from poseglass.core.store.columns import measured
from poseglass.core.store.corrections import Mark
from poseglass.gui.correct.correct_tool import CorrectTool
from poseglass.gui.project import Project
from poseglass.gui.selection import Selection

ROW_HEIGHT = 20
"""Device-independent pixels: 14 rows are seen at once."""


class KeypointList(QTreeWidget):
    """One row each; choosing rows chooses keypoints, here and everywhere."""

    def __init__(self, tool: CorrectTool, project: Project, selection: Selection) -> None:
        super().__init__()
        self._tool, self._selection = tool, selection
        self.setHeaderLabels([self.tr("Keypoint"), self.tr("Score"), self.tr("In this frame")])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setAccessibleName(self.tr("Keypoints of this frame"))
        header = self.header()
        assert header is not None
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for signal in (
            project.began,
            project.ended,
            project.changed,
            selection.frame_changed,
            selection.person_changed,
        ):
            signal.connect(self.refresh)
        selection.keypoints_changed.connect(self._show_chosen)
        self.itemSelectionChanged.connect(self._choose)

    def refresh(self) -> None:
        """Show the frame on the canvas."""
        document, frame = self._tool.document, self._tool.frame
        if not self.isVisible():
            return
        names = document.skeleton.names if document is not None else ()
        self._have_rows(names)
        if document is None or not 0 <= frame < len(document.frames) or self._tool.person not in document.people:
            for row in range(len(names)):
                self._show_row(row, "", "")
            return
        here = range(frame, frame + 1)
        xy, score = (values[0] for values in measured(document, self._tool.person, here, range(len(names))))
        marks = document.marks(self._tool.person, here)[0]
        for k in range(len(names)):
            is_there = bool(np.isfinite(xy[k]).all())
            state = self._state(Mark(int(marks[k])), is_there, float(score[k]))
            self._show_row(k, f"{score[k]:.2f}" if is_there else "–", state)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Show what changed meanwhile."""
        super().showEvent(event)
        self.refresh()

    def _have_rows(self, names: tuple[str, ...]) -> None:
        spoken = [name.replace("_", " ") for name in names]
        if [self._item(row).text(0) for row in range(self.topLevelItemCount())] != spoken:
            with QSignalBlocker(self):
                self.clear()
                self.addTopLevelItems([QTreeWidgetItem([name, "", ""]) for name in spoken])
                for row in range(len(spoken)):
                    self._item(row).setSizeHint(2, QSize(0, ROW_HEIGHT))  # the last column fills what is left
                    self._item(row).setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._show_chosen()

    def _item(self, row: int) -> QTreeWidgetItem:
        item = self.topLevelItem(row)
        assert item is not None
        return item

    def _show_row(self, row: int, score: str, state: str) -> None:
        self._item(row).setText(1, score)
        self._item(row).setText(2, state)

    def _state(self, mark: Mark, is_there: bool, score: float) -> str:
        if mark & Mark.MISSING:
            return self.tr("missing, says you")
        if mark & Mark.PLACED:
            return self.tr("placed, occluded") if mark & Mark.OCCLUDED else self.tr("placed by you")
        if mark & Mark.OCCLUDED:
            return self.tr("occluded, says you")
        if not is_there:
            return self.tr("not found")
        return self.tr("measured") if score >= SHOWN else self.tr("unsure, not drawn")

    def _choose(self) -> None:
        self._selection.choose_keypoints({self.indexOfTopLevelItem(item) for item in self.selectedItems()})

    def _show_chosen(self) -> None:
        with QSignalBlocker(self):
            for row in range(self.topLevelItemCount()):
                self._item(row).setSelected(row in self._selection.keypoints)
        if len(self.selectedItems()) == 1:
            self.scrollToItem(self.selectedItems()[0])
