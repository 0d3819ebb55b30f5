from collections.abc import Iterable

import numpy as np
import pytest

from poseglass.core.people.everybody import ALARM_S, CONFIRMED, DETECT_S, NEW_S, RETURN_S, Everybody
from poseglass.core.people.whom import MOST, Whom
from poseglass.core.run import Method, Seen
from poseglass.errors import NobodyError
from poseglass.types import Boxes, Image, Poses, What
from stage import FPS, Actor, Stage, walking

RED, BLUE, GREEN = (200, 40, 40), (40, 60, 220), (40, 200, 60)


def follow(stage: Stage, frames: Iterable[int], whom: Whom | None = None) -> list[Seen]:
    run = Method(stage, lambda: Everybody(stage, whom), stage).run()
    return [run.see(stage.frame(index)) for index in frames]


def places(everybody: list[Seen], name: str) -> np.ndarray:
    """Where the hips of a track are in each frame, (T,); NaN where it is not."""
    return np.array(
        [seen.poses.xy[seen.people.index(name), 2:4, 0].mean() if name in seen.people else np.nan for seen in everybody]
    )


def told(everybody: list[Seen], what: What) -> list[tuple[int, str]]:
    return [(event.frame, event.person) for seen in everybody for event in seen.events if event.what is what]


def test_two_who_walk_past_each_other_keep_their_names():
    left, right = Actor(walking(60, 120), RED), Actor(walking(420, -120), BLUE)
    everybody = follow(Stage([left, right]), range(75))

    assert everybody[0].people == ("1", "2")
    np.testing.assert_allclose(places(everybody, "1")[-10:], [60 + 120 * i / FPS for i in range(65, 75)], atol=1)
    np.testing.assert_allclose(places(everybody, "2")[-10:], [420 - 120 * i / FPS for i in range(65, 75)], atol=1)
    assert {name for seen in everybody for name in seen.people} == {"1", "2"}


def test_the_detector_looks_now_and_then_and_the_network_once_a_frame():
    stage = Stage([Actor(walking(100, 30)), Actor(walking(300, 30), BLUE)])
    follow(stage, range(int((NEW_S + 1) * FPS) + 1))

    assert len(stage.detected) == pytest.approx(NEW_S * FPS / np.ceil(ALARM_S * FPS) + 1 / DETECT_S, abs=1)
    assert stage.asked[2:] == [2] * (len(stage.asked) - 2)  # the first frame takes a second look


def test_somebody_new_is_followed_once_seen_often_enough():
    stage = Stage([Actor(walking(100, 0)), Actor(walking(300, 0, while_=lambda t: t >= 0.5), BLUE)])
    everybody = follow(stage, range(40))
    born = {name: frame for frame, name in told(everybody, What.BIRTH)}

    assert born["1"] == 0
    assert 15 + CONFIRMED - 1 <= born["2"] <= 15 + CONFIRMED + DETECT_S * FPS
    assert all("2" not in seen.people for seen in everybody[: born["2"]])


def test_whom_the_first_frame_hides_is_soon_found():
    hidden = Actor(walking(300, 0, while_=lambda t: t > 0), BLUE)
    everybody = follow(Stage([Actor(walking(100, 0)), hidden]), range(12))

    assert len(everybody[0].people) == 1
    assert len(everybody[int(np.ceil(ALARM_S * FPS)) + CONFIRMED].people) == 2


def test_what_only_the_detector_takes_for_somebody_is_nobody():
    stage = Stage([], ghosts=np.array([[50.0, 50, 100, 180]]))
    everybody = follow(stage, range(20))

    assert all(seen.people == () and seen.events == () for seen in everybody)


@pytest.mark.parametrize(("sureness", "is_followed"), [(0.45, True), (0.3, False)])
def test_where_the_detector_is_sure_the_pose_may_be_unsure_but_not_nothing(sureness: float, is_followed: bool):
    everybody = follow(Stage([Actor(walking(100, 10), sureness=sureness)]), range(12))

    assert all(seen.people == (("1",) if is_followed else ()) for seen in everybody)


