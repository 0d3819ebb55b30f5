"""Everybody's tracks over one video: what was measured, and what the user said about it laid over that.

Frames are numbered over the whole video, ranges are Python's. A person is the name of a track.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poseglass.api import Smoother
from poseglass.core.store.corrections import NOBODY, Layer, Mark, Strip
from poseglass.core.store.coverage import NOBODY_KNOWS, Coverage, Facts
from poseglass.core.store.footage import Footage
from poseglass.core.store.matching import places_in
from poseglass.core.store.results import Index, Results
from poseglass.errors import SessionError
from poseglass.types import Flags, Floats, Poses, Recording, Skeleton, SmoothedTrack, State, Track, sigma_of

PERSON = "1"
"""Name of the track while one person is followed."""
NO_KEYPOINTS = Skeleton(())
"""Of tracks that wait for their first estimator."""
PLACED_VARIANCE = 0.1**2
"""Of a position that the user fixed, px^2: a hand on a screen is no surer."""
USUAL_SIZE = 1 / 3
"""Size of a person of whom nothing was measured, in parts of the picture's height."""


class Tracks:
    """Raw results and corrections of everybody. Raises SessionError for people and ranges that are not there."""

    def __init__(self, footage: Footage, skeleton: Skeleton = NO_KEYPOINTS) -> None:
        self.footage = footage
        self.skeleton = skeleton
        self.coverage = Coverage(len(footage))
        self._results: list[Results] = []
        self._layers: dict[str, Layer] = {}
        self._sizes: dict[str, float] = {}  # a cache

    @property
    def analysed(self) -> Flags:
        """Which frames (T,) were looked at, whether anybody was found or not. Read only."""
        return self.coverage.analysed

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the tracks, in the order they came."""
        return tuple(self._layers)

    @property
    def frames(self) -> range:
        """All of the video's."""
        return range(len(self.footage))

    @property
    def found(self) -> int:
        """Number of frames in which a keypoint of anybody was measured."""
        seen = np.zeros(len(self.footage), dtype=bool)
        for results in self._results:
            seen |= results.present & np.isfinite(results.xy).any(axis=(1, 2))
        return int(seen.sum())

    def keep(self, frame: int, poses: Poses, people: Sequence[str], facts: Facts = NOBODY_KNOWS) -> None:
        """Keep a frame's raw poses, one row for each person; what was measured there before is replaced.

        facts: what the estimator that measured them says of itself. Raises SessionError for poses of another skeleton.
        """
        assert len(poses) == len(people), (len(poses), people)
        rows = poses.xy[None], poses.score[None], poses.covariance[None]
        self.keep_all(slice(frame, frame + 1), *rows, people, facts)

    def keep_all(
        self,
        frames: Index,
        xy: Floats,
        score: Floats,
        covariance: Floats,
        people: Sequence[str],
        facts: Facts = NOBODY_KNOWS,
    ) -> None:
        """Keep the poses of many frames (F, P, K, 2), (F, P, K), (F, P, K, 2, 2) as `keep` does those of one.

        Of a frame that comes twice the last ones count. Raises SessionError for poses of another skeleton.
        """
        if score.shape[2] != len(self.skeleton):
            raise SessionError(
                f"poses of {score.shape[2]} keypoints do not fit tracks of {len(self.skeleton)}; "
                "start a new session for another model"
            )
        for p, person in enumerate(people):
            self._results[self.begin(person).own].put(frames, xy[:, p], score[:, p], covariance[:, p])
        for person in set(self.people) - set(people):
            self.results(person).forget(frames)
        self.coverage.note(frames, facts)
        self._sizes.clear()

    def read(self, person: str, frames: range) -> Strip:
        """Return the corrections in a range."""
        return self.known(person).read(self.checked(frames))

    def write(self, strips: Mapping[str, Strip], *, changes_hands: bool) -> None:
        """Replace each person's corrections; changes_hands: other results than before may be theirs."""
        for person, strip in strips.items():
            self.known(person).write(strip)
        if changes_hands:
            self._sizes.clear()

    def spread(self, skeleton: Skeleton) -> NDArray[np.intp]:
        """Hold the keypoints of another skeleton, which has all that are held now, and return their places in it."""
        places = places_in(skeleton, self.skeleton.names)
        self._results = [results.spread(skeleton, places) for results in self._results]
        self._layers = {person: layer.spread(len(skeleton), places) for person, layer in self._layers.items()}
        self.skeleton = skeleton
        self._sizes.clear()
        return places

    def results(self, person: str) -> Results:
        """Return a track's own results, as they came. Read only."""
        return self._results[self.known(person).own]

    def begin(self, person: str) -> Layer:
        """Return a track's corrections; a new name starts a track."""
        if person not in self._layers:
            frames = len(self.footage)
            self._layers[person] = Layer(frames, len(self.skeleton), source=len(self._results))
            self._results.append(Results(frames, self.skeleton))
        return self._layers[person]

    def body_size(self, person: str) -> float:
        """Return the median body size of a track in px; a usual one where nothing was measured.

        Corrected positions do not change it, so that smoothing far away need not change either.
        """
        if person not in self._sizes:
            layer = self.known(person)
            found = [
                self._results[s].body_size[layer.source == s] for s in set(np.unique(layer.source).tolist()) - {NOBODY}
            ]
            sizes = np.concatenate([np.zeros(0), *found])
            sizes = sizes[np.isfinite(sizes)]
            self._sizes[person] = float(np.median(sizes)) if len(sizes) else USUAL_SIZE * self.footage.height
        return self._sizes[person]

    # What is shown

    def raw(self, person: str, frames: range | None = None) -> Track:
        """Return what was measured of a person: tracks and sides as corrected, positions as the estimator saw them.

        frames: all of the video's if None. Frames without the person are NaN with score 0. A copy.
        """
        return self._gather(person, _index(self.checked(frames)))

    def corrected(self, person: str, frames: range | None = None, keypoints: Sequence[int] | None = None) -> Track:
        """Return the same with the corrected positions in place, `fixed`: what the smoother is to be given. A copy."""
        track = self._correct(person, _index(self.checked(frames)))
        return track if keypoints is None else track.part(slice(None), keypoints)

    def marks(self, person: str, frames: range | None = None) -> NDArray[np.uint8]:
        """Return what the user said of each keypoint, (T, K), values of Mark. A copy."""
        return self.known(person).mark[_index(self.checked(frames))].copy()

    def is_known(self, frames: range) -> Flags:
        """Return which of the frames (F,) were analysed or have a mark: the others have no row, and nothing to show."""
        here = _index(frames)
        known = self.analysed[here].copy()
        for layer in self._layers.values():
            known |= (layer.mark[here] != 0).any(axis=1)
        return known

    def corrected_frames(self, person: str) -> NDArray[np.intp]:
        """Return the frames with a mark, rising."""
        return np.flatnonzero(self.known(person).mark.any(axis=1))

    def recording(self, smoother: Smoother | None) -> Recording:
        """Return the analysed frames, and the corrected ones, for an exporter; smoothed where a smoother is given.

        Without one a person with corrections gets, in place of the smoothed track, the corrected positions.
        """
        index = np.flatnonzero(self.is_known(self.frames))
        tracks = tuple(
            (person, self._gather(person, index), self._final(person, index, smoother)) for person in self.people
        )
        pts, time_s = self.footage.pts[index], self.footage.told_s[index]
        return Recording(self.skeleton, index, pts, time_s, tracks, self.footage.source)

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

    def _gather(self, person: str, index: Index) -> Track:
        layer = self.known(person)
        source, time_s = layer.source[index], self.footage.time_s[index]
        keypoints = len(self.skeleton)
        xy = np.full((len(source), keypoints, 2), np.nan)
        score = np.zeros((len(source), keypoints))
        covariance = np.full((len(source), keypoints, 2, 2), np.nan)
        for number in set(np.unique(source).tolist()) - {NOBODY}:
            results = self._results[number]
            rows = (source == number) & results.present[index]
            xy[rows], score[rows] = results.xy[index][rows], results.score[index][rows]
            covariance[rows] = results.covariance[index][rows]
        mirrored = layer.mirrored[index]
        if mirrored.any():
            order = self.skeleton.flip_order
            for values in (xy, score, covariance):
                values[mirrored] = values[mirrored][:, order]
        return Track(time_s, xy, score, covariance, size=self.body_size(person))

    def _correct(self, person: str, index: Index) -> Track:
        track, layer = self._gather(person, index), self.known(person)
        mark = layer.mark[index]
        if not mark.any():
            return track
        placed, missing = (np.asarray(mark & said, dtype=bool) for said in (Mark.PLACED, Mark.MISSING))
        track.xy[placed] = layer.xy[index][placed]
        track.score[placed], track.covariance[placed] = 1.0, np.eye(2) * PLACED_VARIANCE
        track.xy[missing], track.score[missing], track.covariance[missing] = np.nan, 0.0, np.nan
        return replace(track, fixed=placed)

    def _final(self, person: str, index: NDArray[np.intp], smoother: Smoother | None) -> SmoothedTrack | None:
        track = self._correct(person, index)
        if smoother is not None:
            return smoother.smooth(track) if len(index) else None
        return None if track.fixed is None else unsmoothed(track)

    def is_there(self, person: str, frames: range) -> Flags:
        """Return in which of the frames (F,) a person has a keypoint, corrected."""
        return np.asarray(np.isfinite(self.corrected(person, frames).xy).any(axis=(1, 2)))


def unsmoothed(track: Track) -> SmoothedTrack:
    """Return a track's own positions in the form of smoothed ones."""
    there: Flags = np.asarray(np.isfinite(track.xy).all(axis=-1))
    state = np.where(there, State.OBSERVED, State.MISSING).astype(np.uint8)
    if track.fixed is not None:
        state[track.fixed] = State.EDITED
    return SmoothedTrack(track.xy, sigma_of(track.covariance), state)


def _index(frames: range) -> slice:
    return slice(frames.start, frames.stop)
