import threading

import numpy as np
import pytest

from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Change, Document
from poseglass.errors import SessionError
from poseglass.types import Poses, Skeleton
from sessions import WALKER, analysed, footage


def picture(document: Document) -> list[np.ndarray]:
    """All that a user sees of a document."""
    seen = []
    for person in document.tracks.people:
        track = document.tracks.corrected(person)
        fixed = np.zeros(track.score.shape, bool) if track.fixed is None else track.fixed
        seen += [track.xy, track.score, fixed, document.tracks.marks(person)]
    return seen


def assert_same(a: list[np.ndarray], b: list[np.ndarray]) -> None:
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


EDITS = {
    "Move right hand": lambda d: d.move("1", 7, 1, (1.0, 2.0)),
    "Mark head hidden": lambda d: d.mark("1", 7, 2, Mark.OCCLUDED),
    "Mark head missing": lambda d: d.mark("1", 8, 2, Mark.MISSING),
    "Accept head as it is": lambda d: d.mark("1", 8, 2, Mark.PLACED),
    "Swap left and right in frame 5": lambda d: d.swap_sides("1", range(5, 6)),
    "Swap left and right in frames 3-15": lambda d: d.swap_sides("1", range(3, 16)),
    "Swap people 1 and 2 in frames 2-11": lambda d: d.swap_people("1", "2", range(2, 12)),
    "Merge person 2 into 1 in frames 6-9": lambda d: d.merge("1", "2", range(6, 10)),
    "Remove person 2 in frames 0-3": lambda d: d.remove("2", range(4)),
    "Clear corrections in frames 0-19": lambda d: d.clear("1", range(20)),
}


@pytest.mark.parametrize("text", EDITS)
def test_undo_takes_back_and_redo_does_again(text: str):
    document = analysed(20, people=2)
    document.move("1", 7, 1, (50.0, 60.0))
    document.mark("1", 6, 0, Mark.OCCLUDED)
    document.swap_sides("2", range(5, 9))
    before = picture(document)
    EDITS[text](document)
    after = picture(document)

    assert document.undo_text == text
    assert any((a != b).any() for a, b in zip(before, after, strict=True) if a.dtype != float) or any(
        not np.array_equal(a, b, equal_nan=True) for a, b in zip(before, after, strict=True)
    )
    document.undo()
    assert_same(picture(document), before)
    assert document.redo_text == text
    document.redo()
    assert_same(picture(document), after)


def edit_at_random(document: Document, rng: np.random.Generator) -> None:
    t, k, name = int(rng.integers(20)), int(rng.integers(5)), str(rng.integers(1, 3))
    start = int(rng.integers(18))
    frames = range(start, int(rng.integers(start + 1, 20)))
    edits = [
        lambda: document.move(name, t, k, (float(rng.uniform(0, 600)), 3.0)),
        lambda: document.mark(name, t, k, Mark.MISSING),
        lambda: document.mark(name, t, k, Mark.OCCLUDED),
        lambda: document.swap_sides(name, frames),
        lambda: document.swap_people("1", "2", frames),
        lambda: document.merge("1", "2", frames),
        lambda: document.clear(name, frames),
    ]
    edits[int(rng.integers(len(edits)))]()


def test_any_number_of_random_edits_is_taken_back_and_done_again():
    document = analysed(20, people=2)
    pictures = [picture(document)]
    rng = np.random.default_rng(3)
    for _ in range(60):
        edit_at_random(document, rng)
        pictures.append(picture(document))
    for expected in pictures[-2::-1]:
        document.undo()
        assert_same(picture(document), expected)
    assert document.undo() is None
    assert document.undo_text is None
    for expected in pictures[1:]:
        document.redo()
        assert_same(picture(document), expected)
    assert document.redo() is None


