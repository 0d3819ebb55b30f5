import os
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


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path):
    (tmp_path / "there").mkdir()
    link = tmp_path / "out.csv"
    link.symlink_to(tmp_path / "there" / "kept.csv")
    for content in ("first", "second"):  # a link that leads to nothing yet, then to a file
        with staged(link) as stage:
            stage.write_text(content)

        assert link.is_symlink()
        assert (tmp_path / "there" / "kept.csv").read_text() == content
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["kept.csv"]


@pytest.mark.parametrize("place", [Path("/dev/null"), Path("pipe"), Path("linked")])
def test_devices_and_pipes_are_refused_and_stay_what_they_are(tmp_path: Path, place: Path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "linked").symlink_to(tmp_path / "pipe")
    with pytest.raises(OutputError, match="is a device or a pipe"):
        check_writable(tmp_path / place)

    assert (tmp_path / "pipe").is_fifo()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["linked", "pipe"]


def test_links_in_a_circle_are_told(tmp_path: Path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OutputError, match="cannot be written"):
        check_writable(tmp_path / "a")


@pytest.mark.parametrize("name", ["", ".", "..", "/", "a/..", "x" * 256, "跑" * 86, "a\0b"])
def test_what_is_no_name_of_a_file_is_told(tmp_path: Path, name: str):
    with pytest.raises(OutputError):
        check_writable(Path(name) if name in ("", ".", "/") else tmp_path / name)


@pytest.mark.parametrize("name", ["x" * 255, "跑" * 85, "x." + "y" * 253, "a b\n\t.csv", ".hidden"])
def test_every_name_that_a_file_may_have_is_written(tmp_path: Path, name: str):
    with staged(tmp_path / name) as stage:
        stage.write_text("whole")

    assert [path.name for path in tmp_path.iterdir()] == [name]
