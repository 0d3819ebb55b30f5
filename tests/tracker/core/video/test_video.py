import itertools
import random

import av
import numpy as np
import pytest

from clips import (
    KINDS,
    Clip,
    Recipe,
    constant,
    cut_short,
    damage,
    holed,
    open_files,
    partly_unstamped,
    restamped,
    stamped,
    stamped_index,
    variable,
    write,
)
from poseglass.core.video.video import Video
from poseglass.errors import FrameError, VideoError

NO_CACHE = 1
"""Bytes: only the frame last decoded is kept, so that every jump is a real one."""


@pytest.fixture(scope="module", params=KINDS)
def clip(request, tmp_path_factory) -> Clip:
    return KINDS[request.param](tmp_path_factory.mktemp("clip"))


@pytest.fixture(scope="module")
def varied(tmp_path_factory) -> Clip:
    return write(tmp_path_factory.mktemp("varied") / "clip.mp4", variable(60))


# Every frame, its number and its time


def test_every_frame_comes_once_in_order_at_its_time(clip):
    with Video.open(clip.path) as video:
        frames = [(f.index, stamped_index(f.image), f.time_s) for f in video.frames()]

    assert frames == list(zip(itertools.count(), clip.indices, map(float, clip.times_s), strict=False))
    assert video.undecoded == 0


def test_a_jump_to_any_frame_shows_just_that_frame(clip):
    order = list(range(len(clip.indices)))
    random.Random(7).shuffle(order)

    with Video.open(clip.path, NO_CACHE) as video:
        for index in order:
            frame = video.frame(index)
            assert (frame.index, stamped_index(frame.image)) == (index, clip.indices[index])
            assert frame.time_s == float(clip.times_s[index])


def test_walking_backwards_shows_the_same_pictures_as_walking_on(clip):
    with Video.open(clip.path) as video:
        forward = {frame.index: frame for frame in video.frames()}
        for index in reversed(range(video.info.n_frames)):
            frame = video.frame(index)
            assert frame.pts == forward[index].pts
            assert np.array_equal(frame.image, forward[index].image)


def test_pictures_are_upright_rgb_and_of_the_size_in_the_info(clip):
    with Video.open(clip.path) as video:
        image = next(video.frames()).image

        assert image.shape == (video.info.height, video.info.width, 3)
        assert image.dtype == np.uint8
        assert image.flags.c_contiguous


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_stamps_are_those_that_were_written(tmp_path, suffix):
    clip = write(tmp_path / f"clip{suffix}", variable(30), Recipe(suffix))
    with Video.open(clip.path) as video:
        base = video.info.time_base

        assert [frame.pts * base for frame in video.frames()] == clip.times_s
        assert [int(pts) * base for pts in video.info.pts] == clip.times_s


def test_an_avi_with_holes_and_reordered_frames_still_shows_every_frame_in_order(tmp_path):
    # Its container keeps decoding times only, so that a hole may be shown a frame early.
    clip = write(tmp_path / "clip.avi", holed(30), Recipe(".avi", "mpeg4", options={"g": "12", "bf": "2"}))
    with Video.open(clip.path) as video:
        frames = list(video.frames())

        assert [stamped_index(frame.image) for frame in frames] == clip.indices
        assert video.info.is_counted
        assert np.all(np.diff([frame.time_s for frame in frames]) > 0)


# Ranges


def test_a_frames_own_time_starts_a_range_with_that_frame(varied):
    with Video.open(varied.path) as video:
        for index in range(0, 60, 7):
            first = next(video.frames(video.info.numbers_between(video.info.time_s(index), None)))
            assert (first.index, stamped_index(first.image)) == (index, index)


def test_a_range_holds_its_start_and_not_its_end(varied):
    with Video.open(varied.path) as video:
        start, stop = float(varied.times_s[20]), float(varied.times_s[40])
        frames = list(video.frames(video.info.numbers_between(start, stop)))

        assert [frame.index for frame in frames] == list(range(20, 40))
        assert [stamped_index(frame.image) for frame in frames] == list(range(20, 40))
        assert [frame.time_s for frame in frames] == [float(time) for time in varied.times_s[20:40]]


