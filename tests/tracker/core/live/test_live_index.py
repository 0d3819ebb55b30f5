import json
from pathlib import Path

import numpy as np
import pytest

from figures import DOTS
from poseglass.core.live.live_index import (
    IndexedFrame,
    frame_line,
    index_path,
    model_line,
    poses_line,
    read_index,
    recording_line,
)
from poseglass.errors import VideoError
from poseglass.types import Poses

HEAD = recording_line("cam", "2026-11-22T10:00:00.000+00:00", "1/90000", None)


def random_poses(seed: int, people: int) -> Poses:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(people, 2, 2, 2))
    return Poses(rng.uniform(0, 1920, (people, 2, 2)), rng.uniform(size=(people, 2)), root @ root.mT)


def write(path: Path, *lines: dict[str, object], torn: str = "") -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + torn, encoding="utf-8")
    return path


@pytest.mark.parametrize("people", [("1",), ("3", "1", "Ann")])
def test_poses_come_back_as_they_were_written(tmp_path: Path, people: tuple[str, ...]):
    poses = random_poses(1, len(people))
    path = write(tmp_path / "a.live.jsonl", HEAD, model_line(DOTS, {"device": "cpu"}), poses_line(3000, people, poses))
    index = read_index(path)
    back = index.poses[3000].poses

    assert index.poses[3000].people == people
    assert index.skeleton == DOTS
    assert index.facts == {"device": "cpu"}
    np.testing.assert_allclose(back.xy, poses.xy, atol=1e-4)
    np.testing.assert_allclose(back.score, poses.score, atol=1e-5)
    np.testing.assert_allclose(back.covariance, poses.covariance, rtol=1e-5)
    np.testing.assert_array_equal(back.covariance, back.covariance.mT)


def test_missing_keypoints_come_back_missing(tmp_path: Path):
    poses = Poses.missing(2)
    poses.xy[0, 1] = 5, 6
    poses.score[0, 1] = 0.5
    poses.covariance[0, 1] = np.eye(2)
    back = read_index(write(tmp_path / "a.live.jsonl", HEAD, poses_line(0, ("1",), poses))).poses[0].poses

    np.testing.assert_array_equal(back.xy, poses.xy)
    np.testing.assert_array_equal(back.score, poses.score)
    np.testing.assert_array_equal(back.covariance, poses.covariance)


def test_a_frame_without_anybody_comes_back_without_anybody(tmp_path: Path):
    index = read_index(write(tmp_path / "a.live.jsonl", HEAD, poses_line(0, (), Poses.missing(2, people=0))))

    assert index.poses[0].people == ()
    assert len(index.poses[0].poses) == 0


def test_a_line_of_version_0_1_is_of_person_1(tmp_path: Path):
    poses = random_poses(2, people=1)
    line = poses_line(0, ("1",), poses)
    del line["people"]
    found = read_index(write(tmp_path / "a.live.jsonl", HEAD, line)).poses[0]

    assert found.people == ("1",)
    np.testing.assert_allclose(found.poses.xy, poses.xy, atol=1e-4)


def test_frames_come_back_by_their_stamp(tmp_path: Path):
    frames = [IndexedFrame(0, 0.0, 0, 0), IndexedFrame(3001, 0.033344, 2, 1)]
    index = read_index(write(tmp_path / "a.live.jsonl", HEAD, *(frame_line(frame) for frame in frames)))

    assert [*index.frames.values()] == frames
    assert (index.source, index.continues, index.skeleton) == ("cam", None, None)


def test_a_torn_last_line_is_left_out(tmp_path: Path):
    frame = IndexedFrame(0, 0.0, 0, 0)
    path = write(tmp_path / "a.live.jsonl", HEAD, frame_line(frame), torn='{"kind":"frame","pts":30')

    assert [*read_index(path).frames.values()] == [frame]


@pytest.mark.parametrize("text", ["", "{}\n", "no JSON\n", '{"kind": "recording", "format": 99}\n'])
def test_what_is_no_index_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "a.live.jsonl"
    path.write_text(text)
    with pytest.raises(VideoError, match=r"a\.live\.jsonl"):
        read_index(path)


def test_the_index_lies_beside_the_video():
    assert index_path(Path("there/walk.mp4")) == Path("there/walk.live.jsonl")
    with pytest.raises(VideoError, match="no such file"):
        read_index(Path("there/walk.live.jsonl"))
