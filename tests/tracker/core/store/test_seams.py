"""A range that is analysed again: who keeps whose name."""

import numpy as np
import pytest

from poseglass.core.store.document import Document
from poseglass.types import Event, Poses, What
from sessions import WALKER, footage

FRAMES = 60


def seen(*places: float) -> Poses:
    """People who stand in places, 100 px high."""
    shape = np.array([[-20.0, 40], [20, 40], [0, 0], [-10, 100], [10, 100]])
    xy = np.stack([shape + np.array([x, 100]) for x in places]) if places else np.zeros((0, 5, 2))
    return Poses(xy, np.ones(xy.shape[:2]), np.tile(np.eye(2), (len(xy), 5, 1, 1)))


def place(document: Document, person: str, frame: int) -> float | None:
    """Where somebody is shown."""
    x = float(document.tracks.corrected(person, range(frame, frame + 1)).xy[0, 2, 0])
    return x if np.isfinite(x) else None


def shown(document: Document, frame: int) -> dict[str, float]:
    everybody = {person: place(document, person, frame) for person in document.tracks.people}
    return {person: x for person, x in everybody.items() if x is not None}


def analyse(document: Document, frames: range, who: dict[str, float], **events: list[Event]) -> None:
    """Have a run come in that finds people in places, under names of its own; they walk a pixel a frame."""
    document.begin_results(frames)
    for t in frames:
        poses, told = seen(*(x + t for x in who.values())), events.get(f"at_{t}", [])
        document.arrivals.put(t, poses, tuple(who), events=told)
    document.finish(frames)


@pytest.fixture
def document() -> Document:
    """Somebody at 100 px, somebody at 300 px."""
    made = Document(footage(FRAMES), WALKER)
    analyse(made, range(FRAMES), {"1": 100.0, "2": 300.0})
    return made


def test_where_nothing_was_before_names_are_the_runs_own():
    document = Document(footage(FRAMES), WALKER)
    analyse(document, range(20), {"4": 100.0, "2": 300.0})

    assert shown(document, 5) == {"4": 105, "2": 305}


def test_who_is_found_again_keeps_their_name_whatever_the_run_calls_them(document: Document):
    analyse(document, range(20, 40), {"1": 302.0, "2": 103.0})

    assert shown(document, 19) == {"1": 119, "2": 319}
    assert shown(document, 20) == {"1": 123, "2": 322}
    assert shown(document, 39) == {"1": 142, "2": 341}
    assert document.tracks.people == ("1", "2")


def test_somebody_new_does_not_mix_with_somebody_old_of_the_same_name(document: Document):
    analyse(document, range(20, 40), {"1": 600.0, "2": 102.0})

    assert shown(document, 25) == {"1": 127, "3": 625}
    assert shown(document, 45) == {"1": 145, "2": 345}


def test_the_whole_video_again_keeps_names(document: Document):
    analyse(document, range(FRAMES), {"1": 303.0, "2": 500.0, "3": 101.0})

    assert shown(document, 30) == {"1": 131, "2": 333, "3": 530}


def test_what_is_missing_goes_on_from_what_is_there():
    document = Document(footage(FRAMES), WALKER)
    analyse(document, range(20), {"1": 100.0, "2": 300.0})
    analyse(document, range(20, FRAMES), {"1": 300.0, "2": 700.0, "3": 100.0})

    assert shown(document, 30) == {"1": 130, "2": 330, "3": 730}


def test_over_more_than_a_second_nobody_goes_on():
    document = Document(footage(200), WALKER)
    analyse(document, range(20), {"1": 100.0})
    analyse(document, range(60, 80), {"1": 100.0 - 40})

    assert shown(document, 70) == {"2": 130}


def test_who_is_found_before_goes_on_at_the_end_into_who_was_there():
    document = Document(footage(FRAMES), WALKER)
    analyse(document, range(20, FRAMES), {"1": 100.0, "2": 300.0})
    analyse(document, range(20), {"1": 300.0, "2": 600.0})

    assert shown(document, 5) == {"2": 305, "4": 605}
    assert document.tracks.shown_people["2"] == FRAMES


def test_a_name_that_is_used_in_the_range_is_not_taken_at_its_end():
    document = Document(footage(FRAMES), WALKER)
    analyse(document, range(20), {"1": 100.0})
    analyse(document, range(30, FRAMES), {"1": 100.0 + 200})
    document.merge("1", "2", range(30, FRAMES))
    analyse(document, range(20, 30), {"1": 100.0, "2": 300.0})

    assert shown(document, 29) == {"1": 129, "3": 329}
    assert shown(document, 30) == {"1": 330}


