"""What a window holds of one video: raw results, the corrections beside them, and the way back from each.

One thread owns a document: the window's. Others may only call `arrivals.put`; the owner calls `take_arrivals` when it
likes, say at every tick. What was drawn a moment ago therefore never changes under anybody's hands.

Frames are numbered over the whole video, ranges are Python's. A person is the name of a track.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store import edits
from poseglass.core.store.arrivals import Arrival, Arrivals
from poseglass.core.store.corrections import Mark
from poseglass.core.store.coverage import NOBODY_KNOWS, Facts
from poseglass.core.store.edited import Edited
from poseglass.core.store.footage import Footage
from poseglass.core.store.kept import NO_KEYPOINTS
from poseglass.core.store.matching import joined, places_in, spread
from poseglass.core.store.scribe import Change, Scribe
from poseglass.core.store.seams import Seams
from poseglass.core.store.tracks import PERSON
from poseglass.types import Event, Poses, Skeleton

__all__ = ["NO_KEYPOINTS", "PERSON", "Arrivals", "Change", "Document", "Mark", "Scribe"]


class Document(Edited):
    """Holds tracks, which come in, are corrected, and taken back. All but `arrivals.put` is for the owner's thread.

    Edits raise SessionError for people and ranges that are not there, and when `is_read_only`; nothing is then changed.
    """

    def __init__(self, footage: Footage, skeleton: Skeleton = NO_KEYPOINTS) -> None:
        super().__init__(footage, skeleton)
        self.arrivals = Arrivals()
        self._incoming: NDArray[np.intp] | None = None  # places of the estimator's keypoints, where it has not all
        self._seams: Seams | None = None  # of the analysis whose results come in

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

    def put(
        self,
        frame: int,
        poses: Poses,
        people: Sequence[str],
        facts: Facts = NOBODY_KNOWS,
        events: Sequence[Event] = (),
        only: Collection[str] | None = None,
    ) -> None:
        """Keep a frame's raw poses, one row for each person; what was measured there before is replaced.

        facts: what the estimator that measured them says of itself. events: what happened in that frame. only: who was
        looked for, where it was not everybody: all others' results and events stay as they are.
        """
        here = range(frame, frame + 1)
        changed = self._put(self._fitting(Arrival(frame, poses, people, facts, events, only)))
        self._tell(Change(self.tracks.near(here, changed), here, None, by_user=False))

    def take_arrivals(self) -> Change | None:
        """Put what other threads gave to `arrivals`; return what it changed."""
        frames, changed = [], set[str]()
        while (came := self.arrivals.take()) is not None:
            came = self._fitting(came)
            if self._seams is not None and came.only is None:
                came = self._seams.named(came)
            changed.update(self._put(came))
            frames.append(came.frame)
        if not frames:
            return None
        here = range(min(frames), max(frames) + 1)
        change = Change(self.tracks.near(here, changed), here, None, by_user=False)
        self._tell(change)
        return change

    def begin_results(self, frames: range) -> None:
        """Expect the results of one analysis of these frames in `arrivals`.

        Its people get the names of those whom they go on from, see `Seams`, up to `end_results` or `finish`; but not
        where it looked for some `only`, who are called by name.
        """
        self.end_results()
        self.want(frames)
        self._seams = Seams(self.tracks, frames)

    def end_results(self) -> None:
        """Take what is left of an analysis, and join it to what lies behind its last frame. Twice does nothing."""
        self.take_arrivals()
        if self._seams is None:
            return
        joints, self._seams = self._seams.end(), None
        for old, new, frames in joints:
            self.hand_over(old, new, frames)

    def hand_over(self, old: str, new: str, frames: range) -> None:
        """Make one person's results another's, where that one has none; corrections stay whose they are."""
        self.tracks.hand_over(old, new, frames)
        if self.scribe:
            self.scribe.handed_over(old, new, frames)
        self._tell(Change(self.tracks.near(frames, (old, new)), frames, None, by_user=False))

    def want(self, frames: range) -> None:
        """Note that the analysis of these frames is asked for."""
        self.tracks.coverage.want(self.tracks.checked(frames))
        if self.scribe:
            self.scribe.wanted(frames)

    def finish(self, frames: range) -> None:
        """Note that an analysis went through these frames: what it has not looked at cannot be decoded."""
        self.end_results()
        self.tracks.coverage.finish(self.tracks.checked(frames))
        if self.scribe:
            self.scribe.finished(frames)

    # Second looks

    def look_again(
        self,
        person: str,
        frames: NDArray[np.intp],
        poses: Poses,
        skeleton: Skeleton,
        facts: Facts = NOBODY_KNOWS,
    ) -> None:
        """Take what a second look saw of a person in these frames (F,), rising, in place of what was there: one step.

        poses: a row for each frame, of this skeleton. facts: what the estimator that looked says of itself. What the
        user placed stays. Raises as `take_skeleton`, too.
        """
        within = range(int(frames[0]), int(frames[-1]) + 1)
        self._strip(person, within)  # raises before anything is changed
        self.take_skeleton(skeleton)
        if self._incoming is not None:
            poses = spread(poses, self._incoming, len(self.skeleton))
        number = self.hold(person, frames, poses, facts)
        before = self._strip(person, within)
        self._do(edits.look_again(person, before, number, np.isin(np.array(within), frames)))

    def hold(self, person: str, frames: NDArray[np.intp], poses: Poses, facts: Facts = NOBODY_KNOWS) -> int:
        """Keep what a second look saw of a person, for a step that is to follow; return its number."""
        self.settle()  # results are numbered as they begin: what began a track before is to be written down before
        number = self.tracks.hold(person, frames, poses, facts)
        if self.scribe:
            self.scribe.held(person, frames, poses, facts)
        return number

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

    def _fitting(self, came: Arrival) -> Arrival:
        """Return results with the keypoints of the tracks."""
        if self._incoming is None:
            return came
        return replace(came, poses=spread(came.poses, self._incoming, len(self.skeleton)))

    def _put(self, came: Arrival) -> tuple[str, ...]:
        """Keep results; return whose tracks are others than before."""
        if not set(came.people) <= set(self.tracks.people):
            self.settle()  # tracks are numbered as they begin: what began one before is to be written down before
        changed = self.tracks.keep(came.frame, came.poses, came.people, came.facts, came.events, came.only)
        if self.scribe:
            self.scribe.results(came)
        return changed