@pytest.mark.parametrize(("start_s", "stop_s"), [(99, None), (2, 1), (None, 0), (1, 1)])
def test_a_range_without_frames_is_empty(varied, start_s, stop_s):
    with Video.open(varied.path) as video:
        assert list(video.frames(video.info.numbers_between(start_s, stop_s))) == []


def test_a_range_from_before_the_start_is_the_whole_video(varied):
    with Video.open(varied.path) as video:
        assert video.info.numbers_between(-1, 1000) == range(60)


@pytest.mark.parametrize("wanted", [range(60, 61), range(-1, 3), range(0, 10, 2)])
def test_frames_that_are_not_there_are_refused(varied, wanted):
    with Video.open(varied.path) as video, pytest.raises(FrameError, match="frames 0 to 59"):
        next(video.frames(wanted))


def test_iterators_and_jumps_do_not_disturb_each_other(varied):
    with Video.open(varied.path, NO_CACHE) as video:
        late = video.frames(range(30, 60))
        for early, other in zip(video.frames(), late, strict=False):
            jumped = 59 - early.index
            assert stamped_index(early.image) == early.index
            assert stamped_index(other.image) == other.index == early.index + 30
            assert stamped_index(video.frame(jumped).image) == jumped


# Frames without a time of their own


def test_frames_that_share_a_stamp_have_a_number_each_and_are_told_once(tmp_path):
    clip = restamped(tmp_path / "clip.mkv", [0, 33, 33, 67, 100, 100, 133, 166])
    with Video.open(clip.path) as video:
        info = video.info

    assert info.n_frames == 8
    assert info.warnings == ("frames that share the time stamp of the one before: 2; they are not smoothed",)
    assert not len(info.unstamped)
    assert info.numbers_between(0.033, 0.1) == range(1, 4)
    assert info.shown_at(0.033) == 2


@pytest.mark.parametrize("options", [{"g": "12", "bf": "0"}, {"g": "12", "bf": "3", "sc_threshold": "0"}])
def test_frames_without_a_stamp_have_a_number_each_and_are_told_once(tmp_path, options):
    path = partly_unstamped(tmp_path / "clip.ts", 30, options)
    with Video.open(path, NO_CACHE) as video:
        info, frames = video.info, list(video.frames())
        jumped = [stamped_index(video.frame(index).image) for index in (20, 3, 29, 1)]

    assert [(frame.index, stamped_index(frame.image)) for frame in frames] == [(index, index) for index in range(30)]
    assert jumped == [20, 3, 29, 1]
    assert len(info.unstamped) == 5
    own = np.setdiff1d(np.arange(30), info.unstamped)
    assert np.array(info.times_s)[own] == pytest.approx(own * 0.04)
    assert info.times_s[info.unstamped].tolist() == info.times_s[info.unstamped - 1].tolist()
    assert [note for note in info.warnings if "frames without a time stamp: 5; they have no time" in note]


# Pictures


def test_an_untagged_hd_picture_keeps_its_red(tmp_path):
    path = tmp_path / "red.mp4"
    red = np.zeros((720, 1280, 3), np.uint8)
    red[..., 0] = 251
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        frame = av.VideoFrame.from_ndarray(red).reformat(format="yuv420p", dst_colorspace="ITU709")
        frame.colorspace = 2  # unspecified
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with Video.open(path) as video:
        seen = video.frame(0).image.reshape(-1, 3).mean(axis=0)

    assert seen == pytest.approx([251, 0, 0], abs=5)


def test_a_stamp_is_read_back_only_when_it_is_upright():
    for index in (0, 1, 77, 255):
        assert stamped_index(stamped(index)) == index
        for turns in (1, 2, 3):
            with pytest.raises(ValueError, match="not upright"):
                stamped_index(np.rot90(stamped(index), turns))


# Broken files


