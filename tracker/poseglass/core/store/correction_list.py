"""Everything that a user corrected, one entry each, to be listed and found again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from poseglass.core.store.columns import measured
from poseglass.core.store.corrections import NOBODY, Mark
from poseglass.core.store.tracks import Tracks
from poseglass.types import Flags, runs


class Said(Enum):
    """What the user said."""

    PLACED = "placed"
    ACCEPTED = "accepted"  # placed where it was measured
    OCCLUDED = "occluded"
    PLACED_OCCLUDED = "placed and occluded"
    ACCEPTED_OCCLUDED = "accepted and occluded"
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
_WHERE_MEASURED = {Said.PLACED: Said.ACCEPTED, Said.PLACED_OCCLUDED: Said.ACCEPTED_OCCLUDED}


def corrections(tracks: Tracks) -> list[Correction]:
    """Return all corrections, by frame, then person."""
    found: list[Correction] = []
    held = list(tracks.held)
    for person in tracks.people:
        layer = tracks.known(person)
        if layer.is_untouched:
            continue
        accepted = [accepted_frames(tracks, person, k) for k in range(layer.mark.shape[1] if layer.has_marks else 0)]
        for t, k in zip(*np.divmod(np.flatnonzero(layer.mark), max(1, layer.mark.shape[1])), strict=True):
            said = _OF_MARK[Mark(int(layer.mark[t, k]))]
            said = _WHERE_MEASURED.get(said, said) if int(t) in accepted[int(k)] else said
            found.append(Correction(person, range(int(t), int(t) + 1), int(k), said))
        found += [Correction(person, run, None, Said.SIDES) for run in runs(layer.mirrored)]
        found += [Correction(person, run, None, Said.REMOVED) for run in runs(layer.source == NOBODY)]
        again = np.isin(layer.source, held)
        found += [Correction(person, run, None, Said.AGAIN) for run in runs(again)]
        others = (layer.source != NOBODY) & (layer.source != layer.own) & ~again
        found += [Correction(person, run, None, Said.OTHERS) for run in runs(others)]
    return sorted(found, key=lambda c: (c.frames.start, c.person, -1 if c.keypoint is None else c.keypoint))


def accepted_frames(tracks: Tracks, person: str, keypoint: int) -> frozenset[int]:
    """Return the frames in which a keypoint was placed where it is measured, too."""
    layer = tracks.known(person)
    placed = np.flatnonzero(layer.mark[:, keypoint] & Mark.PLACED)
    if not len(placed):
        return frozenset()
    frames = range(int(placed[0]), int(placed[-1]) + 1)
    xy = measured(tracks, person, frames, [keypoint])[0][placed - frames.start, 0]
    return frozenset(placed[(xy == layer.xy[placed, keypoint]).all(axis=-1)].tolist())


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
