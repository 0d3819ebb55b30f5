from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from poseglass.core.export import draft
from poseglass.core.files.records import read_records
from poseglass.core.session.journal import Journal, replay
from poseglass.core.session.session_file import Saved, read_session, write_session
from poseglass.core.store.columns import measured
from poseglass.core.store.correction_list import Correction, Said, corrections, touched
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.errors import SessionError
from poseglass.types import Poses, Skeleton
from sessions import WALKER, analysed
from sessions import measured as seen_of

AGAIN = np.array([20, 21, 22, 24])
"""Frames that were looked at again; 23 is broken."""


def seen_again(skeleton: Skeleton = WALKER, at: float = 1000.0) -> Poses:
    rng = np.random.default_rng(3)
    return seen_of(at + rng.uniform(0, 300, (len(AGAIN), len(skeleton), 2)))


def looked_again(people: int = 1) -> Document:
    document = analysed(40, people)
    document.move("1", 20, 2, (5.0, 6.0))
    document.swap_sides("1", range(15, 22))
    document.look_again("1", AGAIN, seen_again(), WALKER)
    return document


def test_what_was_seen_again_is_there_but_for_what_was_placed():
    document, again = looked_again(), seen_again()
    raw, corrected = document.tracks.raw("1"), document.tracks.corrected("1")

    np.testing.assert_array_equal(raw.xy[AGAIN], again.xy)
    np.testing.assert_array_equal(raw.score[AGAIN], again.score)
    assert corrected.xy[20, 2].tolist() == [5.0, 6.0]
    np.testing.assert_array_equal(raw.xy[23], analysed(40).tracks.raw("1").xy[23])
    some = [1, 3]
    np.testing.assert_array_equal(measured(document.tracks, "1", range(10, 30), some)[0], raw.xy[10:30][:, some])


def test_one_undo_takes_all_of_it_back_and_redo_brings_it_again():
    document = looked_again()
    assert document.undo_text == "Look again in frames 20-24"
    after = document.tracks.corrected("1").xy
    document.undo()
    before = document.tracks.corrected("1").xy

    plain = analysed(40)
    plain.move("1", 20, 2, (5.0, 6.0))
    plain.swap_sides("1", range(15, 22))
    np.testing.assert_array_equal(before, plain.tracks.corrected("1").xy)
    document.redo()
    np.testing.assert_array_equal(document.tracks.corrected("1").xy, after)


def test_a_second_look_is_nobody():
    document = looked_again()
    document.put(39, seen_again().part([0, 1]), ["1", "2"])

    assert document.tracks.people == ("1", "2")
    assert [name for name, _, _ in draft(document.tracks).recording.tracks] == ["1", "2"]
    assert document.tracks.found == 40
    document.look_again("2", AGAIN, seen_again(at=50.0), WALKER)
    np.testing.assert_array_equal(document.tracks.raw("2").xy[AGAIN], seen_again(at=50.0).xy)
    np.testing.assert_array_equal(document.tracks.raw("1").xy[AGAIN], seen_again().xy)


def test_it_is_listed_as_what_it_is_and_cleared_like_any_correction():
    document = looked_again()
    document.undo()
    document.undo()
    document.redo()
    document.redo()
    said = [correction for correction in corrections(document.tracks) if correction.said is Said.AGAIN]

    assert said == [Correction("1", range(20, 23), None, Said.AGAIN), Correction("1", range(24, 25), None, Said.AGAIN)]
    assert np.flatnonzero(touched(document.tracks)).tolist() == list(range(15, 21))  # sides and mark, no second look
    document.clear("1", range(40))
    assert corrections(document.tracks) == []


def test_it_stays_when_the_frames_are_analysed_again():
    document = looked_again()
    document.put(21, Poses.missing(len(WALKER)), ["1"])

    np.testing.assert_array_equal(document.tracks.raw("1").xy[21], seen_again().xy[1])
    document.undo()
    assert np.isnan(document.tracks.raw("1").xy[21]).all()


def told_again(document: Document) -> list[tuple[str, str, str]]:
    """Which model looked at whom again, and where that shows."""
    facts = [fact for fact in document.tracks.facts() if "looked_again_at" in fact]
    return [(fact["model"], fact["looked_again_at"], fact["frame_ranges"]) for fact in facts]


