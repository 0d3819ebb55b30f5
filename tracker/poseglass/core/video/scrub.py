"""Frames on request: a thread of its own with one video, where the newest request wins.

A request takes the place of the one before it, and a picture the place of one that nobody has fetched: nothing piles
up. While nothing is asked, the neighbourhood of the last frame is decoded into memory, so that stepping and scrubbing
there find it.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from poseglass.core.mailbox import Mailbox
from poseglass.core.video.video import Video, VideoInfo
from poseglass.core.video.video_cache import MARGIN
from poseglass.core.video.video_decode import to_image
from poseglass.errors import FrameError, PoseglassError
from poseglass.types import Image

logger = logging.getLogger(__name__)

MAX_CACHE_BYTES = 2**30
"""Decoded frames kept at most, where nobody says: 700 of 720p, 23 s, as long as most clips that are looked at."""
CACHE_SHARE = 1 / 4
"""Part of the machine's memory that they may take."""

WALKS = 4
"""Decoders, each at its own place: who compares two moments jumps between them. One holds some 20 MB for 720p."""
NEAR = 30
"""Frames: who goes no further is stepping, and will want the frames between, too."""
QUIET_S = 0.1
"""Nothing was asked for so long: only then is the neighbourhood gathered, for it slows down what is asked next."""


class Haste(Enum):
    """What a request is for."""

    EXACT = auto()  # show this frame as soon as it can be
    DRAG = auto()  # more requests are coming: show something near at once, then this frame unless another was asked for
    PLAY = auto()  # the next ones come in order: no stand-ins, and nothing is given up half way


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """A wish to see a frame; `number` rises."""

    number: int
    index: int
    haste: Haste


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer: a picture, or why there is none."""

    request: FrameRequest
    index: int
    time_s: float
    picture: Image | None  # (H, W, 4) blue, green, red, 255; upright; None when it cannot be decoded
    trouble: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether it is the frame that was asked for, and no stand-in until that is there."""
        return self.index == self.request.index


class _SupersededError(Exception):
    """Another frame was asked for while this one was being decoded."""


class Scrubber:
    """Opens a video in a thread, and shows its frames. Close it.

    opened, failed, arrived: called in that thread; a VideoInfo, a sentence for the user, and nothing when `take` has
    something new.
    """

    def __init__(
        self,
        path: Path,
        opened: Callable[[VideoInfo], object],
        failed: Callable[[str], object],
        arrived: Callable[[], object],
        cache_bytes: int | None = None,
    ) -> None:
        self.may_gather = True  # False leaves the machine to others: nothing is decoded that was not asked for
        self._path, self._opened, self._failed, self._arrived = path, opened, failed, arrived
        self._cache_bytes = cache_bytes or cache_size()
        self._requests: Mailbox[FrameRequest] = Mailbox()
        self._pictures: Mailbox[Shown] = Mailbox()
        self._count = 0
        self._seen = 0  # the frame shown last
        self._centre: int | None = None  # whose neighbourhood is still to be gathered
        self._gathering: Iterator[int] | None = None
        self._thread = threading.Thread(target=self._run, name="frames", daemon=True)
        self._thread.start()

    def ask(self, index: int, haste: Haste = Haste.EXACT) -> FrameRequest:
        """Ask for a frame instead of whatever was asked for before."""
        self._count += 1
        request = FrameRequest(self._count, index, haste)
        self._requests.put(request)
        return request

    def take(self) -> Shown | None:
        """Return the newest picture not yet taken."""
        return self._pictures.take()

    def close(self) -> None:
        """End the thread and wait for it. May be called twice."""
        self._requests.close()
        self._thread.join()

    def _run(self) -> None:
        try:
            with Video.open(self._path, self._cache_bytes, WALKS) as video:
                self._opened(video.info)
                self._serve(video)
        except PoseglassError as error:
            self._failed(str(error))
        except Exception as error:  # fence: a thread's end would leave a window that waits for ever
            logger.exception("reading frames of %s", self._path)
            self._failed(f"{self._path.name}: reading frames failed: {error!r}")

    def _serve(self, video: Video) -> None:
        while (request := self._next(video)) is not None:
            try:
                self._answer(video, request)
            except _SupersededError:
                continue
            except FrameError as error:
                time_s = video.info.time_s(request.index) if 0 <= request.index < video.info.n_frames else 0.0
                self._post(Shown(request, request.index, time_s, None, str(error)))

    def _next(self, video: Video) -> FrameRequest | None:
        """Return the next request, None at the end; gather frames until it comes."""
        request = self._requests.wait(QUIET_S)
        while request is None and not self._requests.is_closed:
            self._gather(video)
            has_more = self.may_gather and self._centre is not None
            request = self._requests.take() if has_more else self._requests.wait()
        return request

    def _gather(self, video: Video) -> None:
        """Decode one more frame of the last frame's neighbourhood."""
        if self._centre is None or not self.may_gather:
            return
        if self._gathering is None:
            self._gathering = video.gather(self._centre)
        try:
            is_done = next(self._gathering, None) is None
        except PoseglassError as error:  # the file went away; a request will say so
            logger.warning("%s", error)
            is_done = True
        if is_done:
            self._centre = None

    def _answer(self, video: Video, request: FrameRequest) -> None:
        if request.haste is Haste.DRAG and not video.is_kept(request.index):
            self._show(video, request, video.stand_in(request.index))
        self._show(video, request, request.index)
        self._centre_on(video, request.index)

    def _show(self, video: Video, request: FrameRequest, index: int) -> None:
        def watch(position: int) -> None:
            if self._is_superseded(video.info, request, position):
                raise _SupersededError

        frame = video.decoded(index, hurry=self._hurries(video, request), watch=watch)
        picture = to_image(frame, video.info, "bgra")
        self._seen = index
        self._post(Shown(request, index, video.info.time_s(index), picture))

    def _hurries(self, video: Video, request: FrameRequest) -> bool:
        """Leave frames out on the way of a far jump, unless all frames can be kept: then none is decoded in vain."""
        is_far = abs(request.index - self._seen) > NEAR
        return request.haste is Haste.EXACT and is_far and not self._fits(video.info)

    def _fits(self, info: VideoInfo) -> bool:
        return info.n_frames * info.width * info.height * 3 // 2 <= MARGIN * self._cache_bytes

    def _is_superseded(self, info: VideoInfo, request: FrameRequest, position: int) -> bool:
        """Tell whether to give up: never for a frame of the same group further on, whose way leads through here."""
        newer = self._requests.waiting
        if self._requests.is_closed:
            return True
        if newer is None or request.haste is Haste.PLAY:
            return False
        return newer.index not in info.group(request.index) or newer.index < position

    def _post(self, shown: Shown) -> None:
        self._pictures.put(shown)
        self._arrived()

    def _centre_on(self, video: Video, index: int) -> None:
        """Gather anew where the last centre is so far that nothing here would be gathered soon.

        What fits into memory as a whole is gathered once and in one go: groups half read would have to be read again.
        """
        is_near = self._centre is not None and (self._fits(video.info) or index in video.info.group(self._centre))
        if not is_near:
            self._centre, self._gathering = index, None


def cache_size(memory: int | None = None) -> int:
    """Return how many bytes of decoded frames a machine can well keep.

    memory: what it has, in bytes; None: this one's, where the system tells it.
    """
    if memory is None and hasattr(os, "sysconf"):  # not on Windows
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return MAX_CACHE_BYTES // 2 if memory is None else min(MAX_CACHE_BYTES, int(CACHE_SHARE * memory))
