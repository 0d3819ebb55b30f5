"""What a video file holds, read from its packets in one pass: the stamp of every frame, keyframes, what is amiss."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from poseglass.core.video.orientation import AS_STORED, TOLD_TILT, Orientation, orientation_of, tilt_text
from poseglass.core.video.video_end import Promise
from poseglass.core.video.video_packets import NewSize, Packets, read_packets
from poseglass.core.video.video_stamps import (
    FrameStamps,
    Numbers,
    Stamps,
    counted,
    probe,
    stamps_as_decoded,
    stamps_of,
    told_rate,
)
from poseglass.core.video.video_stream import decode, open_stream, stream_notes, unsupported_kind
from poseglass.errors import VideoError
from poseglass.types import Floats

SIZE_CHANGES = "the size of its pictures changes"
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""ITU-T H.273, table 3."""


@dataclass(frozen=True, slots=True, eq=False)
class VideoInfo:
    """What is known of a video before it is decoded.

    A keyframe that shares its stamp with another frame is none of `keyframes`: which of them came would not be known.
    """

    path: Path
    stream: int  # which of the file's video streams, from 0
    codec: str
    width: int  # pixels of the upright picture
    height: int
    orientation: Orientation  # how stored pictures are turned and mirrored
    sample_aspect_ratio: Fraction  # width to height of an upright pixel; 1 when unknown
    time_base: Fraction  # seconds a tick
    start_pts: int  # ticks; the first shown frame
    pts: Stamps  # (T,), ticks, not falling; frames to be shown, of which a damaged file may not decode all
    unstamped: Numbers  # frames that have no stamp; theirs in `pts`, and so their time, is that of the frame before
    keyframes: Stamps  # ticks, rising; where decoding can start; with an edit list the first can lie before start_pts
    discarded_packets: int  # by order of the file's edit list needed to decode others, but not shown
    is_vfr: bool  # gaps between frames differ by more than the tick that rounding explains
    is_counted: bool  # the file's stamps are unusable: frames are numbered as they come, access is from the start
    average_rate: Fraction  # frames a second, from the stamps; the header's for a single frame
    duration_s: float  # to the end of the last frame
    warnings: tuple[str, ...]  # one line each, for the user

    @property
    def rotation(self) -> int:
        """Degrees counter-clockwise by which stored pictures are turned, before they are mirrored if they are."""
        return self.orientation.rotation

    @property
    def stored_size(self) -> tuple[int, int]:
        """Width and height of the first picture as it is stored, before it is turned."""
        return (self.height, self.width) if self.orientation.swaps_sides else (self.width, self.height)

    @property
    def is_mirrored(self) -> bool:
        """Whether the turned pictures are mirrored left to right."""
        return self.orientation.is_mirrored

    @property
    def n_frames(self) -> int:
        """How many frames are to be shown."""
        return len(self.pts)

    def time_s(self, frame: int) -> float:
        """Return when a frame is shown, in seconds since the video's first one: its `Frame.time_s`."""
        return float(self.seconds(self.pts[frame]))

    @property
    def times_s(self) -> Floats:
        """`time_s` of every frame, (T,)."""
        return self.seconds(self.pts)

    def seconds(self, pts: Stamps | np.int64) -> Floats:
        """Return seconds from the video's first frame to each stamp (N,), or to one: every time comes from here.

        A whole product below 2^53, divided once, is rounded once: as exact as a fraction, for one stamp as for many.
        """
        base = self.time_base
        return np.asarray((pts - self.start_pts) * base.numerator / base.denominator)

    def numbers_between(self, start_s: float | None, stop_s: float | None) -> range:
        """Return the numbers of the frames from start_s to before stop_s: seconds since the video's first frame.

        Compared as the floats that `Frame.time_s` holds, so that a frame's own time finds that frame.
        """
        numbers = range(self.n_frames)
        first = 0 if start_s is None else bisect_left(numbers, start_s, key=self.time_s)
        return range(first, self.n_frames if stop_s is None else bisect_left(numbers, stop_s, key=self.time_s))

    def shown_at(self, time_s: float) -> int:
        """Return the number of the frame that is on the screen at a time: the last that began by then."""
        return max(0, bisect_right(range(self.n_frames), time_s, key=self.time_s) - 1)

    def group(self, index: int) -> range:
        """Return the frames that are decoded from the same keyframe as this one; all frames where they are counted."""
        if self.is_counted:
            return range(self.n_frames)
        place = int(np.searchsorted(self.keyframes, self.pts[index], side="right"))
        bounds = self.keyframes[max(0, place - 1) : place + 1]
        starts = np.searchsorted(self.pts, bounds)
        return range(int(starts[0]) if place else 0, int(starts[-1]) if place < len(self.keyframes) else self.n_frames)

    @property
    def gaps_s(self) -> tuple[float, float, float]:
        """Smallest, median and largest time between frames in seconds; zeros for a single frame."""
        stamps = np.unique(self.pts)
        gaps = np.diff(stamps) if len(stamps) > 1 else np.zeros(1)
        tick = float(self.time_base)
        return float(gaps.min()) * tick, float(np.median(gaps)) * tick, float(gaps.max()) * tick