@pytest.mark.parametrize(("sureness", "is_followed"), [(0.6, False), (0.9, True)])
def test_where_the_detector_is_unsure_the_pose_must_be_sure(sureness: float, is_followed: bool):
    everybody = follow(Stage([Actor(walking(100, 10), sureness=sureness)], certainty=0.5), range(12))

    assert all(seen.people == (("1",) if is_followed else ()) for seen in everybody)


def test_who_is_asked_for_is_followed_on_less_evidence():
    stage = Stage([Actor(walking(100, 10), sureness=0.45)], certainty=0.5)

    assert all(seen.people == () for seen in follow(stage, range(12)))
    assert all(seen.people == ("1",) for seen in follow(stage, range(12), Whom(most=1)))


def test_whom_the_detector_no_longer_sees_and_the_network_doubts_is_let_go():
    stage = Stage([Actor(walking(100, 0), sureness=0.45)])
    run = Method(stage, lambda: Everybody(stage), stage).run()
    first = run.see(stage.frame(0))
    stage.blind = True
    later = [run.see(stage.frame(index)) for index in range(1, 90)]

    assert first.people == ("1",)
    assert later[20].people == ("1",)
    assert later[-1].people == ()
    assert told(later, What.LOST)[0][1] == "1"


@pytest.mark.parametrize(("away_s", "name"), [(0.8 * RETURN_S, "1"), (1.5 * RETURN_S, "2")])
def test_somebody_who_comes_back_in_time_is_the_same(away_s: float, name: str):
    gone = lambda t: t < 0.5 or t >= 0.5 + away_s  # noqa: E731
    everybody = follow(Stage([Actor(walking(200, 0, while_=gone))]), range(int((away_s + 1) * FPS)))

    assert everybody[-1].people == (name,)
    assert bool(told(everybody, What.RETURN)) == (name == "1")
    assert told(everybody, What.LOST)[0] == (15, "1")


def test_somebody_else_at_that_place_is_somebody_else():
    first = Actor(walking(200, 0, while_=lambda t: t < 0.5), RED)
    second = Actor(walking(200, 0, while_=lambda t: t >= 1.0), GREEN)
    everybody = follow(Stage([first, second]), range(60))

    assert everybody[-1].people == ("2",)


def test_a_pose_that_jumps_to_somebody_else_ends_the_track():
    """The one who is followed vanishes, and the box then shows who stands beside them, whom no detector saw."""
    stage = Stage([Actor(walking(200, 0, while_=lambda t: t < 0.5), RED), Actor(walking(290, 0), BLUE, sureness=0.8)])
    stage.actors[0].large = 2.0  # so that the box reaches the other one
    everybody = follow(stage, range(45), Whom(most=1))
    x = places(everybody, "1")

    assert np.nanmax(np.abs(np.diff(x))) < 20
    assert everybody[-1].people != ("1",)


def test_somebody_in_other_colours_who_stands_in_the_way_does_not_take_the_track():
    behind = Actor(walking(200, 0, while_=lambda t: not 0.5 <= t < 1.0), RED)
    in_front = Actor(walking(185, 0, while_=lambda t: 0.5 <= t < 1.0), GREEN)
    everybody = follow(Stage([behind, in_front]), range(45))
    x = places(everybody, "1")

    assert np.isnan(x[16:29]).all()
    assert x[-1] == pytest.approx(200)
    assert everybody[29].people == ("2",)


def test_those_who_overlap_are_looked_at_where_the_detector_sees_them():
    stage = Stage([Actor(walking(200, 0)), Actor(walking(215, 0), BLUE)])
    follow(stage, range(12))

    assert len(stage.detected) == 12


def test_where_somebody_comes_into_a_box_its_owner_is_looked_at_where_the_detector_sees_them():
    """As of two who stood behind each other, one with arms stretched out, taken for one person."""
    stage = Stage([Actor(walking(190, 0), large=2.0), Actor(walking(225, 0, while_=lambda t: t > 0), BLUE)])
    boxes: list[Boxes] = []
    look = stage.estimate

    def noted(image: Image, given: Boxes) -> Poses:
        boxes.append(given)
        return look(image, given)

    stage.estimate = noted  # type: ignore[method-assign]
    run = Method(stage, lambda: Everybody(stage), stage).run()
    run.see(stage.frame(0))
    stage.actors[0].large = 1.5
    boxes.clear()
    second = stage.frame(3)
    run.see(second)

    assert boxes[0][0] == pytest.approx(stage.detect(second.image).boxes[0])


