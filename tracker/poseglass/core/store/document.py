"""What a window holds of one video: raw results, the corrections beside them, and the way back from each.

One thread owns a document: the window's. Others may only call `arrivals.put`; the owner calls `take_arrivals` when it
likes, say at every tick. What was drawn a moment ago therefore never changes under anybody's hands.

Frames are numbered over the whole video, ranges are Python's. A person is the name of a track.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store import edits
from poseglass.core.store.corrections import Mark, Strip
from poseglass.core.store.coverage import NOBODY_KNOWS, Facts
from poseglass.core.store.footage import Footage
from poseglass.core.store.history import History, Step
from poseglass.core.store.matching import joined, places_in, spread
from poseglass.core.store.tracks import NO_KEYPOINTS, PERSON, Tracks
from poseglass.errors import SessionError
from poseglass.types import Poses, Skeleton

__all__ = ["NO_KEYPOINTS", "PERSON", "Arrivals", "Change", "Document", "Mark", "Scribe"]


@dataclass(frozen=True)
class Change:
    """What is no longer as it was."""

    people: tuple[str, ...]
    frames: range
    keypoints: tuple[int, ...] | None  # None: all
    by_user: bool  # False: results came in
    renumbered: tuple[int, ...] | None = None  # the new number of each keypoint, where there are others now


class Scribe(Protocol):
    """Writes down what happens to a document, to be done again by `put`, `perform`, `undo` and `redo`."""

    def results(self, frame: int, poses: Poses, people: Sequence[str], facts: Facts) -> None:
        """Write down results, and what their estimator says of itself."""

    def wanted(self, frames: range) -> None:
        """Write down which frames are to be analysed."""

    def finished(self, frames: range) -> None:
        """Write down that an analysis went through them."""

    def skeleton(self, skeleton: Skeleton) -> None:
        """Write down what skeleton they are of."""

    def step(self, step: Step) -> None:
        """Write down an edit."""

    def held(self, number: int, frames: NDArray[np.intp], poses: Poses) -> None:
        """Write down what a second look saw of one person, a row a frame, kept by that number."""

    def undo(self) -> None:
        """Write down that the last step was taken back."""

    def redo(self) -> None:
        """Write down that it was done again."""


class Arrivals:
    """Results on their way from a worker to the document."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[tuple[int, Poses, tuple[str, ...], Facts]] = queue.SimpleQueue()

    def put(self, frame: int, poses: Poses, people: Sequence[str] = (PERSON,), facts: Facts = NOBODY_KNOWS) -> None:
        """Hand over a frame's poses, of an estimator with these facts; from any thread, never waits.

        Do not change the arrays afterwards.
        """
        self._waiting.put((frame, poses, tuple(people), facts))

    def take(self) -> tuple[int, Poses, tuple[str, ...], Facts] | None:
        """Return what waits longest, None when nothing does."""
        try:
            return self._waiting.get_nowait()
        except queue.Empty:
            return None


