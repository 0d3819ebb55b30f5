from pathlib import Path

import pytest

from poseglass.core.files.output import check_writable, staged
from poseglass.errors import OutputError


def test_a_staged_file_takes_its_place_whole(tmp_path: Path):
    with staged(tmp_path / "out.csv") as stage:
        stage.write_text("new")

        assert not (tmp_path / "out.csv").exists()

    assert (tmp_path / "out.csv").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_after_an_error_the_old_file_stands_and_nothing_else(tmp_path: Path):
    (tmp_path / "out.csv").write_text("old")
    with pytest.raises(ZeroDivisionError), staged(tmp_path / "out.csv") as stage:
        stage.write_text("half")
        raise ZeroDivisionError

    assert (tmp_path / "out.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_full_disk_is_told_as_one_line(tmp_path: Path):
    with pytest.raises(OutputError, match=r"out\.csv: cannot be written \(No space left"), staged(tmp_path / "out.csv"):
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["missing/out.csv", ""])
def test_what_cannot_be_written_is_known_before_the_work(tmp_path: Path, name: str):
    with pytest.raises(OutputError):
        check_writable(tmp_path / name)


def test_checking_leaves_nothing_behind(tmp_path: Path):
    check_writable(tmp_path / "out.csv")

    assert list(tmp_path.iterdir()) == []