def test_decoding_goes_on_after_damage_and_counts_what_is_missing(tmp_path, caplog):
    clip = write(tmp_path / "clip.mp4", constant(60))
    damage(clip.path, range(24, 30))  # a keyframe and more, so that its neighbours come out in disorder
    with Video.open(clip.path) as video:
        frames = list(video.frames())
        indices = [frame.index for frame in frames]

        assert indices == sorted(set(indices))
        assert video.undecoded == 60 - len(frames) >= 6
        assert set(range(20)) | set(range(36, 60)) <= set(indices)
        assert all(stamped_index(frame.image) == frame.index for frame in frames if not 20 <= frame.index < 36)
    assert f"clip.mp4: {video.undecoded} of 60 frames cannot be decoded" in caplog.text


def test_a_lost_frame_is_an_error_and_never_its_neighbour(tmp_path):
    clip = write(tmp_path / "clip.mp4", constant(60))
    damage(clip.path, range(24, 30))
    with Video.open(clip.path, NO_CACHE) as video:
        lost = sorted(set(range(60)) - {frame.index for frame in video.frames()})
        for index in lost + lost:
            with pytest.raises(FrameError, match=rf"^clip.mp4: frame {index} cannot be decoded.*$"):
                video.frame(index)
        for index in (19, 36, 5, 59):
            assert stamped_index(video.frame(index).image) == index


@pytest.mark.parametrize("index", [-1, 10])
def test_a_frame_outside_the_video_is_an_error_that_names_the_range(tmp_path, index):
    with (
        Video.open(write(tmp_path / "clip.mp4", constant(10)).path) as video,
        pytest.raises(FrameError, match=f"clip.mp4: no frame {index}; it has frames 0 to 9"),
    ):
        video.frame(index)


def test_a_mkv_that_was_cut_off_shows_what_is_there_and_says_so(tmp_path, caplog):
    clip = write(tmp_path / "clip.mkv", constant(60), Recipe(".mkv"))
    with Video.open(cut_short(clip.path)) as video:
        shown = [stamped_index(frame.image) for frame in video.frames()]

        assert 20 < len(shown) < 60
        assert shown == list(range(len(shown)))
        assert [note for note in video.info.warnings if "The file promises 2.4 s" in note]
    assert "clip.mkv: cut off?" in caplog.text


def test_a_recording_that_starts_between_keyframes_is_numbered_from_its_first_whole_frame(tmp_path):
    clip = write(tmp_path / "clip.ts", constant(40), Recipe(".ts"))
    clip.path.write_bytes(clip.path.read_bytes()[188 * 20 :])
    with Video.open(clip.path, NO_CACHE) as video:
        shown = [(frame.index, stamped_index(frame.image)) for frame in video.frames()]

        assert shown == [(index, index + 12) for index in range(28)]
        assert stamped_index(video.frame(20).image) == 32
        assert any("before the first whole keyframe" in note for note in video.info.warnings)


def test_recordings_joined_byte_by_byte_are_counted_through(tmp_path):
    clip = write(tmp_path / "clip.ts", constant(30), Recipe(".ts"))
    clip.path.write_bytes(clip.path.read_bytes() * 2)
    with Video.open(clip.path, NO_CACHE) as video:
        shown = [(frame.index, stamped_index(frame.image)) for frame in video.frames()]

        assert shown == list(enumerate([*range(30), *range(30)]))
        assert stamped_index(video.frame(45).image) == 15
        assert video.info.duration_s == pytest.approx(60 * 0.04)


# What stays open


def test_nothing_stays_open_after_the_block(tmp_path):
    clip = write(tmp_path / "clip.mp4", constant(30))
    with Video.open(clip.path) as video:
        video.frame(17)
        assert len(open_files(tmp_path)) == 1
        half = video.frames()
        next(half)
        assert len(open_files(tmp_path)) == 2
        half.close()
        list(video.frames())
        assert len(open_files(tmp_path)) == 1

    assert open_files(tmp_path) == []


def test_a_video_that_vanishes_after_opening_is_an_error(tmp_path):
    clip = write(tmp_path / "clip.mp4", constant(10))
    video = Video.open(clip.path)
    clip.path.unlink()

    with pytest.raises(VideoError, match="no such file"):
        list(video.frames())
    with pytest.raises(VideoError, match="no such file"):
        video.frame(3)
