"""What plugins are given when they are checked: pictures, boxes, tracks and recordings, usual and unusual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from poseglass.api import Needs
from poseglass.core.fences import unmet
from poseglass.types import Boxes, Flags, Floats, Image, Measure, Recording, Skeleton, SmoothedTrack, Source, Track


def pictures() -> list[Image]:
    """Return pictures of usual and unusual shapes."""
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    return [noise, np.zeros((61, 47, 3), np.uint8), np.full((8, 300, 3), 255, np.uint8), noise[:1, :1].copy()]


BOXES: Boxes = np.array([[20.0, 10, 60, 100], [-30, -20, 90, 50], [5, 5, 6, 6]])
"""A usual one, one that reaches past the picture, one of a pixel."""


def tracks() -> Iterator[tuple[str, Track]]:
    """Yield tracks of somebody who walks, with a word for what is special about each."""
    walk = walking(np.arange(40) / 30)
    uneven = walking(np.cumsum(np.tile([0.01, 0.2, 0.033, 0.05], 10)))
    gappy = replace(walk, xy=walk.xy.copy())
    gappy.xy[5:9, 0] = gappy.xy[10:35] = np.nan
    nobody = replace(walk, xy=np.full_like(walk.xy, np.nan))
    yield from {"even": walk, "uneven": uneven, "gappy": known(gappy), "nobody": known(nobody)}.items()
    yield from {"one frame": first(walk, 1), "two frames": first(walk, 2), "no frame": first(walk, 0)}.items()


def walking(time_s: Floats) -> Track:
    """Return two keypoints that walk to the right, 100 px apart."""
    x = 50 + 60 * time_s + 5 * np.sin(9 * time_s)
    xy = np.stack([np.stack([x, x * 0 + 20], -1), np.stack([x, x * 0 + 120], -1)], axis=1)
    return known(Track(time_s, xy, np.full(xy.shape[:2], 0.9), np.tile(np.eye(2), (*xy.shape[:2], 1, 1))))


def known(track: Track) -> Track:
    """Return a track with neither score nor covariance where a keypoint is missing."""
    there: Flags = np.asarray(np.isfinite(track.xy).all(axis=-1))
    covariance = np.where(there[..., None, None], track.covariance, np.nan)
    return replace(track, score=np.where(there, track.score, 0.0), covariance=covariance)


def first(track: Track, frames: int) -> Track:
    """Return the first frames of a track, which keep the body's size."""
    some = slice(frames)
    return Track(track.time_s[some], track.xy[some], track.score[some], track.covariance[some], size=track.body_size)


def recordings(needs: Needs) -> Iterator[Recording]:
    """Yield what meets an exporter's needs: of nobody, one and two people, smoothed or not, measured, empty."""
    walk = walking(np.arange(6) / 25)
    names = tuple(dict.fromkeys((*needs.keypoints, "left_wrist", "right_wrist")))
    which = np.arange(len(names)) % 2
    raw = Track(walk.time_s, walk.xy[:, which], walk.score[:, which], walk.covariance[:, which])
    raw.xy[2, 0] = raw.xy[4] = np.nan
    raw = known(raw)
    there = np.isfinite(raw.xy).all(axis=-1)
    smooth = SmoothedTrack(raw.xy, np.where(there, 1.0, np.nan), np.where(there, 1, 0).astype(np.uint8))
    source = Source(320, 240, Fraction(25), Path("/videos/walk one.mp4"))
    whole = Recording(Skeleton(names), np.arange(6), np.arange(6) * 512, walk.time_s, (("1", raw, smooth),), source)
    empty = replace(whole, frame_index=whole.frame_index[:0], pts=whole.pts[:0], time_s=whole.time_s[:0], tracks=())
    varied = (
        whole,
        replace(whole, tracks=(("1", raw, None),)),
        replace(whole, tracks=(("1", raw, smooth), ("Zoë, 2", raw, None))),
        replace(whole, tracks=()),
        replace(whole, time_s=np.array([0.0, 0.04, 0.04, np.nan, np.nan, 0.2])),  # a shared stamp, two without one
        replace(whole, source=replace(source, path=None)),
        replace(whole, measures=((Measure("left_wrist.speed", "px_s", raw.xy[:, 0, 0], smooth.sigma[:, 0]),),)),
        empty,
    )
    yield from (recording for recording in varied if not unmet(needs, recording))
