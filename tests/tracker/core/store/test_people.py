"""Names, splits, deletions, and results of some people alone."""

import tracemalloc

import numpy as np
import pytest

from poseglass.core.store.document import Change, Document
from poseglass.core.store.recordings import record
from poseglass.core.store.results import Results
from poseglass.errors import SessionError
from poseglass.types import Event, Poses, What
from poseglass_models.skeleton import PERSON_19
from sessions import WALKER, analysed, footage


def at(x: float, people: int = 1) -> Poses:
    """People somewhere."""
    xy = np.full((people, 5, 2), x) + np.arange(5)[:, None] * 10
    return Poses(xy, np.ones((people, 5)), np.tile(np.eye(2), (people, 5, 1, 1)))


def test_results_of_some_people_alone_leave_the_others_where_they_were():
    document = analysed(10, people=3)
    third = document.tracks.raw("3").xy
    document.put(4, at(50.0), ["2"], only=("1", "2"))

    assert not document.tracks.is_there("1", range(4, 5)).any()
    assert (document.tracks.raw("2").xy[4, 0] == 50).all()
    np.testing.assert_array_equal(document.tracks.raw("3").xy, third)


def test_events_come_again_with_their_frame():
    document = Document(footage(10), WALKER)
    cut, born, new = Event(5, What.CUT), Event(2, What.BIRTH, "1"), Event(5, What.BIRTH, "1")
    document.put(5, at(9.0), ["1"], events=[cut, new])
    document.put(2, at(9.0), ["1"], events=[born])
    assert document.tracks.events == (born, cut, new)

    document.put(5, at(9.0), ["1"])
    assert document.tracks.events == (born,)


def test_events_of_others_stay_where_some_people_alone_are_followed():
    document = Document(footage(10), WALKER)
    cut, lost, new = Event(5, What.CUT), Event(5, What.LOST, "2"), Event(5, What.BIRTH, "1")
    document.put(5, at(9.0), ["1"], events=[cut, lost, new])
    jump = Event(5, What.BREAK, "1")
    document.put(5, at(9.0), ["1"], events=[jump, cut], only=["1"])

    assert document.tracks.events == (cut, lost, jump)


def test_a_person_is_called_something_and_it_can_be_taken_back():
    document = analysed(10, people=2)
    told: list[Change] = []
    document.watch(told.append)
    document.rename("2", " Anna ")
    document.rename("2", "Berta")
    assert (document.tracks.label("1"), document.tracks.label("2")) == ("1", "Berta")
    assert (document.undo_text, told[-1].people) == ("Call person 2 Berta", ("2",))

    document.undo()
    assert document.tracks.label("2") == "Anna"
    document.undo()
    assert document.tracks.label("2") == "2"
    document.redo()
    document.redo()
    assert document.tracks.label("2") == "Berta"
    document.rename("2", "2")
    assert document.tracks.labels == {}


@pytest.mark.parametrize(("label", "said"), [("  ", "at least one letter"), ("2", "called 2"), ("Anna", "called Anna")])
def test_names_are_unique_and_not_empty(label: str, said: str):
    document = analysed(10, people=3)
    document.rename("3", "Anna")
    with pytest.raises(SessionError, match=said):
        document.rename("1", label)

    assert document.tracks.label("1") == "1"
    assert document.undo_text == "Call person 3 Anna"


def test_exporters_get_what_people_are_called():
    document = analysed(10, people=2)
    document.rename("2", "Anna")

    assert [name for name, _, _ in record(document.tracks, None).tracks] == ["1", "Anna"]


