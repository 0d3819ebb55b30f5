"""H.264 field pictures: which packets hold the second field of a frame that the packet before began.

A frame may be coded as two fields, each an access unit of its own (PAFF: broadcast, AVCHD). Containers give both in one
packet or each in its own, and only their slices' headers say so: ITU-T H.264, 7.3.2.1, 7.3.2.2 and 7.3.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from poseglass.core.video.packet_heads import NalUnit

SLICES = (1, 2, 5)
SEQUENCE, PICTURE = 7, 8
"""Types of parameter sets."""
IDR = 5
WITH_CHROMA = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose sequence parameter sets say which chroma format they have."""
HEADER_BYTES = 64
"""Of a slice, more than its header's first numbers take."""


@dataclass(frozen=True, slots=True)
class _Sequence:
    """What of a sequence parameter set is needed to read slices' headers."""

    frame_number_bits: int
    has_fields: bool
    parts_colours: bool


@dataclass(frozen=True, slots=True)
class _Field:
    """A picture that is one field."""

    frame_number: int
    is_bottom: bool
    is_idr: bool

    def completes(self, first: _Field | None) -> bool:
        """Tell whether it makes a frame with the field before, as FFmpeg's decoder pairs them."""
        if first is None or self.is_idr:
            return False
        return self.is_bottom != first.is_bottom and self.frame_number == first.frame_number


class FieldPairs:
    """Follows the pictures of one stream in file order."""

    def __init__(self) -> None:
        self._sequences: dict[int, _Sequence] = {}
        self._sequence_of: dict[int, int] = {}  # by picture parameter set
        self._first: _Field | None = None  # of a frame that wants its second field

    @property
    def are_possible(self) -> bool:
        """Whether pictures may be fields, as far as the parameter sets say that came."""
        return any(sequence.has_fields for sequence in self._sequences.values())

    def completes(self, units: Iterable[NalUnit]) -> bool:
        """Tell whether a packet of these units is the second field of the frame that the packet before began."""
        for kind, unit in units:
            try:
                if kind == SEQUENCE:
                    number, sequence = _read_sequence(_Bits(unit))
                    self._sequences[number] = sequence
                elif kind == PICTURE:
                    bits = _Bits(unit)
                    self._sequence_of[bits.number()] = bits.number()
                elif kind in SLICES:
                    return self._follow(self._read_slice(_Bits(unit[:HEADER_BYTES]), kind))
            except IndexError:  # cut off, or no such thing
                continue
        return False

    def _follow(self, field: _Field | None) -> bool:
        is_second = field is not None and field.completes(self._first)
        self._first = None if is_second else field
        return is_second

    def _read_slice(self, bits: _Bits, kind: int) -> _Field | None:
        """Return the field that a slice is of, None where it is of a whole frame."""
        bits.number(), bits.number()  # its first macroblock, its type
        sequence = self._sequences.get(self._sequence_of.get(bits.number(), -1))
        if sequence is None or not sequence.has_fields:
            return None
        if sequence.parts_colours:
            bits.take(2)
        frame_number = bits.take(sequence.frame_number_bits)
        return _Field(frame_number, bool(bits.take(1)), kind == IDR) if bits.take(1) else None


def _read_sequence(bits: _Bits) -> tuple[int, _Sequence]:
    """Return a set's number and what it says."""
    profile = bits.take(24) >> 16
    number, parts_colours = bits.number(), False
    if profile in WITH_CHROMA:
        parts_colours = _skip_chroma(bits)
    frame_number_bits = bits.number() + 4
    _skip_order(bits)
    bits.number(), bits.take(1), bits.number(), bits.number()  # reference frames, gaps, width and height
    return number, _Sequence(frame_number_bits, not bits.take(1), parts_colours)


def _skip_chroma(bits: _Bits) -> bool:
    """Read past the chroma format, depths and scaling lists; return whether colour planes are coded apart."""
    chroma = bits.number()
    parts_colours = bool(chroma == 3 and bits.take(1))
    bits.number(), bits.number(), bits.take(1)
    if bits.take(1):
        for place in range(8 if chroma != 3 else 12):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if place < 6 else 64)
    return parts_colours


def _skip_scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _skip_order(bits: _Bits) -> None:
    """Read past what says in which order pictures are shown."""
    kind = bits.number()
    if kind == 0:
        bits.number()
    elif kind == 1:
        bits.take(1), bits.signed(), bits.signed()
        for _ in range(bits.number()):
            bits.signed()


class _Bits:
    """A unit's bits after its header, read one after the other. Raises IndexError past the end."""

    def __init__(self, unit: bytes) -> None:
        self._bytes = unit[1:].replace(b"\0\0\3", b"\0\0")  # the 3 keeps payload from looking like a start code
        self._place = 0

    def take(self, count: int) -> int:
        """Read an unsigned number of so many bits."""
        value = 0
        for _ in range(count):
            value = value << 1 | self._bytes[self._place >> 3] >> 7 - (self._place & 7) & 1
            self._place += 1
        return value

    def number(self) -> int:
        """Read an unsigned number of Exp-Golomb code."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """Read a signed number of Exp-Golomb code."""
        code = self.number()
        return (code + 1) // 2 if code % 2 else -(code // 2)
