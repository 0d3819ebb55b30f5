"""A stream's packets, read in one pass: which of them begin a frame, its stamp, and where pictures change size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from av.container import InputContainer
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from poseglass.core.video.h264_fields import FieldPairs
from poseglass.core.video.packet_heads import Heads, NalUnit
from poseglass.core.video.video_stream import VideoPacket, stamp_of

HEADERS_TRIED = 16
"""Different headers from which a picture is decoded for its size; most files that have several change it."""

SMALL = 64
"""Bytes of a packet that may hold no picture; few that do are as small."""


class NewSize(NamedTuple):
    """From a packet on, pictures are of another size."""

    stamp: int | None  # ticks
    width: int  # pixels as stored
    height: int


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets that begin a frame, in file order; empty ones, second fields and ends of sequences are left out."""

    shown: list[int | None]  # stamps of the frames to be shown, ticks; None where the container has none
    dts: list[int | None]  # theirs, for decoding
    keyframes: list[int]  # stamps that no other frame has
    n_discarded: int
    n_corrupt: int
    lacks_pts: bool
    end: int | None  # ticks; when the last frame ends, as far as packets say how long they are shown
    sizes: list[NewSize]  # beginning with the first picture's; of some codecs none
    failure: str  # why reading stopped before the end; empty when it did not


class _Row(NamedTuple):
    stamp: int | None
    dts: int | None
    duration: int
    is_keyframe: bool
    is_discard: bool
    is_corrupt: bool
    lacks_pts: bool


def read_packets(container: InputContainer, stream: VideoStream) -> Packets:
    """Read all packets of a stream that was just opened."""
    found: list[_Row] = []
    failure = ""
    heads = Heads(stream.codec.canonical_name, stream.codec_context.extradata or b"")
    fields, sizes = FieldPairs(), _Sizes(stream, heads)
    fields.completes(heads.extradata_units())
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            is_frame = True
            # New headers come with keyframes, and what is small may be no picture.
            if packet.is_keyframe or fields.are_possible or packet.size < SMALL:
                content = memoryview(packet)
                units = heads.units(content)
                sizes.look(packet, content, units)
                is_frame = not (fields.completes(units) or heads.lacks_picture(content, units))
            if is_frame:
                found.append(_row(packet))
    except FFmpegError as error:
        failure = str(error.strerror)
    return _packets(found, sizes.found, failure)


def _row(packet: VideoPacket) -> _Row:
    flags = packet.is_keyframe, packet.is_discard, packet.is_corrupt, packet.pts is None
    return _Row(stamp_of(packet), packet.dts, packet.duration or 0, *flags)


def _packets(found: list[_Row], sizes: list[NewSize], failure: str) -> Packets:
    shown = [row for row in found if not row.is_discard]
    times = Counter(row.stamp for row in found)
    return Packets(
        shown=[row.stamp for row in shown],
        dts=[row.dts for row in shown],
        keyframes=[row.stamp for row in found if row.is_keyframe and row.stamp is not None and times[row.stamp] == 1],
        n_discarded=len(found) - len(shown),
        n_corrupt=sum(row.is_corrupt for row in found),
        lacks_pts=any(row.lacks_pts for row in found),
        end=max((row.stamp + row.duration for row in shown if row.stamp is not None), default=None),
        sizes=sizes,
        failure=failure,
    )


class _Sizes:
    """Notes where the size of pictures changes: of each new header a picture is decoded, by a decoder of its own."""

    def __init__(self, stream: VideoStream, heads: Heads) -> None:
        self.found: list[NewSize] = []
        self._stream, self._heads = stream, heads
        self._seen: set[bytes] = set()

    def look(self, packet: VideoPacket, content: memoryview, units: list[NalUnit]) -> None:
        """Look at the next packet."""
        if packet.has_sidedata("new_extradata"):
            header = bytes(packet.get_sidedata("new_extradata"))
        else:
            header = self._heads.size_header(content, units)
        if not header or header in self._seen or len(self._seen) >= HEADERS_TRIED:
            return
        self._seen.add(header)
        size = self._decoded(packet)
        if size is not None and (not self.found or size != self.found[-1][1:]):
            self.found.append(NewSize(stamp_of(packet), *size))

    def _decoded(self, packet: VideoPacket) -> tuple[int, int] | None:
        given = self._stream.codec_context
        decoder = VideoCodecContext.create(given.name, "r")
        assert isinstance(decoder, VideoCodecContext)
        decoder.extradata, decoder.thread_count = given.extradata, 1
        try:
            decoder.decode(packet)  # a single field gives no picture, but its size
        except FFmpegError:
            return None
        return (decoder.width, decoder.height) if decoder.width else None
