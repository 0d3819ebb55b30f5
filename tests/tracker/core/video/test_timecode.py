from pathlib import Path

import pytest

import clips
from poseglass.core.video.timecode import clock_text, duration_text, is_past_end, parse_place
from poseglass.core.video.video_index import VideoInfo, read_info


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    folder: Path = tmp_path_factory.mktemp("clip")
    return read_info(clips.write(folder / "clip.mp4", clips.variable(45)).path)


@pytest.mark.parametrize(
    ("time_s", "text"),
    [
        (0, "0:00.000"),
        (7.25, "0:07.250"),
        (59.9996, "1:00.000"),
        (723, "12:03.000"),
        (3600, "1:00:00.000"),
        (-1.5, "-0:01.500"),
    ],
)
def test_times_are_written_to_the_millisecond(time_s: float, text: str):
    assert clock_text(time_s) == text


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "0 s"), (40, "40 s"), (200, "3 min 20 s"), (3900, "1 h 5 min")])
def test_durations_are_rough(seconds: float, text: str):
    assert duration_text(seconds) == text


def test_the_time_written_of_a_frame_finds_that_frame(info: VideoInfo):
    for index in range(info.n_frames):
        assert parse_place(clock_text(info.time_s(index)), info) == index


@pytest.mark.parametrize(
    ("text", "index"), [("0", 0), (" 12 ", 12), ("9999", 44), ("0:00", 0), ("99:00", 44), ("0s", 0)]
)
def test_places_are_frames_or_times(info: VideoInfo, text: str, index: int):
    assert parse_place(text, info) == index


@pytest.mark.parametrize("text", ["", "x", "1:2:3:4", "-3", "s", "1;2"])
def test_what_is_no_place_is_none(info: VideoInfo, text: str):
    assert parse_place(text, info) is None


def test_only_places_behind_the_end_are_past_it(info: VideoInfo):
    end = clock_text(info.duration_s + 0.01)

    assert [is_past_end(text, info) for text in ("44", "0:00", "x", "")] == [False] * 4
    assert not is_past_end(clock_text(info.duration_s - 0.01), info)
    assert [is_past_end(text, info) for text in ("45", "9999", end, "99:00", "99s")] == [True] * 5
