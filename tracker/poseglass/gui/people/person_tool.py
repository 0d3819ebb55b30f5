"""What is done with the chosen person: actions that edit the document, or ask for somebody to be followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtWidgets import QInputDialog, QWidget

from poseglass.core.store.tracks import Tracks
from poseglass.errors import SessionError
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Row
from poseglass.gui.shared.selection import chosen_person
from poseglass.types import Boxes
from poseglass_models.boxes import overlaps

SAME = 0.5
"""Overlap of a drawn box with somebody's from which it is them whom the user means."""


@dataclass(frozen=True)
class FollowRequest:
    """Somebody whom the user wants to be followed from a frame on, forwards and backwards."""

    person: str  # the track for it, who may be new
    frame: int
    box: tuple[float, float, float, float]  # x, y, width, height in frame pixels


class PersonTool(QObject):
    """Adds the People menu, and keeps it in step with document and selection.

    Signals:
        follow_wanted(object): a FollowRequest.
        said(str): what was done, for the status bar.
        failed(str, str): why something cannot be done; nothing was changed.
    """

    follow_wanted = pyqtSignal(object)
    said = pyqtSignal(str)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, window: QWidget) -> None:
        super().__init__(window)
        self._actions, self._project, self._selection = parts.actions, parts.project, parts.selection
        self._canvas, self._player, self._window = parts.canvas, parts.player, window
        self._frame_of_box = -1

    def add_actions(self) -> None:
        """Add the People menu."""
        menu, tr = _tr("Pe&ople"), _tr
        tip = tr("Drag a box around somebody who was not found, and they are followed forwards and backwards from here")
        row = Row("people.box", tr("&Draw a box around somebody to follow"), menu, ("B",), tip, "box", True, 0,
                  needs="idle video")  # fmt: skip
        self._actions.add(row, self.ask_box)
        tip = tr("Look for the chosen person again, forwards and backwards from here; all others stay as they are")
        row = Row("people.follow", tr("&Follow this person"), menu, (), tip, "target", group=0, needs="idle video")
        self._actions.add(row, self.follow_chosen)
        rows = (
            ("merge", tr("&Merge into…"), tr("The chosen person is another one, wherever that one is not there"),
             self.merge, 1),
            ("split", tr("&Split here"), tr("From this frame on it is somebody else"), self.split, 1),
            ("delete", tr("&Delete"), tr("Take the chosen person out of the whole video"), self.delete, 1),
            ("only", tr("Show &only this person"), tr("Draw nobody else"), self.show_only, 2),
            ("all", tr("Show &everybody"), tr("Draw everybody again"), lambda: self._selection.hide_people(()), 2),
        )  # fmt: skip
        for name, text, tip, do, group in rows:
            self._actions.add(Row(f"people.{name}", text, menu, (), tip, group=group, needs="poses"), do)
        self._canvas.box_asked.connect(self._actions["people.box"].setChecked)
        self._canvas.box_drawn.connect(self._take_box)
        selection, project = self._selection, self._project
        for signal in (project.began, project.changed, selection.person_changed, selection.hidden_changed,
                       selection.frame_changed):  # fmt: skip
            signal.connect(self.refresh)
        selection.frame_changed.connect(lambda _: self._canvas.ask_box(wanted=False))
        self.refresh()

    @property
    def person(self) -> str:
        """Who is chosen; "" where nobody is there."""
        document = self._project.document
        if document is None:
            return ""
        person = chosen_person(self._selection, document.tracks)
        return person if person in document.tracks.shown_people else ""

    def refresh(self) -> None:
        """Say what can be done now."""
        document, person = self._project.document, self.person
        can_edit = document is not None and not document.is_read_only and bool(person)
        several = document is not None and len(document.tracks.shown_people) > 1
        for name, allowed in (
            ("follow", can_edit),
            ("merge", can_edit and several),
            ("split", can_edit),
            ("delete", can_edit),
            ("only", several),
            ("all", bool(self._selection.hidden)),
        ):
            self._actions.allow(f"people.{name}", allowed)
        self._actions.allow("people.box", document is not None and not document.is_read_only)

    def rename(self, person: str, label: str) -> None:
        """Call a person otherwise; what they are called already is no change."""
        document = self._project.document
        if document is not None and label.strip() != document.tracks.label(person):
            self._edit(lambda: document.rename(person, label))

    def merge(self) -> None:
        """Ask who the chosen person is in truth, and make them one."""
        document, person = self._project.document, self.person
        if document is None or not person:
            return
        others = {document.tracks.label(name): name for name in document.tracks.shown_people if name != person}
        text = _tr("{0} is in truth:").format(document.tracks.label(person))
        label, is_chosen = QInputDialog.getItem(self._window, _tr("Merge into"), text, list(others), 0, editable=False)
        if is_chosen and label in others:
            into = others[label]
            if self._edit(lambda: document.merge(into, person, document.tracks.frames)):
                self._selection.choose_person(into)

    def split(self) -> None:
        """Make somebody else of the chosen person from the frame on the canvas on, and choose them."""
        document, person, made = self._project.document, self.person, list[str]()
        if document is None or not person:
            return
        if self._edit(lambda: made.append(document.split(person, self._selection.frame))):
            self._selection.choose_person(made[0])

    def delete(self) -> None:
        """Take the chosen person out of the whole video."""
        document, person = self._project.document, self.person
        if document is not None and person and self._edit(lambda: document.delete(person)):
            self._selection.choose_person(chosen_person(self._selection, document.tracks))

    def show_only(self) -> None:
        """Draw the chosen person alone."""
        document = self._project.document
        if document is not None:
            self._selection.hide_people(name for name in document.tracks.shown_people if name != self.person)

    def ask_box(self, wanted: bool) -> None:
        """Let the user draw a box on the frame that is shown, or no longer."""
        self._player.pause()
        self._canvas.ask_box(wanted=wanted)
        self._frame_of_box = self._selection.frame

    def follow_chosen(self) -> None:
        """Ask for the chosen person to be followed from where they are in the frame on the canvas."""
        document, frame = self._project.document, self._selection.frame
        if document is None or not self.person:
            return
        boxes = boxes_of(document.tracks, (self.person,), frame)
        if not len(boxes):
            text = _tr("{0} is not in this frame. Go to one with them in it, or draw a box around them.")
            self.said.emit(text.format(document.tracks.label(self.person)))
            return
        x0, y0, x1, y1 = boxes[0].tolist()
        self.follow_wanted.emit(FollowRequest(self.person, frame, (x0, y0, x1 - x0, y1 - y0)))

    def _take_box(self, x: float, y: float, width: float, height: float) -> None:
        """Ask for who is in a drawn box to be followed: who is known there already, else somebody new."""
        document, frame = self._project.document, self._frame_of_box
        if document is None or frame != self._selection.frame:
            return
        tracks = document.tracks
        here = [name for name in tracks.shown_people if len(boxes_of(tracks, (name,), frame))]
        person = tracks.free_name()
        if here:
            alike = overlaps(np.array([[x, y, x + width, y + height]]), boxes_of(tracks, here, frame))[0]
            person = here[int(np.argmax(alike))] if alike.max() >= SAME else person
        self.follow_wanted.emit(FollowRequest(person, frame, (x, y, width, height)))

    def _edit(self, do: Callable[[], object]) -> bool:
        """Change the document, and say what was done, or why not; return whether it was."""
        document = self._project.document
        assert document is not None, "only people of a document are edited"
        try:
            do()
        except SessionError as error:
            self.failed.emit(str(error), "")
            return False
        self.said.emit(document.undo_text or "")
        return True


def boxes_of(tracks: Tracks, people: tuple[str, ...] | list[str], frame: int) -> Boxes:
    """Return the boxes (N, 4) around the keypoints of those of the people who are in a frame."""
    boxes = []
    for person in people:
        xy = tracks.corrected(person, range(frame, frame + 1)).xy[0]
        there = xy[np.isfinite(xy).all(axis=-1)]
        if len(there) > 1:
            boxes.append(np.concatenate([there.min(axis=0), there.max(axis=0)]))
    return np.array(boxes).reshape(-1, 4)


def _tr(text: str) -> str:
    return QCoreApplication.translate("People", text)
