"""When each frame of a video is shown: its stamps, where they can be believed, and what is done where they cannot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice, pairwise

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from poseglass.core.video.video_packets import Packets
from poseglass.core.video.video_stream import decode, stamp_of, time_base_of

Stamps = NDArray[np.int64]
Numbers = NDArray[np.intp]

PROBED_FRAMES = 64
"""Frames decoded to check doubtful stamps: several times what a codec may hold back to reorder (H.264, HEVC: 16)."""
NO_TIMESTAMPS = 0x80
"""FFmpeg's flag of formats that are a bare stream: AVFMT_NOTIMESTAMPS."""
USUAL_RATE = Fraction(25)
"""Frames a second where nothing says how many: FFmpeg's own guess, too."""
FASTEST = 480
"""Frames a second, of cameras' slow motion: a stream that says more says how long its ticks are, no rate."""
COUNTED = "frames are counted and jumping is slow; re-wrap it as mp4 or mkv"


@dataclass(frozen=True, slots=True)
class FrameStamps:
    """The stamps of the frames to be shown, and what had to be done to get them."""

    pts: Stamps  # (T,), ticks, not falling; where a frame has none, that of the frame before
    time_base: Fraction
    is_counted: bool
    notes: list[str]
    unstamped: Numbers = field(default_factory=lambda: np.zeros(0, np.intp))  # numbers of frames without a stamp


def probe(container: InputContainer, stream: VideoStream, packets: Packets) -> tuple[list[VideoFrame], bool]:
    """Decode the first frames; tell whether frames must be counted because their stamps cannot be believed."""
    stamps = [stamp for stamp in packets.shown if stamp is not None]
    reorders = bool(stream.codec_context.has_b_frames)
    is_doubtful = packets.lacks_pts or (reorders and _is_rising(stamps))
    frames = list(islice(decode(container.demux(stream)), PROBED_FRAMES if is_doubtful else 1))
    name = container.format.name
    if name.startswith("matroska"):  # keeps no dts: where frames begin late, FFmpeg's guesses run back
        is_broken = False
    else:
        is_broken = _runs_back(packets.dts) or (reorders and name == "avi" and _has_holes(packets))
    if is_broken or _contradicts_rate(packets, container, stream):
        return frames, True
    known = set(stamps)
    placed = [stamp for frame in frames if (stamp := stamp_of(frame)) is not None and stamp in known]
    return frames, is_doubtful and not (not _runs_back(placed) and len(placed) >= len(frames) / 2)


def stamps_of(packets: Packets, container: InputContainer, stream: VideoStream, first: VideoFrame) -> FrameStamps:
    """Take the file's own stamps, which all packets have, from the first frame that decodes."""
    pts = np.sort(np.array([stamp for stamp in packets.shown if stamp is not None], dtype=np.int64))
    start = stamp_of(first)
    early = 0 if start is None else int(np.searchsorted(pts, start))
    notes = [f"frames before the first whole keyframe, left out: {early}"] if early else []
    pts = pts[early:]
    rates = rate_notes(container, stream) if is_bare(container) and len(pts) > 1 else []
    return FrameStamps(pts, time_base_of(stream), False, [*_shared_notes(pts), *notes, *rates])


def stamps_as_decoded(frames: Iterable[VideoFrame], stream: VideoStream) -> FrameStamps | None:
    """Take the stamps of all frames as they come out of the decoder, of which some have none.

    Where a frame without a stamp lies among the others shows only then. None where stamps fall.
    """
    reorders = bool(stream.codec_context.has_b_frames)  # then a frame's dts says nothing of when it is shown
    found = [frame.pts if reorders else stamp_of(frame) for frame in frames]
    known = [stamp for stamp in found if stamp is not None]
    if not known or _runs_back(known):
        return None
    unstamped = np.flatnonzero([stamp is None for stamp in found])
    filled, last = [], known[0]
    for stamp in found:
        last = last if stamp is None else stamp
        filled.append(last)
    pts = np.array(filled, dtype=np.int64)
    note = f"frames without a time stamp: {len(unstamped)}; they have no time and are not smoothed, {COUNTED}"
    notes = [note, *_shared_notes(np.delete(pts, unstamped))]
    return FrameStamps(pts, time_base_of(stream), True, notes, unstamped)


def counted(packets: Packets, container: InputContainer, stream: VideoStream) -> FrameStamps:
    """Stamp counted frames: the packets' dts in file order where it rises, else the rate that is told."""
    note = f"its time stamps are unusable, {COUNTED}"
    dts = [stamp for stamp in packets.dts if stamp is not None]
    if len(dts) == len(packets.dts) and _is_rising(dts) and not is_bare(container):
        return FrameStamps(np.array(dts, dtype=np.int64), time_base_of(stream), True, [note])
    rate = told_rate(container, stream)
    pts = np.arange(len(packets.shown), dtype=np.int64)
    return FrameStamps(pts, 1 / (rate or USUAL_RATE), True, [note, *rate_notes(container, stream)])


def told_rate(container: InputContainer, stream: VideoStream) -> Fraction:
    """Return the frames a second that the file tells, 0 where it does not.

    A bare stream has no container that could know: what FFmpeg says of it there is a guess.
    """
    own = stream.codec_context.framerate
    if is_bare(container):
        return Fraction(own) if own and own <= FASTEST else Fraction(0)
    return Fraction(stream.average_rate or stream.guessed_rate or 0)


def rate_notes(container: InputContainer, stream: VideoStream) -> list[str]:
    """Return where times come from that no stamp gives."""
    if rate := told_rate(container, stream):
        return [f"times are by its rate, {float(rate):g} frames a second"]
    return [f"times assume {float(USUAL_RATE):g} frames a second: it does not say how many"]


def is_bare(container: InputContainer) -> bool:
    """Tell whether a file is a stream alone, without a container that keeps stamps."""
    return bool(container.format.flags & NO_TIMESTAMPS) or container.format.name.endswith("_pipe")


def _shared_notes(pts: Stamps) -> list[str]:
    shared = int((np.diff(pts) == 0).sum())
    return [f"frames that share the time stamp of the one before: {shared}; they are not smoothed"] if shared else []


def _is_rising(stamps: list[int]) -> bool:
    return all(later > earlier for earlier, later in pairwise(stamps))


def _runs_back(stamps: Iterable[int | None]) -> bool:
    """Tell whether a clock jumps back, as in recordings that were joined byte by byte."""
    return any(later < earlier for earlier, later in pairwise(stamp for stamp in stamps if stamp is not None))


def _contradicts_rate(packets: Packets, container: InputContainer, stream: VideoStream) -> bool:
    """Tell whether a bare stream's made-up stamps are far from its rate, as those of Dirac, which count frames."""
    rate, stamps = told_rate(container, stream), [stamp for stamp in packets.shown if stamp is not None]
    if not is_bare(container) or not rate or len(stamps) < 2:
        return False
    gap = (max(stamps) - min(stamps)) * time_base_of(stream) / (len(stamps) - 1)
    return not Fraction(1, 2) <= gap * rate <= 2


def _has_holes(packets: Packets) -> bool:
    """Tell whether the packets of an AVI lie unevenly.

    AVI knows no pts. FFmpeg makes them up: for H.264 in file order, so that frames come out as 1, 3, 4, 2 (the probe
    finds out), and for MPEG-4 by shifting a hole's neighbours onto each other.
    """
    known = [dts for dts in packets.dts if dts is not None]
    return len({later - earlier for earlier, later in pairwise(known)}) > 1
