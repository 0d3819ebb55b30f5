import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import clips
from poseglass.core.session.left_behind import left_behind
from poseglass.core.session.session import Recovered, Session
from poseglass.core.store.corrections import Mark
from poseglass.core.store.coverage import NOBODY_KNOWS, Facts
from poseglass.core.store.recordings import record
from poseglass.core.video.video import Video, VideoInfo
from poseglass.errors import MissingVideoError, OutputError, SessionError
from poseglass.types import Poses, Skeleton
from poseglass_models.skeleton import LSP_14, PERSON_19
from poseglass_plugins.csv_table import CsvOptions, CsvTable
from sessions import WALKER, measured, walk

FRAMES = 40


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of this test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "poseglass" / "unsaved"


@pytest.fixture
def info(tmp_path: Path) -> VideoInfo:
    with Video.open(clips.write(tmp_path / "walk.mp4", clips.variable(FRAMES)).path) as video:
        return video.info


def analyse(session: Session, frames: range = range(FRAMES), facts: Facts = NOBODY_KNOWS) -> None:
    walked = measured(walk(FRAMES))
    for t in frames:
        poses = Poses(walked.xy[t : t + 1], walked.score[t : t + 1], walked.covariance[t : t + 1])
        session.document.put(t, poses, ["1"], facts=facts)


def seen(session: Session) -> list[np.ndarray]:
    track = session.document.tracks.corrected("1")
    return [
        track.xy,
        track.score,
        track.covariance,
        session.document.tracks.marks("1"),
        session.document.tracks.analysed,
    ]


def assert_same(a: list[np.ndarray], b: list[np.ndarray]) -> None:
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)


def abandon(session: Session) -> None:
    """Leave a session as a crash would once its journal is written: the lock goes, nothing else is done."""
    session._journal._writer.close()
    session._lock.release()


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_file()}


