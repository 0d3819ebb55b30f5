"""Where to go next: corrected frames in their order, doubtful ones the worst first."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal

from poseglass.core.store.correction_list import touched
from poseglass.core.store.document import Document
from poseglass.core.store.doubtful import SURE, doubtful_frames, worst_keypoint
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.selection import chosen_person

Places = NDArray[np.intp]


class Guide(QObject):
    """Knows the places, computes them when asked, and takes the player there.

    Signals:
        said(str): why it goes there, or nowhere.
    """

    said = pyqtSignal(str)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        project, selection = parts.project, parts.selection
        self._project, self._selection = project, selection
        self._player, self._canvas = parts.player, parts.canvas
        self._doubtful: Places | None = None
        self._visited: set[int] = set()
        for signal in (project.began, project.ended, selection.person_changed):
            signal.connect(self._start_anew)
        for signal in (project.changed, project.smoothed):
            signal.connect(self._forget)

    def add_actions(self, actions: Actions) -> None:
        """Add its rows to the Edit menu."""

        def tr(text: str) -> str:
            return QCoreApplication.translate("Edit", text)

        rows = (
            ("look_next", tr("Look here &next"), "N", tr("Go to the frame least to be trusted that was not looked at"),
             self.go_doubtful),
            ("next_correction", tr("Next correction"), "Ctrl+Right", "", lambda: self.go_corrected(1)),
            ("last_correction", tr("Previous correction"), "Ctrl+Left", "", lambda: self.go_corrected(-1)),
        )  # fmt: skip
        for name, text, key, tip, do in rows:
            actions.add(Row(f"edit.{name}", text, tr("&Edit"), (key,), tip, group=5, needs="poses"), do)

    @property
    def doubtful(self) -> Places:
        """Frames to look at, the most doubtful first, but for corrected ones."""
        document, paths = self._project.document, self._project.paths
        if document is None or paths is None or not document.tracks.shown_people:
            return np.empty(0, dtype=np.intp)
        if self._doubtful is None:
            person = chosen_person(self._selection, document.tracks)
            self._doubtful = doubtful_frames(document, person, paths.track(person))
        return self._doubtful

    def reason(self, frame: int) -> str:
        """Return what is doubtful in a frame, in words."""
        document = self._project.document
        if document is None:
            return ""
        keypoint, score = self._worst(document, frame)
        name = document.skeleton.spoken(keypoint)
        if score < SURE:
            return self.tr("{0} is unsure ({1:.2f})").format(name, score)
        return self.tr("{0} jumps").format(name)

    def go_doubtful(self) -> None:
        """Show the worst frame that was not shown yet; when all were, begin again."""
        places = self.doubtful.tolist()
        left = [frame for frame in places if frame not in self._visited]
        if places and not left:
            self._visited.clear()
            left = places
        if left:
            self.go(left[0])
        else:
            self.said.emit(self.tr("No frame stands out: every keypoint is sure and near its smoothed path."))

    def go(self, frame: int) -> None:
        """Show a doubtful frame, choose what is doubtful in it, and say why."""
        document = self._project.document
        if document is None:
            return
        self._selection.choose_person(chosen_person(self._selection, document.tracks))
        self._visited.add(frame)
        self._player.jump(frame)
        self._selection.choose_keypoints({self._worst(document, frame)[0]})
        if self._canvas.takes_drags:
            self._canvas.setFocus()  # its arrow keys nudge what was chosen, wherever the keys went before
        self.said.emit(self.tr("Frame {0}: {1}").format(frame, self.reason(frame)))

    def go_corrected(self, direction: int) -> None:
        """Show the next corrected frame (1), or the one before (-1)."""
        document, here = self._project.document, self._selection.frame
        places = np.flatnonzero(touched(document.tracks)) if document is not None else np.empty(0, dtype=np.intp)
        ahead = places[places > here] if direction > 0 else places[places < here][::-1]
        if len(ahead):
            self._player.jump(int(ahead[0]))
        else:
            self.said.emit(self.tr("No further correction."))

    def _worst(self, document: Document, frame: int) -> tuple[int, float]:
        """Return the most doubtful keypoint of a frame, and its score."""
        paths = self._project.paths
        assert paths is not None, "a document comes with its paths"
        person = chosen_person(self._selection, document.tracks)
        return worst_keypoint(document, person, paths.track(person), frame)

    def _forget(self) -> None:
        self._doubtful = None

    def _start_anew(self) -> None:
        self._forget()
        self._visited.clear()
