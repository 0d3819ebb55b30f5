"""Smoothed paths of a document, kept up to date piece by piece: an edit smooths anew only what it can change.

A piece is smoothed with some context on both sides, twice as much again until its edges agree with what lay there.
"""

from __future__ import annotations

from collections.abc import Callable

from poseglass.api import Smoother
from poseglass.core.document import Document
from poseglass.types import SmoothedTrack, Track

TOLERANCE_PX = 0.01
"""Where a piece's edges come this close to what lay there, smoothing everything would not change the rest."""


class SmoothedPaths:
    """The smoothed track of each person over all frames of a document, in the document's thread.

    Follows the document: an edit, undo included, is smoothed at once; results that come in are stale until `refresh`.
    """

    def __init__(self, document: Document, smoother: Smoother) -> None: ...

    def track(self, person: str) -> SmoothedTrack:
        """Return the path over all frames, State.MISSING where nothing is or nothing was smoothed yet. No copy."""

    def stale(self, person: str) -> range:
        """Return the range that holds all frames not smoothed since they changed; empty if none."""

    def refresh(self, person: str, frames: range) -> range:
        """Smooth these frames now; return the range whose path may have changed."""

    def use(self, smoother: Smoother) -> None:
        """Smooth otherwise from now on: everything is stale."""

    def begin(self, person: str) -> Pending:
        """Return what a worker needs to smooth a whole track; the document may be edited meanwhile."""

    def finish(self, pending: Pending, smoothed: SmoothedTrack) -> None:
        """Take a worker's result, and smooth anew what was edited meanwhile."""


class Pending:
    """A whole track on its way through a worker."""

    person: str
    track: Track  # a copy


def smooth_whole(
    track: Track, smoother: Smoother, watch: Callable[[int, int], None], should_stop: Callable[[], bool]
) -> SmoothedTrack | None:
    """Smooth a whole track in pieces; for a worker, with a smoother of its own.

    After each piece `watch` gets frames done and expected, and `should_stop` is asked; None when it said so.
    Within TOLERANCE_PX of smoothing it at once.
    """
    raise NotImplementedError
