"""A bare H.264 stream of field pictures, written bit by bit: no encoder at hand makes them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av

SIDE = 64
BLOCKS = 8
"""Macroblocks of a field: 4 x 2."""
RATE = 25
DELIMITER = b"\0\0\0\1\x09\x10"


class _Bits:
    """Bits of a unit, the first one first."""

    def __init__(self) -> None:
        self._bits: list[int] = []

    def put(self, count: int, value: int) -> None:
        self._bits += [value >> place & 1 for place in reversed(range(count))]

    def numbers(self, *values: int) -> None:
        """Put unsigned numbers in Exp-Golomb code."""
        for value in values:
            length = (value + 1).bit_length()
            self.put(2 * length - 1, value + 1)

    def pad(self) -> None:
        self.put(-len(self._bits) % 8, 0)

    def unit(self, head: int) -> bytes:
        """Return the bits as a unit with its start code, and with the 3 that keeps payload from looking like one."""
        self.put(1, 1)
        self.pad()
        bits = iter(self._bits)
        body, zeros = bytearray(), 0
        for eight in zip(*[bits] * 8, strict=True):
            byte = int("".join(map(str, eight)), 2)
            if zeros > 1 and byte < 4:
                body.append(3)
                zeros = 0
            body.append(byte)
            zeros = 0 if byte else zeros + 1
        return b"\0\0\0\1" + bytes([head]) + bytes(body)


def _parameter_sets() -> bytes:
    sequence = _Bits()
    sequence.put(24, 77 << 16 | 30)
    sequence.numbers(0, 0, 0, 4, 1)
    sequence.put(1, 0)
    sequence.numbers(SIDE // 16 - 1, SIDE // 32 - 1)
    sequence.put(5, 0b00101)  # fields allowed, no cropping, more to come
    sequence.put(5, 0b00001)  # of that, the timing
    sequence.put(32, 1)
    sequence.put(32, 2 * RATE)
    sequence.put(5, 0b10010)
    picture = _Bits()
    picture.numbers(0, 0)
    picture.put(2, 0)
    picture.numbers(0, 0, 0)
    picture.put(3, 0)
    picture.numbers(0, 0, 0)
    picture.put(3, 0b100)
    return sequence.unit(0x67) + picture.unit(0x68)


def _field(number: int, is_bottom: bool, grey: int) -> bytes:
    is_idr = number == 0 and not is_bottom
    bits = _Bits()
    bits.numbers(0, 7, 0)
    bits.put(4, number)
    bits.put(2, 2 | is_bottom)
    if is_idr:
        bits.numbers(0)
    bits.put(8, 2 * number + is_bottom)
    bits.put(2 if is_idr else 1, 0)
    bits.numbers(0, 1)
    for _ in range(BLOCKS):
        bits.numbers(25)  # samples as they are
        bits.pad()
        for value, count in ((grey, 256), (128, 128)):
            for _ in range(count):
                bits.put(8, value)
    return bits.unit(0x65 if is_idr else 0x61)


def fields(frames: int, group: int = 8) -> list[tuple[bytes, bytes]]:
    """Return the two fields of each frame, frame n in grey 40 + 8 n."""
    found = []
    for frame in range(frames):
        head = DELIMITER + (_parameter_sets() if frame % group == 0 else b"")
        top, bottom = (_field(frame % group, is_bottom, 40 + 8 * frame) for is_bottom in (False, True))
        found.append((head + top, DELIMITER + bottom))
    return found


def write(path: Path, packets: Iterable[tuple[int | None, bytes]], bare: bytes) -> Path:
    """Put packets, each with its stamp in ticks of 90 kHz, into the container that the suffix names."""
    source = path.with_suffix(".bare.h264")
    source.write_bytes(bare)
    with av.open(source) as template, av.open(path, "w") as container:
        stream = container.add_stream_from_template(template.streams.video[0])
        for pts, content in packets:
            packet = av.Packet(content)
            packet.stream, packet.time_base, packet.pts, packet.dts = stream, Fraction(1, 90000), pts, pts
            container.mux(packet)
    return path


def write_fields(path: Path, frames: int, *, together: bool) -> Path:
    """Write field pictures, both fields of a frame in one packet or each in its own."""
    pairs, tick = fields(frames), 90000 // RATE
    bare = b"".join(top + bottom for top, bottom in pairs)
    if path.suffix == ".h264":
        path.write_bytes(bare)
        return path
    if together:
        packets = [(tick * n, top + bottom) for n, (top, bottom) in enumerate(pairs)]
    else:
        packets = [(tick * n + tick // 2 * k, field) for n, pair in enumerate(pairs) for k, field in enumerate(pair)]
    return write(path, packets, bare)