def test_from_a_split_on_it_is_somebody_new_corrections_too():
    document = analysed(10, people=2)
    document.move("1", 7, 0, (1.0, 2.0))
    before = document.tracks.corrected("1").xy
    name = document.split("1", 6)
    assert name == "3"
    old, new = document.tracks.corrected("1").xy, document.tracks.corrected("3").xy

    np.testing.assert_array_equal(old[:6], before[:6])
    np.testing.assert_array_equal(new[6:], before[6:])
    assert np.isnan(old[6:]).all()
    assert np.isnan(new[:6]).all()
    assert document.tracks.shown_people == {"1": 6, "2": 10, "3": 4}
    document.undo()
    np.testing.assert_array_equal(document.tracks.corrected("1").xy, before)
    assert document.tracks.shown_people == {"1": 10, "2": 10}
    document.redo()
    np.testing.assert_array_equal(document.tracks.corrected("3").xy, new)


def test_a_new_name_is_nobodys_and_nobody_is_called_so():
    document = analysed(10, people=2)
    document.rename("2", "3")

    assert document.split("1", 5) == "4"


def test_who_is_no_longer_there_cannot_be_split():
    document = analysed(10, people=2)
    document.remove("1", range(5, 10))
    with pytest.raises(SessionError, match="in no frame from 6 on"):
        document.split("1", 6)

    assert document.tracks.people == ("1", "2")


def test_a_deleted_person_is_nowhere_and_comes_back():
    document = analysed(10, people=2)
    document.move("2", 7, 0, (1.0, 2.0))
    document.delete("2")
    assert document.tracks.shown_people == {"1": 10}
    assert [name for name, _, _ in record(document.tracks, None).tracks] == ["1"]

    assert document.undo_text == "Delete person 2"
    document.undo()
    assert document.tracks.shown_people == {"1": 10, "2": 10}
    assert document.tracks.corrected("2").xy[7, 0].tolist() == [1, 2]


def test_merging_over_the_whole_video_leaves_frames_of_both_to_the_one_who_stays():
    document = analysed(10, people=2)
    document.remove("1", range(6, 10))
    document.remove("2", range(3))
    one, two = document.tracks.raw("1").xy, document.tracks.raw("2").xy
    document.merge("1", "2", document.tracks.frames)

    np.testing.assert_array_equal(document.tracks.raw("1").xy, np.concatenate([one[:6], two[6:]]))
    assert document.tracks.shown_people == {"1": 10}


def test_a_placed_keypoint_makes_somebody_and_missing_ones_nobody():
    document = analysed(4)
    document.move("2", 1, 0, (5.0, 5.0))
    for k in range(5):
        for person in "12":
            document.mark(person, 2, k, 4)

    assert document.tracks.shown_people == {"1": 3, "2": 1}


def test_a_change_tells_of_those_who_were_near():
    document = Document(footage(300), WALKER)
    for t in range(5):
        document.put(t, at(9.0), ["1"])
    told: list[Change] = []
    document.watch(told.append)
    document.put(20, at(9.0), ["2"])
    document.put(200, at(9.0), ["3"])

    assert [change.people for change in told] == [("1", "2"), ("3",)]


def test_a_crowd_over_a_long_video_takes_little_room_and_few_looks(monkeypatch: pytest.MonkeyPatch):
    """Ten people at a time, two hundred in all, over forty minutes; one alone would be 75 MB in every frame."""
    document = Document(footage(72_000), PERSON_19)
    xy = np.random.default_rng(0).uniform(0, 300, (10, 19, 2))
    poses = Poses(xy, np.ones((10, 19)), np.tile(np.eye(2), (10, 19, 1, 1)))
    tracemalloc.start()
    for start in range(0, 72_000, 3600):
        for t in range(start, start + 3):
            document.put(t, poses, [str(start // 360 + n + 1) for n in range(10)])
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    asked: list[Results] = []
    forget = Results.forget
    monkeypatch.setattr(Results, "forget", lambda self, frames: (asked.append(self), forget(self, frames))[1])
    document.put(3600, poses.part([0]), ["11"])

    assert len(document.tracks.shown_people) == 200
    assert taken < 200 * 2**20
    assert len(asked) == 9
