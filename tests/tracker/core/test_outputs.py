import json
from pathlib import Path

import pytest

import clips
from poseglass.core.drawn_video import MARK
from poseglass.core.outputs import (
    check_apart,
    check_outputs,
    check_replaced,
    drawn_in,
    picture_beside,
    table_beside,
    table_in,
)
from poseglass.core.store.provenance import fingerprint, sidecar_path
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import OutputError


def written(path: Path, frames: int) -> Path:
    """Write a video whose name does not say that it is one."""
    return clips.write(path.with_name("new.mp4"), clips.constant(frames)).path.rename(path)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return written(tmp_path / "take.1", 3)


def made_from(video: Path, table: Path) -> Path:
    """Write a table and its sidecar."""
    table.write_text("rows")
    told = {"video": {"path": str(video.resolve()), "fingerprint": fingerprint(video)}}
    sidecar_path(table).write_text(json.dumps(told))
    return table


def test_names_of_results():
    assert table_beside(Path("a/walk.mp4"), ".csv") == Path("a/walk.poses.csv")
    assert table_in(Path("out"), Path("a/walk.mp4"), ".csv") == Path("out/walk.mp4.poses.csv")
    assert drawn_in(Path("out"), Path("a/walk.mp4")) == Path("out/walk.mp4.poses.mp4")
    assert picture_beside(Path("a/take.1")) == Path("a/take.1.look.png")


@pytest.mark.parametrize(
    ("table", "sidecar"),
    [("out.csv", "out.meta.json"), ("a.poses.csv", "a.poses.meta.json"), ("take.1", "take.1.meta.json"),
     ("out", "out.meta.json"), (".csv", ".csv.meta.json")],
)  # fmt: skip
def test_a_sidecar_has_the_name_of_its_table(table: str, sidecar: str):
    assert sidecar_path(Path(table)) == Path(sidecar)


def test_a_result_of_the_same_video_is_replaced(tmp_path: Path, video: Path):
    table = tmp_path / "take.poses.csv"
    check_replaced(video, table)  # nothing is there yet
    made_from(video, table)
    check_replaced(video, table)
    moved = video.rename(tmp_path / "take.2")
    check_replaced(moved, table)  # the same content
    written(video, 5)
    check_replaced(video, table)  # the same name, recorded again


def test_results_of_other_videos_and_of_nobody_knows_which_are_not(tmp_path: Path, video: Path):
    other = written(tmp_path / "take.2", 5)
    table = made_from(other, tmp_path / "take.poses.csv")
    with pytest.raises(OutputError, match=r"take\.poses\.csv: is there already, made from .*take\.2; .*--overwrite"):
        check_replaced(video, table)
    table.unlink()
    with pytest.raises(OutputError, match=r"take\.poses\.meta\.json: is there already"):
        check_replaced(video, table)
    for content in ("", "[]", '{"video": 3}', '{"video": {"path": "x"}}', "\xff"):
        sidecar_path(table).write_text(content, encoding="latin-1")
        with pytest.raises(OutputError, match="nothing says which video"):
            check_replaced(video, table)


def test_drawn_videos_are_known_by_what_they_were_drawn_on(tmp_path: Path, video: Path):
    drawn = tmp_path / "out.mp4"
    with Video.open(video) as opened:
        frame = opened.frame(0)
        for comment, is_ours in ((MARK + fingerprint(video), True), (MARK + "0" * 64, False), ("", False)):
            with VideoWriter.like(drawn, opened.info, drawn, comment) as writer:
                writer.write(frame.image, 0)
            if is_ours:
                check_replaced(video, tmp_path / "new.csv", drawn)
            else:
                with pytest.raises(OutputError, match="not known to be drawn on"):
                    check_replaced(video, tmp_path / "new.csv", drawn)


def test_two_videos_do_not_share_a_result(tmp_path: Path):
    one, other = tmp_path / "a.mp4", tmp_path / "a.mov"
    (tmp_path / "link.mp4").symlink_to(one)
    apart = [(path, table_in(tmp_path, path, ".csv"), drawn_in(tmp_path, path)) for path in (one, other)]
    check_apart(apart)
    with pytest.raises(OutputError, match=r"a\.mp4 and .*a\.mov: the results of both would be called a\.poses\."):
        check_apart([(path, table_beside(path, ".csv"), None) for path in (one, other)])
    with pytest.raises(OutputError, match="given twice"):
        check_apart([apart[0], apart[0]])
    (tmp_path / "sub").symlink_to(tmp_path)
    with pytest.raises(OutputError, match="given twice"):
        check_apart([(path, table_beside(path, ".csv"), None) for path in (one, tmp_path / "sub" / "a.mp4")])


@pytest.mark.parametrize(
    ("table", "drawn", "said"),
    [
        (".", None, "is a folder"), ("out.csv", "out.gif", r"name it out\.mp4"), ("take.1", None, "one file"),
        ("out.csv", "out.meta.json", "one file"), ("link", None, "one file"),
        ("x" * 250 + ".csv", None, "a name of 260"),
        ("x" * 256, None, "shorter name"), ("/dev/null", None, "device"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_result_is_told_before_the_work(
    tmp_path: Path, video: Path, table: str, drawn: str | None, said: str
):
    (tmp_path / "link").symlink_to(video)
    before = video.read_bytes()
    with pytest.raises(OutputError, match=said):
        check_outputs(video, tmp_path / table, tmp_path / drawn if drawn else None)

    assert video.read_bytes() == before
