"""What the user looks at and has chosen, shared by all panels: frame, person, keypoints, what the mouse is on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.store.tracks import PERSON, Tracks


class Selection(QObject):
    """Where everybody reads and writes what is chosen. A signal comes only when something changed.

    The frame is the one on the canvas, whoever put it there: panels that want another one ask the Player. Keypoints are
    numbers in the skeleton's order, a person is the name of a track.

    Signals:
        frame_changed(int): another frame is on the canvas; -1 when there is none.
        person_changed(str): another person is chosen; "" is nobody.
        hidden_changed(): others are not to be drawn.
        keypoints_changed(object): a frozenset of keypoints is chosen.
        hovered_changed(int): the keypoint under the mouse, of whatever panel; -1 is none.
    """

    frame_changed = pyqtSignal(int)
    person_changed = pyqtSignal(str)
    hidden_changed = pyqtSignal()
    keypoints_changed = pyqtSignal(object)
    hovered_changed = pyqtSignal(int)

    def __init__(self) -> None:
        super().__init__()
        self.frame = -1
        self.person = ""
        self.hidden: frozenset[str] = frozenset()
        self.keypoints: frozenset[int] = frozenset()
        self.hovered = -1

    def show_frame(self, index: int) -> None:
        """Say which frame is on the canvas; for who puts it there."""
        if index != self.frame:
            self.frame = index
            self.frame_changed.emit(index)

    def choose_person(self, name: str) -> None:
        """Choose a person."""
        if name != self.person:
            self.person = name
            self.person_changed.emit(name)

    def hide_people(self, people: Iterable[str]) -> None:
        """Draw these people no longer, and all others."""
        hidden = frozenset(people)
        if hidden != self.hidden:
            self.hidden = hidden
            self.hidden_changed.emit()

    def choose_keypoints(self, keypoints: Iterable[int]) -> None:
        """Choose these keypoints instead of others."""
        chosen = frozenset(keypoints)
        if chosen != self.keypoints:
            self.keypoints = chosen
            self.keypoints_changed.emit(chosen)

    def toggle_keypoint(self, keypoint: int) -> None:
        """Choose one more, or one less."""
        self.choose_keypoints(self.keypoints ^ {keypoint})

    def renumber(self, numbers: Sequence[int]) -> None:
        """Choose the same keypoints, each by the number that stands in its place in `numbers`; point at none."""
        self.hover(-1)
        self.choose_keypoints(numbers[keypoint] for keypoint in self.keypoints if keypoint < len(numbers))

    def hover(self, keypoint: int) -> None:
        """Say which keypoint the mouse is on."""
        if keypoint != self.hovered:
            self.hovered = keypoint
            self.hovered_changed.emit(keypoint)

    def clear(self) -> None:
        """Choose nothing, show nothing: another video comes."""
        self.choose_keypoints(())
        self.hover(-1)
        self.choose_person("")
        self.hide_people(())
        self.show_frame(-1)


def chosen_person(selection: Selection, tracks: Tracks) -> str:
    """Return the chosen person's name, else that of the first who is anywhere, else the one of a new track."""
    there = tracks.shown_people
    return selection.person if selection.person in there else next(iter(there), PERSON)
