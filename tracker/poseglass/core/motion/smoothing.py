"""Smoothed paths of a document, kept up to date piece by piece: an edit smooths anew only what it can change.

A piece is smoothed with some context on both sides, and twice as much until its edges agree with what lay there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from poseglass.api import Smoother
from poseglass.core.store.document import Change, Document
from poseglass.types import Flags, Floats, SmoothedTrack, State, Track

TOLERANCE_PX = 0.001
"""Where a piece's edges come this close to what lay there, the rest would not change by a hundredth of a pixel."""
EDGE_FRAMES = 4
"""Frames at a piece's edge that have to agree."""
CONTEXT_S = 0.75
"""Context on each side at first: longer than the gaps that are bridged by default."""
REACH_S = 10.0
"""Time around the first and the last sight of somebody in which a smoother may go on."""
AT_ONCE = 300
"""Frames of an edit that are smoothed before it returns, in some 60 ms; longer ones are left stale for a worker."""
PIECE = 1000
"""Frames between two looks at whether to stop: some 0.15 s."""


@dataclass(eq=False)
class SmoothedPath:
    """A smoothed track over all frames, some of it not up to date."""

    time_s: Floats
    smoothed: SmoothedTrack
    valid: Flags  # (T,): not changed since it was smoothed

    @staticmethod
    def nothing(time_s: Floats, keypoints: int) -> SmoothedPath:
        """Return a path without anything in it, which is up to date while nothing is measured.

        One value stands for all until something is smoothed: there may be hundreds of people, each in a few frames.
        """
        shape = (len(time_s), keypoints)
        nan, missing = np.float64(np.nan), np.uint8(State.MISSING)
        smoothed = SmoothedTrack(
            np.broadcast_to(nan, (*shape, 2)), np.broadcast_to(nan, shape), np.broadcast_to(missing, shape)
        )
        return SmoothedPath(time_s, smoothed, np.ones(len(time_s), dtype=bool))

    def smooth(
        self, frames: range, smoothed_part: Callable[[range], SmoothedTrack], keypoints: Sequence[int] | None = None
    ) -> range:
        """Smooth these frames and as much around them as they change; return the range that was written.

        smoothed_part: gives a range of the track by itself, smoothed, of those keypoints alone if some are named.
        """
        context_s = CONTEXT_S
        while True:
            kept = self._widened(frames, context_s)
            window = self._widened(kept, context_s)
            smoothed = smoothed_part(window)
            inside = slice(kept.start - window.start, kept.stop - window.start)
            if len(window) == len(self.valid) or self._agrees(kept, smoothed.xy[inside], keypoints):
                break
            context_s *= 2
        self.take(kept, smoothed.part(inside), keypoints)
        if keypoints is None:
            self.valid[kept.start : kept.stop] = True
        return kept

    def take(self, frames: range, smoothed: SmoothedTrack, keypoints: Sequence[int] | None = None) -> None:
        """Put what was smoothed of some frames in place."""
        if len(frames) == len(self.valid) and keypoints is None:
            self.smoothed = smoothed
            return
        if not self._has_room(smoothed.state):
            return
        where = slice(frames.start, frames.stop), slice(None) if keypoints is None else np.asarray(keypoints)
        self.smoothed.xy[where] = smoothed.xy
        self.smoothed.sigma[where] = smoothed.sigma
        self.smoothed.state[where] = smoothed.state

    def _has_room(self, state: NDArray[np.uint8]) -> bool:
        """Have room for a piece; none is needed while nothing ever was in any."""
        blank = self.smoothed
        if not blank.xy.flags.writeable and state.any():
            self.smoothed = SmoothedTrack(blank.xy.copy(), blank.sigma.copy(), blank.state.copy())
        return bool(self.smoothed.xy.flags.writeable)

    def _widened(self, frames: range, by_s: float) -> range:
        start, stop = float(self.time_s[frames.start]) - by_s, float(self.time_s[frames.stop - 1]) + by_s
        first, last = np.searchsorted(self.time_s, [start, stop], side="left")
        # At least the edges: frames may lie further apart than the context is long.
        first, last = min(int(first), frames.start - EDGE_FRAMES), max(int(last), frames.stop + EDGE_FRAMES)
        return range(max(0, first), min(len(self.time_s), last))

    def _agrees(self, kept: range, xy: Floats, keypoints: Sequence[int] | None) -> bool:
        """Tell whether both edges of a new piece are as before, where that was up to date."""
        old, valid = self.smoothed.part(kept, keypoints).xy, self.valid[kept.start : kept.stop]
        edges = []
        if kept.start > 0:
            edges.append(slice(0, EDGE_FRAMES))
        if kept.stop < len(self.valid):
            edges.append(slice(-EDGE_FRAMES, None))
        return all(_same(old[edge][valid[edge]], xy[edge][valid[edge]]) for edge in edges)


def _without(smoothed: SmoothedTrack, frames: Flags) -> SmoothedTrack:
    """Take frames (T,) out, in which nobody looked: a smoother runs on past the last measurement."""
    if smoothed.xy.flags.writeable:  # else nothing is in any
        smoothed.xy[frames], smoothed.sigma[frames], smoothed.state[frames] = np.nan, np.nan, State.MISSING
    return smoothed


def _same(a: Floats, b: Floats) -> bool:
    return bool(((np.abs(a - b) < TOLERANCE_PX) | (np.isnan(a) & np.isnan(b))).all())


