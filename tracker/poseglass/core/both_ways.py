"""A run over a range of a video: from its first frame, or from the frame of a box that says who is meant, both ways."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np

from poseglass.api import Smoother
from poseglass.core.people.whom import Whom
from poseglass.core.run import Method, Run, Seen
from poseglass.core.threads import read_ahead
from poseglass.core.video.video import Video
from poseglass.errors import VideoError
from poseglass.types import Frame, Image, MapName, What

BACKWARDS_BYTES = 2**28
"""Pictures that are held to be gone through backwards: 256 MiB are 40 frames of 1080p."""
NO_IMAGE: Image = np.zeros((0, 0, 3), dtype=np.uint8)


def seen_in(
    video: Video,
    wanted: range,
    method: Method,
    whom: Whom,
    make_smoother: Callable[[], Smoother | None] = lambda: None,
    want: Collection[MapName] = (),
) -> Generator[Seen, None, None]:
    """Yield what is seen in these frames, in order. Close it if you stop early.

    Where `whom` has a box, its person is followed backwards first, which takes a while, and needs a second decoding.
    Raises VideoError for a box at a time that is not wanted, NobodyError where nobody is in it.
    """
    run = method.run(make_smoother)
    if whom.box is None:
        yield from run.frames(video.frames(wanted), want)
        return
    start = _start(video, wanted, whom)
    before = dict(_backwards(video, range(wanted.start, start), start, method, want)) if start > wanted.start else {}
    with closing(read_ahead(video.frames(wanted))) as ahead:
        for frame in ahead:
            if frame.index >= start:
                yield run.see(frame, want)
            elif frame.index in before:
                yield run.smoothed(replace(before.pop(frame.index), frame=frame))


def seen_as_found(video: Video, wanted: range, method: Method, whom: Whom) -> Generator[Seen, None, None]:
    """Yield the same at once: from the frame of a box onwards first, then backwards, without pictures and smoothing."""
    start = wanted.start if whom.box is None else _start(video, wanted, whom)
    yield from method.run().frames(video.frames(range(start, wanted.stop)))
    undecoded = video.undecoded
    if start > wanted.start:
        for _, seen in _backwards(video, range(wanted.start, start), start, method, ()):
            yield seen
        video.undecoded += undecoded


def _start(video: Video, wanted: range, whom: Whom) -> int:
    if whom.at_s is None:
        return wanted.start
    start = video.info.shown_at(whom.at_s)
    if start not in wanted:
        first, last = video.info.time_s(wanted[0]), video.info.time_s(wanted[-1])
        raise VideoError(
            f"{video.info.path}: the box is of {whom.at_s:g} s, which is not from {first:.3f} to {last:.3f} s"
        )
    return start


def _backwards(
    video: Video, wanted: range, start: int, method: Method, want: Collection[MapName]
) -> Iterator[tuple[int, Seen]]:
    """Yield number and sighting of the frames before the start, the last one first, without their pictures."""
    run = method.run()
    run.found(video.frame(start))
    for chunk in _chunks(wanted, video.info.width * video.info.height * 3):
        frames = list(video.frames(chunk))
        while frames:
            yield _sight(run, frames.pop(), want)


def _sight(run: Run, frame: Frame, want: Collection[MapName]) -> tuple[int, Seen]:
    seen = run.found(frame, want)
    # Backwards nobody is born, and nobody returns.
    told = tuple(event for event in seen.events if event.what in (What.CUT, What.BREAK))
    return frame.index, replace(seen, frame=replace(frame, image=NO_IMAGE), events=told)


def _chunks(wanted: range, frame_bytes: int) -> Iterator[range]:
    """Yield parts of a range whose pictures fit into memory, the last one first."""
    length = max(1, BACKWARDS_BYTES // max(1, frame_bytes))
    for stop in range(wanted.stop, wanted.start, -length):
        yield range(max(wanted.start, stop - length), stop)
