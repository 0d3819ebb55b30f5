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
    stamped,
    stamped_index,
    trimmed,
    two_streams,
    variable,
    write,
)
from poseglass.core.video.video import Video
from poseglass.core.video.video_index import read_info
from poseglass.errors import VideoError


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


# Bare streams


def bare(path, codec, rate):
    """Write half a second of a bare stream whose own header says its rate."""
    with av.open(path, "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 20_000_000  # enough for VC-2, which makes every picture as large as that allows
        if codec == "libx265":
            stream.options = {"x265-params": "log-level=none"}
        for index in range(rate // 2):
            frame = av.VideoFrame.from_ndarray(stamped(index))
            frame.pts, frame.time_base = index, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.h264", "libx264"), ("a.hevc", "libx265"), ("a.m2v", "mpeg2video"), ("a.m1v", "mpeg1video"), ("a.drc", "vc2")],
)
def test_a_bare_streams_own_rate_beats_the_usual_one(tmp_path, name, codec):
    info = read_info(bare(tmp_path / name, codec, 50))

    assert info.n_frames == 25
    assert info.duration_s == pytest.approx(0.5, abs=0.021)
    assert info.warnings[-1] == "times are by its rate, 50 frames a second"


@pytest.mark.parametrize(("name", "codec"), [("a.h264", "libx264"), ("a.mjpeg", "mjpeg")])
def test_a_bare_stream_without_a_rate_says_what_is_assumed(tmp_path, name, codec):
    recipe = Recipe(name[1:], codec, "yuv420p" if codec == "libx264" else "yuvj420p", options={})  # rate: 90000 ticks
    info = read_info(write(tmp_path / name, constant(10), recipe).path)

    assert info.duration_s == pytest.approx(0.4)
    assert info.warnings[-1] == "times assume 25 frames a second: it does not say how many"


# What the first frame does not say


def resized(path, codec, sizes):
    """Write three frames of a white square on black in each size, one after the other; a new encoder for each."""
    tick = Fraction(1, 25)
    with av.open(path, "w") as container:
        out = None
        for part, (width, height) in enumerate(sizes):
            encoder = av.CodecContext.create(codec, "w")
            encoder.width, encoder.height, encoder.time_base = width, height, tick
            encoder.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            encoder.framerate = 25
            encoder.options = {"bf": "0"} if codec == "libx264" else {}
            if out is None:
                out = container.add_stream(codec, rate=25)
                out.width, out.height, out.pix_fmt, out.time_base = width, height, encoder.pix_fmt, tick
            packets = []
            for n in range(3):
                picture = np.zeros((height, width, 3), np.uint8)
                picture[20:80, 20:80] = 255
                frame = av.VideoFrame.from_ndarray(picture)
                frame.pts, frame.time_base = 3 * part + n, tick
                packets += encoder.encode(frame)
            for packet in [*packets, *encoder.encode(None)]:
                packet.stream, packet.time_base = out, tick
                container.mux(packet)
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.ts", "libx264"), ("a.webm", "libvpx"), ("a.webm", "libvpx-vp9"), ("a.mkv", "libsvtav1"), ("a.mkv", "mjpeg")],
)
def test_pictures_that_change_size_are_fitted_into_the_first_and_told(tmp_path, name, codec):
    path = resized(tmp_path / name, codec, [(320, 176), (176, 320), (640, 352)])
    with Video.open(path) as video:
        frames = [frame.image for frame in video.frames()]
        told = [note for note in video.info.warnings if "size" in note]
        jumped = video.frame(4).image

    def square(image):
        rows, columns = np.nonzero(image.mean(axis=2) > 128)
        return np.ptp(columns) + 1, np.ptp(rows) + 1

    assert told == [
        "the size of its pictures changes at 0.120 s, to 176 x 320; such pictures are fitted into the first size, "
        "with black beside them, and coordinates are those of the first"
    ]
    assert {image.shape for image in frames} == {(176, 320, 3)}
    for part, side in zip((frames[:3], frames[3:6], frames[6:]), (60, 60 * 176 / 320, 30), strict=True):
        assert len(part) == 3
        for image in part:
            assert square(image) == pytest.approx((side, side), abs=3)
    assert np.array_equal(jumped, frames[4])


