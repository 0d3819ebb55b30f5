import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import clips
from poseglass.core.store.footage import find_video, footage_of, relative_path
from poseglass.core.video.video import Video
from poseglass.errors import MissingVideoError


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    (tmp_path / "videos").mkdir()
    return clips.write(tmp_path / "videos" / "walk.mp4", clips.variable(20)).path


def test_it_has_the_times_that_frames_have(clip: Path):
    with Video.open(clip) as video:
        footage = footage_of(video.info)
        times = [frame.time_s for frame in video.frames()]

    np.testing.assert_array_equal(footage.time_s, times)
    assert footage.is_at(clip)


def test_an_exporter_is_told_the_videos_size_rate_and_place(tmp_path: Path):
    path = clips.write(tmp_path / "turned.mp4", clips.constant(20), clips.Recipe(rotation=90)).path
    with Video.open(path) as video:
        source = footage_of(video.info).source

    assert (source.width, source.height, source.rotation) == (video.info.width, video.info.height, 90)
    assert source.rate == Fraction(1000, clips.FRAME_MS)
    assert source.path == path


def test_a_video_is_found_where_it_went(clip: Path, tmp_path: Path):
    with Video.open(clip) as video:
        footage = footage_of(video.info)
    session = tmp_path / "a.poseglass"
    relative = relative_path(footage.path, session)
    assert relative == "videos/walk.mp4"
    assert find_video(footage, relative, session) == clip

    moved = tmp_path / "elsewhere"
    shutil.copytree(clip.parent, moved / "videos")
    assert find_video(footage, relative, moved / "a.poseglass") == moved / "videos" / "walk.mp4"
    shutil.rmtree(clip.parent)
    with pytest.raises(MissingVideoError, match=r"a\.poseglass: its video walk\.mp4 is neither beside it nor at"):
        find_video(footage, relative, session)
    shutil.copy(moved / "videos" / "walk.mp4", tmp_path)
    assert find_video(footage, relative, session) == tmp_path / "walk.mp4"


def test_another_video_of_that_name_is_not_taken(clip: Path, tmp_path: Path):
    with Video.open(clip) as video:
        footage = footage_of(video.info)
    content = bytearray(clip.read_bytes())
    content[100] ^= 1
    clip.write_bytes(content)
    with pytest.raises(MissingVideoError):
        find_video(footage, "videos/walk.mp4", tmp_path / "a.poseglass")

    assert not replace(footage, bytes=3).is_at(clip)


def test_a_video_that_is_read_otherwise_than_before_has_other_frames(clip: Path):
    with Video.open(clip) as video:
        info = video.info
    footage = footage_of(info)

    assert footage.has_frames_of(info)
    assert not replace(footage, pts=footage.pts[:-1]).has_frames_of(info)
    assert not replace(footage, is_mirrored=True).has_frames_of(info)
    assert not replace(footage, width=footage.height, height=footage.width).has_frames_of(info)
