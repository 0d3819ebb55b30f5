"""Errors are one line that names the file."""

import os
from pathlib import Path

import pytest

from clips import constant, cut_short, damage, no_frames, open_files, sound_only, write
from poseglass.core.video.video_index import read_info
from poseglass.errors import VideoError


def text(path: Path) -> Path:
    path.write_text("not a video\n" * 50)
    return path


def empty(path: Path) -> Path:
    path.touch()
    return path


def folder(path: Path) -> Path:
    path.mkdir()
    return path


def all_damaged(path: Path) -> Path:
    damage(write(path, constant(10)).path, range(10))
    return path


UNUSABLE = {
    "nowhere.mp4": (lambda path: path, "no such file; check the path"),
    "folder.mp4": (folder, "is a directory; give a video file"),
    "empty.mp4": (empty, r"empty file \(0 bytes\)"),
    "text.mp4": (text, "not a video"),
    "text.txt": (text, "text, not a video"),
    "sound.m4a": (sound_only, r"no video stream \(1 audio stream found\)"),
    "frameless.mp4": (no_frames, "zero frames in its video stream"),
    "damaged.mp4": (all_damaged, r"no h264 frame can be decoded \(of 10\)"),
    "short.mp4": (lambda path: cut_short(write(path, constant(30)).path), r"cut off or damaged.*\(moov\)"),
    f"{'long' * 99}.mp4": (lambda path: path, r"cannot be read \(File name too long\)"),
}


@pytest.mark.parametrize("name", UNUSABLE, ids=lambda name: name[:12])
def test_a_file_that_cannot_be_shown_is_one_line_with_its_name(tmp_path, name):
    make, message = UNUSABLE[name]
    path = make(tmp_path / name)

    with pytest.raises(VideoError, match=rf"{name}: {message}") as caught:
        read_info(path)
    assert "\n" not in str(caught.value)
    assert open_files(tmp_path) == []


def test_a_file_that_may_not_be_read_is_one_line_with_its_name(tmp_path):
    path = write(tmp_path / "clip.mp4", constant(3)).path
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read anything")

    with pytest.raises(VideoError, match=r"clip\.mp4: permission denied"):
        read_info(path)
