import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import clips
from clips import Image, stamped, stamped_index
from figures import DOTS, DotEstimator, draw_dots
from live_sources import Played, Stuck
from mjpeg import mjpeg_camera
from poseglass.api import Boxes, Poses
from poseglass.core.live.capture import SignalState, Waits
from poseglass.core.live.file_as_live import FileAsLive
from poseglass.core.live.live import Live, LiveResult
from poseglass.core.live.live_recording import read_recording
from poseglass.core.live.live_source import LiveSource
from poseglass.core.live.pace import now_s
from poseglass.core.live.stream_source import StreamSource
from poseglass.core.plugins import make_smoother
from poseglass.core.run import Method
from poseglass.core.video.video import Video
from poseglass.errors import ModelError, OutputError
from waiting import live_threads, no_thread_left, until

QUICK = Waits(first_pause_s=0.02, last_pause_s=0.1)


def dots() -> Method:
    return Method(DotEstimator())


class Slow(DotEstimator):
    """Answers each picture only when it is let; knows what it was shown."""

    def __init__(self) -> None:
        super().__init__()
        self.turns = threading.Semaphore(0)
        self.shown: list[Image] = []

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        if not self.shown or self.shown[-1] is not image:
            self.shown.append(image)
            self.turns.acquire(timeout=20)
        return super().estimate(image, boxes)


@contextmanager
def running(source: LiveSource, estimator: DotEstimator | None = None, **options: object) -> Iterator[Live]:
    made = Method(estimator or DotEstimator())
    live = Live(source, lambda: made, lambda: options.get("smoother"), QUICK)  # type: ignore[arg-type, return-value]
    live.start()
    try:
        yield live
    finally:
        assert live.close()
        assert not live_threads()


def collect(live: Live, count: int) -> list[LiveResult]:
    """Take results of the network as a window does, until there are so many."""
    results: list[LiveResult] = []

    def look() -> bool:
        result = live.take()
        if result is not None:
            live.painted(result)
            if result.seen is not None:
                results.append(result)
        return len(results) >= count

    until(look)
    return results


def walking(n: int) -> list[Image]:
    return [draw_dots(120, 200, (60 + 2 * i, 60)) for i in range(n)]


def test_somebody_in_front_of_the_camera_is_followed():
    with running(Played([walking(40)], gap_s=0.02, hold=True)) as live:
        results = collect(live, 5)
        status = live.status()

    for result in results:
        assert result.seen is not None
        assert result.inferred_s is not None
        x = 60 + 2 * result.live.frame.index
        assert result.seen.people == ("1",)
        np.testing.assert_allclose(result.seen.poses.xy, [[[x + 20, 60], [x - 20, 60]]])
        np.testing.assert_array_equal(result.seen.live_xy, result.seen.poses.xy)
        assert result.live.captured_s < result.inferred_s
    assert status.signal.state is SignalState.LIVE
    assert status.size == (200, 120)
    assert status.skeleton == DOTS
    assert status.facts["device"] == "cpu"
    assert status.latency.whole is not None
    assert status.problem == ""


def test_a_slow_network_sees_the_newest_picture_and_every_drop_is_counted():
    estimator = Slow()
    reached = threading.Event()

    def watch(number: int) -> None:
        if number == 0:
            until(lambda: live.status().skeleton is not None)
        if number == 1:
            until(lambda: len(estimator.shown) == 1)
        if number == 29:
            reached.set()

    with no_thread_left():
        source = Played([[stamped(i) for i in range(30)]], before=watch, hold=True)
        live = Live(source, lambda: Method(estimator), lambda: None, QUICK)
        live.start()
        assert reached.wait(20)
        until(lambda: live.status().captured == 30)
        for _ in range(2):
            estimator.turns.release()
        until(lambda: live.status().inferred == 2)
        assert live.close()
    status = live.status()

    assert [stamped_index(image) for image in estimator.shown] == [0, 29]
    assert (status.captured, status.inferred, status.dropped_before_inference) == (30, 2, 28)
    assert estimator.closed


def test_whatever_happens_captured_is_inferred_plus_dropped():
    with running(Played([walking(400)], gap_s=0.001, hold=True)) as live:
        collect(live, 20)
    status = live.status()

    assert status.captured == status.inferred + status.dropped_before_inference > 20


def test_a_window_that_does_not_look_drops_results_and_they_are_counted():
    with running(Played([walking(20)], gap_s=0.01, hold=True)) as live:
        until(lambda: live.status().inferred + live.status().dropped_before_inference == 20)
        until(lambda: live.status().dropped_before_paint >= live.status().inferred - 1)
        result = live.take()
        assert live.take() is None

    assert result is not None


def test_pictures_are_shown_while_the_network_still_loads():
    loaded = threading.Event()

    def load() -> Method:
        loaded.wait(20)
        return Method(DotEstimator())

    live = Live(Played([walking(50)], gap_s=0.02, hold=True), load, lambda: None, QUICK)
    live.start()
    bare: list[LiveResult] = []
    until(lambda: bare or [bare.append(found) for found in [live.take()] if found])
    loaded.set()
    collect(live, 1)

    assert bare[0].seen is None
    assert live.close()


