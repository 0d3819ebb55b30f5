import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

import clips
import stranger
from figures import BLOB, HEAT, THREE, CrowdEstimator, DotEstimator, LookingEstimator, ThreeBoxes, draw_dots, draw_three
from poseglass.api import Estimator, Floats
from poseglass.core.analysis import Wish, analyse
from poseglass.core.people.following import NOBODY, Eyes, Followed
from poseglass.core.run import TOGETHER, Finding, Method, Run, loaded
from poseglass.types import Frame, Image, MapName
from waiting import no_thread_left

NAMES = ("1", "2", "3")


def frame(index: int, image: Image | None = None) -> Frame:
    """The three, one pixel further right with every frame."""
    return Frame(index, index, index / 25, draw_three(200, 320, index) if image is None else image)


def dots_at(shift: float) -> Floats:
    """Where everybody's keypoints are, (3, 2, 2)."""
    return np.array([[(x + shift + 20, y), (x + shift - 20, y)] for x, y in THREE])


@dataclass
class Naming(ThreeBoxes):
    """Calls the three what it is told to, frame by frame; None is nobody."""

    answers: Iterator[Sequence[str | None]]

    def follow(self, frame: Frame, eyes: Eyes) -> Followed:
        boxes, names = super().follow(frame, eyes).boxes, next(self.answers)
        return Followed(boxes[[name is not None for name in names]], tuple(name for name in names if name))


def named(*answers: Sequence[str | None], estimator: Estimator | None = None, **options: object) -> Run:
    return Method(estimator or CrowdEstimator(), lambda: Naming(iter(answers))).run(**options)  # type: ignore[arg-type]


@dataclass
class Counting:
    """A smoother that answers with the number of poses it was given before; knows where it saw the first keypoint."""

    seen: list[Floats] = field(default_factory=list)
    facts = {}  # noqa: RUF012 - nobody changes it

    def step(self, time_s: float, xy: Floats, score: Floats, covariance: Floats) -> Floats:
        self.seen.append(xy[0])
        return np.full_like(xy, len(self.seen) - 1)

    def smooth(self, track: object) -> None:
        raise AssertionError("a run knows no future")


def test_three_boxes_are_three_people_in_every_frame():
    with no_thread_left():
        everybody = list(Method(CrowdEstimator(), ThreeBoxes).run().frames(map(frame, range(5))))

    assert [seen.frame.index for seen in everybody] == [0, 1, 2, 3, 4]
    for seen in everybody:
        assert seen.people == NAMES
        np.testing.assert_allclose(seen.poses.xy, dots_at(seen.frame.index))
        np.testing.assert_array_equal(seen.live_xy, seen.poses.xy)


def test_who_is_nobody_is_in_no_row():
    looking = LookingEstimator()
    whole = named(NAMES, estimator=looking).see(frame(0), (BLOB, HEAT))
    seen = named(("b", None, "a"), estimator=looking).see(frame(0), (BLOB, HEAT))

    assert seen.people == ("b", "a")
    assert len(seen.poses) == len(seen.live_xy) == 2
    for name in (BLOB, HEAT):
        left, there = seen.explanation.maps[name], whole.explanation.maps[name]
        np.testing.assert_array_equal(left.values, there.values[[0, 2]])
        np.testing.assert_array_equal(left.to_frame, there.to_frame[[0, 2]])


def test_the_rows_left_are_those_of_their_names():
    seen = named(("b", None, "a")).see(frame(0))

    np.testing.assert_allclose(seen.poses.xy, dots_at(0)[[0, 2]])
    np.testing.assert_array_equal(seen.live_xy, seen.poses.xy)


def test_where_all_are_nobody_there_are_no_people():
    seen = named((None, None, None)).see(frame(0))

    assert (seen.people, len(seen.poses), seen.live_xy.shape) == ((), 0, (0, 2, 2))


def test_every_track_has_a_smoother_of_its_own_that_follows_its_name():
    made: list[Counting] = []

    def make() -> Counting:
        made.append(Counting())
        return made[-1]

    run = named(NAMES, ("3", None, "1"), ("3", "4", "1"), make_smoother=make)
    live = [run.see(frame(0)).live_xy[:, 0, 0].tolist() for _ in range(3)]
    places = [[tuple(place) for place in smoother.seen] for smoother in made]
    first, second, third = (tuple(xy[0]) for xy in dots_at(0))

    assert live == [[0, 0, 0], [1, 1], [2, 0, 2]]
    assert places == [[first, third, third], [second], [third, first, first], [second]]


def test_motion_that_is_forgotten_begins_with_new_smoothers():
    run = Method(CrowdEstimator(), ThreeBoxes).run(Counting)
    for index in range(3):
        run.see(frame(index))
    before = run.see(frame(3))
    run.forget_motion()
    after = run.see(frame(4))

    assert before.live_xy[:, 0, 0].tolist() == [3, 3, 3]
    assert after.live_xy[:, 0, 0].tolist() == [0, 0, 0]
    assert after.people == NAMES


