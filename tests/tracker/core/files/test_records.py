import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from poseglass.core.files import records
from poseglass.core.files.records import RecordWriter, read_records


def write(path: Path, numbers: range, keep: int = 0) -> None:
    writer = RecordWriter(path, keep, list)
    for number in numbers:
        writer.put(({"n": number}, {"a": np.full(5, number)}))
    writer.close()


def numbers_in(path: Path) -> list[int]:
    return [meta["n"] for meta, _ in read_records(path)[0]]


def test_records_come_back_in_order(tmp_path: Path):
    write(tmp_path / "j", range(20))
    found, length = read_records(tmp_path / "j")

    assert [meta["n"] for meta, _ in found] == list(range(20))
    assert [arrays["a"].tolist() for _, arrays in found] == [[n] * 5 for n in range(20)]
    assert length == (tmp_path / "j").stat().st_size


def test_wherever_a_file_is_torn_the_whole_records_before_are_read(tmp_path: Path):
    path = tmp_path / "j"
    write(path, range(3))
    content, ends = path.read_bytes(), []
    for count in range(4):
        write(tmp_path / "part", range(count))
        ends.append((tmp_path / "part").stat().st_size if count else 0)
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        found, length = read_records(path)

        assert len(found) == sum(end <= cut for end in ends) - 1
        assert length == ends[len(found)]


def test_a_changed_byte_ends_what_is_believed(tmp_path: Path):
    path = tmp_path / "j"
    write(path, range(3))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    assert numbers_in(path) == [0]


def test_writing_goes_on_where_the_whole_records_end(tmp_path: Path):
    path = tmp_path / "j"
    write(path, range(3))
    path.write_bytes(path.read_bytes() + b"torn")
    write(path, range(3, 5), keep=read_records(path)[1])

    assert numbers_in(path) == [0, 1, 2, 3, 4]


def test_writing_from_nothing_replaces_what_lay_there(tmp_path: Path):
    write(tmp_path / "j", range(3))
    write(tmp_path / "j", range(7, 8))

    assert numbers_in(tmp_path / "j") == [7]


def test_without_a_record_there_is_no_file(tmp_path: Path):
    write(tmp_path / "j", range(0))

    assert not (tmp_path / "j").exists()


@pytest.fixture
def full_disk() -> Callable[[int | None], None]:
    """Let files grow to so many bytes only; the system then refuses as it does on a full disk."""
    if sys.platform == "win32":
        pytest.skip("Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (before[0] if size is None else size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_reported_once_and_nothing_is_lost_once_there_is_room(
    tmp_path: Path, full_disk: Callable[[int | None], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(records, "GATHER_S", 0.01)
    monkeypatch.setattr(records, "RETRY_S", 0.01)
    path = tmp_path / "j"
    write(path, range(2))
    size = path.stat().st_size
    full_disk(size + 10)
    writer = RecordWriter(path, size, list)
    troubles = []
    for number in range(2, 8):
        writer.put(({"n": number}, {"a": np.full(5, number)}))
        while not writer._waiting.empty():
            pass
    while not troubles:
        troubles = [said for said in [writer.trouble()] if said]
    assert "j: the journal cannot be written (File too large)" in troubles[0]
    assert numbers_in(path) == [0, 1]

    writer.put(({"n": 8}, {}))
    assert writer.trouble() is None
    full_disk(None)
    writer.close()
    assert numbers_in(path) == list(range(9))
