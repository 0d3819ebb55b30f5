"""A video file, exact to the frame: every frame with its number, time stamp and upright picture."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from av.video.frame import VideoFrame

from poseglass.core.video.video_cache import FrameCache, Gatherer
from poseglass.core.video.video_decode import Decoder, Numbered, to_image
from poseglass.core.video.video_index import SIZE_CHANGES, VideoInfo, read_info, size_note
from poseglass.errors import FrameError
from poseglass.types import Frame

__all__ = ["Video", "VideoInfo"]

HURRY_KEEPS = 30
"""Frames before a far goal that are kept: to keep all on the way takes new memory for each, a tenth of the time."""
Watch = Callable[[int], object]
"""Told the number of each frame that is decoded on the way to one asked for; may raise, to give up."""

logger = logging.getLogger(__name__)

CACHE_BYTES = 256 * 2**20
"""Decoded frames kept for stepping backwards: 86 of 1080p, 21 of 4K, as the decoder stores them (4:2:0)."""


def _ignore(index: int) -> None:
    """Watch nothing."""


class Video:
    """An open video file; use it in a `with` block, or close it.

    `frame` is for one thread at a time. Iterators from `frames` have files of their own and disturb nobody.
    """

    def __init__(self, info: VideoInfo, cache_bytes: int = CACHE_BYTES, walks: int = 1) -> None:
        self.info = info
        self.undecoded = 0  # frames that the last finished `frames` should have shown but could not decode
        self._cache = FrameCache(cache_bytes)
        self._lost: set[int] = set()  # decoded from the beginning in vain, not to be tried again
        self._walks: list[_Walk] = []  # last used last
        self._max_walks = walks
        self._watch: Watch = _ignore
        self._kept_from = 0  # of the frames on the way
        self._gatherer = Gatherer(info, self._cache)

    @classmethod
    def open(cls, path: Path | str, cache_bytes: int = CACHE_BYTES, walks: int = 1, stream: int | None = None) -> Video:
        """Open a video and read its index: one pass over the file, and its first frame is decoded.

        cache_bytes: memory for frames decoded on the way to those asked for by number.
        walks: places from which decoding can go on; who jumps to and fro wants several, a decoder each.
        stream: which of the file's video streams; None takes the largest.

        Raises VideoError when it cannot be read or has nothing to show.
        """
        info = read_info(Path(path), stream)
        for warning in info.warnings:
            logger.warning("%s: %s", info.path.name, warning)
        return cls(info, cache_bytes, walks)

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and forget cached frames. May be called twice; `frame` opens the file again."""
        while self._walks:
            self._walks.pop().decoder.close()
        self._cache.clear()
        self._gatherer.close()

    def frames(self, numbers: range | None = None) -> Generator[Frame, None, None]:
        """Decode frames of these numbers in order, all of the video's for None.

        A frame that cannot be decoded is left out; when the iterator is through, `undecoded` says how many were, and
        a warning is logged. Close the iterator if you stop early. Raises FrameError for frames that it does not have.
        """
        wanted = range(self.info.n_frames) if numbers is None else numbers
        if not wanted:
            return
        if not 0 <= wanted.start < wanted.stop <= self.info.n_frames or wanted.step != 1:
            raise FrameError(
                f"{self.info.path.name}: no frames {wanted[0]} to {wanted[-1]} in steps of {wanted.step}; "
                f"it has frames 0 to {self.info.n_frames - 1}"
            )
        shown = 0
        with closing(Decoder(self.info)) as decoder:
            for index, frame in decoder.reach(wanted.start):
                if index >= wanted.stop:
                    break
                shown += 1
                yield self._present(index, frame)
        self.undecoded = len(wanted) - shown
        if self.undecoded:
            logger.warning("%s: %d of %d frames cannot be decoded", self.info.path.name, self.undecoded, len(wanted))

    def frame(self, index: int) -> Frame:
        """Return the frame of that number.

        Raises FrameError when there is none, or when it cannot be decoded; never shows a neighbour instead.
        """
        return self._present(index, self.decoded(index))

    def decoded(self, index: int, *, hurry: bool = False, watch: Watch = _ignore) -> VideoFrame:
        """Return a frame as `frame` does, but as the decoder gives it; `to_image` makes a picture of it.

        hurry: leave out what can be left out on the way, and keep little of it for stepping backwards.
        """
        if not 0 <= index < self.info.n_frames:
            raise FrameError(f"{self.info.path.name}: no frame {index}; it has frames 0 to {self.info.n_frames - 1}")
        if index in self._lost:
            raise self._cannot_decode(index)
        frame = self._cache.get(index)
        if frame is not None:
            return frame
        self._watch = watch
        try:
            return self._fetch(index, hurry)
        finally:
            self._watch = _ignore

    def stand_in(self, index: int) -> int:
        """Return the frame that is shown soonest in place of this one: the nearest one in memory, else the keyframe."""
        group = self.info.group(index)
        nearest = self._cache.nearest(index, group)
        return group.start if nearest is None else nearest

    def is_kept(self, index: int) -> bool:
        """Tell whether a frame is in memory."""
        return index in self._cache

    def gather(self, index: int) -> Iterator[int]:
        """Decode a kept frame's neighbourhood into memory, as much as fits; see `Gatherer.gather`."""
        return self._gatherer.gather(index)

    def _present(self, index: int, frame: VideoFrame) -> Frame:
        if (frame.width, frame.height) != self.info.stored_size:
            self._tell_size(index)
        return Frame(index, int(self.info.pts[index]), self.info.time_s(index), to_image(frame, self.info))

    def _tell_size(self, index: int) -> None:
        """Tell once of a change of size that no header told of before, as within a group of VP9."""
        if not any(note.startswith(SIZE_CHANGES) for note in self.info.warnings):
            note = size_note(f" at {self.info.time_s(index):.3f} s")
            logger.warning("%s: %s", self.info.path.name, note)
            self.info = replace(self.info, warnings=(*self.info.warnings, note))

    def _fetch(self, index: int, hurry: bool) -> VideoFrame:
        self._kept_from = index - HURRY_KEEPS if hurry else 0
        walk = self._nearest_walk(index)
        frame = walk.walk_to(index) if walk else None
        if frame is None:
            walk = walk or self._free_walk()
            frame = walk.start_at(index, hurry)
        if frame is None:
            self._lost.add(index)
            raise self._cannot_decode(index)
        return frame

    def _nearest_walk(self, index: int) -> _Walk | None:
        """Return the walk from which decoding on gets there sooner than seeking, None if there is none."""
        near = [walk for walk in self._walks if walk.is_near(index, self.info)]
        walk = max(near, key=lambda near: near.position, default=None)
        if walk is not None:
            self._walks.append(self._walks.pop(self._walks.index(walk)))
        return walk

    def _free_walk(self) -> _Walk:
        if len(self._walks) < self._max_walks:
            self._walks.append(_Walk(Decoder(self.info, keep=self._keep)))
        else:
            self._walks.append(self._walks.pop(0))
        return self._walks[-1]

    def _keep(self, index: int, frame: VideoFrame) -> None:
        if index >= self._kept_from:
            self._cache.add(index, frame)
        self._watch(index)

    def _cannot_decode(self, index: int) -> FrameError:
        return FrameError(f"{self.info.path.name}: frame {index} cannot be decoded; its neighbours can be shown")


class _Walk:
    """A decoder on its way through the video."""

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder
        self.position = -1  # last frame that came; -1 stands nowhere
        self._ahead: Iterator[Numbered] = iter(())

    def is_near(self, index: int, info: VideoInfo) -> bool:
        """Tell whether a frame is the next one, or further on in the same group of pictures."""
        if index <= self.position or self.position < 0:
            return False
        return index == self.position + 1 or index in info.group(self.position)

    def start_at(self, index: int, hurry: bool) -> VideoFrame | None:
        """Seek; return the frame, or None when it cannot be decoded."""
        self._ahead, self.position = iter(()), -1  # what is read on from a failed seek would lie anywhere
        self._ahead = self.decoder.reach(index, hurry=hurry)
        return self.walk_to(index)

    def walk_to(self, index: int) -> VideoFrame | None:
        """Decode on; return the frame, or None when it does not come."""
        ahead, self._ahead = self._ahead, iter(())  # stands nowhere if this is given up
        last, self.position = self.position, -1
        for last, frame in ahead:
            if last >= index:
                self._ahead, self.position = ahead, last
                return frame if last == index else None
        return None
