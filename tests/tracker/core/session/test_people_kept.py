"""Several people, their names and what happened to them: in the session file, and in the journal after a crash."""

from pathlib import Path

import numpy as np
import pytest

import clips
from poseglass.core.files.archive import read_archive, write_archive
from poseglass.core.session.session import Session
from poseglass.core.store.document import Document
from poseglass.core.video.video import Video, VideoInfo
from poseglass.types import Event, Poses, What
from sessions import WALKER

FRAMES = 40


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def info(tmp_path: Path) -> VideoInfo:
    with Video.open(clips.write(tmp_path / "walk.mp4", clips.variable(FRAMES)).path) as video:
        return video.info


def at(*places: float) -> Poses:
    """People who stand in places."""
    shape = np.array([[-20.0, 40], [20, 40], [0, 0], [-10, 100], [10, 100]])
    xy = np.stack([shape + np.array([x, 100]) for x in places])
    return Poses(xy, np.ones(xy.shape[:2]), np.tile(np.eye(2), (len(xy), 5, 1, 1)))


def analyse(document: Document, frames: range, who: dict[str, float]) -> None:
    document.begin_results(frames)
    for t in frames:
        told = [Event(t, What.BIRTH, name) for name in who] if t == frames.start else []
        document.arrivals.put(t, at(*who.values()), tuple(who), events=told)
    document.finish(frames)


def everything(document: Document) -> tuple[object, ...]:
    """All that a user may notice of people."""
    tracks = document.tracks
    paths = {person: tracks.corrected(person).xy.tolist() for person in tracks.people}
    return (
        {person: np.nan_to_num(np.array(xy), nan=-1).tolist() for person, xy in paths.items()},
        tracks.people,
        tracks.shown_people,
        tracks.events,
        tracks.labels,
        [step.text for step in document.history.done],
        [step.text for step in document.history.undone],
    )


def work(document: Document) -> None:
    """Do of everything something."""
    analyse(document, range(10, FRAMES), {"1": 100.0, "2": 300.0})
    document.rename("1", "Anna")
    document.split("2", 30)
    analyse(document, range(10), {"1": 300.0, "2": 500.0})  # found anew, and goes on at 10 as who was there
    document.put(20, at(120.0), ["1"], only=["1"], events=[Event(20, What.BREAK, "1")])
    document.move("1", 15, 0, (3.0, 4.0))
    analyse(document, range(25, 35), {"1": 300.0, "2": 100.0, "3": 700.0})
    document.rename("2", "Berta")
    document.delete("3")
    document.undo()


def test_a_crash_loses_nothing_of_who_is_who(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    work(session.document)
    expected = everything(session.document)
    session._journal._writer.close()
    session._lock.release()
    again = Session.open(tmp_path / "a.poseglass")

    assert everything(again.document) == expected
    for _ in range(3):
        assert again.document.undo() is not None
    assert again.document.tracks.labels == {"1": "Anna"}
    again.close()


def test_a_saved_session_knows_who_is_who(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    work(session.document)
    expected = everything(session.document)
    session.save(tmp_path / "a.poseglass")
    session.close()
    again = Session.open(tmp_path / "a.poseglass")

    assert everything(again.document) == expected
    assert again.document.tracks.labels == {"1": "Anna", "2": "Berta"}
    again.document.undo()
    assert again.document.tracks.labels == {"1": "Anna"}
    again.close()


def rewrite(path: Path, *without: str, **more: object) -> None:
    """Write a session as another version would."""
    with path.open("rb") as file:
        meta, arrays = read_archive(file)
    with path.open("wb") as file:
        write_archive(file, {name: meta[name] for name in meta if name not in without} | more, arrays)


def test_a_session_from_before_people_had_names_opens(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session.document, range(FRAMES), {"1": 100.0})
    session.save(tmp_path / "a.poseglass")
    session.close()
    rewrite(tmp_path / "a.poseglass", "labels", "events")
    again = Session.open(tmp_path / "a.poseglass")

    assert again.document.tracks.shown_people == {"1": FRAMES}
    assert (again.document.tracks.events, again.document.tracks.labels) == ((), {})
    again.close()


def test_what_a_later_version_says_happened_is_left_out(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session.document, range(FRAMES), {"1": 100.0})
    session.save(tmp_path / "a.poseglass")
    session.close()
    rewrite(tmp_path / "a.poseglass", events=[[3, "wave", "1", 0.5], [4, "cut", ""]])
    again = Session.open(tmp_path / "a.poseglass")

    assert again.document.tracks.events == (Event(4, What.CUT),)
    again.close()


def test_a_journal_of_the_version_before_is_read(info: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("poseglass.core.session.journal.VERSION", 1)
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    for t in range(FRAMES):
        session.document.put(t, at(100.0, 300.0), ["1", "2"])
    expected = everything(session.document)
    session._journal._writer.close()
    session._lock.release()
    again = Session.open(tmp_path / "a.poseglass")

    assert everything(again.document) == expected
    assert again.notes == (f"recovered what was not saved: 0 edits, {FRAMES} analysed frames",)
    again.close()
