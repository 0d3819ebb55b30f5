"""Packets are not frames: two fields of H.264 make one."""

import numpy as np
import pytest

from field_pictures import RATE, write_fields
from poseglass.core.video.video import Video

FRAMES = 16
LAYOUTS = {
    "each in its packet, MPEG-TS": ("fields.ts", False),
    "each in its packet, MP4": ("fields.mp4", False),
    "each in its packet, MKV": ("fields.mkv", False),
    "both in one packet, MPEG-TS": ("frames.ts", True),
    "both in one packet, AVCHD": ("frames.m2ts", True),
    "both in one packet, MP4": ("frames.mp4", True),
    "bare": ("bare.h264", False),
}


@pytest.fixture(params=LAYOUTS)
def path(request, tmp_path):
    name, together = LAYOUTS[request.param]
    return write_fields(tmp_path / name, FRAMES, together=together)


def grey(image: np.ndarray) -> int:
    return round(float(image.mean()))


def test_two_fields_are_one_frame_with_one_time(path):
    with Video.open(path) as video:
        frames = list(video.frames())
        info = video.info

    assert [frame.index for frame in frames] == list(range(FRAMES)) == list(range(info.n_frames))
    assert [frame.time_s for frame in frames] == pytest.approx([n / RATE for n in range(FRAMES)])
    assert (video.undecoded, info.average_rate, info.duration_s) == (0, RATE, pytest.approx(FRAMES / RATE))
    assert not [note for note in info.warnings if "left out" in note or "without a time stamp" in note]
    shades = [grey(frame.image) for frame in frames]
    assert len(set(shades)) == FRAMES
    assert shades == sorted(shades)


def test_a_jump_into_field_pictures_shows_just_that_frame(path):
    with Video.open(path, 1) as video:
        right = [grey(frame.image) for frame in video.frames()]
        for index in (9, 3, 15, 8, 0, 7):
            assert grey(video.frame(index).image) == right[index]