def test_a_stopped_analysis_meets_the_old_results_where_it_stopped(document: Document):
    document.begin_results(range(10, 50))
    for t in range(10, 20):
        poses = seen(100.0 + t, 600 - t) if t < 15 else seen(100.0 + t, 600 - t, 300.0 + t)
        document.arrivals.put(t, poses, ("1", "2", "3")[: len(poses)])
    document.end_results()

    assert shown(document, 17) == {"1": 117, "2": 317, "3": 583}
    assert shown(document, 12) == {"1": 112, "3": 588}


def test_two_of_a_run_are_never_one():
    """An old switch is not done again: the man, then the woman, both under "1"."""
    document = Document(footage(FRAMES), WALKER)
    for t in range(FRAMES):
        document.put(t, seen(100.0 if t < 30 else 300.0), ["1"])
    document.begin_results(range(FRAMES))
    for t in range(FRAMES):
        document.arrivals.put(t, seen(100.0) if t < 30 else seen(300.0), ("1",) if t < 30 else ("2",))
    document.finish(range(FRAMES))

    assert shown(document, 10) == {"1": 100}
    assert shown(document, 40) == {"2": 300}


def test_events_are_told_of_those_who_are_shown(document: Document):
    told = [Event(20, What.BIRTH, "1"), Event(20, What.BIRTH, "9"), Event(20, What.CUT)]
    analyse(document, range(20, 40), {"1": 300.0, "9": 600.0}, at_20=told, at_22=[Event(22, What.BREAK, "1")])

    assert document.tracks.events == (Event(20, What.BIRTH, "9"), Event(20, What.CUT), Event(22, What.BREAK, "2"))


def test_corrections_stay_where_they_were(document: Document):
    document.move("2", 25, 2, (400.0, 50.0))
    analyse(document, range(20, 40), {"1": 300.0, "2": 100.0})

    assert place(document, "2", 25) == 400
    document.clear("2", range(25, 26))
    assert place(document, "2", 25) == 325


def test_after_a_swap_new_results_show_as_whom_they_go_on_from():
    """The old run took one for the other from 30 on, and the user swapped them back; the new one does not."""
    document = Document(footage(FRAMES), WALKER)
    for t in range(FRAMES):
        document.put(t, seen(100.0 + t, 300.0 + t), ["1", "2"] if t < 30 else ["2", "1"])
    document.swap_people("1", "2", range(30, FRAMES))
    expected = [shown(document, t) for t in range(FRAMES)]
    assert expected[40] == {"1": 140, "2": 340}
    analyse(document, range(20, 50), {"1": 100.0, "2": 300.0})

    assert [shown(document, t) for t in range(FRAMES)] == expected


def test_after_a_split_new_results_are_split_too(document: Document):
    name = document.split("1", 30)
    analyse(document, range(20, 50), {"1": 300.0, "2": 100.0})

    assert shown(document, 25) == {"1": 125, "2": 325}
    assert shown(document, 40) == {name: 140, "2": 340}
    document.undo()
    assert shown(document, 40) == {"1": 140, "2": 340}


def test_after_a_merge_new_results_show_as_the_one_who_stayed():
    document = Document(footage(FRAMES), WALKER)
    analyse(document, range(30), {"1": 100.0})
    document.begin_results(range(30, FRAMES))
    for t in range(30, FRAMES):
        document.arrivals.put(t, seen(400.0 + t), ("1",))
    document.finish(range(30, FRAMES))
    document.merge("1", "2", document.tracks.frames)
    analyse(document, range(40, 50), {"1": 403.0})

    assert shown(document, 45) == {"1": 448}
    assert document.tracks.shown_people == {"1": FRAMES}


def test_results_put_under_a_name_are_that_names_own_and_show_as_the_user_chose(document: Document):
    """Without seams: what the user merged away stays away, and whoever took it shows what comes."""
    document.remove("1", range(20, 40))
    document.merge("1", "2", range(20, 40))
    document.put(25, seen(7.0, 9.0), ["1", "2"])
    assert shown(document, 25) == {"1": 9}

    document.undo()
    document.undo()
    assert shown(document, 25) == {"1": 7, "2": 9}


def test_who_was_deleted_is_found_anew_as_somebody_new(document: Document):
    document.delete("2")
    analyse(document, range(20, 40), {"1": 100.0, "2": 300.0})

    assert shown(document, 30) == {"1": 130, "3": 330}


def test_hand_placed_keypoints_before_any_analysis_are_the_first_persons():
    document = Document(footage(FRAMES), WALKER)
    document.move("1", 5, 2, (50.0, 50.0))
    analyse(document, range(20), {"1": 100.0})

    assert shown(document, 5) == {"1": 50}
    assert shown(document, 6) == {"1": 106}


def test_who_is_followed_alone_is_called_by_name(document: Document):
    document.begin_results(range(20, 40))
    for t in range(20, 40):
        document.arrivals.put(t, seen(150.0), ("2",), only=("2",))
    document.finish(range(20, 40))

    assert shown(document, 30) == {"1": 130, "2": 150}
