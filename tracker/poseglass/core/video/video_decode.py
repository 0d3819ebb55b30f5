"""Frames of a video with their numbers, read forward from any frame.

A frame's number is the place of its stamp in the index; of frames that share one, they have that place and those after
it, as they come. Frames come in strictly rising order: a decoded frame whose stamp is not in the index, or below the
last one's, has no number and is left out. Where stamps are unusable (`VideoInfo.is_counted`) frames are numbered as
they come out of the decoder, from the file's beginning.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import chain
from typing import Any, Literal

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from poseglass.core.video.video_index import VideoInfo
from poseglass.core.video.video_stream import VideoPacket, decode, open_stream, stamp_of
from poseglass.types import Image

logger = logging.getLogger(__name__)

UNSPECIFIED_MATRIX = 2
"""ITU-T H.273, table 4."""
HD_HEIGHT = 720
"""Stored lines from which an untagged matrix is taken for BT.709, as players do; swscale alone assumes BT.601."""

Numbered = tuple[int, VideoFrame]


def _forget(index: int, frame: VideoFrame) -> None:
    """Keep nothing."""


class Decoder:
    """An open file that is read forward from wherever it is sent. Close it. For one thread at a time.

    keep: called with every whole frame that is decoded, those on the way to the wanted one too.
    Raises VideoError when the file cannot be opened any more.
    """

    def __init__(self, info: VideoInfo, keep: Callable[[int, VideoFrame], None] = _forget) -> None:
        self._info = info
        self._keep = keep
        self._open_file = ExitStack()
        self._reopen()

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._open_file.close()

    def reach(self, index: int, *, hurry: bool = False) -> Iterator[Numbered]:
        """Return frames from `index` on; it is missing only if decoding from the beginning does not find it either.

        A way to the frame counts only if it is met whole: seeking may land behind it, or where not all that it leans
        on has been decoded.

        hurry: leave out frames on the way that no other leans on (half of them, in x264's usual order: 720p in groups
        of 250 is reached in 69 ms instead of 113).
        """
        for frames in self._approaches(index, hurry) if index else ():
            found = next((pair for pair in frames if pair[0] >= index), None)
            if found and found[0] == index and not found[1].is_corrupt:
                return chain([found], frames)
        return self._from_beginning(index)

    def _approaches(self, index: int, hurry: bool) -> Iterator[Iterator[Numbered]]:
        """Start at the keyframe; a second earlier, for MPEG-TS lands behind its goal; at the keyframe before."""
        keys = self._info.keyframes[self._info.keyframes <= self._info.pts[index]]
        if self._info.is_counted or not len(keys):
            return
        key, before = int(keys[-1]), int(keys[max(0, len(keys) - 2)])
        landed = self._land(key, key) if hurry else None
        if landed is not None:
            yield self._number_from(landed[0], self._hurrying(landed[1], int(self._info.pts[index])))
        for goal in (key, key - round(1 / self._info.time_base), before):
            landed = self._land(goal, key)
            if landed is not None:
                yield self._number_from(*landed)

    def _from_beginning(self, index: int) -> Iterator[Numbered]:
        if not self._is_fresh:
            self._reopen()
        frames = self._keeping(self._number(self._demux()))
        return (pair for pair in frames if pair[0] >= index)

    def _reopen(self) -> None:
        self._open_file.close()
        self._container, self._stream = self._open_file.enter_context(open_stream(self._info.path, self._info.stream))
        self._is_fresh = True

    def _demux(self) -> Iterator[VideoPacket]:
        self._is_fresh = False
        try:
            yield from self._container.demux(self._stream)
        except FFmpegError as error:
            logger.warning("%s: reading stopped: %s", self._info.path.name, error.strerror)

    def _land(self, goal: int, key: int) -> tuple[VideoPacket, Iterator[VideoPacket]] | None:
        """Seek; return the first keyframe packet from there and all after it, None if it lies behind `key`."""
        self._is_fresh = False
        self._stream.codec_context.skip_frame = "DEFAULT"
        try:
            self._container.seek(goal, stream=self._stream, backward=True)
        except FFmpegError:
            return None
        packets = self._demux()
        # MPEG-TS lands between keyframes: what lies before the first would only decode to rubbish.
        # Nor is one a start that shares its stamp with another frame, or is a second field.
        first = next((packet for packet in packets if packet.is_keyframe and self._is_start(stamp_of(packet))), None)
        stamp = None if first is None else stamp_of(first)
        return None if first is None or stamp is None or stamp > key else (first, packets)

    def _is_start(self, stamp: int | None) -> bool:
        keys = self._info.keyframes
        return stamp is not None and stamp == keys[min(int(np.searchsorted(keys, stamp)), len(keys) - 1)]

    def _hurrying(self, packets: Iterator[VideoPacket], goal: int) -> Iterator[VideoPacket]:
        """Let the decoder leave out what no other frame leans on, up to the packet stamped `goal`."""
        self._stream.codec_context.skip_frame = "NONREF"
        for packet in packets:
            if stamp_of(packet) == goal:
                self._stream.codec_context.skip_frame = "DEFAULT"
            yield packet

    def _number_from(self, key: VideoPacket, packets: Iterator[VideoPacket]) -> Iterator[Numbered]:
        """Give frames after a seek their numbers; no frame comes if the keyframe itself does not.

        Frames shown before the keyframe are dropped: in an open group of pictures they lean on the skipped group.
        A keyframe that is held back begins a gradual refresh, and x264 was seen to promise its end too early.
        """
        start = stamp_of(key)
        frames = self._number(chain([key], packets))
        shown = (pair for pair in frames if start is not None and self._info.pts[pair[0]] >= start)
        first = next(shown, None)
        if first is None or (self._info.pts[first[0]] != start and not key.is_discard):
            return
        yield from self._keeping(chain([first], shown))

    def _keeping(self, frames: Iterator[Numbered]) -> Iterator[Numbered]:
        for index, frame in frames:
            if not frame.is_corrupt:  # it may be the seek's fault
                self._keep(index, frame)
            yield index, frame

    def _number(self, packets: Iterator[VideoPacket]) -> Iterator[Numbered]:
        last = -1
        for count, frame in enumerate(decode(packets)):
            index = self._index_of(frame, count, last)
            if index is not None and index > last:
                last = index
                yield index, frame

    def _index_of(self, frame: VideoFrame, count: int, last: int) -> int | None:
        pts = self._info.pts
        if self._info.is_counted:
            return count if count < len(pts) else None
        stamp = stamp_of(frame)
        if stamp is None:
            return None
        index = max(int(np.searchsorted(pts, stamp)), last + 1)  # past those that share it and have come already
        return index if index < len(pts) and pts[index] == stamp else None


def to_image(frame: VideoFrame, info: VideoInfo, layout: Literal["rgb24", "bgra"] = "rgb24") -> Image:
    """Convert a decoded frame to an upright picture of the info's size, contiguous and the caller's own.

    Streams may change size: a frame of another shape is fitted into the middle, undistorted.

    (H, W, 3) RGB, or (H, W, 4) blue, green, red, 255, which screens take without another conversion.
    """
    is_untagged_hd = frame.colorspace == UNSPECIFIED_MATRIX and frame.height >= HD_HEIGHT
    width, height = info.stored_size
    part = min(width / frame.width, height / frame.height)
    inner_width, inner_height = max(1, round(part * frame.width)), max(1, round(part * frame.height))
    pixels = frame.to_ndarray(
        format=layout, width=inner_width, height=inner_height, src_colorspace="ITU709" if is_untagged_hd else None
    )
    if (inner_width, inner_height) != (width, height):
        pixels = _amid(pixels, width, height)
    return info.orientation.upright(pixels)


def _amid(pixels: NDArray[Any], width: int, height: int) -> Image:
    """Put a picture (h, w, 3 or 4) into the middle of a black one."""
    inner_height, inner_width, layers = pixels.shape
    whole = np.zeros((height, width, layers), np.uint8)
    whole[..., 3:] = 255  # of BGRA; RGB has no such layer
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    whole[top : top + inner_height, left : left + inner_width] = pixels
    return whole
