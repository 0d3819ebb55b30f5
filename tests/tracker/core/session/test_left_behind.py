import shutil
from pathlib import Path

import pytest

import clips
from poseglass.core.session.left_behind import (
    describe_left_behind,
    find_left_behind,
)
from poseglass.core.session.session import Session
from poseglass.core.video.video import Video
from poseglass.types import Poses
from sessions import WALKER, measured, walk


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def leave_work(video: Path) -> None:
    with Video.open(video) as opened:
        session = Session.begin(opened.info, WALKER)
    poses = measured(walk(1))
    session.document.put(0, Poses(poses.xy, poses.score, poses.covariance))
    session.close()


def test_what_was_left_of_a_video_is_found_wherever_the_video_is_now(tmp_path: Path):
    video = clips.write(tmp_path / "a.mp4", clips.constant(5)).path
    leave_work(video)
    moved = Path(shutil.move(video, tmp_path / "b.mp4"))
    found = find_left_behind(moved)

    assert found is not None
    assert found.footage.path == video
    assert found.bytes == found.journal.stat().st_size


def test_another_video_at_the_same_place_is_not_taken_for_it(tmp_path: Path):
    video = clips.write(tmp_path / "a.mp4", clips.constant(5)).path
    leave_work(video)
    clips.write(video, clips.constant(7))

    assert find_left_behind(video) is None
    assert len(describe_left_behind()) == 1


def test_what_a_window_has_open_is_not_offered(tmp_path: Path):
    video = clips.write(tmp_path / "a.mp4", clips.constant(5)).path
    leave_work(video)
    (found,) = describe_left_behind()
    session = Session.recover(found.journal)
    assert describe_left_behind() == ()
    session.close()
    assert [left.journal for left in describe_left_behind()] == [found.journal]


def test_the_newest_comes_first_and_torn_ones_not_at_all(tmp_path: Path):
    import os

    for number in range(3):
        video = clips.write(tmp_path / f"{number}.mp4", clips.constant(5 + number)).path
        leave_work(video)
        os.utime(find_left_behind(video).journal, (0, 1e9 + number))
    find_left_behind(tmp_path / "1.mp4").journal.write_bytes(b"torn")

    assert [found.footage.path.name for found in describe_left_behind()] == ["2.mp4", "0.mp4"]
