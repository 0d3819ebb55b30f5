"""Errors are one line that names the file."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from clips import HEIGHT, WIDTH, Recipe, constant, cut_short, damage, no_frames, open_files, sound_only, write
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


def animated_webp(path: Path) -> Path:
    """Write as much of one as its reader looks at; what follows is a frame that FFmpeg skips."""
    chunk = b"ANMF" + (24).to_bytes(4, "little") + bytes(24)
    body = b"WEBPVP8X" + (10).to_bytes(4, "little") + bytes([0b10]) + bytes(9) + b"ANIM" + bytes([6, *[0] * 9]) + chunk
    path.write_bytes(b"RIFF" + len(body).to_bytes(4, "little") + body)
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def socket_file(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(path))
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
    "animated.webp": (animated_webp, "animated WebP, which is not supported here; convert it to MP4"),
    "pipe.ts": (pipe, "a pipe, which can be read only once; save what it brings as a file"),
    "socket.ts": (socket_file, "a pipe, which can be read only once"),
    "null.mp4": (lambda path: path.symlink_to("/dev/null") or path, "a device, not a file; the window watches cameras"),
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


@pytest.mark.parametrize("name", ["shot%03d.jpg", "shot%d.jpg", "shot*.jpg", "shot[12].jpg", "100%d.mp4", "50%.mkv"])
def test_a_name_is_taken_literally(tmp_path, name):
    recipe = Recipe(codec="mjpeg", pix_fmt="yuvj420p", options={})
    for number in range(3):
        write(tmp_path / f"shot{number:03d}.jpg", constant(1), replace(recipe, size=(WIDTH, 60)))
        write(tmp_path / f"shot{number}.jpg", constant(1), replace(recipe, size=(WIDTH, 60)))
    shown = tmp_path / name
    written = write(tmp_path / f"plain{shown.suffix}", constant(1), recipe if shown.suffix == ".jpg" else Recipe())
    written.path.rename(shown)
    info = read_info(shown)

    assert (info.n_frames, info.width, info.height) == (1, WIDTH, HEIGHT)
