"""Everybody's tracks over one video: what was measured, and what the user said about it laid over that.

Frames are numbered over the whole video, ranges are Python's. A person is the name of a track.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.corrections import NOBODY, Layer, Mark, Strip
from poseglass.core.store.coverage import NOBODY_KNOWS, Coverage, Facts
from poseglass.core.store.events import Events
from poseglass.core.store.footage import Footage
from poseglass.core.store.matching import places_in
from poseglass.core.store.results import Index, Results, bounds
from poseglass.errors import SessionError
from poseglass.types import Event, Flags, Floats, Poses, Skeleton, Track

PERSON = "1"
"""Name of the first person, before there is anybody."""
NO_KEYPOINTS = Skeleton(())
"""Of tracks that wait for their first estimator."""
PLACED_VARIANCE = 0.1**2
"""Of a position that the user fixed, px^2: a hand on a screen is no surer."""
NEAR_S = 1.0
"""Somebody who was so near in time to a frame may be bridged over it by a smoother."""
USUAL_SIZE = 1 / 3
"""Size of a person of whom nothing was measured, in parts of the picture's height."""


class Tracks:
    """Raw results and corrections of everybody. Raises SessionError for people and ranges that are not there."""

    def __init__(self, footage: Footage, skeleton: Skeleton = NO_KEYPOINTS) -> None:
        self.footage = footage
        self.skeleton = skeleton
        self.coverage = Coverage(len(footage))
        self.told = Events()
        self.labels: dict[str, str] = {}  # what the user calls people
        self._results: list[Results] = []
        self._owners: list[str] = []  # of the results, in their order
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
    def shown_people(self) -> dict[str, int]:
        """Names of the tracks that have a pose anywhere, in the order they came, and in how many frames."""
        for person in self._layers.keys() - self._counts.keys():
            self._counts[person] = int(self.is_there(person, self.frames).sum())
        return {person: self._counts[person] for person in self._layers if self._counts[person]}

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

    @property
    def found(self) -> int:
        """Number of frames in which a keypoint of anybody was measured."""
        seen = np.zeros(len(self.footage), dtype=bool)
        for person in self._layers:
            seen |= self.results(person).seen  # second looks are at those who were seen already
        return int(seen.sum())

    @property
    def held(self) -> dict[int, str]:
        """Numbers of results that are no track's own but second looks at somebody, and at whom.

        They show where a strip names them.
        """
        return {number: person for number, person in enumerate(self._owners) if self._layers[person].own != number}

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
        others = [name for name in (self._layers if only is None else only) if name not in people]
        gone = [name for name in others if name in self._layers and self.results(name).forget(frames)]
        numbers = range(*bounds(frames, len(self.footage))) if isinstance(frames, slice) else frames.tolist()
        self.told.put(numbers, events, only)
        self.coverage.note(frames, facts)
        self._forget_numbers(*people, *gone)
        return (*people, *gone)

    def hold(self, person: str, frames: Index, poses: Poses) -> int:
        """Keep what a second look saw of a person in these frames (F,), a row of `poses` each; return its number.

        It shows where a strip's `source` names that number, and stays whatever is analysed later, as corrections do.
        """
        self.known(person)
        self._results.append(Results(len(self.footage), self.skeleton))
        self._results[-1].put(frames, poses.xy, poses.score, poses.covariance)
        self._owners.append(person)
        return len(self._results) - 1

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
        spans = [results.span for results in self._results]
        return tuple(
            person
            for person, layer in self._layers.items()
            if person in people
            or layer.has_others
            or layer.has_marks
            or (spans[layer.own].start < stop and spans[layer.own].stop > start)
        )

    def read(self, person: str, frames: range) -> Strip:
        """Return the corrections in a range."""
        return self.known(person).read(self.checked(frames))

    def write(self, strips: Mapping[str, Strip], *, changes_hands: bool) -> None:
        """Replace each person's corrections; changes_hands: other results than before may be theirs."""
        for person, strip in strips.items():
            self.known(person).write(strip)
            self._counts.pop(person, None)
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

    def body_size(self, person: str) -> float:
        """Return the median body size of a track in px; a usual one where nothing was measured.

        Corrected positions do not change it, so that smoothing far away need not change either.
        """
        if person not in self._sizes:
            layer = self.known(person)
            sizes = np.concatenate(
                [np.zeros(0), *(self._results[s].sizes(layer.source == s) for s in layer.sources(slice(None)))]
            )
            self._sizes[person] = float(np.median(sizes)) if len(sizes) else USUAL_SIZE * self.footage.height
        return self._sizes[person]

    # What is shown

    def raw(self, person: str, frames: range | None = None) -> Track:
        """Return what was measured of a person: tracks and sides as corrected, positions as the estimator saw them.

        frames: all of the video's if None. Frames without the person are NaN with score 0. A copy.
        """
        return self.gather(person, _index(self.checked(frames)))

    def corrected(self, person: str, frames: range | None = None, keypoints: Sequence[int] | None = None) -> Track:
        """Return the same with the corrected positions in place, `fixed`: what the smoother is to be given. A copy."""
        track = self.correct(person, _index(self.checked(frames)))
        return track if keypoints is None else track.part(slice(None), keypoints)

    def marks(self, person: str, frames: range | None = None) -> NDArray[np.uint8]:
        """Return what the user said of each keypoint, (T, K), values of Mark. A copy."""
        return self.known(person).mark[_index(self.checked(frames))].copy()

    def is_known(self, frames: range) -> Flags:
        """Return which of the frames (F,) were analysed or have a mark: the others have no row, and nothing to show."""
        here = _index(frames)
        known = self.analysed[here].copy()
        for layer in self._layers.values():
            if layer.has_marks:
                known |= (layer.mark[here] != 0).any(axis=1)
        return known

    def corrected_frames(self, person: str) -> NDArray[np.intp]:
        """Return the frames with a mark, rising."""
        layer = self.known(person)
        return np.flatnonzero(layer.mark.any(axis=1)) if layer.has_marks else np.zeros(0, np.intp)

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

    def gather(self, person: str, index: Index) -> Track:
        """Return what `raw` does of any frames."""
        layer = self.known(person)
        source, time_s = layer.source[index], self.footage.time_s[index]
        keypoints = len(self.skeleton)
        xy = np.full((len(source), keypoints, 2), np.nan)
        score = np.zeros((len(source), keypoints))
        covariance = np.full((len(source), keypoints, 2, 2), np.nan)
        for number in layer.sources(index):
            results = self._results[number]
            rows = np.flatnonzero((source == number) & results.present[index])
            numbers = rows + index.start if isinstance(index, slice) else index[rows]
            xy[rows], score[rows], covariance[rows] = results.rows(numbers)
        mirrored = layer.mirrored[index]
        if mirrored.any():
            order = self.skeleton.flip_order
            for values in (xy, score, covariance):
                values[mirrored] = values[mirrored][:, order]
        return Track(time_s, xy, score, covariance, size=self.body_size(person))

    def correct(self, person: str, index: Index) -> Track:
        """Return what `corrected` does of any frames."""
        track, layer = self.gather(person, index), self.known(person)
        mark = layer.mark[index]
        if not (layer.has_marks and mark.any()):
            return track
        placed, missing = (np.asarray(mark & said, dtype=bool) for said in (Mark.PLACED, Mark.MISSING))
        track.xy[placed] = layer.xy[index][placed]
        track.score[placed], track.covariance[placed] = 1.0, np.eye(2) * PLACED_VARIANCE
        track.xy[missing], track.score[missing], track.covariance[missing] = np.nan, 0.0, np.nan
        return replace(track, fixed=placed)

    def is_there(self, person: str, frames: range) -> Flags:
        """Return in which of the frames (F,) a person has a keypoint, corrected."""
        layer, here = self.known(person), _index(self.checked(frames))
        there = np.zeros(len(frames), dtype=bool)
        for number in layer.sources(here):
            there |= self._results[number].seen[here] & (layer.source[here] == number)
        if layer.has_marks:
            marked = np.flatnonzero(layer.mark[here].any(axis=1))
            there[marked] = np.isfinite(self.correct(person, marked + here.start).xy).any(axis=(1, 2))
        return there

    def _forget_numbers(self, *people: str) -> None:
        """Have sizes and counts reckoned anew where they hang on these people's results."""
        for person in (*people, *(name for name, layer in self._layers.items() if layer.has_others)):
            self._sizes.pop(person, None)
            self._counts.pop(person, None)


def _index(frames: range) -> slice:
    return slice(frames.start, frames.stop)
