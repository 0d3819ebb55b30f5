"""The values behind every curve of a document, computed where somebody looks and kept until they change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from poseglass.core.motion import kinematics
from poseglass.core.motion.quantities import Quantity, of_keypoint
from poseglass.core.store.columns import measured
from poseglass.core.store.document import Document
from poseglass.types import Flags, Floats, SmoothedTrack

BLOCK = 4096
"""Frames that are computed at once: two minutes of video, some 0.3 ms a curve."""


class PathKind(Enum):
    """Where a curve's positions come from."""

    RAW = "raw"  # as measured
    LIVE = "live"  # smoothed from the past alone
    SMOOTHED = "smoothed"  # smoothed from past and future, corrections taken in


@dataclass(frozen=True)
class Curve:
    """What is shown. subject: number of a keypoint, or the name of an angle."""

    person: str
    quantity: Quantity
    subject: int | str
    source: PathKind


@dataclass(frozen=True, eq=False)
class _Kept:
    values: Floats  # (T,)
    valid: Flags  # (blocks,)


class Curves:
    """Curves of one document. Everything is for the document's thread."""

    def __init__(
        self, document: Document, smoothed: Callable[[str], SmoothedTrack], live: Callable[[str], Floats]
    ) -> None:
        """Ask `smoothed` for a person's two-pass track, `live` for their causal path (T, K, 2), over all frames."""
        self._document = document
        self._smoothed = smoothed
        self._live = live
        self._aspect = float(document.footage.sample_aspect_ratio)
        self._kept: dict[Curve, _Kept] = {}

    def values(self, curve: Curve, frames: range) -> Floats:
        """Return a curve over all frames (T,), of which those in `frames` are up to date. Read only."""
        kept = self._kept.get(curve)
        if kept is None:
            total = len(self._document.tracks.frames)
            kept = self._kept[curve] = _Kept(np.full(total, np.nan), np.zeros(-(-total // BLOCK), dtype=bool))
        for block in range(frames.start // BLOCK, -(-frames.stop // BLOCK)):
            if not kept.valid[block]:
                here = range(block * BLOCK, min((block + 1) * BLOCK, len(kept.values)))
                kept.values[here.start : here.stop] = self._computed(curve, here)
                kept.valid[block] = True
        return kept.values

    def sigma(self, curve: Curve, frames: range) -> Floats:
        """Return the deviation (F,) of a two-pass curve in some frames, in its own unit; NaN of scores."""
        wide, inside = self._with_neighbours(frames)
        part, skeleton = self._smoothed(curve.person).part(wide), self._document.skeleton
        if isinstance(curve.subject, str):
            return kinematics.angle_sigma(skeleton, curve.subject, part.xy, part.sigma, self._aspect)[inside]
        xy, sigma = part.xy[:, [curve.subject]], part.sigma[:, [curve.subject]]
        if curve.quantity is Quantity.SPEED:
            time_s = self._document.footage.time_s[wide.start : wide.stop]
            sigma = kinematics.speed_with_sigma(time_s, xy, sigma, self._aspect)[1]
        return np.where(curve.quantity is Quantity.SCORE, np.nan, sigma[:, 0])[inside]

    def forget(self, person: str, source: PathKind, frames: range | None = None) -> None:
        """Compute these frames anew when they are asked for; all of them for None."""
        for curve, kept in self._kept.items():
            if (curve.person, curve.source) == (person, source):
                frames = frames or self._document.tracks.frames
                # The speed next to a change changes too.
                kept.valid[max(0, frames.start - 1) // BLOCK : frames.stop // BLOCK + 1] = False

    def _computed(self, curve: Curve, here: range) -> Floats:
        """Return values (F,) of a block."""
        wide, inside = self._with_neighbours(here)
        if isinstance(curve.subject, str):
            names = self._document.skeleton.names
            needed = [names.index(name) for name in kinematics.keypoints_of(curve.subject)]
            xy = self._positions(curve, wide, needed)
            return kinematics.angle(self._document.skeleton, curve.subject, xy, self._aspect)[inside]
        time_s = self._document.footage.time_s[wide.start : wide.stop]
        score = measured(self._document.tracks, curve.person, wide, [curve.subject])[1][:, 0]
        xy = self._positions(curve, wide, [curve.subject])[:, curve.subject]
        return of_keypoint(curve.quantity, time_s, xy, score, self._aspect)[inside]

    def _with_neighbours(self, here: range) -> tuple[range, slice]:
        """Return frames and one past them at each end, which speeds depend on, and where they are among those."""
        wide = range(max(0, here.start - 1), min(here.stop + 1, len(self._document.tracks.frames)))
        return wide, slice(here.start - wide.start, here.stop - wide.start)

    def _positions(self, curve: Curve, frames: range, keypoints: list[int]) -> Floats:
        """Return positions (F, K, 2), of which those of `keypoints` matter."""
        if curve.source is PathKind.SMOOTHED:
            return self._smoothed(curve.person).part(frames).xy
        if curve.source is PathKind.LIVE:
            return self._live(curve.person)[frames.start : frames.stop]
        xy = np.full((len(frames), len(self._document.skeleton), 2), np.nan)
        xy[:, keypoints] = measured(self._document.tracks, curve.person, frames, keypoints)[0]
        return xy