class Document:
    """Holds tracks, which come in, are corrected, and taken back. All but `arrivals.put` is for the owner's thread.

    Edits raise SessionError for people and ranges that are not there, and when `is_read_only`; nothing is then changed.
    """

    def __init__(self, footage: Footage, skeleton: Skeleton = NO_KEYPOINTS) -> None:
        self.tracks = Tracks(footage, skeleton)
        self.is_read_only = False
        self.arrivals = Arrivals()
        self.history = History()
        self.scribe: Scribe | None = None
        self._incoming: NDArray[np.intp] | None = None  # places of the estimator's keypoints, where it has not all
        self._callbacks: list[Callable[[Change], None]] = []

    @property
    def footage(self) -> Footage:
        """The video that it is of."""
        return self.tracks.footage

    @property
    def skeleton(self) -> Skeleton:
        """The keypoints of all tracks."""
        return self.tracks.skeleton

    # Results

    def take_skeleton(self, skeleton: Skeleton) -> None:
        """Take the poses of an estimator with these keypoints from now on, matched by name with what is there.

        Results, corrections and their undo keep to the names. What one estimator does not find is missing in the
        frames that it was the last to look at. Raises SessionError where no keypoint is known here, and nothing is
        then changed.
        """
        self.take_arrivals()  # they are of the estimator before
        matched = joined(skeleton, self.skeleton) if self.tracks.people else skeleton
        if matched.names != self.skeleton.names:
            self._change_skeleton(matched)
        is_same = skeleton.names == self.skeleton.names
        self._incoming = None if is_same else places_in(self.skeleton, skeleton.names)

    def put(self, frame: int, poses: Poses, people: Sequence[str] = (PERSON,), facts: Facts = NOBODY_KNOWS) -> None:
        """Keep a frame's raw poses, one row for each person; what was measured there before is replaced.

        facts: what the estimator that measured them says of itself.
        """
        self._put(frame, poses, people, facts)
        self._tell(Change(self.tracks.people, range(frame, frame + 1), None, by_user=False))

    def take_arrivals(self) -> Change | None:
        """Put what other threads gave to `arrivals`; return what it changed."""
        frames = []
        while (arrival := self.arrivals.take()) is not None:
            self._put(*arrival)
            frames.append(arrival[0])
        if not frames:
            return None
        change = Change(self.tracks.people, range(min(frames), max(frames) + 1), None, by_user=False)
        self._tell(change)
        return change

    def want(self, frames: range) -> None:
        """Note that the analysis of these frames is asked for."""
        self.tracks.coverage.want(self.tracks.checked(frames))
        if self.scribe:
            self.scribe.wanted(frames)

    def finish(self, frames: range) -> None:
        """Note that an analysis went through these frames: what it has not looked at cannot be decoded."""
        self.take_arrivals()
        self.tracks.coverage.finish(self.tracks.checked(frames))
        if self.scribe:
            self.scribe.finished(frames)

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

    def look_again(self, person: str, frames: NDArray[np.intp], poses: Poses, skeleton: Skeleton) -> None:
        """Take what a second look saw of a person in these frames (F,), rising, in place of what was there: one step.

        poses: a row for each frame, of this skeleton. What the user placed stays. Raises as `take_skeleton`, too.
        """
        within = range(int(frames[0]), int(frames[-1]) + 1)
        self._strip(person, within)  # raises before anything is changed
        self.take_skeleton(skeleton)
        self.settle()
        if self._incoming is not None:
            poses = spread(poses, self._incoming, len(self.skeleton))
        number = self.hold(frames, poses)
        before = self._strip(person, within)
        self._do(edits.look_again(person, before, number, np.isin(np.array(within), frames)))

    def hold(self, frames: NDArray[np.intp], poses: Poses) -> int:
        """Keep what a second look saw, for a step that is to follow; return its number."""
        number = self.tracks.hold(frames, poses)
        if self.scribe:
            self.scribe.held(number, frames, poses)
        return number

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
        return self._write(step, {patch.person: patch.before for patch in step.patches})

    def redo(self) -> Change | None:
        """Do the last step that was taken back again."""
        self._check_editable()
        step = self.history.redo()
        if step is None:
            return None
        if self.scribe:
            self.scribe.redo()
        return self._write(step, {patch.person: patch.after for patch in step.patches})

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

    def _change_skeleton(self, skeleton: Skeleton) -> None:
        """Hold other keypoints; where anything is held already, all of its own are among them."""
        self.settle()  # its numbers are those of the keypoints before
        numbers = self.tracks.spread(skeleton) if self.tracks.people else None
        self.tracks.skeleton = skeleton
        if numbers is not None:
            self.history.renumber(numbers)
        if self.scribe:
            self.scribe.skeleton(skeleton)
        if numbers is not None:
            self._tell(
                Change(self.tracks.people, self.tracks.frames, None, by_user=False, renumbered=tuple(numbers.tolist()))
            )

    def _put(self, frame: int, poses: Poses, people: Sequence[str], facts: Facts) -> None:
        if self._incoming is not None:
            poses = spread(poses, self._incoming, len(self.skeleton))
        self.tracks.keep(frame, poses, people, facts)
        if self.scribe:
            self.scribe.results(frame, poses, people, facts)

    def _do(self, step: Step, *, ongoing: bool = False) -> None:
        self._write_down(self.history.settle(step))
        self._write_down(self.history.record(step, ongoing=ongoing))
        self._write(step, {patch.person: patch.after for patch in step.patches})

    def _write(self, step: Step, strips: Mapping[str, Strip]) -> Change:
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
