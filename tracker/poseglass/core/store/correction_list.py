"""Everything that a user corrected, one entry each, to be listed and found again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from poseglass.core.store.corrections import NOBODY, Mark
from poseglass.core.store.tracks import Tracks
from poseglass.types import Flags, runs


class Said(Enum):
    """What the user said."""

    PLACED = "placed"
    OCCLUDED = "occluded"
    PLACED_OCCLUDED = "placed and occluded"
    MISSING = "missing"
    SIDES = "left and right swapped"
    OTHERS = "another person's results"
    REMOVED = "removed"
    AGAIN = "looked at again"


@dataclass(frozen=True, slots=True)
class Correction:
    """What was said of a person, or of one keypoint of theirs, in some frames."""

    person: str
    frames: range
    keypoint: int | None
    said: Said


_OF_MARK = {
    Mark.PLACED: Said.PLACED,
    Mark.OCCLUDED: Said.OCCLUDED,
    Mark.PLACED | Mark.OCCLUDED: Said.PLACED_OCCLUDED,
    Mark.MISSING: Said.MISSING,
}


def corrections(tracks: Tracks) -> list[Correction]:
    """Return all corrections, by frame, then person."""
    found: list[Correction] = []
    held = list(tracks.held)
    for person in tracks.people:
        layer = tracks.known(person)
        if layer.is_untouched:
            continue
        for t, k in zip(*np.divmod(np.flatnonzero(layer.mark), max(1, layer.mark.shape[1])), strict=True):
            said = _OF_MARK[Mark(int(layer.mark[t, k]))]
            found.append(Correction(person, range(int(t), int(t) + 1), int(k), said))
        found += [Correction(person, run, None, Said.SIDES) for run in runs(layer.mirrored)]
        found += [Correction(person, run, None, Said.REMOVED) for run in runs(layer.source == NOBODY)]
        again = np.isin(layer.source, held)
        found += [Correction(person, run, None, Said.AGAIN) for run in runs(again)]
        others = (layer.source != NOBODY) & (layer.source != layer.own) & ~again
        found += [Correction(person, run, None, Said.OTHERS) for run in runs(others)]
    return sorted(found, key=lambda c: (c.frames.start, c.person, -1 if c.keypoint is None else c.keypoint))


def touched(tracks: Tracks) -> Flags:
    """Return the frames (T,) in which anything was corrected by hand; a second look may err as the first one did."""
    flags, held = np.zeros(len(tracks.frames), dtype=bool), list(tracks.held)
    for person in tracks.people:
        layer = tracks.known(person)
        if layer.is_untouched:
            continue
        is_others = (layer.source != layer.own) & ~np.isin(layer.source, held)
        flags |= layer.mark.any(axis=1) | layer.mirrored | is_others
    return flags
