"""Decoded frames kept in memory: those last used, up to a number of bytes, and how to gather a neighbourhood."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing

from av.video.frame import VideoFrame

from poseglass.core.video_decode import Decoder, Numbered
from poseglass.core.video_index import VideoInfo

MARGIN = 0.9
"""Part of the cache that a neighbourhood may fill: the rest is for frames that somebody asks for meanwhile."""


class FrameCache:
    """The decoded frames last used, as the decoder stores them (4:2:0). For one thread at a time."""

    def __init__(self, limit: int) -> None:
        """limit: bytes; one frame is kept whatever its size."""
        self.limit = limit
        self.size = 0
        self._frames: OrderedDict[int, VideoFrame] = OrderedDict()

    def __contains__(self, index: int) -> bool:
        return index in self._frames

    def __len__(self) -> int:
        return len(self._frames)

    def get(self, index: int) -> VideoFrame | None:
        """Return a frame and count it as used, None where it is not kept."""
        if index in self._frames:
            self._frames.move_to_end(index)
        return self._frames.get(index)

    def add(self, index: int, frame: VideoFrame) -> None:
        """Keep a frame, in place of those not used for longest."""
        if index in self._frames:
            return
        self._frames[index] = frame
        self.size += bytes_of(frame)
        while self.size > self.limit and len(self._frames) > 1:
            _, oldest = self._frames.popitem(last=False)
            self.size -= bytes_of(oldest)

    def nearest(self, index: int, among: range) -> int | None:
        """Return the kept frame of a range that is nearest to `index`, None when there is none."""
        return min((i for i in self._frames if i in among), key=lambda i: abs(i - index), default=None)

    def clear(self) -> None:
        """Forget all."""
        self._frames.clear()
        self.size = 0


def bytes_of(frame: VideoFrame) -> int:
    """Return the memory that a decoded frame holds."""
    return sum(plane.buffer_size for plane in frame.planes)


def gather(info: VideoInfo, cache: FrameCache, index: int) -> Iterator[int]:
    """Decode the neighbourhood of a kept frame into the cache, forward first; yield each frame's number when decoded.

    Works with a file of its own, closed with the generator. Numbers outside the neighbourhood come too: frames on the
    way to it, which are not kept.
    """
    here = cache.get(index)
    if here is None or info.is_counted:
        return
    window = neighbourhood(index, info.n_frames, int(MARGIN * cache.limit / max(1, bytes_of(here))))
    for kept in window:
        cache.get(kept)  # what is there already shall not make room for what comes

    def keep(number: int, frame: VideoFrame) -> None:
        if number in window:
            cache.add(number, frame)

    with closing(Decoder(info, keep=keep)) as decoder:
        ahead: Iterator[Numbered] = iter(())
        position = -1
        for part in _parts(info, window, index):
            wanted = range(max(part.start, window.start), min(part.stop, window.stop))
            if all(number in cache for number in wanted):
                continue
            if position != part.start - 1:
                ahead = decoder.reach(part.start)
            for position, _ in ahead:
                yield position
                if position >= wanted.stop - 1:
                    break


def neighbourhood(index: int, frames: int, room: int) -> range:
    """Return `room` frames around one, moved to lie within the video."""
    start = max(0, min(index - room // 2, frames - room))
    return range(start, min(frames, start + max(1, room)))


def _parts(info: VideoInfo, window: range, index: int) -> Iterator[range]:
    """Yield the groups of pictures of a window: from the one that holds `index` onward, then those before, backward."""
    group = info.group(index)
    first = group.start
    while group.start < window.stop:
        yield group
        if group.stop >= info.n_frames:
            break
        group = info.group(group.stop)
    while first > window.start:
        group = info.group(first - 1)
        yield group
        first = group.start
