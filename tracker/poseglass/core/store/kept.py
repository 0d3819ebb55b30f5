"""Everybody's raw results and corrections as they are kept: by track, over all frames of a video.

Frames are numbered over the whole video, ranges are Python's. A person is the name of a track.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.corrections import NOBODY, Layer, Strip
from poseglass.core.store.coverage import NOBODY_KNOWS, Coverage, Facts
from poseglass.core.store.events import Events
from poseglass.core.store.footage import Footage
from poseglass.core.store.matching import places_in
from poseglass.core.store.results import Index, Results, bounds
from poseglass.errors import SessionError
from poseglass.types import Event, Flags, Floats, Poses, Skeleton

NO_KEYPOINTS = Skeleton(())
"""Of tracks that wait for their first estimator."""
NEAR_S = 1.0
"""Somebody who was so near in time to a frame may be bridged over it by a smoother."""


class Kept:
    """Raw results and corrections of everybody. Raises SessionError for people and ranges that are not there."""

    def __init__(self, footage: Footage, skeleton: Skeleton = NO_KEYPOINTS) -> None:
        self.footage = footage
        self.skeleton = skeleton
        self.coverage = Coverage(len(footage))
        self.told = Events()
        self.labels: dict[str, str] = {}  # what the user calls people
        self._results: list[Results] = []
        self._owners: list[str] = []  # of the results, in their order
        self.held_facts: dict[int, Facts] = {}  # by number, what the estimator of a second look says of itself
        self._mixed: set[str] = set()  # who may show others' results than their own
        self._layers: dict[str, Layer] = {}
        self._sizes: dict[str, float] = {}  # a cache
        self._counts: dict[str, int] = {}  # a cache

    @property
    def analysed(self) -> Flags:
        """Which frames (T,) were looked at, whether anybody was found or not. Read only."""
        return self.coverage.analysed

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the tracks, in the order they came."""
        return tuple(self._layers)

    @property
    def held(self) -> dict[int, str]:
        """Numbers of results that are no track's own but second looks at somebody, and at whom.

        They show where a strip names them.
        """
        return {number: person for number, person in enumerate(self._owners) if self._layers[person].own != number}

    @property
    def events(self) -> tuple[Event, ...]:
        """What happened to those who are followed, by frame."""
        return tuple(self.told)

    def label(self, person: str) -> str:
        """Return what the user calls a person; their name where they call them nothing."""
        return self.labels.get(person, person)

    def call(self, person: str, label: str) -> None:
        """Have a person be called something; "" for nothing."""
        self.labels.pop(person, None)
        if label:
            self.labels[person] = label

    def free_name(self, used: Collection[str] = ()) -> str:
        """Return the smallest number that nobody was ever named or is called, and that is none of those in use."""
        taken = {*self._layers, *self.labels.values(), *used}
        return next(name for name in map(str, count(1)) if name not in taken)

    def owner(self, person: str, frame: int) -> str:
        """Return whose own results a person has in a frame; the person's where they are in none by the user's word."""
        source = int(self.known(person).source[frame])
        return person if source == NOBODY else self._owners[source]

    @property
    def frames(self) -> range:
        """All of the video's."""
        return range(len(self.footage))

    def keep(
        self,
        frame: int,
        poses: Poses,
        people: Sequence[str],
        facts: Facts = NOBODY_KNOWS,
        events: Sequence[Event] = (),
        only: Collection[str] | None = None,
    ) -> tuple[str, ...]:
        """Keep a frame's raw poses, one row for each person; what was measured there before is replaced.

        facts: what the estimator that measured them says of itself. events: what happened there. only: who was looked
        for, where it was not everybody: all others stay as they are. Return whose tracks are others than before.
        Raises SessionError for poses of another skeleton.
        """
        assert len(poses) == len(people), (len(poses), people)
        rows = poses.xy[None], poses.score[None], poses.covariance[None]
        return self.keep_all(slice(frame, frame + 1), *rows, people, facts, events, only)

    def keep_all(
        self,
        frames: Index,
        xy: Floats,
        score: Floats,
        covariance: Floats,
        people: Sequence[str],
        facts: Facts = NOBODY_KNOWS,
        events: Sequence[Event] = (),
        only: Collection[str] | None = None,
    ) -> tuple[str, ...]:
        """Keep the poses of many frames (F, P, K, 2), (F, P, K), (F, P, K, 2, 2) as `keep` does those of one.

        Of a frame that comes twice the last ones count. Raises SessionError for poses of another skeleton.
        """
        assert only is None or set(people) <= set(only), (people, only)
        if score.shape[2] != len(self.skeleton):
            raise SessionError(
                f"poses of {score.shape[2]} keypoints do not fit tracks of {len(self.skeleton)}; "
                "start a new session for another model"
            )
        for p, person in enumerate(people):
            self.begin(person)
            self.results(person).put(frames, xy[:, p], score[:, p], covariance[:, p])
        gone = [
            person
            for person in (self._found_between(*bounds(frames, len(self.footage))) if len(score) else ())
            if person not in people and (only is None or person in only) and self.results(person).forget(frames)
        ]
        self.told.put(range(frames.start, frames.stop) if isinstance(frames, slice) else frames.tolist(), events, only)
        self.coverage.note(frames, facts)
        self._forget_numbers(*people, *gone)
        return (*people, *gone)

    def hold(self, person: str, frames: Index, poses: Poses, facts: Facts = NOBODY_KNOWS) -> int:
        """Keep what a second look saw of a person in these frames (F,), a row of `poses` each; return its number.

        facts: what the estimator that looked says of itself. It shows where a strip's `source` names that number, and
        stays whatever is analysed later, as corrections do.
        """
        self.known(person)
        self._results.append(Results(len(self.footage), self.skeleton))
        self._results[-1].put(frames, poses.xy, poses.score, poses.covariance)
        self._owners.append(person)
        number = len(self._results) - 1
        if facts:
            self.held_facts[number] = dict(facts)
        return number

    def hand_over(self, old: str, new: str, frames: range) -> None:
        """Make raw poses of one person another's, where that one has none; what was told of them, too."""
        mine, theirs = self.results(old), self._results[self.begin(new).own]
        here = np.flatnonzero(mine.present & ~theirs.present)
        here = here[(here >= frames.start) & (here < frames.stop)]
        theirs.put(here, *mine.rows(here))
        mine.forget(here)
        self.told.rename(old, new, frames)
        self._forget_numbers(old, new)

    def near(self, frames: range, people: Collection[str]) -> tuple[str, ...]:
        """Return these people and who has been within NEAR_S of some frames: whose smoothed path may depend on them."""
        first, last = self.footage.time_s[[frames.start, frames.stop - 1]] + [-NEAR_S, NEAR_S]
        start, stop = np.searchsorted(self.footage.time_s, [first, last]).tolist()
        found = {*people, *self._found_between(start, stop)}
        return tuple(
            person for person, layer in self._layers.items() if person in found or layer.has_others or layer.has_marks
        )

    def read(self, person: str, frames: range) -> Strip:
        """Return the corrections in a range."""
        return self.known(person).read(self.checked(frames))

    def write(self, strips: Mapping[str, Strip], *, changes_hands: bool) -> None:
        """Replace each person's corrections; changes_hands: other results than before may be theirs."""
        for person, strip in strips.items():
            layer = self.known(person)
            layer.write(strip)
            self._counts.pop(person, None)
            if layer.has_others:
                self._mixed.add(person)
        if changes_hands:
            self._sizes.clear()

    def spread(self, skeleton: Skeleton) -> NDArray[np.intp]:
        """Hold the keypoints of another skeleton, which has all that are held now, and return their places in it."""
        places = places_in(skeleton, self.skeleton.names)
        self._results = [results.spread(skeleton, places) for results in self._results]
        self._layers = {person: layer.spread(len(skeleton), places) for person, layer in self._layers.items()}
        self.skeleton = skeleton
        self._sizes.clear()
        self._counts.clear()
        return places

    def results(self, person: str) -> Results:
        """Return a track's own results, as they came. Read only."""
        return self.numbered(self.known(person).own)

    def numbered(self, number: int) -> Results:
        """Return the results that strips know by this number. Read only."""
        return self._results[number]

    def begin(self, person: str) -> Layer:
        """Return a track's corrections; a new name starts a track."""
        if person not in self._layers:
            frames = len(self.footage)
            self._layers[person] = Layer(frames, len(self.skeleton), source=len(self._results))
            self._results.append(Results(frames, self.skeleton))
            self._owners.append(person)
        return self._layers[person]

    def known(self, person: str) -> Layer:
        """Return a track's corrections; no new one."""
        if person not in self._layers:
            raise SessionError(f"nobody is called {person!r}; there are {', '.join(self.people) or 'no people yet'}")
        return self._layers[person]

    def checked(self, frames: range | None) -> range:
        """Return a range that is in the video; all of it for None."""
        if frames is None:
            return self.frames
        if not 0 <= frames.start < frames.stop <= len(self.footage) or frames.step != 1:
            raise SessionError(f"no frames {frames.start} to {frames.stop - 1}; there are 0 to {len(self.footage) - 1}")
        return frames

    def _found_between(self, start: int, stop: int) -> list[str]:
        """Return whose results may be in some frames. A loop over everybody, and quick."""
        return [
            person
            for person, results in zip(self._owners, self._results, strict=True)
            if results.first < stop and results.stop > start
        ]

    def _forget_numbers(self, *people: str) -> None:
        """Have sizes and counts reckoned anew where they hang on these people's results."""
        for person in (*people, *self._mixed):
            self._sizes.pop(person, None)
            self._counts.pop(person, None)
