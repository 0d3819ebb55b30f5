"""What a video file holds, read from its packets in one pass: the stamp of every frame, keyframes, what is amiss."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from poseglass.core.video.orientation import AS_STORED, TOLD_TILT, Orientation, orientation_of, tilt_text
from poseglass.core.video.video_stream import decode, open_stream, stamp_of, time_base_of
from poseglass.errors import VideoError
from poseglass.types import Floats

Stamps = NDArray[np.int64]

PROBED_FRAMES = 64
"""Frames decoded to check doubtful stamps: several times what a codec may hold back to reorder (H.264, HEVC: 16)."""
HDR_TRANSFERS = {16: "PQ", 18: "HLG"}
"""ITU-T H.273, table 3."""


@dataclass(frozen=True, slots=True, eq=False)
class VideoInfo:
    """What is known of a video before it is decoded."""

    path: Path
    codec: str
    width: int  # pixels of the upright picture
    height: int
    orientation: Orientation  # how stored pictures are turned and mirrored
    sample_aspect_ratio: Fraction  # width to height of an upright pixel; 1 when unknown
    time_base: Fraction  # seconds a tick
    start_pts: int  # ticks; the first shown frame
    pts: Stamps  # (T,), ticks, rising; frames to be shown, of which a damaged file may not decode all
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
        gaps = np.diff(self.pts) if self.n_frames > 1 else np.zeros(1)
        tick = float(self.time_base)
        return float(gaps.min()) * tick, float(np.median(gaps)) * tick, float(gaps.max()) * tick


@dataclass(frozen=True, slots=True)
class _Packets:
    """A stream's packets in file order, empty ones left out."""

    shown: list[int | None]  # stamps of the frames to be shown, ticks; None where the container has none
    dts: list[int | None]  # theirs, for decoding
    keyframes: list[int]
    n_discarded: int
    n_corrupt: int
    lacks_pts: bool
    failure: str  # why reading stopped before the end; empty when it did not


@dataclass(frozen=True, slots=True)
class _Clock:
    """The stamps of the frames to be shown, and what had to be done to get them."""

    pts: Stamps
    time_base: Fraction
    is_counted: bool
    notes: list[str]


def read_info(path: Path) -> VideoInfo:
    """Read a file's index: one pass over its packets, then its first frame is decoded.

    Raises VideoError when there is nothing to show.
    """
    with open_stream(path) as (container, stream):
        packets = _read_packets(container, stream)
        end_s = _promised_end_s(container, stream)
    if not packets.shown:
        reason = packets.failure or "the file was never filled"
        raise VideoError(f"{path.name}: zero frames in its video stream ({reason}); record or export it again")
    with open_stream(path) as (container, stream):
        frames, is_counted = _probe(container, stream, packets)
        if not frames:
            n = len(packets.shown)
            raise VideoError(
                f"{path.name}: no {stream.codec.canonical_name} frame can be decoded (of {n}); copy or record it again"
            )
        clock = _count(packets, stream) if is_counted else _clock(packets, stream, frames[0])
        return _describe(path, stream, packets, clock, frames[0], end_s)


def _read_packets(container: InputContainer, stream: VideoStream) -> _Packets:
    found = []
    failure = ""
    try:
        for packet in container.demux(stream):
            if packet.size:
                flags = packet.is_keyframe, packet.is_discard, packet.is_corrupt, packet.pts is None
                found.append((stamp_of(packet), packet.dts, *flags))
    except FFmpegError as error:
        failure = str(error.strerror)
    return _Packets(
        shown=[row[0] for row in found if not row[3]],
        dts=[row[1] for row in found if not row[3]],
        keyframes=[row[0] for row in found if row[2] and row[0] is not None],
        n_discarded=sum(row[3] for row in found),
        n_corrupt=sum(row[4] for row in found),
        lacks_pts=any(row[5] for row in found),
        failure=failure,
    )


def _promised_end_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration:
        return float((stream.duration + (stream.start_time or 0)) * time_base_of(stream))
    if container.duration:
        return (container.duration + (container.start_time or 0)) / av.time_base
    return None


def _probe(container: InputContainer, stream: VideoStream, packets: _Packets) -> tuple[list[VideoFrame], bool]:
    """Decode the first frames; tell whether frames must be counted because their stamps cannot be believed."""
    stamps = [stamp for stamp in packets.shown if stamp is not None]
    reorders = bool(stream.codec_context.has_b_frames)
    is_doubtful = packets.lacks_pts or (reorders and _is_rising(stamps))
    frames = list(islice(decode(container.demux(stream)), PROBED_FRAMES if is_doubtful else 1))
    if _runs_back(packets) or (reorders and container.format.name == "avi" and _has_holes(packets)):
        return frames, True
    known = set(stamps)
    placed = [stamp for frame in frames if (stamp := stamp_of(frame)) is not None and stamp in known]
    return frames, is_doubtful and not (_is_rising(placed) and len(placed) >= len(frames) / 2)