def test_swapping_twice_is_nothing():
    document = analysed(20, people=2)
    document.move("1", 7, 1, (1.0, 2.0))
    before = picture(document)
    for _ in range(2):
        document.swap_sides("1", range(3, 12))
    assert_same(picture(document), before)
    for _ in range(2):
        document.swap_people("1", "2", range(5, 20))

    assert_same(picture(document), before)


def test_left_and_right_swap_with_what_was_corrected_before():
    document = analysed(10)
    raw = document.tracks.raw("1").xy[4].copy()
    document.move("1", 4, 0, (1.0, 2.0))
    document.swap_sides("1", range(3, 6))
    track = document.tracks.corrected("1")

    assert track.xy[4, 1].tolist() == [1, 2]
    np.testing.assert_array_equal(track.xy[4, [0, 2, 3, 4]], raw[[1, 2, 4, 3]])
    document.move("1", 4, 0, (7.0, 8.0))
    assert document.tracks.corrected("1").xy[4, 0].tolist() == [7, 8]


def test_swapped_people_take_their_corrections_along():
    document = analysed(10, people=2)
    a, b = document.tracks.raw("1").xy, document.tracks.raw("2").xy
    document.move("1", 4, 0, (1.0, 2.0))
    document.swap_people("1", "2", range(3, 6))

    np.testing.assert_array_equal(document.tracks.raw("1").xy[3:6], b[3:6])
    np.testing.assert_array_equal(document.tracks.raw("1").xy[6:], a[6:])
    assert document.tracks.corrected("2").xy[4, 0].tolist() == [1, 2]


def test_a_merged_person_fills_the_gaps_and_is_gone():
    document = analysed(12, people=2)
    b = document.tracks.raw("2").xy
    document.remove("1", range(4, 8))
    document.move("2", 6, 0, (1.0, 2.0))
    a = document.tracks.corrected("1").xy
    document.merge("1", "2", range(2, 10))
    merged, other = document.tracks.corrected("1").xy, document.tracks.corrected("2").xy

    np.testing.assert_array_equal(merged[[2, 3, 8, 9]], a[[2, 3, 8, 9]])
    np.testing.assert_array_equal(merged[[4, 5, 7]], b[[4, 5, 7]])
    assert merged[6, 0].tolist() == [1, 2]
    assert np.isnan(other[2:10]).all()
    np.testing.assert_array_equal(other[10:], b[10:])


def test_clearing_brings_back_what_was_measured():
    document = analysed(10, people=2)
    before = picture(document)
    document.move("1", 4, 0, (1.0, 2.0))
    document.remove("1", range(2, 6))
    document.swap_sides("1", range(5, 9))
    document.clear("1", range(10))

    assert_same(picture(document), before)


def test_a_drag_is_one_step():
    document = analysed(10)
    before = picture(document)
    for x in range(30):
        document.move("1", 4, 0, (float(x), 0.0), ongoing=x < 29)
    document.move("1", 4, 0, (99.0, 0.0))
    document.undo()
    assert document.tracks.corrected("1").xy[4, 0].tolist() == [29, 0]
    document.undo()

    assert_same(picture(document), before)


def test_a_drag_of_something_else_is_another_step():
    document = analysed(10)
    document.move("1", 4, 0, (1.0, 0.0), ongoing=True)
    document.move("1", 5, 0, (2.0, 0.0), ongoing=True)
    document.undo()

    assert document.tracks.corrected("1").xy[4, 0].tolist() == [1, 0]
    assert document.undo_text == "Move left hand"


def test_a_new_edit_forgets_what_was_taken_back():
    document = analysed(10)
    document.move("1", 4, 0, (1.0, 0.0))
    document.undo()
    document.mark("1", 4, 0, Mark.OCCLUDED)

    assert document.redo_text is None


def test_an_occluded_keypoint_can_be_moved_and_stays_occluded():
    document = analysed(10)
    document.mark("1", 4, 0, Mark.OCCLUDED)
    document.move("1", 4, 0, (1.0, 2.0))
    assert document.tracks.marks("1")[4, 0] == Mark.OCCLUDED | Mark.PLACED

    document.mark("1", 4, 0, Mark.MISSING)
    document.mark("1", 4, 0, Mark.NONE)
    assert document.tracks.marks("1")[4, 0] == Mark.NONE


