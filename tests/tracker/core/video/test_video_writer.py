from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter, check_video_name
from poseglass.errors import OutputError


def write(path: Path, stamps: list[int], size: tuple[int, int] = (120, 160), grey: int = 200) -> None:
    image = np.full((*size, 3), grey, np.uint8)
    with VideoWriter(path, size[1], size[0], Fraction(1, 1000), Fraction(30)) as writer:
        for pts in stamps:
            writer.write(image, pts)


def test_uneven_stamps_come_out_as_they_went_in(tmp_path: Path):
    stamps = [0, 33, 66, 266, 267, 300, 1300]
    write(tmp_path / "out.mp4", stamps)
    with Video.open(tmp_path / "out.mp4") as video:
        times = [frame.time_s for frame in video.frames()]

    np.testing.assert_allclose(times, np.array(stamps) / 1000, atol=1e-6)


def test_a_stamp_that_does_not_rise_is_put_a_tick_later(tmp_path: Path):
    write(tmp_path / "out.mp4", [0, 33, 33, 33, 35, 100])
    with Video.open(tmp_path / "out.mp4") as video:
        times = [frame.time_s for frame in video.frames()]

    np.testing.assert_allclose(times, np.array([0, 33, 34, 35, 36, 100]) / 1000, atol=1e-6)


def test_odd_sizes_lose_one_row_and_column(tmp_path: Path):
    write(tmp_path / "out.mp4", [0, 40], size=(121, 161))
    with Video.open(tmp_path / "out.mp4") as video:
        assert (video.info.width, video.info.height) == (160, 120)


@pytest.mark.parametrize("height", [240, 720])
def test_colours_come_back(tmp_path: Path, height: int):
    image = np.zeros((height, 320, 3), np.uint8)
    image[:] = (230, 40, 60)
    with VideoWriter(tmp_path / "out.mp4", 320, height, Fraction(1, 30), Fraction(30)) as writer:
        writer.write(image, 0)
    with Video.open(tmp_path / "out.mp4") as video:
        np.testing.assert_allclose(video.frame(0).image.mean(axis=(0, 1)), (230, 40, 60), atol=4)


def test_a_picture_too_small_is_refused(tmp_path: Path):
    with pytest.raises(OutputError, match="too small"):
        VideoWriter(tmp_path / "out.mp4", 1, 1, Fraction(1, 30), Fraction(30))


def test_a_file_left_early_plays(tmp_path: Path):
    with pytest.raises(KeyError), VideoWriter(tmp_path / "out.mp4", 64, 64, Fraction(1, 30), Fraction(30)) as writer:
        writer.write(np.zeros((64, 64, 3), np.uint8), 0)
        raise KeyError
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 1


def test_a_clock_of_nanoseconds_takes_pauses_and_pictures_of_one_tick(tmp_path: Path):
    times_ns = [0, 40_000_000, 40_000_001, 80_000_000, 3_080_000_000, 9_000_000_000_000]
    image = np.full((120, 160, 3), 200, np.uint8)
    with VideoWriter(tmp_path / "out.mp4", 160, 120, Fraction(1, 10**9), Fraction(25)) as writer:
        for time_ns in times_ns:
            writer.write(image, time_ns)
    with Video.open(tmp_path / "out.mp4") as video:
        times_s = [frame.time_s for frame in video.frames()]

    np.testing.assert_allclose(times_s, np.array(times_ns) / 1e9, atol=1.5e-5)
    assert (np.diff(times_s) > 0).all()


@pytest.mark.parametrize("base", [Fraction(1, 240_000), Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 25)])
def test_usual_clocks_are_kept_to_the_tick(tmp_path: Path, base: Fraction):
    stamps = [0, 1, 2, 5, 6, 70]
    with VideoWriter(tmp_path / "out.mp4", 64, 64, base, Fraction(30)) as writer:
        for pts in stamps:
            writer.write(np.zeros((64, 64, 3), np.uint8), pts)
    with Video.open(tmp_path / "out.mp4") as video:
        assert [
            round((pts - video.info.start_pts) * video.info.time_base / base, 9) for pts in map(int, video.info.pts)
        ] == stamps


@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(4, 3), Fraction(3, 4), Fraction(64, 45)])
def test_pixels_keep_their_shape(tmp_path: Path, aspect: Fraction):
    with VideoWriter(tmp_path / "out.mp4", 64, 64, Fraction(1, 30), Fraction(30), pixel_aspect=aspect) as writer:
        writer.write(np.zeros((64, 64, 3), np.uint8), 0)
    with Video.open(tmp_path / "out.mp4") as video:
        assert video.info.sample_aspect_ratio == aspect


@pytest.mark.parametrize(
    ("name", "is_fine"), [("a.mp4", True), ("a.MP4", True), ("a.m4v", True), ("a.gif", False), ("a", False)]
)
def test_a_video_is_called_what_it_is(name: str, is_fine: bool):
    with nullcontext() if is_fine else pytest.raises(OutputError, match=r"name it a\.mp4"):
        check_video_name(Path(name))
