"""Tracks as a `Recording`: everything an exporter may write."""

from __future__ import annotations

import numpy as np

from poseglass.api import Smoother
from poseglass.core.store.tracks import Tracks
from poseglass.types import Flags, Recording, SmoothedTrack, State, Track, sigma_of


def record(tracks: Tracks, smoother: Smoother | None) -> Recording:
    """Return the analysed frames, and the corrected ones, of everybody who is in any, by what the user calls them.

    Smoothed where a smoother is given. Without one a person with corrections gets, in place of the smoothed track, the
    corrected positions.
    """
    index = np.flatnonzero(tracks.is_known(tracks.frames))
    people = tuple(
        (tracks.label(person), tracks.gather(person, index), _final(tracks.correct(person, index), smoother))
        for person in tracks.shown_people
    )
    pts, time_s = tracks.footage.pts[index], tracks.footage.told_s[index]
    return Recording(tracks.skeleton, index, pts, time_s, people, tracks.footage.source)


def _final(track: Track, smoother: Smoother | None) -> SmoothedTrack | None:
    if smoother is not None:
        return smoother.smooth(track) if len(track.time_s) else None
    return None if track.fixed is None else unsmoothed(track)


def unsmoothed(track: Track) -> SmoothedTrack:
    """Return a track's own positions in the form of smoothed ones."""
    there: Flags = np.asarray(np.isfinite(track.xy).all(axis=-1))
    state = np.where(there, State.OBSERVED, State.MISSING).astype(np.uint8)
    if track.fixed is not None:
        state[track.fixed] = State.EDITED
    return SmoothedTrack(track.xy, sigma_of(track.covariance), state)
