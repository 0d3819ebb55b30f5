"""A stretch of a track to try smoothers on, and what comes of it in numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from poseglass.api import Smoother
from poseglass.core.motion.live_path import WARM_UP_S, walk
from poseglass.core.motion.smoothing_numbers import SmoothingNumbers, smoothing_numbers
from poseglass.core.store.document import Document
from poseglass.types import Flags, Track


@dataclass(frozen=True, eq=False)
class Sample:
    """A stretch, with what lies around it, so that a smoother does there what it does in the whole track."""

    frames: range
    inside: slice  # the stretch in the tracks
    raw: Track
    corrected: Track
    analysed: Flags
    keypoints: list[int]


def take_sample(document: Document, person: str, frames: range, keypoints: list[int]) -> Sample:
    """Copy what a trial needs; for the document's thread. Raises SessionError for people that are not there."""
    time_s = document.footage.time_s
    reach = [float(time_s[frames.start]) - WARM_UP_S, float(time_s[frames.stop - 1]) + WARM_UP_S]
    start, stop = np.searchsorted(time_s, reach)
    wide = range(int(start), int(stop))
    return Sample(
        frames,
        slice(frames.start - wide.start, frames.stop - wide.start),
        document.tracks.raw(person, wide),
        document.tracks.corrected(person, wide),
        document.tracks.analysed[wide.start : wide.stop].copy(),
        keypoints,
    )


def measure(sample: Sample, make: Callable[[], Smoother]) -> SmoothingNumbers:
    """Smooth a sample both ways and measure it, in any thread; `make` returns a smoother that has seen nothing."""
    live = walk(make(), sample.raw, sample.analysed)
    smoothed = make().smooth(sample.corrected).xy
    cut = (sample.inside, sample.keypoints)
    time_s = sample.raw.time_s[sample.inside]
    return smoothing_numbers(time_s, sample.raw.xy[cut], live[cut], smoothed[cut], sample.raw.body_size)