def test_a_change_of_size_that_no_header_told_of_is_told_when_it_comes(tmp_path, caplog):
    path = resized(tmp_path / "a.ts", "libx264", [(320, 176), (176, 320), (640, 352)])
    with Video.open(path) as video:
        video.info = replace(video.info, warnings=())  # as of a codec whose headers are not read
        caplog.clear()
        list(video.frames())
        list(video.frames())

        assert [note[:54] for note in video.info.warnings] == ["the size of its pictures changes at 0.120 s; such pict"]
    assert len(caplog.messages) == 1


def test_a_change_of_size_that_costs_the_decoder_a_frame_is_told_before(tmp_path):
    info = read_info(resized(tmp_path / "a.ts", "mpeg2video", [(320, 176), (176, 320)]))

    assert info.n_frames == 6
    assert [note[:54] for note in info.warnings] == ["the size of its pictures changes at 0.120 s, to 176 x "]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_of_several_streams_the_largest_is_taken_and_the_others_are_named(tmp_path, suffix):
    path = two_streams(tmp_path / f"clip{suffix}")
    info = read_info(path)

    assert (info.stream, info.width, info.height) == (1, WIDTH, HEIGHT)
    assert info.warnings == (
        "it has 2 video streams; this is 1 (h264, 160 x 120), left aside: 0 (h264, 80 x 60); --video-stream chooses",
    )


def test_a_stream_is_chosen_by_its_number(tmp_path):
    path = two_streams(tmp_path / "clip.mkv")
    with Video.open(path, stream=0) as video:
        assert [frame.image.shape for frame in video.frames()] == [(60, 80, 3)] * 5
        assert video.frame(3).image.shape == (60, 80, 3)
    with pytest.raises(VideoError, match=r"clip\.mkv: no video stream 2; it has 0 \(h264, 80 x 60\), 1 \(h264, 160 x"):
        read_info(path, 2)


# Where it ends


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".mov"])
def test_a_file_that_begins_late_is_not_cut_off(tmp_path, suffix):
    path = tmp_path / f"late{suffix}"
    source = write(tmp_path / "clip.mp4", constant(30), Recipe(options={"bf": "0"})).path
    with av.open(source) as clip, av.open(path, "w") as target:
        stream = clip.streams.video[0]
        copy = target.add_stream_from_template(stream)
        for packet in clip.demux(stream):
            if packet.size:
                packet.pts, packet.dts, packet.stream = packet.pts + 900000, packet.dts + 900000, copy
                target.mux(packet)
    info = read_info(path)

    assert (info.n_frames, info.duration_s, info.warnings) == (30, pytest.approx(1.2, abs=0.001), ())


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
def test_a_last_frame_that_is_held_belongs_to_the_video(tmp_path, suffix):
    path = tmp_path / f"held{suffix}"
    source = write(tmp_path / "clip.mp4", constant(10), Recipe(options={"bf": "0"})).path
    with av.open(source) as clip, av.open(path, "w") as target:
        stream = clip.streams.video[0]
        copy = target.add_stream_from_template(stream)
        packets = [packet for packet in clip.demux(stream) if packet.size]
        packets[-1].duration = 90000 * 5
        for packet in packets:
            packet.stream = copy
            target.mux(packet)
    info = read_info(path)

    assert (info.duration_s, info.warnings) == (pytest.approx(0.36 + 5, abs=0.002), ())


def test_pictures_that_begin_long_after_the_sound_keep_their_stamps(tmp_path):
    path = tmp_path / "clip.mkv"
    with av.open(path, "w") as container:
        video, sound = container.add_stream("libx264", rate=25), container.add_stream("aac", rate=16000)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 192000), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 16000
        container.mux([*sound.encode(silence), *sound.encode(None)])
        for index in range(40):
            frame = av.VideoFrame.from_ndarray(stamped(index))
            frame.pts, frame.time_base = 250 + index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    with Video.open(path) as clip:
        shown = [stamped_index(frame.image) for frame in clip.frames()]

        assert (shown, clip.info.is_counted, clip.info.warnings) == (list(range(40)), False, ())


def test_sound_that_goes_on_after_the_pictures_does_not_cut_them_off(tmp_path):
    path = tmp_path / "clip.mkv"
    with av.open(path, "w") as container:
        video, sound = container.add_stream("libx264", rate=25), container.add_stream("aac", rate=16000)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(10):
            container.mux(video.encode(av.VideoFrame.from_ndarray(stamped(index))))
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 64000), np.float32), format="fltp", layout="mono")
        silence.sample_rate = 16000
        container.mux(sound.encode(silence))
        for stream in (video, sound):
            container.mux(stream.encode(None))
    with av.open(path) as container:
        assert container.duration > 3_900_000

    assert read_info(path).warnings == ()