def test_a_box_is_looked_at_once_in_a_frame_however_often_it_is_asked_for():
    class Curious(ThreeBoxes):
        def follow(self, frame: Frame, eyes: Eyes) -> Followed:
            eyes.look(self.boxes()[:1])
            np.testing.assert_allclose(eyes.look(self.boxes()).xy, dots_at(frame.index))
            return Followed(self.boxes()[[2, 0]], ("c", "a"))

    estimator = CrowdEstimator()
    run = Method(estimator, Curious).run()
    for index in range(2):
        seen = run.see(frame(index))
        assert seen.people == ("c", "a")
        np.testing.assert_allclose(seen.poses.xy, dots_at(index)[[2, 0]])

    assert [len(boxes) for boxes in estimator.asked] == [1, 2, 1, 2]


def test_a_crowd_goes_through_the_network_in_parts():
    class Crowd(ThreeBoxes):
        def follow(self, frame: Frame, eyes: Eyes) -> Followed:
            boxes = self.boxes()[np.arange(40) % 3] + np.arange(40)[:, None] / 100
            eyes.look(boxes)
            return Followed(boxes[:1], ("1",))

    estimator = CrowdEstimator()
    Method(estimator, Crowd).run().see(frame(0))

    assert [len(boxes) for boxes in estimator.asked] == [TOGETHER, TOGETHER, 40 - 2 * TOGETHER]


@pytest.mark.parametrize("want", [(), (HEAT,), (BLOB, HEAT)])
def test_maps_are_of_the_very_look_that_the_poses_are_from(want: tuple[MapName, ...]):
    looking = LookingEstimator()
    everybody = list(Method(looking, ThreeBoxes).run().frames(map(frame, range(4)), want))

    assert len(looking.asked) == len(everybody) == 4
    assert looking.wanted == ([want] * 4 if want else [])
    assert all(tuple(seen.explanation.maps) == want for seen in everybody)
    assert all(len(maps.values) == 3 for seen in everybody for maps in seen.explanation.maps.values())


def test_where_nobody_is_to_be_looked_for_the_network_rests():
    class Nowhere(ThreeBoxes):
        def follow(self, frame: Frame, eyes: Eyes) -> Followed:
            return NOBODY

    looking = LookingEstimator()
    run = Method(looking, Nowhere).run(Counting)
    everybody = [run.see(frame(0)), run.see(frame(1), (HEAT,))]

    assert looking.asked == []
    for seen in everybody:
        assert (seen.people, seen.poses.xy.shape, seen.live_xy.shape) == ((), (0, 2, 2), (0, 2, 2))


def test_every_run_of_a_method_starts_from_nothing():
    estimator = DotEstimator()
    method = Method(estimator)
    image = draw_dots(200, 320, (100, 90))
    first, second = method.run(), method.run()
    looks = []
    for run in (first, first, second):
        before = len(estimator.asked)
        run.see(frame(0, image))
        looks.append(len(estimator.asked) - before)

    assert looks[0] == looks[2] > looks[1] == 1


def test_closing_the_loop_ends_its_thread():
    with no_thread_left():
        everybody = Method(CrowdEstimator(), ThreeBoxes).run().frames(map(frame, range(1000)))
        next(everybody)
        everybody.close()


def test_a_method_that_is_given_stays_with_its_owner(tmp_path: Path):
    estimator = CrowdEstimator()
    method = Method(estimator, ThreeBoxes)
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(5))
    nothing = lambda *_: None  # noqa: E731
    for _ in range(2):
        analyse(Wish(clip.path, range(5), "no such estimator"), nothing, nothing, nothing, lambda: False, method)

    assert not estimator.closed
    method.close()
    assert estimator.closed


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that Python finds a stranger's plugin in."""
    (tmp_path / "site").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("stranger_")]:
        del sys.modules[name]


def test_an_estimator_that_a_job_loads_is_closed_at_its_end_and_after_a_failure(site: Path):
    module = stranger.MODULE.replace("        pass\n", "        closed.append(self)\n\n\nclosed = []\n")
    stranger.install(site, module=module)
    clip = clips.write(site / "clip.mp4", clips.constant(5))
    nothing = lambda *_: None  # noqa: E731
    done = analyse(Wish(clip.path, range(5), "middle", finding=Finding(None)), nothing, nothing, nothing, lambda: False)
    closed = sys.modules["stranger_middle"].closed

    assert done.facts["estimator"] == "middle"
    assert len(closed) == 1
    with pytest.raises(ValueError, match="oh"), loaded("middle", {"height": 2.0}, Finding(None)) as method:
        assert len(closed) == 1
        raise ValueError("oh")
    assert len(closed) == 2
    assert method.estimator.facts["by"] == "a stranger"
