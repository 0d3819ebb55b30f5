from pathlib import Path

import pytest

from poseglass.gui.shared.settings import RECENT, Settings


def test_what_is_set_is_there_next_time(tmp_path: Path):
    first = Settings(tmp_path / "window.ini")
    first.set_text("theme", "dark")
    first.set_flag("export/smoothed", False)
    first.set_table("estimator/options/x", {"model": "fast", "gap_s": 0.5, "flip": True})
    first._store.sync()
    second = Settings(tmp_path / "window.ini")

    assert second.text("theme") == "dark"
    assert second.flag("export/smoothed", default=True) is False
    assert second.table("estimator/options/x") == {"model": "fast", "gap_s": 0.5, "flip": True}


def test_recent_files_are_few_newest_first_and_once_each(tmp_path: Path):
    settings = Settings(tmp_path / "window.ini")
    paths = [tmp_path / f"{i}.mp4" for i in range(RECENT + 3)]
    for path in paths:
        path.write_bytes(b"x")
        settings.add_recent(path)
    settings.add_recent(paths[5])

    assert settings.recent() == [paths[5], *[p for p in paths[:2:-1] if p != paths[5]][: RECENT - 1]]


def test_files_that_are_gone_are_not_offered(tmp_path: Path):
    settings = Settings(tmp_path / "window.ini")
    path = tmp_path / "here.mp4"
    path.write_bytes(b"x")
    settings.add_recent(path)
    path.unlink()

    assert settings.recent() == []


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe rubbish [", b"[General]\nrecent={\ntheme=@Invalid()\n"])
def test_a_damaged_file_is_taken_for_an_empty_one(tmp_path: Path, content: bytes):
    path = tmp_path / "window.ini"
    path.write_bytes(content)
    settings = Settings(path)

    assert settings.recent() == []
    assert settings.table("display") == {}
    assert settings.flag("export/smoothed", default=True)
