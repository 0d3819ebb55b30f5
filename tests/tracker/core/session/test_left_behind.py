import shutil
from pathlib import Path

import platformdirs.macos
import platformdirs.windows
import pytest

import clips
from poseglass.core.files.lock import Lock, lock_path
from poseglass.core.files.state_folder import former_state_folder
from poseglass.core.session.left_behind import (
    describe_left_behind,
    find_left_behind,
    unsaved_folder,
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
    session.document.put(0, Poses(poses.xy, poses.score, poses.covariance), ["1"])
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


def be_on_macos(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.macos.MacOS)
    monkeypatch.setenv("HOME", str(folder))


def be_on_windows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.windows.Windows)
    monkeypatch.setattr(platformdirs.windows, "get_win_folder", lambda name: str(folder / "system"))
    monkeypatch.setenv("LOCALAPPDATA", str(folder / "chosen"))


@pytest.mark.parametrize("be_there", [be_on_macos, be_on_windows])
def test_what_lies_where_it_was_kept_before_is_moved_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, be_there):
    video = clips.write(tmp_path / "a.mp4", clips.constant(5)).path
    leave_work(video)
    (left,) = describe_left_behind()
    be_there(tmp_path, monkeypatch)
    former = former_state_folder() / "unsaved"
    former.mkdir(parents=True)
    journal = Path(shutil.move(left.journal, former))
    lock_path(journal).write_text("1234\n")  # of a window that crashed
    found = find_left_behind(video)

    assert found is not None
    assert found.journal == unsaved_folder() / journal.name
    assert found.written == left.written
    assert list(former.iterdir()) == []
    Session.recover(found.journal).close(discard=True)
    assert describe_left_behind() == ()


def test_what_a_window_has_open_where_it_was_kept_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    video = clips.write(tmp_path / "a.mp4", clips.constant(5)).path
    leave_work(video)
    (left,) = describe_left_behind()
    be_on_macos(tmp_path, monkeypatch)
    former = former_state_folder() / "unsaved"
    former.mkdir(parents=True)
    journal = Path(shutil.move(left.journal, former))
    lock = Lock.take(lock_path(journal))
    assert describe_left_behind() == ()
    lock.release()

    assert [found.journal.name for found in describe_left_behind()] == [journal.name]


def test_two_names_of_one_folder_are_no_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XDG_STATE_HOME")
    be_on_macos(tmp_path, monkeypatch)
    unsaved_folder()
    former_state_folder().symlink_to(unsaved_folder().parent)  # as where capitals do not count
    leave_work(clips.write(tmp_path / "a.mp4", clips.constant(5)).path)

    assert len(describe_left_behind()) == 1
    assert len(list(unsaved_folder().iterdir())) == 1
