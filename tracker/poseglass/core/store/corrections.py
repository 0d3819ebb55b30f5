"""What the user said of one track, beside its raw results: whose they are, which side, and where keypoints truly are.

A `Layer` holds it for all frames. A `Strip` holds it for a range, small however long that is: every edit replaces one
strip by another, and undo puts the first one back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntFlag
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseglass.types import Flags, Floats

NOBODY = -1
"""In place of a results' number: the track was taken out of the frame."""


class Mark(IntFlag):
    """What the user said of a keypoint in a frame."""

    NONE = 0
    PLACED = 1  # it is where they put it
    OCCLUDED = 2  # something hides it; where it is stays as it was
    MISSING = 4  # it is not there, or was measured wrongly: no measurement


@dataclass(frozen=True, eq=False)
class Runs:
    """Values over a range, as what repeats and how often."""

    values: NDArray[np.int16]
    lengths: NDArray[np.int64]

    @staticmethod
    def of(dense: NDArray[Any]) -> Runs:
        """Return the runs of an array."""
        starts = np.concatenate([[0], np.flatnonzero(dense[1:] != dense[:-1]) + 1]) if len(dense) else np.zeros(0, int)
        return Runs(dense[starts].astype(np.int16), np.diff(starts, append=len(dense)))

    def dense(self) -> NDArray[np.int16]:
        """Return the array."""
        return np.repeat(self.values, self.lengths)


@dataclass(frozen=True, eq=False)
class Strip:
    """A range of a layer; arrays are never changed."""

    frames: range
    source: Runs  # number of the results that are this track's; NOBODY
    mirrored: Runs  # 1 where left and right are swapped in them
    place: NDArray[np.int64]  # (N, 2): frame and keypoint of each mark, frames counted over the video
    mark: NDArray[np.uint8]  # (N,)
    xy: Floats  # (N, 2): where PLACED, else 0

    @staticmethod
    def clean(frames: range, source: int) -> Strip:
        """Return a strip without any correction; all taken out for NOBODY."""
        same, unmirrored = (Runs(np.array([value], np.int16), np.array([len(frames)])) for value in (source, 0))
        return Strip(frames, same, unmirrored, np.zeros((0, 2), np.int64), np.zeros(0, np.uint8), np.zeros((0, 2)))

    def flipped(self, order: NDArray[np.intp]) -> Strip:
        """Swap left and right; order: the place of each keypoint's mirror image."""
        mirrored = replace(self.mirrored, values=1 - self.mirrored.values)
        return replace(self.renumbered(order), mirrored=mirrored)

    def renumbered(self, numbers: NDArray[np.intp]) -> Strip:
        """Give each keypoint the number that stands in its place in `numbers`."""
        place = self.place.copy()
        place[:, 1] = numbers[place[:, 1]]
        return replace(self, place=place)

    def marked(self, frame: int, keypoint: int, mark: Mark, xy: tuple[float, float]) -> Strip:
        """Mark one keypoint anew."""
        others = (self.place != (frame, keypoint)).any(axis=1)
        place, marks, positions = self.place[others], self.mark[others], self.xy[others]
        if mark:
            place = np.concatenate([place, [(frame, keypoint)]])
            marks = np.append(marks, np.uint8(mark))
            positions = np.concatenate([positions, [xy if mark & Mark.PLACED else (0.0, 0.0)]])
        return replace(self, place=place, mark=marks, xy=positions)

    def with_some_of(self, other: Strip, take: Flags) -> Strip:
        """Take another track's corrections and results in the frames (F,) of the range that `take` says."""
        mine = ~take[self.place[:, 0] - self.frames.start]
        theirs = take[other.place[:, 0] - self.frames.start]
        return Strip(
            self.frames,
            Runs.of(np.where(take, other.source.dense(), self.source.dense())),
            Runs.of(np.where(take, other.mirrored.dense(), self.mirrored.dense())),
            np.concatenate([self.place[mine], other.place[theirs]]),
            np.concatenate([self.mark[mine], other.mark[theirs]]),
            np.concatenate([self.xy[mine], other.xy[theirs]]),
        )


class Layer:
    """The corrections of one track over all frames. Arrays are written by `write` alone.

    One value stands for all frames until another is written: most tracks are never corrected, and a crowd has many.
    """

    def __init__(self, frames: int, keypoints: int, source: int) -> None:
        self.own = source
        self.source: NDArray[np.int16] = np.broadcast_to(np.int16(source), (frames,))
        self.mirrored: Flags = np.broadcast_to(np.False_, (frames,))
        self.mark: NDArray[np.uint8] = np.broadcast_to(np.uint8(0), (frames, keypoints))
        self.xy: Floats = np.broadcast_to(np.float64(0), (frames, keypoints, 2))

    @property
    def has_others(self) -> bool:
        """Whether other results than the track's own may ever have been in its place, or nobody's."""
        return bool(self.source.flags.writeable)

    @property
    def has_marks(self) -> bool:
        """Whether a keypoint may be marked."""
        return bool(self.mark.flags.writeable)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was ever said of the track."""
        return not (self.has_others or self.has_marks or self.mirrored.flags.writeable)

    def sources(self, frames: slice | NDArray[np.intp]) -> list[int]:
        """Return the numbers of the results that are this track's in some frames."""
        if not self.has_others:
            return [self.own]
        return [number for number in np.unique(self.source[frames]).tolist() if number != NOBODY]

    def spread(self, keypoints: int, places: NDArray[np.intp]) -> Layer:
        """Return the same for so many keypoints, of which those that were there have these places."""
        wide = Layer(len(self.source), keypoints, self.own)
        wide.source, wide.mirrored = self.source, self.mirrored
        if self.has_marks:
            wide._make_room()
            wide.mark[:, places], wide.xy[:, places] = self.mark, self.xy
        return wide

    def read(self, frames: range) -> Strip:
        """Return what is in a range."""
        here = slice(frames.start, frames.stop)
        marks = self.mark[here]
        # A tenth of the time of nonzero(marks), of which there are few.
        flat = np.flatnonzero(marks != 0) if self.has_marks else np.zeros(0, np.intp)
        t, k = np.divmod(flat, marks.shape[1])
        place = np.stack([t + frames.start, k], axis=1)
        source, mirrored = Runs.of(self.source[here]), Runs.of(self.mirrored[here])
        return Strip(frames, source, mirrored, place, marks[t, k], self.xy[here][t, k])

    def write(self, strip: Strip) -> None:
        """Put a strip in place of what is there."""
        here = slice(strip.frames.start, strip.frames.stop)
        if self.has_others or (strip.source.values != self.own).any():
            self.source = _writeable(self.source)
            self.source[here] = strip.source.dense()
        if self.mirrored.flags.writeable or strip.mirrored.values.any():
            self.mirrored = _writeable(self.mirrored)
            self.mirrored[here] = strip.mirrored.dense()
        if self.has_marks or len(strip.place):
            self._make_room()
            self.mark[here] = 0
            t, k = strip.place.T
            self.mark[t, k] = strip.mark
            self.xy[t, k] = strip.xy

    def _make_room(self) -> None:
        """Have room for marks; zeros that were never written take none."""
        if not self.has_marks:
            self.mark, self.xy = np.zeros(self.mark.shape, np.uint8), np.zeros(self.xy.shape)


def _writeable(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.flags.writeable else values.copy()