def test_a_saved_session_opens_as_it_was(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.document.move("1", 5, 0, (1.0, 2.0))
    session.settings["zoom"] = 2
    session.position = 17
    assert session.has_unsaved
    session.save(tmp_path / "a.poseglass")
    assert not session.has_unsaved
    expected = seen(session)
    session.close()
    again = Session.open(tmp_path / "a.poseglass")

    assert_same(seen(again), expected)
    assert (again.settings, again.position, again.notes) == ({"zoom": 2}, 17, ())
    assert again.document.footage.path == info.path
    assert again.document.undo_text == "Move left hand"
    again.close()


def test_frames_without_anybody_come_back_saved_or_after_a_crash(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    walked = measured(walk(FRAMES))
    for t, people in enumerate([(), (), ("1",), ("1", "2"), (), ("2",)]):
        rows = [t] * len(people)
        session.document.put(t, Poses(walked.xy[rows], walked.score[rows], walked.covariance[rows]), people)
        if t == 1:
            assert session.document.tracks.people == ()
            session.save(tmp_path / "a.poseglass")
    expected = record(session.document.tracks, None)
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")
    back = record(again.document.tracks, None)

    np.testing.assert_array_equal(back.frame_index, range(6))
    assert [name for name, _, _ in back.tracks] == ["1", "2"]
    for (_, there, _), (_, here, _) in zip(expected.tracks, back.tracks, strict=True):
        np.testing.assert_array_equal(there.xy, here.xy)
    assert again.document.tracks.found == 3
    again.close()


def test_after_a_crash_an_analysis_is_known_not_to_have_ended(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    walked = measured(walk(FRAMES))
    session.document.want(range(4))
    for t in (0, 2):
        session.document.put(t, walked.part([t]), ["1"])
    session.document.finish(range(3))
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")

    assert not again.document.tracks.coverage.is_complete
    assert np.flatnonzero(again.document.tracks.coverage.broken).tolist() == [1]
    again.close()


def test_nothing_is_left_beside_a_session_that_was_closed(info: VideoInfo, tmp_path: Path, state: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.save(tmp_path / "a.poseglass")
    session.document.move("1", 5, 0, (1.0, 2.0))
    session.save()
    session.close()

    assert files(tmp_path) == {"walk.mp4", "a.poseglass"}
    assert files(state) == set()


def test_a_session_that_did_nothing_leaves_nothing(info: VideoInfo, tmp_path: Path, state: Path):
    session = Session.begin(info)
    session.note()
    session.close()

    assert files(state) == set()
    assert left_behind() == ()


def test_after_a_crash_everything_since_the_last_save_comes_back(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info)
    session.document.take_skeleton(WALKER)
    analyse(session, range(20))
    session.save(tmp_path / "a.poseglass")
    analyse(session, range(20, 30), {"estimator": "another"})
    session.document.move("1", 5, 0, (1.0, 2.0))
    session.document.mark("1", 6, 0, Mark.MISSING)
    session.document.undo()
    session.document.swap_sides("1", range(3, 9))
    session.settings["zoom"] = 3
    session.note()
    expected = seen(session)
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")

    assert_same(seen(again), expected)
    assert again.notes == ("recovered what was not saved: 4 edits, 10 analysed frames",)
    assert again.has_unsaved
    assert again.settings == {"zoom": 3}
    told = again.document.tracks.coverage.told()
    assert told == ({"estimator": "another", "frame_ranges": "20-29"},)
    again.document.undo()
    assert again.document.undo_text == "Move left hand"

    abandon(again)
    third = Session.open(tmp_path / "a.poseglass")
    assert third.notes == ("recovered what was not saved: 5 edits, 10 analysed frames",)
    third.save()
    third.close()
    assert files(tmp_path) == {"walk.mp4", "a.poseglass"}
    fourth = Session.open(tmp_path / "a.poseglass")
    assert fourth.notes == ()
    fourth.close()


def test_what_was_brought_back_is_counted_by_corrections_not_by_steps(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.document.move("1", 4, 1, (9.0, 9.0))
    session.document.move("1", 7, 1, (9.0, 9.0))
    session.save(tmp_path / "a.poseglass")
    for x in range(5):
        session.document.move("1", 5, 0, (float(x), 2.0))  # one keypoint, in five steps
    session.document.move("1", 4, 1, (8.0, 9.0))  # what was saved, elsewhere
    session.document.mark("1", 7, 1, Mark.NONE)  # and no longer
    session.document.swap_sides("1", range(3, 9))
    session.document.undo()
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")

    assert again.recovered == Recovered(edits=9, corrections=3)
    again.close()


def test_a_session_never_saved_is_recovered_from_its_journal(info: VideoInfo, state: Path, tmp_path: Path):
    session = Session.begin(info)
    session.document.take_skeleton(WALKER)
    analyse(session)
    session.document.move("1", 5, 0, (1.0, 2.0))
    expected = seen(session)
    assert left_behind() == ()
    abandon(session)

    (journal,) = left_behind()
    again = Session.recover(journal)
    assert left_behind() == ()
    assert_same(seen(again), expected)
    assert again.has_unsaved
    assert again.path is None
    again.save(tmp_path / "b.poseglass")
    again.close()
    assert files(state) == set()


def test_unsaved_work_stays_after_closing_unless_it_is_discarded(info: VideoInfo, state: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.close()
    assert len(left_behind()) == 1
    Session.recover(left_behind()[0]).close()
    assert len(left_behind()) == 1
    Session.recover(left_behind()[0]).close(discard=True)

    assert files(state) == set()


def test_a_torn_journal_gives_all_but_its_last_record(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.save(tmp_path / "a.poseglass")
    session.document.move("1", 5, 0, (1.0, 2.0))
    session.document.move("1", 6, 0, (3.0, 4.0))
    abandon(session)
    journal = tmp_path / "a.poseglass.journal"
    journal.write_bytes(journal.read_bytes()[:-7])
    again = Session.open(tmp_path / "a.poseglass")

    assert again.document.undo_text == "Move left hand"
    again.document.undo()
    assert again.document.undo_text is None
    again.document.mark("1", 9, 2, Mark.OCCLUDED)
    expected = seen(again)
    abandon(again)
    third = Session.open(tmp_path / "a.poseglass")
    assert_same(seen(third), expected)
    third.close()


CRASH = """
import os, signal, sys
from pathlib import Path
from poseglass.core.session.session import Session
from poseglass.types import Poses, Skeleton
from sessions import measured, walk
session = Session.open(Path(sys.argv[1]))
poses = measured(walk(40))
t = 0
while True:
    row = Poses(poses.xy[t % 40][None], poses.score[t % 40][None], poses.covariance[t % 40][None])
    session.document.put(t % 40, row, ["1"])
    session.document.move("1", t % 40, t % 5, (float(t), 1.0))
    t += 1
    journal = Path(sys.argv[1] + ".journal")
    if t % 20 == 0 and journal.exists() and journal.stat().st_size > 200_000:
        os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_loses_next_to_nothing(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    session.close()
    process = subprocess.run([sys.executable, "-c", CRASH, str(tmp_path / "a.poseglass")], env=with_tests())
    assert process.returncode == -9
    again = Session.open(tmp_path / "a.poseglass")

    (note,) = again.notes
    edits, frames = (int(word) for word in note.split() if word.isdigit())
    assert edits > 40
    assert frames == FRAMES
    last = again.document.history.done[-1]
    assert len(again.document.history.done) == edits
    assert last.frames.start == (edits - 1) % FRAMES
    assert last.patches[0].after.xy[-1].tolist() == [edits - 1.0, 1.0]
    assert again.document.tracks.analysed.all()
    again.close(discard=True)


def with_tests() -> dict[str, str]:
    """The environment of a process that can import what tests can."""
    return os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[3]), *sys.path])}


def test_a_second_window_may_read_and_not_write(info: VideoInfo, tmp_path: Path):
    first = Session.begin(info, WALKER)
    analyse(first)
    first.save(tmp_path / "a.poseglass")
    second = Session.open(tmp_path / "a.poseglass")

    assert second.notes == (f"a.poseglass is open in another window (process {os.getpid()}): it can only be read here",)
    with pytest.raises(SessionError, match="another window"):
        second.document.move("1", 3, 0, (1.0, 1.0))
    with pytest.raises(SessionError, match="another window"):
        second.save()
    second.save(tmp_path / "b.poseglass")
    second.document.move("1", 3, 0, (1.0, 1.0))
    second.close(discard=True)
    first.document.move("1", 3, 0, (1.0, 1.0))
    first.close(discard=True)

    third = Session.open(tmp_path / "a.poseglass")
    assert not third.document.is_read_only
    third.close()


def test_a_video_that_moved_is_asked_for_and_a_wrong_one_refused(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    session.close()
    (tmp_path / "far").mkdir()
    shutil.move(info.path, tmp_path / "far" / "away.mp4")
    with pytest.raises(MissingVideoError, match="locate"):
        Session.open(tmp_path / "a.poseglass")
    other = clips.write(tmp_path / "other.mp4", clips.constant(5)).path
    with pytest.raises(SessionError, match=r"is not the video of this session, walk\.mp4"):
        Session.open(tmp_path / "a.poseglass", other)
    with pytest.raises(MissingVideoError):
        Session.open(tmp_path / "a.poseglass", tmp_path / "no.mp4")
    again = Session.open(tmp_path / "a.poseglass", tmp_path / "far" / "away.mp4")
    again.save()
    again.close()

    Session.open(tmp_path / "a.poseglass").close()


def test_a_crash_between_saving_and_emptying_the_journal_is_no_loss(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.save(tmp_path / "a.poseglass")
    session.document.move("1", 5, 0, (1.0, 2.0))
    session._journal._writer.close()
    old = (tmp_path / "a.poseglass.journal").read_bytes()
    session._journal = None
    session.save()
    session.close()
    (tmp_path / "a.poseglass.journal").write_bytes(old)
    again = Session.open(tmp_path / "a.poseglass")

    assert again.notes == ()
    assert len(again.document.history.done) == 1
    again.close()


def test_a_journal_of_another_state_is_kept_aside(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.save(tmp_path / "a.poseglass")
    session.document.move("1", 5, 0, (1.0, 2.0))
    abandon(session)
    old = (tmp_path / "a.poseglass.journal").read_bytes()
    other = Session.begin(info, WALKER)
    other.save(tmp_path / "b.poseglass")
    other.close()
    shutil.copy(tmp_path / "b.poseglass", tmp_path / "a.poseglass")
    again = Session.open(tmp_path / "a.poseglass")

    assert "kept as a.poseglass.journal.old" in again.notes[0]
    assert (tmp_path / "a.poseglass.journal.old").read_bytes() == old
    assert not again.has_unsaved
    again.close()


def test_a_journal_of_another_version_of_poseglass_is_kept_aside(info: VideoInfo, tmp_path: Path, monkeypatch):
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    analyse(session)
    abandon(session)
    old = (tmp_path / "a.poseglass.journal").read_bytes()
    monkeypatch.setattr("poseglass.core.session.session.READ", (99,))
    again = Session.open(tmp_path / "a.poseglass")

    assert "or of Poseglass; it was kept as a.poseglass.journal.old" in again.notes[0]
    assert (tmp_path / "a.poseglass.journal.old").read_bytes() == old
    again.close()


def test_saving_where_it_cannot_be_leaves_the_session_as_it_was(info: VideoInfo, tmp_path: Path, state: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    with pytest.raises(OutputError):
        session.save(tmp_path / "no" / "a.poseglass")

    assert session.has_unsaved
    assert session.path is None
    session.document.move("1", 5, 0, (1.0, 2.0))
    session.close()
    assert len(files(state)) == 1


def test_without_a_state_folder_work_goes_on_and_is_told_once(
    info: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    session = Session.begin(info, WALKER)
    analyse(session, range(3))
    while (trouble := session.trouble()) is None:
        pass

    assert "the journal cannot be written" in trouble
    assert session.trouble() is None
    session.save(tmp_path / "a.poseglass")
    session.close()
    assert left_behind() == ()


def test_no_thread_outlives_a_session(info: VideoInfo, tmp_path: Path):
    import threading

    before = threading.active_count()
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    session.close()

    assert threading.active_count() == before


def test_a_journal_that_makes_no_sense_is_refused(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    session._journal._put(({"is": "step", "step": {}}, {}))
    abandon(session)
    with pytest.raises(SessionError, match="makes no sense"):
        Session.open(tmp_path / "a.poseglass")
    (tmp_path / "a.poseglass.journal").unlink()

    Session.open(tmp_path / "a.poseglass").close()


def test_a_session_says_of_which_video_it_is_in_the_open(info: VideoInfo, tmp_path: Path):
    import zipfile

    session = Session.begin(info, WALKER)
    session.save(tmp_path / "a.poseglass")
    session.close()
    with zipfile.ZipFile(tmp_path / "a.poseglass") as archive:
        video = json.loads(archive.read("meta.json"))["video"]

    assert (video["relative"], video["bytes"]) == ("walk.mp4", info.path.stat().st_size)


def test_what_happens_while_a_file_is_written_is_unsaved_and_survives_a_crash(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session, range(10))
    draft = session.begin_save(tmp_path / "a.poseglass")
    session.document.move("1", 5, 0, (1.0, 2.0))
    draft.write()
    session.finish_save(draft)
    assert session.has_unsaved
    expected = seen(session)
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")

    assert_same(seen(again), expected)
    assert again.recovered == Recovered(edits=1, corrections=1)
    again.close()


def test_a_crash_before_the_journal_follows_a_new_file_loses_nothing(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.save(tmp_path / "a.poseglass")
    session.document.move("1", 5, 0, (1.0, 2.0))
    draft = session.begin_save()
    session.document.move("1", 6, 1, (3.0, 4.0))
    expected = seen(session)
    draft.write()
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")

    assert_same(seen(again), expected)
    assert again.recovered == Recovered(edits=1, corrections=1)
    assert len(again.document.history.done) == 2
    again.close()


def test_a_crash_while_the_file_is_written_loses_nothing(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.save(tmp_path / "a.poseglass")
    session.document.move("1", 5, 0, (1.0, 2.0))
    session.begin_save()
    session.document.move("1", 6, 1, (3.0, 4.0))
    expected = seen(session)
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")

    assert_same(seen(again), expected)
    assert again.recovered == Recovered(edits=2, corrections=2)
    again.close()


def test_a_saving_that_failed_is_as_if_it_had_not_begun(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info, WALKER)
    analyse(session)
    session.abandon_save(session.begin_save(tmp_path / "a.poseglass"))
    assert session.has_unsaved
    session.save(tmp_path / "a.poseglass")
    assert not session.has_unsaved
    session.close()

    assert files(tmp_path) == {"walk.mp4", "a.poseglass"}


def people_of(session: Session, skeleton: Skeleton, frames: range = range(FRAMES)) -> None:
    """Analyse with a model of that skeleton: the x of every keypoint is told by its name."""
    session.document.take_skeleton(skeleton)
    for t in frames:
        x = np.array([10.0 * PERSON_19.index(name) for name in skeleton.names])
        xy = np.stack([x, np.full(len(x), float(t))], axis=-1)[None]
        poses = Poses(xy, np.full((1, len(x)), 0.9), np.tile(np.eye(2), (1, len(x), 1, 1)))
        session.document.put(t, poses, ["1"], facts={"model": f"{len(skeleton)}"})


def nineteen_after_fourteen(session: Session) -> None:
    """What somebody does with a session of fourteen keypoints and a model of nineteen."""
    people_of(session, LSP_14)
    session.document.move("1", 5, LSP_14.index("neck"), (1.0, 2.0))
    session.document.mark("1", 7, LSP_14.index("left_wrist"), Mark.OCCLUDED)
    people_of(session, PERSON_19, range(4, 9))
    session.document.move("1", 6, PERSON_19.index("nose"), (3.0, 4.0))


def test_a_session_of_fourteen_keypoints_opens_and_is_analysed_again_with_nineteen(info: VideoInfo, tmp_path: Path):
    old = Session.begin(info)
    people_of(old, LSP_14)
    old.document.move("1", 5, LSP_14.index("neck"), (1.0, 2.0))
    old.save(tmp_path / "old.poseglass")
    old.close()
    session = Session.open(tmp_path / "old.poseglass")
    assert session.document.skeleton == LSP_14
    people_of(session, PERSON_19, range(3, 9))
    expected = seen(session)
    session.save()
    session.close()
    again = Session.open(tmp_path / "old.poseglass")

    assert again.document.skeleton == PERSON_19
    assert_same(seen(again), expected)
    again.document.undo()
    assert again.document.tracks.corrected("1").xy[5, PERSON_19.index("neck"), 0] == 10 * PERSON_19.index("neck")
    again.close()


@pytest.mark.parametrize("saved_between", [False, True])
def test_a_crash_loses_nothing_of_an_analysis_with_other_keypoints(
    info: VideoInfo, tmp_path: Path, state: Path, saved_between: bool
):
    session = Session.begin(info)
    if saved_between:
        people_of(session, LSP_14)
        session.save(tmp_path / "a.poseglass")
    nineteen_after_fourteen(session)
    expected = seen(session)
    abandon(session)
    path = tmp_path / "a.poseglass"
    again = Session.open(path) if saved_between else Session.recover(left_behind()[0])

    assert again.document.skeleton == PERSON_19
    assert_same(seen(again), expected)
    assert again.document.undo_text == "Move nose"
    for _ in range(3):
        again.document.undo()
    assert not again.document.tracks.marks("1").any()
    again.close(discard=True)


def test_what_a_model_of_fewer_keypoints_finds_after_a_saving_is_not_lost(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info)
    people_of(session, PERSON_19)
    session.document.take_skeleton(LSP_14)
    session.save(tmp_path / "a.poseglass")
    people_of(session, LSP_14, range(4, 9))
    expected = seen(session)
    abandon(session)
    again = Session.open(tmp_path / "a.poseglass")

    assert_same(seen(again), expected)
    assert np.isnan(again.document.tracks.raw("1").xy[4:9, :5]).all()
    again.close(discard=True)


def test_the_table_of_two_models_has_a_column_for_each_name(info: VideoInfo, tmp_path: Path):
    session = Session.begin(info)
    nineteen_after_fourteen(session)
    CsvTable(CsvOptions()).write(record(session.document.tracks, None), tmp_path / "out.csv")
    session.close(discard=True)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    for name in PERSON_19.names:
        x = {row[f"{name}.x"] for row in rows}
        assert {float(value) for value in x - {""}} == {10.0 * PERSON_19.index(name)}
        assert [t for t, row in enumerate(rows) if row[f"{name}.x"]] == (
            list(range(FRAMES)) if name in LSP_14.names else list(range(4, 9))
        )