def test_marking_right_fixes_what_was_measured():
    document = analysed(10)
    raw = document.tracks.raw("1").xy[4, 0]
    document.mark("1", 4, 0, Mark.PLACED)

    np.testing.assert_array_equal(document.tracks.corrected("1").xy[4, 0], raw)
    assert document.tracks.corrected("1").fixed[4, 0]
    document.remove("1", range(4, 5))
    with pytest.raises(SessionError, match="nothing was measured of left hand"):
        document.mark("1", 4, 0, Mark.PLACED)


def test_what_changed_is_told_to_who_watches():
    document = analysed(20, people=2)
    told: list[Change] = []
    stop = document.watch(told.append)
    document.move("1", 7, 1, (1.0, 2.0))
    document.swap_people("1", "2", range(3, 5))
    document.undo()
    document.put(4, Poses.missing(5), ["1"])
    stop()
    document.undo()

    assert told == [
        Change(("1",), range(7, 8), (1,), by_user=True),
        Change(("1", "2"), range(3, 5), None, by_user=True),
        Change(("1", "2"), range(3, 5), None, by_user=True),
        Change(("1", "2"), range(4, 5), None, by_user=False),
    ]


def test_results_of_a_worker_wait_until_the_owner_takes_them():
    document = Document(footage(300), WALKER)
    worker = threading.Thread(target=lambda: [document.arrivals.put(t, Poses.missing(5), ["1"]) for t in range(300)])
    worker.start()
    worker.join()
    assert not document.tracks.analysed.any()

    assert document.take_arrivals() == Change(("1",), range(300), None, by_user=False)
    assert document.tracks.analysed.all()
    assert document.take_arrivals() is None


def test_results_are_of_the_estimator_that_sent_them_whoever_sends_between():
    document = Document(footage(30), WALKER)
    for frame, name in ((4, "slow"), (5, "quick"), (6, "slow")):
        document.arrivals.put(frame, Poses.missing(5), ["1"], facts={"estimator": name})
    document.take_arrivals()
    document.put(7, Poses.missing(5), ["1"], facts={"estimator": "quick"})

    assert document.tracks.coverage.of_frame[3:9].tolist() == [-1, 0, 1, 0, 1, -1]


def test_a_read_only_document_refuses_every_edit_and_stays():
    document = analysed(20, people=2)
    document.move("1", 3, 0, (1.0, 1.0))
    document.is_read_only = True
    before = picture(document)
    for edit in [*EDITS.values(), Document.undo, Document.redo]:
        with pytest.raises(SessionError, match="another window"):
            edit(document)

    assert_same(picture(document), before)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda d: d.move("1", 20, 0, (0.0, 0.0)),
        lambda d: d.move("1", -1, 0, (0.0, 0.0)),
        lambda d: d.swap_sides("3", range(5)),
        lambda d: d.swap_sides("1", range(5, 5)),
        lambda d: d.swap_people("1", "1", range(5)),
        lambda d: d.merge("2", "2", range(5)),
        lambda d: d.remove("1", range(5, 21)),
    ],
)
def test_a_mistake_changes_nothing(mistake):
    document = analysed(20, people=2)
    before = picture(document)
    with pytest.raises(SessionError):
        mistake(document)

    assert_same(picture(document), before)
    assert document.undo_text is None


def test_a_skeleton_without_any_known_keypoint_is_refused():
    other = Skeleton(("nose", "tail"))
    document = Document(footage(20))
    document.take_skeleton(WALKER)
    document.put(0, Poses.missing(5), ["1"])
    document.take_skeleton(WALKER)
    with pytest.raises(SessionError, match=r"5 keypoints, left_hand first.*2 others, nose first; start a new session"):
        document.take_skeleton(other)
