"""Frames in, poses out: the loop that the command line, the window, the tests and the benchmarks all drive."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass

from poseglass.api import Estimator, Smoother
from poseglass.core.follow import Follower
from poseglass.core.threads import read_ahead
from poseglass.types import Floats, Frame, Poses


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame and the person in it."""

    frame: Frame
    poses: Poses  # raw, one person
    live_xy: Floats  # (K, 2): smoothed from the past alone, or raw without a smoother


def follow_frames(
    frames: Iterable[Frame], estimator: Estimator, smoother: Smoother | None
) -> Generator[Seen, None, None]:
    """Follow one person. A thread fetches frames while the estimator works; closing the generator ends it."""
    follower = Follower(estimator)
    with closing(read_ahead(frames)) as ahead:
        for frame in ahead:
            poses = follower.follow(frame.image)
            live_xy = poses.xy[0]
            if smoother is not None:
                live_xy = smoother.step(frame.time_s, poses.xy[0], poses.score[0], poses.covariance[0])
            yield Seen(frame, poses, live_xy)
