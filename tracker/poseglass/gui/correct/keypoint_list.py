"""The keypoints of the frame on the canvas: how sure each is, and where it comes from; also of those not drawn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from poseglass.core.export import drawn_score
from poseglass.core.overlay import SHOWN
from poseglass.core.store.columns import measured
from poseglass.core.store.corrections import Mark
from poseglass.core.store.kept import NO_KEYPOINTS
from poseglass.gui.correct.correct_tool import CorrectTool
from poseglass.gui.parts import Parts
from poseglass.types import Flags, State

ROW_HEIGHT = 18
"""Device-independent pixels: 19 rows are seen at once on a laptop's screen."""


class KeypointList(QTreeWidget):
    """One row each; choosing rows chooses keypoints, here and everywhere."""

    def __init__(self, parts: Parts, tool: CorrectTool) -> None:
        super().__init__()
        project, selection = parts.project, parts.selection
        self._tool, self._project, self._selection = tool, project, selection
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
            project.smoothed,
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
        skeleton = document.skeleton if document is not None else NO_KEYPOINTS
        self._have_rows([skeleton.spoken(name) for name in skeleton.names])
        if (
            document is None
            or not 0 <= frame < len(document.tracks.frames)
            or self._tool.person not in document.tracks.shown_people
        ):
            for row in range(len(skeleton)):
                self._show_row(row, "", "")
            return
        here = range(frame, frame + 1)
        xy, score = (values[0] for values in measured(document.tracks, self._tool.person, here, range(len(skeleton))))
        marks = document.tracks.marks(self._tool.person, here)[0]
        is_there = np.isfinite(xy).all(axis=-1)
        states = self._states(frame, is_there)
        is_drawn = drawn_score(score, states) >= SHOWN
        for k in range(len(skeleton)):
            text = self._text(Mark(int(marks[k])), State(states[k]), bool(is_drawn[k]))
            self._show_row(k, f"{score[k]:.2f}" if is_there[k] else "–", text)

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Show what changed meanwhile."""
        super().showEvent(event)
        self.refresh()

    def _have_rows(self, spoken: list[str]) -> None:
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

    def _states(self, frame: int, is_there: Flags) -> NDArray[np.uint8]:
        """Return values of State (K,) as a table has them, or of the raw pose where nothing is smoothed yet."""
        paths = self._project.paths
        assert paths is not None, "a document comes with its paths"
        smoothed: NDArray[np.uint8] = paths.track(self._tool.person).state[frame]
        if (smoothed != State.MISSING).any():
            return smoothed
        return np.where(is_there, State.OBSERVED, State.MISSING).astype(np.uint8)

    def _text(self, mark: Mark, state: State, is_drawn: bool) -> str:
        if mark & Mark.MISSING:
            return self.tr("missing, says you")
        if mark & Mark.PLACED:
            return self.tr("placed, hidden") if mark & Mark.OCCLUDED else self.tr("placed by you")
        if mark & Mark.OCCLUDED:
            return self.tr("hidden, says you")
        return {
            State.MISSING: self.tr("missing"),
            State.OBSERVED: self.tr("measured") if is_drawn else self.tr("unsure, not drawn"),
            State.INTERPOLATED: self.tr("interpolated"),
            State.PREDICTED: self.tr("predicted") if is_drawn else self.tr("predicted, not drawn"),
            State.EDITED: self.tr("placed by you"),
        }[state]

    def _choose(self) -> None:
        self._selection.choose_keypoints({self.indexOfTopLevelItem(item) for item in self.selectedItems()})

    def _show_chosen(self) -> None:
        with QSignalBlocker(self):
            for row in range(self.topLevelItemCount()):
                self._item(row).setSelected(row in self._selection.keypoints)
        if len(self.selectedItems()) == 1:
            self.scrollToItem(self.selectedItems()[0])
