import numpy as np
import pytest

from poseglass.core.live.latency import KEPT, WINDOW_S, Latency


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def run(latency: Latency, clock: Clock, count: int, gap_s: float, slow_every: int = 10) -> None:
    """Pose after 20 ms, paint 10 ms later; every tenth picture 200 ms later."""
    for i in range(count):
        captured_s = clock.now_s
        latency.captured(captured_s)
        latency.inferred(captured_s, captured_s + 0.02)
        clock.now_s = captured_s + 0.03 + (0.2 if i % slow_every == 0 else 0)
        latency.painted(captured_s, captured_s + 0.02)
        clock.now_s = captured_s + gap_s


def test_stages_add_up_and_the_slow_end_shows():
    clock = Clock()
    latency = Latency(clock)
    run(latency, clock, 300, 0.04)
    report = latency.report()

    assert report.to_inferred is not None
    assert report.to_painted is not None
    assert report.whole is not None
    assert report.to_inferred.median_s == pytest.approx(0.02)
    assert report.to_painted.median_s == pytest.approx(0.01)
    assert report.whole.median_s == pytest.approx(0.03)
    assert report.whole.p95_s == pytest.approx(0.23)
    assert report.captured_hz == pytest.approx(25, abs=0.3)
    assert report.painted_hz == pytest.approx(25, abs=0.3)


def test_the_first_second_already_tells_the_rate():
    clock = Clock()
    latency = Latency(clock)
    run(latency, clock, 10, 0.05)

    assert latency.report().captured_hz == pytest.approx(20, rel=0.15)


def test_what_is_older_than_the_window_is_forgotten():
    clock = Clock()
    latency = Latency(clock)
    run(latency, clock, 100, 0.04)
    clock.now_s += WINDOW_S + 1
    report = latency.report()

    assert report.captured_hz == 0
    assert report.whole is None


def test_a_source_faster_than_the_memory_still_has_its_rate():
    clock = Clock()
    latency = Latency(clock)
    for _ in range(4 * KEPT):
        latency.captured(clock.now_s)
        clock.now_s += 0.001

    assert latency.report().captured_hz == pytest.approx(1000, rel=0.01)


def test_a_picture_without_a_pose_counts_for_the_screen_only():
    clock = Clock()
    latency = Latency(clock)
    latency.captured(clock.now_s)
    latency.painted(clock.now_s - 0.005, None)
    report = latency.report()

    assert report.to_inferred is None
    assert report.whole is not None
    np.testing.assert_allclose([report.whole.median_s, report.to_painted.median_s], 0.005)  # type: ignore[union-attr]
