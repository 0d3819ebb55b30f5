"""Tracks, what the user corrects in them, and the way back: undo and redo of any number of steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from poseglass.core.store import edits
from poseglass.core.store.corrections import Mark, Strip
from poseglass.core.store.footage import Footage
from poseglass.core.store.history import History, Step
from poseglass.core.store.kept import NO_KEYPOINTS
from poseglass.core.store.scribe import Change, Scribe
from poseglass.core.store.tracks import Tracks
from poseglass.errors import SessionError
from poseglass.types import Skeleton


class Edited:
    """Tracks that are corrected. Everything is for the owner's thread.

    Edits raise SessionError for people and ranges that are not there, and when `is_read_only`; nothing is then changed.
    """

    def __init__(self, footage: Footage, skeleton: Skeleton = NO_KEYPOINTS) -> None:
        self.tracks = Tracks(footage, skeleton)
        self.is_read_only = False
        self.history = History()
        self.scribe: Scribe | None = None
        self._callbacks: list[Callable[[Change], None]] = []

    @property
    def footage(self) -> Footage:
        """The video that it is of."""
        return self.tracks.footage

    @property
    def skeleton(self) -> Skeleton:
        """The keypoints of all tracks."""
        return self.tracks.skeleton

    # Corrections

    def move(self, person: str, frame: int, keypoint: int, xy: tuple[float, float], *, ongoing: bool = False) -> None:
        """Put a keypoint where the user says, missing or not. `ongoing`: the mouse is still down.

        Moves of one keypoint in one frame are one step up to and with the first that is not ongoing. A new person's
        name starts a new track.
        """
        self._check_editable()
        frames = self.tracks.checked(range(frame, frame + 1))
        before = self.tracks.begin(person).read(frames)
        self._do(edits.move(self.skeleton, person, before, keypoint, xy), ongoing=ongoing)

    def mark(self, person: str, frame: int, keypoint: int, mark: Mark) -> None:
        """Say one thing of a keypoint.

        OCCLUDED: its position stays. MISSING: no measurement. PLACED: it is right as it was measured. NONE: forget what
        was said. Raises SessionError when PLACED and nothing was measured.
        """
        before = self._strip(person, range(frame, frame + 1))
        measured = self.tracks.raw(person, range(frame, frame + 1)).xy[0, keypoint]
        self._do(edits.mark(self.skeleton, person, before, keypoint, mark, measured))

    def swap_sides(self, person: str, frames: range) -> None:
        """Swap left and right, corrections too. Twice is nothing."""
        self._do(edits.swap_sides(self.skeleton, person, self._strip(person, frames)))

    def swap_people(self, a: str, b: str, frames: range) -> None:
        """Swap two tracks, corrections too. Twice is nothing."""
        self._do(edits.swap_people(a, self._strip(a, frames), b, self._strip(b, frames)))

    def merge(self, into: str, other: str, frames: range) -> None:
        """Give `into` the frames of `other` where it has none itself; `other` is then gone from the range."""
        strips = self._strip(into, frames), self._strip(other, frames)
        take = self.tracks.is_there(other, frames) & ~self.tracks.is_there(into, frames)
        self._do(edits.merge(into, strips[0], other, strips[1], take))

    def remove(self, person: str, frames: range) -> None:
        """Take a person out, corrections too."""
        self._do(edits.remove(person, self._strip(person, frames)))

    def delete(self, person: str) -> None:
        """Take a person out of the whole video, corrections too."""
        self._do(edits.delete(person, self._strip(person, self.tracks.frames)))

    def split(self, person: str, frame: int) -> str:
        """Make somebody new of a person from a frame on, corrections too; return their name."""
        frames = self.tracks.checked(range(frame, len(self.tracks.frames)))
        before = self._strip(person, frames)
        if not self.tracks.is_there(person, frames).any():
            raise SessionError(f"person {self.tracks.label(person)} is in no frame from {frame} on; go back to split")
        name = self.tracks.free_name()
        self._do(edits.split(person, before, name, self.tracks.begin(name).read(frames)))
        return name

    def rename(self, person: str, label: str) -> None:
        """Call a person something, wherever names are shown; by their own name again to call them nothing.

        Raises SessionError for nothing at all, and for what another is called.
        """
        before, new = self._strip(person, range(1)), label.strip()
        if not new:
            raise SessionError(f"person {self.tracks.label(person)} needs a name of at least one letter")
        others = [other for other in self.tracks.people if other != person]
        if new in others or new in map(self.tracks.label, others):
            raise SessionError(f"somebody else is called {new} already; take another name")
        was, new = self.tracks.labels.get(person, ""), "" if new == person else new
        if new != was:
            self._do(edits.rename(person, before, was, new))

    def clear(self, person: str, frames: range) -> None:
        """Take back every correction: positions, marks, swaps, removals."""
        self._do(edits.clear(person, self._strip(person, frames), self.tracks.known(person).own))

    # Undo

    @property
    def undo_text(self) -> str | None:
        """What `undo` would take back, in English: "Move left wrist"; None when there is nothing."""
        return self.history.done[-1].text if self.history.done else None

    @property
    def redo_text(self) -> str | None:
        """What `redo` would do again."""
        return self.history.undone[-1].text if self.history.undone else None

    def undo(self) -> Change | None:
        """Take the last step back; any number of times."""
        self._check_editable()
        self.settle()
        step = self.history.undo()
        if step is None:
            return None
        if self.scribe:
            self.scribe.undo()
        return self._write(step, {patch.person: patch.before for patch in step.patches}, step.label and step.label[0])

    def redo(self) -> Change | None:
        """Do the last step that was taken back again."""
        self._check_editable()
        step = self.history.redo()
        if step is None:
            return None
        if self.scribe:
            self.scribe.redo()
        return self._write(step, {patch.person: patch.after for patch in step.patches}, step.label and step.label[1])

    def settle(self) -> None:
        """End an ongoing move."""
        self._write_down(self.history.settle())

    def perform(self, step: Step) -> None:
        """Do a step from a journal."""
        for patch in step.patches:
            self.tracks.begin(patch.person)
        self._do(step)

    # Watching

    def watch(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call back, in the owner's thread, after every change; return what ends that, once."""
        self._callbacks.append(callback)
        held = [callback]  # let go of by what is returned, whose holder is often the callback's

        def stop() -> None:
            self._callbacks.remove(held.pop())

        return stop

    # How

    def _do(self, step: Step, *, ongoing: bool = False) -> None:
        self._write_down(self.history.settle(step))
        self._write_down(self.history.record(step, ongoing=ongoing))
        self._write(step, {patch.person: patch.after for patch in step.patches}, step.label and step.label[1])

    def _write(self, step: Step, strips: Mapping[str, Strip], label: str | None) -> Change:
        if label is not None:
            self.tracks.call(step.people[0], label)
        self.tracks.write(strips, changes_hands=step.kind not in ("move", "mark"))
        keypoints = None if step.keypoint is None else (step.keypoint,)
        change = Change(step.people, step.frames, keypoints, by_user=True)
        self._tell(change)
        return change

    def _write_down(self, step: Step | None) -> None:
        if step is not None and self.scribe:
            self.scribe.step(step)

    def _tell(self, change: Change) -> None:
        for callback in tuple(self._callbacks):
            callback(change)

    def _strip(self, person: str, frames: range) -> Strip:
        self._check_editable()
        return self.tracks.read(person, frames)

    def _check_editable(self) -> None:
        if self.is_read_only:
            raise SessionError("this session is open in another window and can only be read here; save it as another")
