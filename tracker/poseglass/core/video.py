"""A video file, exact to the frame: every frame with its number, time stamp and upright picture."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from types import TracebackType

from av.video.frame import VideoFrame

from poseglass.core.video_cache import FrameCache, gather
from poseglass.core.video_decode import Decoder, Numbered, to_image
from poseglass.core.video_index import VideoInfo, read_info
from poseglass.errors import FrameError
from poseglass.types import Frame

__all__ = ["Video", "VideoInfo"]

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

    def __init__(self, info: VideoInfo, cache_bytes: int = CACHE_BYTES) -> None:
        self.info = info
        self.undecoded = 0  # frames that the last finished `frames` should have shown but could not decode
        self._cache = FrameCache(cache_bytes)
        self._lost: set[int] = set()  # decoded from the beginning in vain, not to be tried again
        self._decoder: Decoder | None = None
        self._ahead: Iterator[Numbered] = iter(())
        self._position = -1  # last frame that came from _ahead
        self._watch: Watch = _ignore

    @classmethod
    def open(cls, path: Path | str, cache_bytes: int = CACHE_BYTES) -> Video:
        """Open a video and read its index: one pass over the file, and its first frame is decoded.

        cache_bytes: memory for frames decoded on the way to those asked for by number.

        Raises VideoError when it cannot be read or has nothing to show.
        """
        info = read_info(Path(path))
        for warning in info.warnings:
            logger.warning("%s: %s", info.path.name, warning)
        return cls(info, cache_bytes)

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and forget cached frames. May be called twice; `frame` opens the file again."""
        self._rest()
        self._cache.clear()
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def frames(self, start_s: float | None = None, stop_s: float | None = None) -> Generator[Frame, None, None]:
        """Decode frames in order, from start_s to before stop_s: seconds since the video's first frame.

        Numbers are those of the whole video. A frame that cannot be decoded is left out; when the iterator is
        through, `undecoded` says how many were, and a warning is logged. Close the iterator if you stop early.
        """
        wanted = self.info.numbers_between(start_s, stop_s)
        if not wanted:
            return
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

        hurry: leave out what can be left out on the way, which then is not kept for stepping backwards.
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
        except BaseException:
            self._rest()
            raise
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
        """Decode a kept frame's neighbourhood into memory, as much as fits; see `video_cache.gather`."""
        return gather(self.info, self._cache, index)

    def _present(self, index: int, frame: VideoFrame) -> Frame:
        pts = int(self.info.pts[index])
        return Frame(index, pts, self.info.seconds(pts), to_image(frame, self.info))

    def _fetch(self, index: int, hurry: bool) -> VideoFrame:
        frame = self._walk_to(index) if self._is_near(index) else None
        if frame is None:
            self._decoder = self._decoder or Decoder(self.info, keep=self._keep)
            self._rest()
            self._ahead = self._decoder.reach(index, hurry=hurry)
            frame = self._walk_to(index)
        if frame is None:
            self._lost.add(index)
            raise self._cannot_decode(index)
        return frame

    def _walk_to(self, index: int) -> VideoFrame | None:
        for position, frame in self._ahead:
            self._position = position
            if position >= index:
                return frame if position == index else None
        return None

    def _is_near(self, index: int) -> bool:
        """Tell whether decoding on gets there sooner than seeking: the next frame, or the same group of pictures."""
        if index <= self._position or self._position < 0:
            return False
        if index == self._position + 1 or self.info.is_counted:
            return True
        return index in self.info.group(self._position)

    def _keep(self, index: int, frame: VideoFrame) -> None:
        self._cache.add(index, frame)
        self._watch(index)

    def _rest(self) -> None:
        """Stand nowhere: whoever reads on from a stopped walk would count on frames that were never read."""
        self._ahead, self._position = iter(()), -1

    def _cannot_decode(self, index: int) -> FrameError:
        return FrameError(f"{self.info.path.name}: frame {index} cannot be decoded; its neighbours can be shown")
