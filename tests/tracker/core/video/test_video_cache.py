from pathlib import Path

import numpy as np
import pytest

import clips
from clips import KINDS, stamped_index
from poseglass.core.video.video import Video
from poseglass.core.video.video_cache import neighbourhood
from poseglass.core.video.video_decode import to_image


@pytest.mark.parametrize("kind", KINDS)
def test_hurrying_gives_the_same_pixels(tmp_path: Path, kind: str):
    clip = KINDS[kind](tmp_path)
    with Video.open(clip.path) as calm, Video.open(clip.path, cache_bytes=1, walks=3) as hasty:
        frames = [frame.image for frame in calm.frames()]
        for index in np.random.default_rng(2).permutation(len(frames)):
            np.testing.assert_array_equal(to_image(hasty.decoded(int(index), hurry=True), hasty.info), frames[index])


@pytest.mark.parametrize("kind", KINDS)
def test_after_gathering_the_neighbourhood_is_in_memory(tmp_path: Path, kind: str):
    clip = KINDS[kind](tmp_path)
    with Video.open(clip.path) as video:
        middle = len(clip.indices) // 2
        video.frame(middle)
        assert all(number >= 0 for number in video.gather(middle))
        if not video.info.is_counted:
            assert all(video.is_kept(index) for index in range(len(clip.indices)))
        for index, stamp in enumerate(clip.indices):
            assert stamped_index(video.frame(index).image) == stamp


def test_gathering_keeps_to_the_memory_it_has_and_to_what_is_near(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(100))
    with Video.open(clip.path) as probe:
        size = sum(plane.buffer_size for plane in probe.decoded(0).planes)
    with Video.open(clip.path, cache_bytes=20 * size) as video:
        video.frame(50)
        list(video.gather(50))
        kept = [index for index in range(100) if video.is_kept(index)]

    assert len(kept) <= 20
    assert kept == list(range(kept[0], kept[-1] + 1))
    assert kept[0] <= 42
    assert kept[-1] >= 58


@pytest.mark.parametrize(
    ("index", "frames", "room", "expected"),
    [
        (50, 100, 10, range(45, 55)),
        (2, 100, 10, range(10)),
        (99, 100, 10, range(90, 100)),
        (5, 8, 20, range(8)),
        (3, 9, 0, range(3, 4)),
    ],
)
def test_the_neighbourhood_lies_within_the_video(index: int, frames: int, room: int, expected: range):
    assert neighbourhood(index, frames, room) == expected


def test_giving_up_leaves_the_video_usable(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(60), clips.Recipe(options={"g": "60"}))

    def give_up(position: int) -> None:
        if position == 20:
            raise InterruptedError

    with Video.open(clip.path, walks=2) as video:
        with pytest.raises(InterruptedError):
            video.decoded(40, watch=give_up)
        assert video.is_kept(19)
        assert [stamped_index(video.frame(index).image) for index in (41, 5, 30)] == [41, 5, 30]


def test_groups_cover_the_video_without_overlap(tmp_path: Path):
    for kind in KINDS:
        folder = tmp_path / kind.replace(" ", "_")
        folder.mkdir()
        with Video.open(KINDS[kind](folder).path) as video:
            covered, index = [], 0
            while index < video.info.n_frames:
                group = video.info.group(index)
                assert index in group
                covered += list(range(index, group.stop))
                index = group.stop
            assert covered == list(range(video.info.n_frames))
