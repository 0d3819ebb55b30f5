"""Decoded frames kept in memory: those last used, up to a number of bytes, and how to gather a neighbourhood."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from av.video.frame import VideoFrame

from poseglass.core.video.video_decode import Decoder
from poseglass.core.video.video_index import VideoInfo

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


class Gatherer:
    """Decodes neighbourhoods into a cache, with a file of its own. Close it. For the thread that uses the cache."""

    def __init__(self, info: VideoInfo, cache: FrameCache) -> None:
        self._info, self._cache = info, cache
        self._window = range(0)
        self._decoder: Decoder | None = None

    def close(self) -> None:
        """Close the file. May be called twice."""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def gather(self, index: int) -> Iterator[int]:
        """Decode around a kept frame as much as fits, forward first; yield each frame's number when it is decoded.

        Numbers outside the neighbourhood come too: frames on the way to it, which are not kept.
        """
        here = self._cache.get(index)
        if here is None or self._info.is_counted:
            return
        room = int(MARGIN * self._cache.limit / max(1, bytes_of(here)))
        self._window = neighbourhood(index, self._info.n_frames, room)
        for kept in self._window:
            self._cache.get(kept)  # what is there already shall not make room for what comes
        for part in _parts(self._info, self._window, index):
            wanted = range(max(part.start, self._window.start), min(part.stop, self._window.stop))
            if not all(number in self._cache for number in wanted):
                yield from self._read(part.start, wanted.stop)

    def _read(self, start: int, stop: int) -> Iterator[int]:
        self._decoder = self._decoder or Decoder(self._info, keep=self._keep)
        for position, _ in self._decoder.reach(start):
            yield position
            if position >= stop - 1:
                return

    def _keep(self, number: int, frame: VideoFrame) -> None:
        if number in self._window:
            self._cache.add(number, frame)


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