def _is_rising(stamps: list[int]) -> bool:
    return all(later > earlier for earlier, later in pairwise(stamps))


def _runs_back(packets: _Packets) -> bool:
    """Tell whether the decoding clock jumps back, as in recordings that were joined byte by byte."""
    known = [dts for dts in packets.dts if dts is not None]
    return any(later < earlier for earlier, later in pairwise(known))


def _has_holes(packets: _Packets) -> bool:
    """Tell whether the packets of an AVI lie unevenly.

    AVI knows no pts. FFmpeg makes them up: for H.264 in file order, so that frames come out as 1, 3, 4, 2 (the probe
    finds out), and for MPEG-4 by shifting a hole's neighbours onto each other.
    """
    known = [dts for dts in packets.dts if dts is not None]
    return len({later - earlier for earlier, later in pairwise(known)}) > 1


def _clock(packets: _Packets, stream: VideoStream, first: VideoFrame) -> _Clock:
    """Take the file's own stamps, from the first frame that decodes."""
    notes = []
    stamps = [stamp for stamp in packets.shown if stamp is not None]
    if unstamped := len(packets.shown) - len(stamps):
        notes.append(f"frames without a time stamp, left out: {unstamped}")
    pts = np.unique(np.array(stamps, dtype=np.int64))
    if shared := len(stamps) - len(pts):
        notes.append(f"frames with another frame's time stamp, left out: {shared}")
    start = stamp_of(first)
    early = 0 if start is None else int(np.searchsorted(pts, start))
    if early:
        notes.append(f"frames before the first whole keyframe, left out: {early}")
    return _Clock(pts[early:], time_base_of(stream), False, notes)


def _count(packets: _Packets, stream: VideoStream) -> _Clock:
    """Stamp counted frames: the packets' dts in file order where it rises, else the header's rate."""
    note = "its time stamps are unusable, frames are counted and jumping is slow; re-wrap it as mp4 or mkv"
    dts = [stamp for stamp in packets.dts if stamp is not None]
    if len(dts) == len(packets.dts) and _is_rising(dts):
        return _Clock(np.array(dts, dtype=np.int64), time_base_of(stream), True, [note])
    rate = _header_rate(stream) or Fraction(25)  # FFmpeg's own guess for raw streams
    times = f"times assume {float(rate):g} frames a second"
    return _Clock(np.arange(len(packets.shown), dtype=np.int64), 1 / rate, True, [note, times])


def _header_rate(stream: VideoStream) -> Fraction:
    """Return frames a second as the container has it, 0 when it does not."""
    rate = stream.average_rate or stream.guessed_rate
    return Fraction(rate.numerator, rate.denominator) if rate else Fraction(0)


def _describe(
    path: Path, stream: VideoStream, packets: _Packets, clock: _Clock, first: VideoFrame, end_s: float | None
) -> VideoInfo:
    pts, base = clock.pts, clock.time_base
    gaps = np.diff(pts)
    header_rate = _header_rate(stream)
    rate = 1 / (Fraction(int(pts[-1] - pts[0]), len(gaps)) * base) if len(gaps) else header_rate
    last_s = float(np.median(gaps)) * float(base) if len(gaps) else float(1 / rate) if rate else 0.0
    orientation, tilt = orientation_of(first) or (AS_STORED, 0.0)
    width, height, aspect = _upright(stream, first, orientation)
    notes = clock.notes + _packet_notes(packets) + _picture_notes(first)
    if tilt >= TOLD_TILT:
        notes.append(tilt_text(tilt))
    return VideoInfo(
        path=path,
        codec=stream.codec.canonical_name,
        width=width,
        height=height,
        orientation=orientation,
        sample_aspect_ratio=aspect,
        time_base=base,
        start_pts=int(pts[0]),
        pts=pts,
        keyframes=np.unique(np.array(packets.keyframes, dtype=np.int64)),
        discarded_packets=packets.n_discarded,
        is_vfr=bool(len(gaps) and gaps.max() - gaps.min() > 1),
        is_counted=clock.is_counted,
        average_rate=rate,
        duration_s=float((int(pts[-1]) - int(pts[0])) * base) + last_s,
        warnings=tuple(notes + _end_notes(float(int(pts[-1]) * base) + last_s, end_s)),
    )


def _upright(stream: VideoStream, first: VideoFrame, orientation: Orientation) -> tuple[int, int, Fraction]:
    given = stream.sample_aspect_ratio
    aspect = Fraction(given.numerator, given.denominator) if given else Fraction(1)
    if orientation.swaps_sides:
        return first.height, first.width, 1 / aspect
    return first.width, first.height, aspect


def _packet_notes(packets: _Packets) -> list[str]:
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


def _end_notes(end_s: float, promised_s: float | None) -> list[str]:
    # Sound often ends a little after the picture: half a second and 5 % are let pass.
    if promised_s is not None and promised_s - end_s > max(0.5, 0.05 * promised_s):
        return [f"cut off? The file promises {promised_s:.1f} s, its frames end at {end_s:.1f} s"]
    return []
