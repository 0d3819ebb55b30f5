"""Where a range that is analysed again meets what was there before: the same people keep their names.

A run numbers those whom it finds by itself, "1" and so on. Each gets the name of the person whom they go on from: the
one who is most alike where they are seen first, in the result that is replaced or in the last frame before the range.
Whoever goes on from nobody is somebody new, with a name that was never used; and where they reach the old results at
the range's end, they become whoever goes on there.

What the user merged, split and swapped stays: a result that goes on a person is put where that person shows it from.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from poseglass.core.likeness import keypoint_similarity
from poseglass.core.store.arrivals import Arrival
from poseglass.core.store.tracks import Tracks
from poseglass.types import Floats, Poses, What, runs

ALIKE = 0.3
"""Object keypoint similarity from which two poses, of one frame or two that follow each other, are one person's."""
TOLERANCE = 2.0
"""Times COCO's: limbs move from frame to frame, and two networks see them in other places."""
WITHIN_S = 1.0
"""Frames further apart than this do not meet: too much may have happened between them."""

Joint = tuple[str, str, range]
"""Whose results, whose they are to be, and in which frames."""


class Seams:
    """One analysis of some frames, into tracks that hold results already. For the owner's thread."""

    def __init__(self, tracks: Tracks, frames: range) -> None:
        self._tracks, self._frames = tracks, frames
        self._names: dict[str, str] = {}  # of the run's people: the tracks' people
        self._fresh: set[str] = set()  # of these, who go on from nobody
        self._written: set[str] = set()  # whose results are others than before
        self._last = -1  # frame

    def named(self, came: Arrival) -> Arrival:
        """Return a frame's results with the names that they are to be kept under; before they are kept."""
        self._last = max(self._last, came.frame)
        born = self._meet(came)
        people: list[str] = []
        for name in came.people:
            people.append(self._place(name, came.frame, people))
        events = [
            replace(event, person=self._name(event.person))
            for event in came.events
            if not (event.what is What.BIRTH and event.person in born)
        ]
        return replace(came, people=tuple(people), events=tuple(events))

    def end(self) -> list[Joint]:
        """Return whose results are another's, behind the last frame that came."""
        after = self._neighbour(self._last, range(self._last + 1, len(self._tracks.frames)))
        if after is None:
            return []
        tracks, last = self._tracks, self._last
        used = self._fresh.union(self._names.values())
        new = [
            name
            for name in tracks.people
            if name in self._fresh and tracks.known(name).is_untouched and _is_there(tracks, name, last)
        ]
        old = [name for name in tracks.people if name not in used and _is_there(tracks, name, after)]
        pairs = _best_pairs(self._similarity(_poses(tracks, new, last), _poses(tracks, old, after)))
        return [joint for i, j in pairs for joint in self._joints(new[i], old[j])]

    def _meet(self, came: Arrival) -> set[str]:
        """Name those who are seen for the first time; return who was there before the range already."""
        rows = [row for row, name in enumerate(came.people) if name not in self._names]
        if not rows:
            return set()
        tracks, frame = self._tracks, came.frame
        free = [name for name in tracks.people if tracks.owner(name, frame) not in self._written]
        before = self._neighbour(frame, range(self._frames.start - 1, -1, -1))
        alike, goes_on = np.zeros((len(rows), len(free))), np.zeros((len(rows), len(free)), dtype=bool)
        for there in (frame, before):
            if there is not None:
                some = [p for p, name in enumerate(free) if _is_there(tracks, name, there)]
                found = self._similarity(came.poses.part(rows), _poses(tracks, [free[p] for p in some], there))
                goes_on[:, some] |= (found >= ALIKE) & (there != frame)
                alike[:, some] = np.maximum(alike[:, some], found)
        pairs = _best_pairs(alike)
        self._names |= {came.people[rows[i]]: free[j] for i, j in pairs}
        for row in rows:
            self._name(came.people[row])
        return {came.people[rows[i]] for i, j in pairs if goes_on[i, j]}

    def _name(self, name: str) -> str:
        """Return the name of one of the run's people; whoever was not met is somebody new."""
        if name and name not in self._names:
            self._names[name] = self._new(name)
        return self._names.get(name, name)

    def _new(self, name: str = "") -> str:
        """Return a name for somebody new: the run's own where nobody else was ever found under it."""
        tracks, used = self._tracks, {*self._names.values(), *self._fresh}
        is_free = bool(name) and name not in used and name not in tracks.labels.values()
        if name in tracks.people:
            is_free = is_free and not (tracks.results(name).stop or tracks.known(name).has_others)
        fresh = name if is_free else tracks.free_name(used)
        self._fresh.add(fresh)
        return fresh

    def _place(self, name: str, frame: int, taken: Collection[str]) -> str:
        """Return under whose name a result is kept, so that it shows as the person's whom it goes on."""
        track = self._owner(self._names[name], frame)
        if track in taken:  # the user's corrections would have two be one
            track = self._names[name] = self._new()
        self._written.add(track)
        return track

    def _owner(self, person: str, frame: int) -> str:
        """Return whose results a person shows; their own where they have none yet."""
        return self._tracks.owner(person, frame) if person in self._tracks.people else person

    def _neighbour(self, frame: int, frames: range) -> int | None:
        """Return the first of some frames that was analysed, if it is near a frame in time."""
        time_s = self._tracks.footage.time_s
        for other in frames:
            if frame < 0 or abs(float(time_s[other] - time_s[frame])) > WITHIN_S:
                return None
            if self._tracks.analysed[other]:
                return other
        return None

    def _similarity(self, a: Poses, b: Poses) -> Floats:
        return keypoint_similarity(a, b, self._tracks.skeleton, TOLERANCE)

    def _joints(self, new: str, old: str) -> list[Joint]:
        """Return where the results of somebody new are to go, piece by piece; nowhere if any is taken."""
        tracks = self._tracks
        start, stop = self._frames.start, self._last + 1
        present = tracks.results(new).present[start:stop]
        source = tracks.known(old).source[start:stop]
        joints = []
        for number in np.unique(source):
            for run in runs(np.asarray(source == number)):
                frames = range(start + run.start, start + run.stop)
                owner = tracks.owner(old, frames.start)
                taken = tracks.results(owner).present[frames.start : frames.stop] & present[run.start : run.stop]
                if taken.any():
                    return []
                joints.append((new, owner, frames))
        return joints


def _best_pairs(alike: Floats) -> list[tuple[int, int]]:
    """Return rows and columns of (N, M) that belong together, none twice, the most alike first."""
    left, pairs = alike.copy(), []
    while left.size and left.max() >= ALIKE:
        row, column = np.unravel_index(np.argmax(left), left.shape)
        pairs.append((int(row), int(column)))
        left[row], left[:, column] = 0.0, 0.0
    return pairs


def _is_there(tracks: Tracks, person: str, frame: int) -> bool:
    return bool(tracks.is_there(person, range(frame, frame + 1))[0])


def _poses(tracks: Tracks, people: list[str], frame: int) -> Poses:
    """Return the poses of some people in a frame, corrected."""
    here = range(frame, frame + 1)
    return Poses.of([tracks.corrected(person, here).poses(0) for person in people], len(tracks.skeleton))