@dataclass(eq=False)
class Pending:
    """A whole track on its way through a worker: the frames that somebody is in, and some around them."""

    person: str
    track: Track  # a copy
    frames: range  # that the track is of
    changed: list[Change] = field(default_factory=list)  # meanwhile


class SmoothedPaths:
    """The smoothed track of each person over all frames of a document, in the document's thread.

    Follows the document: an edit, undo included, is smoothed at once, unless it is longer than AT_ONCE; that, and
    results that come in, is stale until `refresh` or `finish`.
    """

    def __init__(self, document: Document, smoother: Smoother) -> None:
        self._document = document
        self._smoother = smoother
        self._paths: dict[str, SmoothedPath] = {}
        self._pending: list[Pending] = []
        self.stop_watching = document.watch(self._on_change)
        for person in document.tracks.people:
            self._invalidate(person, document.tracks.frames)

    def track(self, person: str) -> SmoothedTrack:
        """Return the path over all frames, State.MISSING where nothing is or nothing was smoothed yet. No copy."""
        return self._path(person).smoothed

    def stale(self, person: str) -> range:
        """Return the range that holds all frames not smoothed since they changed; empty if none."""
        stale: NDArray[np.intp] = np.flatnonzero(~self._path(person).valid)
        return range(int(stale[0]), int(stale[-1]) + 1) if len(stale) else range(0)

    def refresh(self, person: str, frames: range, keypoints: Sequence[int] | None = None) -> range:
        """Smooth these frames now; return the range whose path may have changed.

        keypoints: those that changed, if not all; their frames stay stale if they were.
        """
        document = self._document

        def smoothed_part(window: range) -> SmoothedTrack:
            smoothed = self._smoother.smooth(document.tracks.corrected(person, window, keypoints))
            return _without(smoothed, ~document.tracks.is_known(window))

        return self._path(person).smooth(frames, smoothed_part, keypoints)

    def use(self, smoother: Smoother) -> None:
        """Smooth otherwise from now on: everything is stale, and what workers still have is of no use."""
        self._smoother = smoother
        self._pending.clear()
        for person in self._document.tracks.people:
            self._invalidate(person, self._document.tracks.frames)

    def begin(self, person: str) -> Pending:
        """Return what a worker needs to smooth a whole track; the document may be edited meanwhile."""
        frames = self._around(person)
        pending = Pending(person, self._document.tracks.corrected(person, frames), frames)
        self._pending.append(pending)
        return pending

    def finish(self, pending: Pending, smoothed: SmoothedTrack) -> None:
        """Take a worker's result, and smooth anew what was edited meanwhile. Nothing happens after `use`."""
        if pending not in self._pending:
            return
        self._pending.remove(pending)
        document = self._document
        smoothed = _without(smoothed, ~document.tracks.is_known(pending.frames))
        path = SmoothedPath.nothing(document.footage.time_s, len(document.skeleton))
        path.take(pending.frames, smoothed)
        self._paths[pending.person] = path
        for change in pending.changed:
            self._follow(pending.person, change)

    def _around(self, person: str) -> range:
        """Return the frames beyond which nobody is bridged any more; the first one for somebody who is nowhere."""
        tracks, time_s = self._document.tracks, self._document.footage.time_s
        there = np.flatnonzero(tracks.is_there(person, tracks.frames))
        if not len(there):
            return range(min(1, len(time_s)))
        wide = float(time_s[there[0]]) - REACH_S, float(time_s[there[-1]]) + REACH_S
        first, stop = np.searchsorted(time_s, wide, side="left").tolist()
        return range(min(first, int(there[0])), max(stop, int(there[-1]) + 1))

    def _on_change(self, change: Change) -> None:
        if change.renumbered is not None:  # the keypoints are others: what is smoothed, or on its way, is of no use
            self._paths.clear()
            self._pending.clear()
        for pending in self._pending:
            if pending.person in change.people:
                pending.changed.append(change)
        for person in change.people:
            self._follow(person, change)

    def _follow(self, person: str, change: Change) -> None:
        if change.by_user and len(change.frames) <= AT_ONCE:
            self.refresh(person, change.frames, change.keypoints)
        else:
            self._invalidate(person, change.frames)

    def _invalidate(self, person: str, frames: range) -> None:
        self._path(person).valid[frames.start : frames.stop] = False

    def _path(self, person: str) -> SmoothedPath:
        if person not in self._paths:
            document = self._document
            self._paths[person] = SmoothedPath.nothing(document.footage.time_s, len(document.skeleton))
        return self._paths[person]


def smooth_whole(
    track: Track, smoother: Smoother, watch: Callable[[int, int], None], should_stop: Callable[[], bool]
) -> SmoothedTrack | None:
    """Smooth a whole track in pieces; for a worker, with a smoother of its own.

    After each piece `watch` gets frames done and expected, and `should_stop` is asked; None when it said so.
    Within a hundredth of a pixel of smoothing it at once.
    """
    frames, keypoints = track.score.shape
    track = replace(track, size=track.body_size)
    path = SmoothedPath.nothing(track.time_s, keypoints)
    path.valid[:] = False

    def smoothed_part(window: range) -> SmoothedTrack:
        return smoother.smooth(track.part(window))

    for start in range(0, frames, PIECE):
        path.smooth(range(start, min(start + PIECE, frames)), smoothed_part)
        watch(min(start + PIECE, frames), frames)
        if should_stop():
            return None
    return path.smoothed