def read_info(path: Path, number: int | None = None) -> VideoInfo:
    """Read a file's index: one pass over its packets, then its first frame is decoded.

    number: which of its video streams; None takes the largest.

    Raises VideoError when there is nothing to show.
    """
    with open_stream(path, number) as (container, stream):
        packets = read_packets(container, stream)
        promise = Promise.of(container, stream)
    if not packets.shown:
        raise VideoError(_why_empty(path, packets))
    with open_stream(path, number) as (container, stream):
        frames, is_counted = probe(container, stream, packets)
        if not frames:
            raise VideoError(_why_undecodable(path, packets, stream.codec.canonical_name))
        stamps = None if is_counted else _stamps(path, number, packets, container, stream, frames[0])
        stamps = stamps or counted(packets, container, stream)
        return _describe(path, container, stream, packets, stamps, frames[0], promise)


def _why_empty(path: Path, packets: Packets) -> str:
    if kind := unsupported_kind(path):
        return f"{path.name}: {kind}"
    reason = packets.failure or "the file was never filled"
    return f"{path.name}: zero frames in its video stream ({reason}); record or export it again"


def _why_undecodable(path: Path, packets: Packets, codec: str) -> str:
    if kind := unsupported_kind(path):
        return f"{path.name}: {kind}"
    return f"{path.name}: no {codec} frame can be decoded (of {len(packets.shown)}); copy or record it again"


def _stamps(
    path: Path,
    number: int | None,
    packets: Packets,
    container: InputContainer,
    stream: VideoStream,
    first: VideoFrame,
) -> FrameStamps | None:
    if None not in packets.shown:
        return stamps_of(packets, container, stream, first)
    with open_stream(path, number) as (whole, again):
        return stamps_as_decoded(decode(whole.demux(again)), again)


def _describe(
    path: Path,
    container: InputContainer,
    stream: VideoStream,
    packets: Packets,
    stamps: FrameStamps,
    first: VideoFrame,
    promise: Promise,
) -> VideoInfo:
    pts, base = stamps.pts, stamps.time_base
    gaps = np.diff(np.unique(pts))
    span = Fraction(int(pts[-1] - pts[0])) * base
    rate = (len(pts) - 1) / span if span else told_rate(container, stream)
    last_s = float(np.median(gaps)) * float(base) if len(gaps) else float(1 / rate) if rate else 0.0
    if packets.end is not None and not stamps.is_counted:  # it may be held for long
        last_s = max(last_s, float((packets.end - int(pts[-1])) * base))
    orientation, tilt = orientation_of(first) or (AS_STORED, 0.0)
    width, height, aspect = _upright(stream, first, orientation)
    end_s = float(int(pts[-1]) * base) + last_s
    return VideoInfo(
        path=path,
        stream=container.streams.video.index(stream),
        codec=stream.codec.canonical_name,
        width=width,
        height=height,
        orientation=orientation,
        sample_aspect_ratio=aspect,
        time_base=base,
        start_pts=int(pts[0]),
        pts=pts,
        unstamped=stamps.unstamped,
        keyframes=np.unique(np.array(packets.keyframes, dtype=np.int64)),
        discarded_packets=packets.n_discarded,
        is_vfr=bool(len(gaps) and gaps.max() - gaps.min() > 1),
        is_counted=stamps.is_counted,
        average_rate=rate,
        duration_s=float((int(pts[-1]) - int(pts[0])) * base) + last_s,
        warnings=(
            *stream_notes(container, stream),
            *stamps.notes,
            *_packet_notes(packets),
            *_picture_notes(first),
            *([tilt_text(tilt)] if tilt >= TOLD_TILT else []),
            *_size_notes(packets.sizes, stamps, first, orientation),
            *promise.notes(path, end_s),
        ),
    )


def _upright(stream: VideoStream, first: VideoFrame, orientation: Orientation) -> tuple[int, int, Fraction]:
    given = stream.sample_aspect_ratio
    aspect = Fraction(given.numerator, given.denominator) if given else Fraction(1)
    if orientation.swaps_sides:
        return first.height, first.width, 1 / aspect
    return first.width, first.height, aspect


def _packet_notes(packets: Packets) -> list[str]:
    notes = []
    if packets.failure:
        notes.append(f"reading stopped before the end of the file: {packets.failure}")
    if packets.n_corrupt:
        notes.append(f"damaged packets: {packets.n_corrupt}; some pictures will be broken or missing")
    return notes


def _picture_notes(first: VideoFrame) -> list[str]:
    notes = []
    if transfer := HDR_TRANSFERS.get(int(first.color_trc)):
        notes.append(f"HDR ({transfer}) is shown without tone mapping; colours look flat")
    if first.interlaced_frame:
        notes.append("interlaced: both fields are shown as one picture; movement looks combed")
    return notes


def _size_notes(sizes: list[NewSize], stamps: FrameStamps, first: VideoFrame, orientation: Orientation) -> list[str]:
    """Say where pictures become larger or smaller than the first; later changes are as good as told with it."""
    others = [size for size in sizes if (size.width, size.height) != (first.width, first.height)]
    if not others:
        return []
    at, *sides = others[0]
    width, height = reversed(sides) if orientation.swaps_sides else sides
    when = ""
    if at is not None and not stamps.is_counted:
        when = f" at {float((at - int(stamps.pts[0])) * stamps.time_base):.3f} s"
    return [size_note(f"{when}, to {width} x {height}")]


def size_note(how: str) -> str:
    """Say that the size of pictures changes, and what that means. how: when, to what."""
    return (
        f"{SIZE_CHANGES}{how}; such pictures are fitted into the first size, with black beside them, "
        "and coordinates are those of the first"
    )