def test_a_network_that_cannot_be_loaded_is_told_and_the_camera_goes_on():
    def load() -> Method:
        raise ModelError("no such weights")

    live = Live(Played([walking(50)], gap_s=0.01, hold=True), load, lambda: None, QUICK)
    live.start()
    until(lambda: live.status().problem)
    until(lambda: live.status().captured > 10 and live.take() is not None)

    assert live.close()
    assert live.status().problem == "no such weights"
    assert live.status().captured == live.status().dropped_before_inference


def test_a_network_that_breaks_down_is_told_and_nothing_is_lost_from_the_count():
    class Broken(DotEstimator):
        def estimate(self, image: Image, boxes: Boxes) -> Poses:
            if len(self.asked) > 5:
                raise MemoryError("no more")
            return super().estimate(image, boxes)

    broken = Broken()
    with running(Played([walking(50)], gap_s=0.01, hold=True), broken) as live:
        until(lambda: live.status().problem)
        until(lambda: live.status().captured == 50)
    status = live.status()

    assert "no more" in status.problem
    assert broken.closed
    assert status.captured == status.inferred + status.dropped_before_inference


def test_the_installed_smoother_takes_live_stamps():
    make_smoother("kalman")  # its import takes a second, in which the test's figure would have left
    live = Live(Played([walking(60)], gap_s=0.02, hold=True), dots, lambda: make_smoother("kalman"), QUICK)
    live.start()
    results = collect(live, 25)
    live.close()
    errors = [
        np.abs(result.seen.live_xy - result.seen.poses.xy).max() for result in results[10:] if result.seen is not None
    ]

    assert np.median(errors) < 3


def test_closing_is_quick_while_the_camera_hangs(caplog: pytest.LogCaptureFixture):
    source = Stuck()
    live = Live(source, dots, lambda: None)
    live.start()
    until(lambda: source.opened == 1)
    began_s = now_s()

    assert not live.close()
    assert now_s() - began_s < 4
    assert "threads left behind until it does: 1" in caplog.text
    source.let_go.set()
    until(lambda: not live_threads())


def test_a_live_that_was_never_started_can_be_closed():
    assert Live(Stuck(), dots, lambda: None).close()


def test_a_file_as_live_is_followed_and_played_again(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(10))
    with running(FileAsLive(clip.path)) as live:
        until(lambda: live.status().reconnections >= 1)
        until(lambda: live.status().captured > 12)

    assert any("has ended" in signal.reason for signal in live.changes)


def test_a_stream_that_dies_and_comes_back_is_one_recording(tmp_path: Path):
    with mjpeg_camera() as camera:
        live = Live(StreamSource(camera.url), dots, lambda: make_smoother("kalman"), QUICK)
        live.start()
        collect(live, 5)
        live.record(tmp_path / "live.mp4")
        collect(live, 20)
    until(lambda: live.status().signal.state is SignalState.NO_SIGNAL)
    lost = live.status()
    with mjpeg_camera(camera.port):
        until(lambda: live.status().signal.state is SignalState.LIVE)
        collect(live, 15)
        live.stop_recording()
        until(lambda: not live.status().recording.is_running)  # type: ignore[union-attr]
        assert live.close()
    assert not live_threads()
    status, recording = live.status(), read_recording(tmp_path / "live.mp4")

    assert "127.0.0.1" in lost.signal.reason
    assert lost.signal.retry_at_s is not None
    assert status.reconnections == 1
    assert status.captured == status.inferred + status.dropped_before_inference
    assert status.recording is not None
    assert status.recording.problem == ""
    assert recording.video.n_frames == status.recording.frames
    assert len(recording.inferred) == status.recording.poses > 20
    assert len(set(recording.connection.tolist())) == 2
    assert not recording.dropped.any()
    gap = int(np.argmax(np.diff(recording.video.pts)))
    assert recording.connection[gap] < recording.connection[gap + 1]
    with Video.open(tmp_path / "live.mp4") as video:
        numbers = [stamped_index(frame.image) for frame in video.frames()]
    assert numbers[: gap + 1] == list(range(numbers[0], numbers[0] + gap + 1))
    assert numbers[gap + 1 :] == list(range(numbers[gap + 1], numbers[gap + 1] + len(numbers) - gap - 1))


def test_recording_holds_its_poses_to_the_frames_they_were_found_in(tmp_path: Path):
    with running(Played([walking(60)], gap_s=0.01, hold=True)) as live:
        until(lambda: live.status().skeleton is not None)
        live.record(tmp_path / "live.mp4")
        until(lambda: live.status().captured == 60)
        until(lambda: live.status().inferred + live.status().dropped_before_inference == 60)
    recording = read_recording(tmp_path / "live.mp4")

    with Video.open(tmp_path / "live.mp4") as video:
        for i in recording.inferred.tolist():
            seen = DotEstimator().estimate(video.frame(i).image, np.array([[0.0, 0, 200, 120]]))
            found = recording.everybody[i]
            assert found is not None
            assert found.people == ("1",)
            np.testing.assert_allclose(found.poses.xy, seen.xy, atol=1.5)  # the codec moves edges a little
    assert len(recording.inferred) > 10


def test_a_second_recording_waits_for_the_first(tmp_path: Path):
    with running(Played([walking(60)], gap_s=0.01, hold=True)) as live:
        live.record(tmp_path / "one.mp4")
        with pytest.raises(OutputError, match="already running"):
            live.record(tmp_path / "two.mp4")
        live.stop_recording()
        until(lambda: not live.status().recording.is_running)  # type: ignore[union-attr]
        live.record(tmp_path / "two.mp4")
