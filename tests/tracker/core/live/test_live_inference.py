import numpy as np

from figures import DotEstimator, EverywhereDetector, draw_dots
from poseglass.api import Floats
from poseglass.core.live.capture import TICK, LiveFrame
from poseglass.core.live.live_inference import GAP_S, Inference, Inferred
from poseglass.core.run import Method
from poseglass.types import Frame
from waiting import no_thread_left, until


class Remembering:
    """A smoother that answers with the number of poses it was given before."""

    def __init__(self) -> None:
        self.times_s: list[float] = []

    @property
    def facts(self) -> dict[str, str]:
        return {}

    def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
        self.times_s.append(time_s)
        return np.full_like(xy, len(self.times_s) - 1)

    def smooth(self, track: object) -> None:
        raise AssertionError("live smoothing knows no future")


def test_a_gap_makes_the_smoother_forget_and_so_does_a_reconnection():
    smoothers: list[Remembering] = []
    done: list[Inferred] = []

    def make() -> Remembering:
        smoothers.append(Remembering())
        return smoothers[-1]

    moments = [(0.0, 0), (0.1, 0), (0.1 + GAP_S, 0), (0.7 + GAP_S, 0), (0.8 + GAP_S, 0), (0.9 + GAP_S, 1)]
    with no_thread_left():
        inference = Inference(lambda: Method(DotEstimator()), make, done.append)  # type: ignore[arg-type, return-value]
        inference.start()
        for index, (time_s, connection) in enumerate(moments):
            frame = Frame(index, round(time_s / TICK), time_s, draw_dots(120, 200, (60 + index, 60)))
            inference.put(LiveFrame(frame, 50 + time_s, connection))
            until(lambda count=index + 1: inference.count == count)  # type: ignore[misc]
        inference.stop()
        assert inference.join(3)

    assert [smoother.times_s for smoother in smoothers] == [
        [0.0, 0.1, 0.1 + GAP_S],
        [0.7 + GAP_S, 0.8 + GAP_S],
        [0.9 + GAP_S],
    ]
    np.testing.assert_array_equal([one.seen.live_xy[0, 0, 0] for one in done], [0, 1, 2, 0, 1, 0])
    assert inference.dropped == 0


class NamedDetector(EverywhereDetector):
    @property
    def facts(self) -> dict[str, str]:
        return {"detector": "everywhere", "model": "none"}


def test_what_is_said_of_the_poses_names_the_detector_too():
    method = Method(DotEstimator(), detector=NamedDetector())
    with no_thread_left():
        inference = Inference(lambda: method, lambda: None, lambda _: None)
        inference.start()
        until(lambda: inference.skeleton is not None)
        inference.stop()
        assert inference.join(3)

    said = {"detector": "everywhere", "detector_model": "none"}
    assert inference.facts == method.estimator.facts | said
