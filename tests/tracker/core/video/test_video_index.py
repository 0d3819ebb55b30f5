from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest

from clips import (
    HEIGHT,
    TICKS,
    WIDTH,
    Recipe,
    constant,
    trimmed,
    variable,
    write,
)
from poseglass.core.video.video_index import read_info


def test_info_tells_a_variable_rate_from_a_rounded_constant_one(tmp_path):
    jitter = write(tmp_path / "variable.mkv", variable(30), Recipe(".mkv"))
    rounded = write(tmp_path / "rounded.mkv", [0, *[33, 33, 34] * 9], Recipe(".mkv"))
    holes = write(tmp_path / "holes.avi", [0, 40, 40, 120, 40], Recipe(".avi", "mpeg4", options={}))

    assert read_info(jitter.path).is_vfr
    assert not read_info(rounded.path).is_vfr
    assert read_info(holes.path).is_vfr


def test_info_takes_rate_gaps_and_duration_from_the_stamps(tmp_path):
    info = read_info(write(tmp_path / "clip.mp4", [0, 40, 20, 100, 40]).path)

    assert info.average_rate == Fraction(4, 1) / Fraction(200, 1000)
    assert info.gaps_s == pytest.approx((0.02, 0.04, 0.1))
    assert info.duration_s == pytest.approx(0.24)
    assert (info.n_frames, info.width, info.height, info.codec) == (5, WIDTH, HEIGHT, "h264")
    assert (info.time_base, info.start_pts, info.keyframes.tolist()) == (TICKS, 0, [0])
    assert (info.rotation, info.sample_aspect_ratio, info.warnings) == (0, 1, ())


@pytest.mark.parametrize("base", [Fraction(1, 15360), Fraction(1001, 30000), Fraction(1, 10**9)])
def test_every_time_is_the_float_next_to_the_fraction(tmp_path, base):
    read = read_info(write(tmp_path / "clip.mp4", [0, 40]).path)
    pts = np.random.default_rng(0).integers(1, 10**10, 200).cumsum() + 77
    info = replace(read, time_base=base, start_pts=77, pts=pts)
    exact = [float((int(stamp) - 77) * base) for stamp in pts]

    assert info.times_s.tolist() == exact
    assert [info.time_s(frame) for frame in range(200)] == exact
    assert [info.numbers_between(time_s, None).start for time_s in exact] == list(range(200))


def test_a_single_frame_lasts_as_long_as_the_header_says(tmp_path):
    info = read_info(write(tmp_path / "clip.mp4", [0]).path)

    assert (info.n_frames, info.is_vfr, info.gaps_s) == (1, False, (0, 0, 0))
    assert (info.average_rate, info.duration_s) == (25, pytest.approx(0.04))


def test_what_an_edit_list_hides_is_decoded_but_not_shown(tmp_path):
    clip = trimmed(tmp_path / "clip.mp4", 17)
    with av.open(clip.path) as container:
        n_packets = sum(packet.size > 0 for packet in container.demux(video=0))
    info = read_info(clip.path)

    assert info.discarded_packets == n_packets - info.n_frames == 5
    assert info.start_pts == 0
    assert info.keyframes[0] < 0
    assert info.warnings == ()


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_info_of_a_rotated_video_is_that_of_the_upright_picture(tmp_path, rotation):
    info = read_info(write(tmp_path / "clip.mp4", constant(3), Recipe(rotation=rotation)).path)

    assert (info.rotation, info.width, info.height) == (rotation, WIDTH, HEIGHT)


def test_info_tells_a_mirrored_video_from_a_turned_one(tmp_path):
    info = read_info(write(tmp_path / "clip.mp4", constant(3), Recipe(rotation=90, is_mirrored=True)).path)

    assert (info.rotation, info.is_mirrored, info.width, info.height, info.warnings) == (90, True, WIDTH, HEIGHT, ())


@pytest.mark.parametrize("tilt", [-10, 10])
def test_a_tilted_picture_is_shown_at_the_nearest_right_angle_and_told(tmp_path, tilt):
    info = read_info(write(tmp_path / "clip.mp4", constant(3), Recipe(rotation=180 + tilt)).path)

    assert info.rotation == 180
    assert info.warnings == ("the picture is to be tilted by 10 degrees; it is shown at the nearest right angle",)
