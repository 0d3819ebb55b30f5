"""What packets say of themselves before they are decoded: the headers that say how large pictures are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

NalUnit = tuple[int, bytes]
"""Its type and all of its bytes, the header too."""
HEAD_BYTES = 1024
"""Looked at first: parameter sets and the first slice's header lie there, unless a packet begins with long texts."""

DIRAC_END = b"BBCD\x10"
"""How the end of a sequence begins: SMPTE ST 2042-1, 10.5."""
LONG_HEAD_BYTES = 2**17
"""For codecs without such units: a JPEG's size stands behind its EXIF data, 64 KiB at most."""


@dataclass(frozen=True, slots=True)
class _NalCodec:
    """Where a codec of the H.26x family has what is looked for: ITU-T H.264 table 7-1, H.265 7-1, H.266 5."""

    type_of: Callable[[bytes], int]
    is_slice: Callable[[int], bool]
    size_set: int  # the type of the unit that says how large pictures are


_NAL_CODECS = {
    "h264": _NalCodec(lambda unit: unit[0] & 31, lambda kind: 1 <= kind <= 5, 7),
    "hevc": _NalCodec(lambda unit: unit[0] >> 1 & 63, lambda kind: kind < 32, 33),
    "vvc": _NalCodec(lambda unit: unit[1] >> 3, lambda kind: kind < 12, 15),
}


class Heads:
    """Reads the heads of one stream's packets.

    codec: FFmpeg's name. extradata: what the container keeps for the decoder; says how units are parted in packets.
    """

    def __init__(self, codec: str, extradata: bytes) -> None:
        self._codec = codec
        self._nal = _NAL_CODECS.get(codec)
        self._extradata = extradata
        self._length_bytes = _length_bytes(codec, extradata)

    def extradata_units(self) -> list[NalUnit]:
        """Return the parameter sets that the container keeps, where they are H.264's."""
        if self._codec != "h264":
            return []
        parts = _h264_sets(self._extradata) if self._length_bytes else _parted_by_code(self._extradata)
        return [(unit[0] & 31, unit) for unit in parts if unit]

    def units(self, packet: memoryview) -> list[NalUnit]:
        """Return the units of a packet up to its first slice, of which the beginning is there; none of other codecs."""
        if self._nal is None:
            return []
        found = list(self._up_to_slice(bytes(packet[:HEAD_BYTES])))
        if len(packet) > HEAD_BYTES and not (found and self._nal.is_slice(found[-1][0])):
            found = list(self._up_to_slice(bytes(packet)))
        return found

    def lacks_picture(self, packet: memoryview, units: list[NalUnit]) -> bool:
        """Tell whether a packet is whole but begins no picture, as the end of a sequence; False of codecs not known."""
        if self._codec == "dirac":
            return bytes(packet[: len(DIRAC_END)]) == DIRAC_END
        is_slice = self._nal.is_slice if self._nal else bool
        return bool(units) and not any(is_slice(kind) for kind, _ in units)

    def size_header(self, packet: memoryview, units: list[NalUnit]) -> bytes:
        """Return the bytes that say how large the pictures are from this packet on; empty where none do.

        Those of two sizes differ; those of one size may. Of VP9 and AV1 that of keyframes is read.
        """
        if self._nal is not None:
            return b"".join(unit for kind, unit in units if kind == self._nal.size_set)
        read = _SIZE_HEADERS.get(self._codec)
        return read(bytes(packet[:LONG_HEAD_BYTES])) if read else b""

    def _up_to_slice(self, packet: bytes) -> Iterator[NalUnit]:
        assert self._nal is not None
        for unit in _parted_by_length(packet, self._length_bytes) if self._length_bytes else _parted_by_code(packet):
            if len(unit) > 2:
                kind = self._nal.type_of(unit)
                yield kind, unit
                if self._nal.is_slice(kind):
                    return


def _length_bytes(codec: str, extradata: bytes) -> int:
    """Return how many bytes say a unit's length, 0 where start codes part them: ISO/IEC 14496-15, 5.3.3 and 8.3.3."""
    place = {"h264": 4, "hevc": 21, "vvc": 4}.get(codec, 0)
    if not place or len(extradata) <= place or extradata.startswith((b"\0\0\1", b"\0\0\0\1")):
        return 0
    return (extradata[4] >> 1 & 3 if codec == "vvc" else extradata[place] & 3) + 1


def _parted_by_length(packet: bytes, length_bytes: int) -> Iterator[bytes]:
    start = 0
    while start + length_bytes < len(packet):
        length = int.from_bytes(packet[start : start + length_bytes], "big")
        start += length_bytes
        yield packet[start : start + length]
        start += length


def _parted_by_code(packet: bytes) -> Iterator[bytes]:
    start = packet.find(b"\0\0\1")
    while start >= 0:
        stop = packet.find(b"\0\0\1", start + 3)
        yield packet[start + 3 : stop if stop >= 0 else len(packet)].rstrip(b"\0")
        start = stop


def _h264_sets(extradata: bytes) -> Iterator[bytes]:
    """Yield sequence and picture parameter sets: ISO/IEC 14496-15, 5.3.3.1."""
    place = 5
    for mask in (31, 255):
        count, place = extradata[place : place + 1], place + 1
        for _ in range(count[0] & mask if count else 0):
            length = int.from_bytes(extradata[place : place + 2], "big")
            yield extradata[place + 2 : place + 2 + length]
            place += 2 + length


def _of_mpeg2(packet: bytes) -> bytes:
    """Return the sizes in a sequence header, 12 bits each: ISO/IEC 13818-2, 6.2.2.1."""
    return packet[4:7] if packet.startswith(b"\0\0\1\xb3") else b""


def _of_vp8(packet: bytes) -> bytes:
    """Return the sizes in a keyframe: RFC 6386, 9.1."""
    return packet[6:10] if packet[3:6] == b"\x9d\x01\x2a" and not packet[0] & 1 else b""


def _of_vp9(packet: bytes) -> bytes:
    """Return the bytes with the sizes in a keyframe: VP9 bitstream specification, 6.2."""
    return packet[4:10] if packet[1:4] == b"\x49\x83\x42" and not packet[0] & 0b100 else b""


def _of_av1(packet: bytes) -> bytes:
    """Return the sequence header: AV1 bitstream specification, 5.3."""
    start = 0
    while start + 2 < len(packet):
        head, body = packet[start], start + 1 + (packet[start] >> 2 & 1)
        length, body = _leb128(packet, body) if head & 2 else (len(packet) - body, body)
        if head >> 3 & 15 == 1:
            return packet[body : body + length]
        start = body + length
    return b""


def _leb128(packet: bytes, start: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, and where it ends."""
    value = 0
    for place, byte in enumerate(packet[start : start + 8]):
        value |= (byte & 127) << 7 * place
        if byte < 128:
            return value, start + place + 1
    return len(packet), len(packet)


def _of_jpeg(packet: bytes) -> bytes:
    """Return the sizes in a frame header: ITU-T T.81, B.2.2."""
    start = 2
    while start + 9 < len(packet) and packet[start] == 0xFF:
        marker = packet[start + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return packet[start + 5 : start + 9]
        start += 2 + int.from_bytes(packet[start + 2 : start + 4], "big")
    return b""


_SIZE_HEADERS: dict[str, Callable[[bytes], bytes]] = {
    "mpeg1video": _of_mpeg2,
    "mpeg2video": _of_mpeg2,
    "vp8": _of_vp8,
    "vp9": _of_vp9,
    "av1": _of_av1,
    "mjpeg": _of_jpeg,
}
