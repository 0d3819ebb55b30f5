from pathlib import Path

import pytest

from clips import Recipe, constant, write
from poseglass.core.store.provenance import fingerprint
from poseglass.core.video.playlist import parts_of
from poseglass.core.video.video_index import read_info

LISTS = {
    "list.m3u8": """#EXTM3U
#EXT-X-TARGETDURATION:1
#EXTINF:0.4,
a.ts
#EXTINF:0.4,
b.ts
#EXT-X-ENDLIST
""",
    "list.ffconcat": "ffconcat version 1.0\n# two\nfile a.ts\nduration 0.4\nfile 'b.ts'\n",
}


@pytest.fixture(params=LISTS)
def listed(request, tmp_path) -> Path:
    for name in ("a.ts", "b.ts"):
        write(tmp_path / name, constant(10), Recipe(".ts"))
    path = tmp_path / request.param
    path.write_text(LISTS[request.param])
    return path


def test_the_files_that_a_playlist_names_are_those_that_are_read(listed):
    assert [part.name for part in parts_of(listed)] == ["a.ts", "b.ts"]
    assert read_info(listed).n_frames == 20


def test_a_playlists_fingerprint_is_of_what_it_names(listed):
    before = fingerprint(listed)
    assert fingerprint(listed) == before

    part = listed.with_name("b.ts")
    content = bytearray(part.read_bytes())
    content[100] ^= 1
    part.write_bytes(content)
    changed = fingerprint(listed)
    part.unlink()
    assert len({before, changed, fingerprint(listed)}) == 3


def test_playlists_in_playlists_and_parts_with_attributes_count_too(tmp_path):
    write(tmp_path / "a.ts", constant(3), Recipe(".ts"))
    (tmp_path / "inner.m3u8").write_text('#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\na.ts\na.ts\nouter.m3u8\n')
    (tmp_path / "outer.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\ninner.m3u8\nhttps://there/b.m3u8\n")

    names = ["inner.m3u8", "init.mp4", "a.ts"]
    assert [part.name for part in parts_of(tmp_path / "outer.m3u8")] == names


def test_the_fingerprint_of_another_file_is_what_it_was(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)) * 10000)

    assert fingerprint(path) == "08ccce2ac19b0d7662fd712b00f52d6ea3ae03f05e4704ff3818f6b60ba3fef9"