def looked_again_with(document: Document, model: str, person: str, frames: NDArray[np.intp]) -> None:
    document.look_again(person, frames, seen_again(), WALKER, {"estimator": "dots", "model": model})


def test_who_looked_again_is_told_where_it_shows():
    document = analysed(40, people=2)
    document.rename("2", "Anna")
    looked_again_with(document, "best", "1", AGAIN)
    looked_again_with(document, "best", "1", AGAIN + 10)
    looked_again_with(document, "fast", "2", AGAIN)
    assert told_again(document) == [("best", "1", "20-22, 24, 30-32, 34"), ("fast", "Anna", "20-22, 24")]

    looked_again_with(document, "fast", "1", AGAIN + 2)  # 24 is in both looks, the last of which shows
    assert told_again(document)[:2] == [("best", "1", "20-21, 30-32, 34"), ("fast", "1", "22-24, 26")]
    for _ in range(3):
        document.undo()
    assert told_again(document) == [("best", "1", "20-22, 24")]
    document.undo()
    assert told_again(document) == []


def test_the_sidecar_says_who_looked_again(tmp_path: Path):
    document = analysed(40)
    document.tracks.coverage.note(slice(0, 40), {"estimator": "dots", "model": "fast"})
    looked_again_with(document, "best", "1", AGAIN)
    again = {"estimator": "dots", "model": "best", "looked_again_at": "1", "frame_ranges": "20-22, 24"}

    assert draft(document.tracks).facts == ({"estimator": "dots", "model": "fast"}, again)


def test_other_keypoints_are_matched_by_name():
    document = analysed(40)
    other = Skeleton(("head", "tail"))
    document.look_again("1", AGAIN, seen_again(other), other)
    raw, names = document.tracks.raw("1").xy[AGAIN], document.skeleton.names

    np.testing.assert_array_equal(raw[:, [names.index("head"), names.index("tail")]], seen_again(other).xy)
    assert np.isnan(raw[:, names.index("left_hand")]).all()


def test_who_is_not_there_and_who_may_only_read_change_nothing():
    document = looked_again()
    document.undo()
    with pytest.raises(SessionError, match="nobody is called '9'"):
        document.look_again("9", AGAIN, seen_again(), WALKER)
    document.is_read_only = True
    with pytest.raises(SessionError, match="only be read"):
        document.look_again("1", AGAIN, seen_again(), WALKER)

    assert len(document.tracks.held) == 1


def same(a: Document, b: Document) -> None:
    assert a.tracks.people == b.tracks.people
    for person in a.tracks.people:
        np.testing.assert_array_equal(a.tracks.corrected(person).xy, b.tracks.corrected(person).xy)
    assert (a.undo_text, a.redo_text) == (b.undo_text, b.redo_text)
    assert a.tracks.facts() == b.tracks.facts()


def test_a_session_brings_it_back_with_its_undo(tmp_path: Path):
    document = looked_again(people=2)
    looked_again_with(document, "best", "2", AGAIN)
    document.move("late", 3, 0, (1.0, 2.0))  # somebody who came after a second look
    document.undo()
    assert told_again(document) == [("best", "2", "20-22, 24")]
    document.undo()
    write_session(tmp_path / "a.poseglass", Saved(document))
    again = read_session(tmp_path / "a.poseglass").document

    same(again, document)
    for step in ["redo"] * 2 + ["undo"] * 5 + ["redo"] * 5:
        getattr(document, step)()
        getattr(again, step)()
        same(again, document)
    assert Mark(int(again.tracks.marks("1", range(20, 21))[0, 2])) is Mark.PLACED


def test_a_journal_does_it_again(tmp_path: Path):
    document, saved = analysed(40), Saved(analysed(40))
    document.scribe = journal = Journal(tmp_path / "a.journal")
    journal.begin(Saved(document))
    document.move("1", 20, 2, (5.0, 6.0), ongoing=True)
    looked_again_with(document, "best", "1", AGAIN)
    document.look_again("1", AGAIN + 3, seen_again(at=50.0), WALKER)
    document.undo()
    journal.close(remove=False)
    records, _ = read_records(tmp_path / "a.journal")
    edits, analysed_frames = replay(records[1:], saved)

    assert (edits, analysed_frames) == (4, 0)
    assert told_again(saved.document) == [("best", "1", "20-22, 24")]
    same(saved.document, document)
    document.redo()
    saved.document.redo()
    same(saved.document, document)
