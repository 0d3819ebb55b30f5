import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from clips import stamped, stamped_index
from figures import DOTS
from poseglass.core.live.capture import TICK, LiveFrame
from poseglass.core.live.live_index import index_path
from poseglass.core.live.live_recording import LiveRecording, is_recording, read_recording
from poseglass.core.live.recorder import CHECK_S, FREE_BYTES, Recorder, recording_name
from poseglass.core.live.recording_part import cut_torn_end
from poseglass.core.run import Seen
from poseglass.core.video.video import Video
from poseglass.errors import OutputError, VideoError
from poseglass.types import Explanation, Frame, Poses
from waiting import no_thread_left, until

FACTS = {"model": "dots", "device": "cpu"}


def uneven(n: int, seed: int = 0) -> list[int]:
    """Return rising ticks as a camera makes them: jitter, now and then a lost frame, once a long gap."""
    gaps = np.random.default_rng(seed).integers(2000, 4500, n)
    gaps[n // 3] *= 2
    gaps[n // 2] = 90000 * 7
    return [int(tick) for tick in 123457 + np.cumsum(gaps)]


def live_frame(index: int, pts: int, size: tuple[int, int] = (160, 120), connection: int = 0) -> LiveFrame:
    time_s = float(pts * TICK)
    return LiveFrame(Frame(index, pts, time_s, stamped(index % 256, *size)), 1000 + time_s, connection)


def seen(live: LiveFrame, people: tuple[str, ...] = ("1",)) -> Seen:
    """Poses that tell frames and people apart."""
    xy = np.array([[[live.frame.index, row + 0.25], [live.frame.index, row + 50.5]] for row in range(len(people))])
    covariance = np.tile(np.eye(2) * (live.frame.index + 1), (len(people), 2, 1, 1))
    poses = Poses(xy.reshape(-1, 2, 2), np.full((len(people), 2), 0.75), covariance)
    return Seen(live.frame, people, Explanation(poses, {}), poses.xy)


def record(path: Path, stamps: list[int], inferred: set[int] = set(), lag: int = 2) -> Recorder:  # noqa: B006 - read only
    """Record one frame for each stamp; poses of some of them come `lag` frames later."""
    recorder = Recorder(path, "a camera", lambda: (DOTS, FACTS))
    frames = [live_frame(i, pts) for i, pts in enumerate(stamps)]
    for i, frame in enumerate(frames):
        recorder.add_frame(frame)
        if i - lag in inferred:
            recorder.add_poses(frames[i - lag], seen(frames[i - lag]))
    for i in range(len(frames) - lag, len(frames)):
        if i in inferred:
            recorder.add_poses(frames[i], seen(frames[i]))
    recorder.stop()
    assert recorder.join(20)
    return recorder


def check(recording: LiveRecording, stamps: list[int], inferred: set[int]) -> None:
    """Compare the reopened frames, pixel by pixel number, and their poses with what was recorded."""
    first = stamps[0]
    with Video.open(recording.video.path) as video:
        shown = list(video.frames())
        assert video.frame(len(shown) // 2).pts == stamps[len(shown) // 2] - first
    assert [stamped_index(frame.image) for frame in shown] == list(range(len(shown)))
    assert [frame.pts for frame in shown] == [pts - first for pts in stamps[: len(shown)]]
    assert recording.video.time_base == TICK
    assert recording.inferred.tolist() == sorted(i for i in inferred if i < len(shown))
    assert len(recording.everybody) == recording.video.n_frames
    for i, found in enumerate(recording.everybody):
        assert (found is None) == (i not in inferred)
        if found is not None:
            truth = seen(live_frame(i, stamps[i]))
            assert found.people == truth.people
            np.testing.assert_array_equal(found.poses.xy, truth.poses.xy)
            np.testing.assert_array_equal(found.poses.score, truth.poses.score)


def test_a_recording_comes_back_frame_for_frame_with_the_poses_it_has(tmp_path: Path):
    stamps, inferred = uneven(60), set(range(5, 58, 3))
    with no_thread_left():
        status = record(tmp_path / "walk.mp4", stamps, inferred).status()
    recording = read_recording(tmp_path / "walk.mp4")

    check(recording, stamps, inferred)
    assert (status.frames, status.poses, status.dropped, status.problem) == (60, len(inferred), 0, "")
    assert status.bytes_written == sum(file.stat().st_size for file in tmp_path.iterdir())
    assert status.elapsed_s == pytest.approx((stamps[-1] - stamps[0]) / 90000)
    assert recording.skeleton == DOTS
    assert recording.index.facts == FACTS
    assert recording.index.source == "a camera"
    np.testing.assert_allclose(recording.arrival_s, (np.array(stamps) - stamps[0]) / 90000, atol=1e-6)
    assert not recording.dropped.any()
    assert not recording.video.warnings


def test_people_come_back_with_their_names_and_nobody_as_nobody(tmp_path: Path):
    recorder = Recorder(tmp_path / "walk.mp4", "a camera", lambda: (DOTS, FACTS))
    names = [("1", "2", "3"), (), ("3", "1")]
    frames = [live_frame(i, 3000 * i) for i in range(len(names))]
    for frame, people in zip(frames, names, strict=True):
        recorder.add_frame(frame)
        recorder.add_poses(frame, seen(frame, people))
    recorder.stop()
    assert recorder.join(20)
    recording = read_recording(tmp_path / "walk.mp4")

    assert recording.inferred.tolist() == [0, 1, 2]
    for frame, people, found in zip(frames, names, recording.everybody, strict=True):
        assert found is not None
        assert found.people == people
        np.testing.assert_array_equal(found.poses.xy, seen(frame, people).poses.xy)  # (0, K, 2) of nobody
        np.testing.assert_array_equal(found.poses.covariance, seen(frame, people).poses.covariance)


def test_the_recording_is_found_by_its_index_too(tmp_path: Path):
    record(tmp_path / "walk.mp4", uneven(5))

    assert read_recording(index_path(tmp_path / "walk.mp4")).video.path == tmp_path / "walk.mp4"
    assert is_recording(tmp_path / "walk.mp4")
    assert not is_recording(tmp_path / "other.mp4")


def test_a_recording_without_a_network_has_frames_and_no_poses(tmp_path: Path):
    recorder = Recorder(tmp_path / "walk.mp4", "a camera", lambda: (None, {}))
    recorder.add_frame(live_frame(0, 0))
    recorder.stop()
    recorder.join(20)
    recording = read_recording(tmp_path / "walk.mp4")

    assert len(recording.inferred) == 0
    assert recording.skeleton is None
    assert recording.video.n_frames == 1


def test_stopping_before_the_first_frame_leaves_nothing(tmp_path: Path):
    recorder = Recorder(tmp_path / "walk.mp4", "a camera", lambda: (None, {}))
    recorder.stop()

    assert recorder.join(20)
    assert not list(tmp_path.iterdir())
    assert recorder.status().frames == 0


class Impatient(Recorder):
    """Looks at the disk after every frame."""

    def _look_around(self) -> None:
        self._checked_s -= CHECK_S
        super()._look_around()


@contextmanager
def stalled(path: Path, queued: int) -> Iterator[tuple[Recorder, threading.Event]]:
    """Yield a recorder with room for so many frames, and what makes its disk answer, which it first does not."""
    answers = threading.Event()

    def room(folder: Path) -> int:
        if threading.current_thread().name == "live recorder":
            answers.wait(20)
        return FREE_BYTES

    recorder = Impatient(path, "a camera", lambda: (DOTS, FACTS), queued * stamped(0).nbytes, room)
    yield recorder, answers
    answers.set()
    recorder.stop()
    assert recorder.join(20)


def test_a_disk_that_is_too_slow_loses_frames_and_every_one_is_counted(tmp_path: Path):
    frames = [live_frame(i, 3000 * i) for i in range(31)]
    with stalled(tmp_path / "walk.mp4", queued=5) as (recorder, answers):
        recorder.add_frame(frames[0])
        until(lambda: recorder.status().frames == 1)
        for frame in frames[1:30]:
            recorder.add_frame(frame)
            recorder.add_poses(frame, seen(frame))
        assert recorder.status().dropped == 24
        answers.set()
        until(lambda: recorder.status().frames == 6)
        recorder.add_frame(frames[30])
    recording = read_recording(tmp_path / "walk.mp4")

    assert recorder.status().frames + recorder.status().dropped == 31
    assert recording.video.pts.tolist() == [0, 3000, 6000, 9000, 12000, 15000, 90000]
    assert recording.dropped.tolist() == [0, 0, 0, 0, 0, 0, 24]
    assert recording.inferred.tolist() == [1, 2, 3, 4, 5]


def test_another_size_begins_a_new_part_that_stands_alone(tmp_path: Path):
    recorder = Recorder(tmp_path / "walk.mp4", "a camera", lambda: (DOTS, FACTS))
    frames = [live_frame(i, 3000 * i) for i in range(4)]
    frames += [live_frame(i, 90000 + 3000 * i, (320, 240), connection=1) for i in range(4, 9)]
    for frame in frames:
        recorder.add_frame(frame)
        recorder.add_poses(frame, seen(frame))
    recorder.stop()
    recorder.join(20)
    status = recorder.status()
    first, second = (read_recording(path) for path in status.parts)

    assert [path.name for path in status.parts] == ["walk.mp4", "walk-2.mp4"]
    assert (first.video.n_frames, second.video.n_frames) == (4, 5)
    assert (second.video.width, second.video.height) == (320, 240)
    assert second.video.pts.tolist() == [0, 3000, 6000, 9000, 12000]
    assert second.index.continues == "walk.mp4"
    assert second.inferred.tolist() == [0, 1, 2, 3, 4]
    assert second.skeleton == DOTS


def test_a_reconnection_is_a_gap_in_time(tmp_path: Path):
    recorder = Recorder(tmp_path / "walk.mp4", "a camera", lambda: (DOTS, FACTS))
    for i, (pts, connection) in enumerate([(0, 0), (3000, 0), (900000, 2), (903000, 2)]):
        recorder.add_frame(live_frame(i, pts, connection=connection))
    recorder.stop()
    recorder.join(20)
    recording = read_recording(tmp_path / "walk.mp4")

    assert recording.connection.tolist() == [0, 0, 2, 2]
    assert recording.video.pts.tolist() == [0, 3000, 900000, 903000]


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {path!r}
from test_recording import *
recorder = Recorder(Path({file!r}), "a camera", lambda: (DOTS, FACTS))
for i, pts in enumerate(uneven(90)):
    frame = live_frame(i, pts)
    recorder.add_frame(frame)
    if i % 3 == 0:
        recorder.add_poses(frame, seen(frame))
until(lambda: recorder.status().frames == 90)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_a_killed_recording_opens_and_loses_less_than_a_second(tmp_path: Path):
    code = KILLED.format(path=[str(Path(__file__).parent), *sys.path], file=str(tmp_path / "walk.mp4"))
    done = subprocess.run([sys.executable, "-c", code], timeout=120, capture_output=True, text=True)
    recording = read_recording(tmp_path / "walk.mp4")

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not recording.video.warnings
    check(recording, uneven(90), set(range(0, 90, 3)))
    lost_s = (uneven(90)[-1] - uneven(90)[0] - int(recording.video.pts[-1])) / 90000
    assert 0 <= lost_s < 1


@pytest.mark.skipif(os.name != "posix", reason="limits files as POSIX does")
def test_a_full_disk_stops_the_recording_and_keeps_what_is_there(tmp_path: Path):
    import resource

    rng = np.random.default_rng(3)
    noise = [
        rng.integers(0, 256, (120, 160, 3), dtype=np.uint8) for _ in range(400)
    ]  # all come before the disk is full
    recorder = Recorder(tmp_path / "walk.mp4", "a camera", lambda: (DOTS, FACTS))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, before[1]))  # a write beyond fails, as on a full disk
    try:
        for i, picture in enumerate(noise):
            recorder.add_frame(LiveFrame(Frame(i, 3000 * i, i / 30, picture), i / 30, 0))
        until(lambda: not recorder.status().is_running)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    status = recorder.status()
    recording = read_recording(tmp_path / "walk.mp4")

    assert "is the disk full?" in status.problem
    assert "are kept" in status.problem
    assert status.frames + status.dropped == 400
    assert not recording.video.warnings
    with Video.open(tmp_path / "walk.mp4") as video:
        assert len(list(video.frames())) == recording.video.n_frames > 10
        assert video.undecoded == 0


def test_a_disk_that_fills_up_is_noticed_before_it_is_full(tmp_path: Path):
    room = [FREE_BYTES]
    recorder = Recorder(tmp_path / "walk.mp4", "a camera", lambda: (DOTS, FACTS), free_bytes=lambda folder: room[0])
    recorder.add_frame(live_frame(0, 0))
    room[0] = FREE_BYTES - 1
    count = [0]

    def feed() -> bool:
        count[0] += 1
        recorder.add_frame(live_frame(count[0], 3000 * count[0]))
        return not recorder.status().is_running

    until(feed)

    assert "the disk is full (200 MB left" in recorder.status().problem
    assert read_recording(tmp_path / "walk.mp4").video.n_frames == recorder.status().frames > 0


def test_a_recording_is_not_begun_where_it_cannot_end_well(tmp_path: Path):
    (tmp_path / "walk.mp4").write_text("precious")
    with pytest.raises(OutputError, match="exists already"):
        Recorder(tmp_path / "walk.mp4", "a camera", lambda: (None, {}))
    with pytest.raises(OutputError, match="cannot be written"):
        Recorder(tmp_path / "nowhere" / "walk.mp4", "a camera", lambda: (None, {}))
    with pytest.raises(OutputError, match="the disk is full"):
        Recorder(tmp_path / "other.mp4", "a camera", lambda: (None, {}), free_bytes=lambda folder: 0)

    assert (tmp_path / "walk.mp4").read_text() == "precious"


def test_cutting_a_whole_file_changes_nothing(tmp_path: Path):
    record(tmp_path / "walk.mp4", uneven(40))
    before = (tmp_path / "walk.mp4").read_bytes()
    cut_torn_end(tmp_path / "walk.mp4")

    assert (tmp_path / "walk.mp4").read_bytes() == before


@pytest.mark.parametrize("part", [0.5, 0.8, 0.97])
def test_a_file_torn_anywhere_is_mended_to_whole_pictures(tmp_path: Path, part: float):
    record(tmp_path / "walk.mp4", uneven(60))
    path = tmp_path / "walk.mp4"
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])
    cut_torn_end(path)
    with Video.open(path) as video:
        shown = [stamped_index(frame.image) for frame in video.frames()]

        assert shown == list(range(len(shown)))
        assert video.undecoded == 0
        assert not any("damaged" in warning for warning in video.info.warnings)


def test_an_ordinary_video_is_no_recording(tmp_path: Path):
    record(tmp_path / "walk.mp4", uneven(5))
    index_path(tmp_path / "walk.mp4").unlink()
    with pytest.raises(VideoError, match=r"walk\.live\.jsonl: no such file"):
        read_recording(tmp_path / "walk.mp4")


def test_names_of_recordings_sort_by_time():
    names = [recording_name(datetime(2026, 11, 2, 9, 5, second)) for second in (1, 30)]

    assert names == ["live 2026-11-02 09.05.01.mp4", "live 2026-11-02 09.05.30.mp4"]
