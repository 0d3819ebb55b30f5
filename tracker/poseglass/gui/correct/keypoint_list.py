"""The keypoints of the frame on the canvas: how sure each is, and where it comes from; also of those not drawn.

In the words of the table. A score is of a measurement: it stands where the position comes from that, and is said to be
rejected where it does not.
"""

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
        self.setHeaderLabels([self.tr("Keypoint"), self.tr("Score"), self.tr("State in this frame")])
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
        marks, places = document.tracks.marks(self._tool.person, here)[0], document.tracks.known(self._tool.person).xy
        is_there, is_accepted = np.isfinite(xy).all(axis=-1), (xy == places[frame]).all(axis=-1)
        states = self._states(frame, is_there)
        is_drawn = drawn_score(score, states) >= SHOWN
        for k in range(len(skeleton)):
            mark, score_text = Mark(int(marks[k])), f"{score[k]:.2f}"
            state = _state(mark, State(states[k]))
            is_used = is_there[k] and (state is State.OBSERVED or (state is State.EDITED and is_accepted[k]))
            remarks = self._remarks(mark, is_accepted=bool(is_accepted[k]))
            if is_there[k] and state not in (State.OBSERVED, State.EDITED) and not mark & Mark.MISSING:
                remarks.append(self.tr("{0} rejected").format(score_text))
            if not is_drawn[k] and state in (State.OBSERVED, State.PREDICTED):
                remarks.append(self.tr("not drawn"))
            text = ", ".join([state.text or self.tr("missing"), *remarks])
            self._show_row(k, score_text if is_used else "–", text)

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
        self._item(row).setToolTip(2, state)  # it may be wider than its column

    def _states(self, frame: int, is_there: Flags) -> NDArray[np.uint8]:
        """Return values of State (K,) as a table has them, or of the raw pose where nothing is smoothed yet."""
        paths = self._project.paths
        assert paths is not None, "a document comes with its paths"
        smoothed: NDArray[np.uint8] = paths.track(self._tool.person).state[frame]
        if (smoothed != State.MISSING).any():
            return smoothed
        return np.where(is_there, State.OBSERVED, State.MISSING).astype(np.uint8)

    def _remarks(self, mark: Mark, *, is_accepted: bool) -> list[str]:
        """Return what the user said of a keypoint, in words."""
        words = []
        if mark & Mark.MISSING:
            words.append(self.tr("taken away by you"))
        if mark & Mark.PLACED:
            words.append(self.tr("accepted by you") if is_accepted else self.tr("placed by you"))
        if mark & Mark.OCCLUDED:
            words.append(self.tr("hidden"))
        return words

    def _choose(self) -> None:
        self._selection.choose_keypoints({self.indexOfTopLevelItem(item) for item in self.selectedItems()})

    def _show_chosen(self) -> None:
        with QSignalBlocker(self):
            for row in range(self.topLevelItemCount()):
                self._item(row).setSelected(row in self._selection.keypoints)
        if len(self.selectedItems()) == 1:
            self.scrollToItem(self.selectedItems()[0])


def _state(mark: Mark, smoothed: State) -> State:
    """Return what a state will be when what was said last is smoothed, too."""
    if mark & Mark.PLACED:
        return State.EDITED
    if mark & Mark.MISSING and smoothed in (State.OBSERVED, State.EDITED):
        return State.MISSING
    return smoothed
