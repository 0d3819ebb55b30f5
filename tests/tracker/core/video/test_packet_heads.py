import av
import pytest

from clips import Recipe, constant, restamp, write
from field_pictures import DELIMITER
from poseglass.core.video.packet_heads import Heads

SLICE = b"\0\0\1\x65" + bytes(range(1, 30))
END = b"\0\0\0\1\x0a"


@pytest.mark.parametrize(
    ("packet", "lacks"),
    [
        (DELIMITER + SLICE, False),
        (SLICE + END, False),
        (DELIMITER + END + b"\0\0\1\x0b\x01\x01", True),
        (bytes(40), False),
    ],
)
def test_a_packet_without_a_slice_is_no_picture_unless_it_is_damaged(packet, lacks):
    heads = Heads("h264", b"")

    assert heads.lacks_picture(memoryview(packet), heads.units(memoryview(packet))) == lacks


def test_units_parted_by_length_are_those_parted_by_start_codes(tmp_path):
    recipe = Recipe(options={"bf": "0", "g": "5"})
    mp4 = write(tmp_path / "a.mp4", constant(10), recipe).path
    restamp(mp4, tmp_path / "a.ts", range(0, 400, 40))
    kinds = []
    for path in (mp4, tmp_path / "a.ts"):
        with av.open(path) as container:
            stream = container.streams.video[0]
            heads = Heads("h264", stream.codec_context.extradata)
            packets = [heads.units(memoryview(packet)) for packet in container.demux(stream) if packet.size]
        sets = {unit for kind, unit in heads.extradata_units() if kind in (7, 8)}
        kinds.append(([units[-1] for units in packets], sets))

    assert kinds[0] == kinds[1]
    assert [kind for kind, _ in kinds[0][0]] == [5, 1, 1, 1, 1] * 2


def test_a_long_head_is_read_on(tmp_path):
    text = b"\0\0\1\x06" + b"x" * 5000
    heads = Heads("h264", b"")

    assert [kind for kind, _ in heads.units(memoryview(DELIMITER + text + SLICE))] == [6, 5]
