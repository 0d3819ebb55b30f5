"""Everybody's tracks over one video: what was measured, and what the user said about it laid over that.

Frames are numbered over the whole video, ranges are Python's. A person is the name of a track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from poseglass.core.store.corrections import Layer, Mark
from poseglass.core.store.coverage import Facts, frames_text
from poseglass.core.store.kept import Kept
from poseglass.core.store.results import Index
from poseglass.types import Flags, Track

PERSON = "1"
"""Name of the first person, before there is anybody."""
PLACED_VARIANCE = 0.1**2
"""Of a position that the user fixed, px^2: a hand on a screen is no surer."""
USUAL_SIZE = 1 / 3
"""Size of a person of whom nothing was measured, in parts of the picture's height."""


class Tracks(Kept):
    """What is shown of everybody. Raises SessionError for people and ranges that are not there."""

    @property
    def shown_people(self) -> dict[str, int]:
        """Names of the tracks that have a pose anywhere, in the order they came, and in how many frames."""
        for person in self._layers.keys() - self._counts.keys():
            self._counts[person] = int(self.is_there(person, self.frames).sum())
        return {person: self._counts[person] for person in self._layers if self._counts[person]}

    @property
    def found(self) -> int:
        """Number of frames in which a keypoint of anybody was measured."""
        seen = np.zeros(len(self.footage), dtype=bool)
        for person in self._layers:
            seen |= self.results(person).seen  # second looks are at those who were seen already
        return int(seen.sum())

    def body_size(self, person: str) -> float:
        """Return the median body size of a track in px; a usual one where nothing was measured.

        Corrected positions do not change it, so that smoothing far away need not change either.
        """
        if person not in self._sizes:
            layer = self.known(person)
            found = [self._results[s].sizes(_shown(layer, s, slice(None))) for s in layer.sources(slice(None))]
            sizes = np.concatenate([np.zeros(0), *found])
            self._sizes[person] = float(np.median(sizes)) if len(sizes) else USUAL_SIZE * self.footage.height
        return self._sizes[person]

    def facts(self) -> tuple[Facts, ...]:
        """Return what the estimators of all that is shown say of themselves, with frames where there are several.

        Those of second looks come last, each with whom it looked at again, and in which frames it still shows.
        """
        again = [
            {**facts, "looked_again_at": self.label(person), "frame_ranges": frames_text(shown)}
            for person, layer in self._layers.items()
            for facts, shown in self._looks_at(layer)
        ]
        return (*self.coverage.told(), *again)

    def _looks_at(self, layer: Layer) -> list[tuple[Facts, Flags]]:
        """Return which estimators looked at a track again, and the frames (T,) in which that shows."""
        looks: list[tuple[Facts, Flags]] = []
        for number in layer.sources(slice(None)):
            facts, shown = self.held_facts.get(number), np.asarray(layer.source == number)
            if facts is None:
                continue
            same = next((flags for known, flags in looks if known == facts), None)
            if same is None:
                looks.append((facts, shown))
            else:
                same |= shown
        return looks

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
            seen, shown = self._results[number].seen[here], _shown(layer, number, here)
            there |= seen if shown is None else seen & shown
        if layer.has_marks:
            marked = np.flatnonzero(layer.mark[here].any(axis=1))
            there[marked] = np.isfinite(self.correct(person, marked + here.start).xy).any(axis=(1, 2))
        return there


def _shown(layer: Layer, number: int, frames: slice) -> Flags | None:
    """Return in which of the frames (F,) a track shows results of a number; None for all."""
    return np.asarray(layer.source[frames] == number) if layer.has_others else None


def _index(frames: range) -> slice:
    return slice(frames.start, frames.stop)