def test_a_cut_ends_all_tracks_and_is_told():
    first = Stage([Actor(walking(100, 0)), Actor(walking(300, 0), BLUE)])
    second = Stage([Actor(walking(100, 0)), Actor(walking(300, 0), BLUE)], ground=230)
    run = Method(first, lambda: Everybody(first), first).run()
    before = [run.see(first.frame(index)) for index in range(10)]
    second.frame(10)
    first.actors, first.ground = second.actors, 230
    after = [run.see(first.frame(index)) for index in range(10, 20)]

    assert told(after, What.CUT) == [(10, "")]
    assert before[-1].people == ("1", "2")
    assert all(seen.people == ("3", "4") for seen in after)


def test_ids_are_the_same_in_two_runs():
    actors = [Actor(walking(40 + 60 * n, 20 - 10 * n, y=100 + 5 * n), (30 * n, 250 - 30 * n, 90)) for n in range(6)]
    once, again = (follow(Stage(actors), range(60)) for _ in range(2))

    assert [seen.people for seen in once] == [seen.people for seen in again]
    assert len({name for seen in once for name in seen.people}) == 6


# Whom


def test_one_is_the_largest_and_stays_the_one():
    stage = Stage([Actor(walking(100, 0)), Actor(walking(300, 0), BLUE, large=1.3)])
    everybody = follow(stage, range(30), Whom(most=1))
    stage.actors[0].large = 2.0

    assert all(seen.people == ("1",) for seen in everybody)
    assert places(everybody, "1")[-1] == pytest.approx(300)
    assert stage.asked[-1] == 1  # nobody far away is looked at


def test_the_one_in_the_middle():
    stage = Stage([Actor(walking(250, 0)), Actor(walking(400, 0), BLUE, large=1.3)])

    assert places(follow(stage, range(5), Whom(1, "center")), "1")[-1] == pytest.approx(250)


def test_one_track_of_all():
    stage = Stage([Actor(walking(100, 0), large=1.3), Actor(walking(300, 0), BLUE)])
    everybody = follow(stage, range(5), Whom(track="2"))

    assert all(seen.people == ("2",) for seen in everybody)
    assert places(everybody, "2")[-1] == pytest.approx(300)


def test_a_box_says_who_is_meant_and_nobody_else_is_followed():
    stage = Stage([Actor(walking(100, 0), large=1.3), Actor(walking(300, 0, while_=lambda t: t < 0.5), BLUE)])
    everybody = follow(stage, range(120), Whom(box=(270, 60, 330, 180)))

    assert all(seen.people == ("1",) for seen in everybody[:15])
    assert all(seen.people == () for seen in everybody[15:])
    assert places(everybody, "1")[0] == pytest.approx(300)


def test_a_box_with_nobody_in_it_is_told_of():
    with pytest.raises(NobodyError, match=r"nobody is seen in the box 10,10,20,40 at 0\.000 s"):
        follow(Stage([Actor(walking(300, 0))]), range(1), Whom(box=(10, 10, 30, 50)))


def test_a_crowd_is_capped_and_that_is_told_once():
    actors = [
        Actor(walking(40 + 38 * (n % 12), 0, y=60 + 120 * (n // 12)), (20 * n, 90, 200), large=0.7) for n in range(13)
    ]
    everybody = follow(Stage(actors), range(30))

    assert all(len(seen.people) <= MOST for seen in everybody)
    assert len(everybody[-1].people) == MOST
    assert [frame for frame, _ in told(everybody, What.CAPPED)] == [0]


def test_in_a_much_larger_box_somebody_is_followed():
    stage = Stage([Actor(walking(200, 0), large=2.0)], blind=True, ghosts=np.array([[56.0, 0, 344, 240]]))
    everybody = follow(stage, range(5))

    assert all(seen.people == ("1",) for seen in everybody)
