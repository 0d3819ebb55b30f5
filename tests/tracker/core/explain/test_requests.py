import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from figures import BLOB, DOTS, HEAT, LookingEstimator, draw_dots
from poseglass.core.explain.requests import NEAR, ExplanationAnswer, ExplanationRequest, FrameExplainer
from poseglass.core.fences import FencedEstimator
from poseglass.errors import PluginError
from poseglass.types import Poses
from poseglass_models.skeleton import PERSON_19
from waiting import until

POSES = Poses(np.array([[[120.0, 70.0], [80.0, 70.0]]]), np.full((1, 2), 0.9), np.broadcast_to(np.eye(2), (1, 2, 2, 2)))
NOBODY = Poses.missing(2)


def request(frame: int, poses: Poses | None = POSES, center: tuple[float, float] = (100, 70)) -> ExplanationRequest:
    image = draw_dots(150, 200, center)
    picture = np.concatenate([image[..., ::-1], np.full((150, 200, 1), 255, np.uint8)], axis=-1)
    return ExplanationRequest(Path("walk.mp4"), frame, frame / 25, picture, poses, (BLOB, HEAT))


class Running:
    """A lookout in a thread, and what it said."""

    def __init__(self, estimator: LookingEstimator) -> None:
        self.estimator = estimator
        self.introduced: list[object] = []
        self.answers: list[ExplanationAnswer] = []
        self.error: Exception | None = None
        self.lookout = FrameExplainer(
            lambda: FencedEstimator("dots", estimator),
            lambda names, skeleton: self.introduced.append((names, skeleton)),
            self.answers.append,
        )
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            self.lookout.run()
        except PluginError as error:
            self.error = error

    def __enter__(self) -> "Running":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.lookout.close()
        self.thread.join(20)
        assert not self.thread.is_alive()

    def answer(self, wanted: ExplanationRequest) -> ExplanationAnswer:
        self.lookout.ask(wanted)
        until(lambda: any(answer.request is wanted for answer in self.answers))
        return self.answers[-1]


def test_the_network_is_introduced_once_and_closed_at_the_end():
    estimator = LookingEstimator()
    with Running(estimator) as running:
        running.answer(request(3))
        running.answer(request(4))

    assert running.introduced == [((BLOB, HEAT), DOTS)]
    assert estimator.closed


def test_a_known_pose_is_looked_at_once_and_in_true_colours():
    estimator = LookingEstimator()
    with Running(estimator) as running:
        answer = running.answer(request(3))
    assert answer.looked is not None

    assert not answer.was_searched
    assert len(estimator.asked) == 1
    assert (answer.looked.image == draw_dots(150, 200, (100, 70))).all()
    assert answer.looked.heading == "frame 3, 0.120 s"
    np.testing.assert_allclose(answer.looked.explanation.poses.xy[0], POSES.xy[0])


def test_a_frame_where_nobody_is_known_to_be_is_not_looked_at():
    estimator = LookingEstimator()
    with Running(estimator) as running:
        answer = running.answer(request(3, NOBODY))

    assert answer.looked is None
    assert estimator.asked == []


def test_where_nobody_has_looked_the_person_is_searched_and_then_followed():
    estimator = LookingEstimator()
    with Running(estimator) as running:
        answer = running.answer(request(3, None))
        searched = len(estimator.asked)
        running.answer(request(4, None, (102, 70)))
        followed = len(estimator.asked) - searched
        running.answer(request(4 + NEAR + 1, None, (160, 70)))
        far = len(estimator.asked) - searched - followed

    assert answer.was_searched
    assert answer.looked is not None
    assert followed == 1  # the pose and its maps are of one look
    assert searched == far > followed


def test_after_nobody_was_found_the_next_frame_is_searched_again():
    estimator = LookingEstimator()
    with Running(estimator) as running:
        empty = running.answer(request(3, None, (-500, -500)))
        there = running.answer(request(4, None))

    assert empty.looked is None
    assert there.looked is not None


def test_a_pose_of_other_keypoints_is_looked_at_where_it_is():
    xy = np.linspace([0.0, 0], [1, 1], 19)[None] * [60, 20] + [70, 60]
    poses = Poses(xy, np.full((1, 19), 0.9), np.tile(np.eye(2), (1, 19, 1, 1)))
    with Running(LookingEstimator()) as running:
        running.answer(replace(request(3, poses), skeleton=PERSON_19))

    np.testing.assert_allclose(running.estimator.asked[-1], [[70, 60, 130, 80]])


class Held(LookingEstimator):
    """Waits in its first answer until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.let_go = threading.Event(), threading.Event()

    def estimate(self, image, boxes):
        self.began.set()
        assert self.let_go.wait(20)
        return super().estimate(image, boxes)


def test_of_many_requests_only_the_newest_is_looked_at():
    estimator = Held()
    with Running(estimator) as running:
        running.lookout.ask(request(0))
        assert estimator.began.wait(20)
        for frame in range(1, 50):
            running.lookout.ask(request(frame))
        estimator.let_go.set()
        until(lambda: len(running.answers) == 2)

    assert [answer.request.frame for answer in running.answers] == [0, 49]


def test_a_search_is_given_up_for_a_newer_request():
    estimator = Held()
    with Running(estimator) as running:
        running.lookout.ask(request(0, None))
        assert estimator.began.wait(20)
        running.lookout.ask(request(1))
        estimator.let_go.set()
        until(lambda: running.answers)

    assert [answer.request.frame for answer in running.answers] == [1]
    assert len(estimator.asked) == 2  # the one that was held, and the one that was wanted


def test_what_the_network_cannot_do_ends_it_with_a_sentence(monkeypatch: pytest.MonkeyPatch):
    estimator = LookingEstimator()
    monkeypatch.setattr(LookingEstimator, "explain", lambda *_: 1 / 0)
    with Running(estimator) as running:
        running.lookout.ask(request(0))
        running.thread.join(20)

    assert "failed" in str(running.error)
    assert estimator.closed
