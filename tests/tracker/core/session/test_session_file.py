import itertools
import json
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from poseglass.core.files.archive import read_archive, write_archive
from poseglass.core.session.session_file import Saved, read_session, write_session
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.core.store.recordings import record
from poseglass.errors import OutputError, SessionError
from poseglass_plugins.csv_table import CsvOptions, CsvTable
from poseglass_plugins.kalman import Kalman, KalmanOptions
from sessions import WALKER, analysed, footage, measured, walk


def corrected() -> Document:
    """A document with everything in it that a file has to keep."""
    document = analysed(60, people=2)
    document.tracks.analysed[50:] = False
    for person, frame in itertools.product("12", range(50, 60)):
        document.tracks.results(person).forget(slice(frame, frame + 1))
    document.tracks.coverage.note(slice(0, 50), {"estimator": "dots"})
    document.tracks.coverage.note(slice(30, 50), {"estimator": "rings"})
    document.move("1", 7, 1, (1.5, 2.25))
    document.mark("1", 8, 2, Mark.MISSING)
    document.mark("2", 8, 2, Mark.OCCLUDED)
    document.swap_sides("1", range(3, 30))
    document.swap_people("1", "2", range(20, 40))
    document.remove("2", range(45, 48))
    document.move("new", 55, 1, (9.0, 9.0))
    document.undo()
    document.undo()
    return document


def csv_bytes(document: Document, folder: Path) -> bytes:
    CsvTable(CsvOptions()).write(record(document.tracks, Kalman(KalmanOptions())), folder / "out.csv")
    return (folder / "out.csv").read_bytes()


def test_everything_comes_back(tmp_path: Path):
    document = corrected()
    path = tmp_path / "a.poseglass"
    identity = write_session(path, Saved(document, settings={"zoom": 2, "smoother": {"gap_s": 0.5}}, position=7))
    saved = read_session(path)

    assert saved.settings == {"zoom": 2, "smoother": {"gap_s": 0.5}}
    assert (saved.position, saved.identity, saved.previous) == (7, identity, "")
    assert saved.document.tracks.people == document.tracks.people
    assert saved.document.skeleton == WALKER
    told = saved.document.tracks.coverage.told()
    assert told == document.tracks.coverage.told()
    assert [facts["frame_ranges"] for facts in told] == ["0-29", "30-49"]
    assert vars(saved.document.footage).keys() == vars(document.footage).keys()
    np.testing.assert_array_equal(saved.document.footage.time_s, document.footage.time_s)
    np.testing.assert_array_equal(saved.document.tracks.analysed, document.tracks.analysed)
    for person in document.tracks.people:
        np.testing.assert_array_equal(
            saved.document.tracks.raw(person).covariance, document.tracks.raw(person).covariance
        )
        np.testing.assert_array_equal(saved.document.tracks.marks(person), document.tracks.marks(person))
    assert csv_bytes(saved.document, tmp_path) == csv_bytes(document, tmp_path)


def test_the_undo_history_comes_back_too(tmp_path: Path):
    document = corrected()
    write_session(tmp_path / "a.poseglass", Saved(document))
    again = read_session(tmp_path / "a.poseglass").document

    assert (again.undo_text, again.redo_text) == (document.undo_text, document.redo_text)
    for step in ["redo"] * 3 + ["undo"] * 9 + ["redo"] * 9:
        getattr(document, step)()
        getattr(again, step)()
        for person in document.tracks.people:
            np.testing.assert_array_equal(again.tracks.corrected(person).xy, document.tracks.corrected(person).xy)


def test_the_next_saving_names_the_one_before(tmp_path: Path):
    saved = Saved(analysed(3))
    saved.identity = write_session(tmp_path / "a.poseglass", saved)
    write_session(tmp_path / "a.poseglass", saved)

    assert read_session(tmp_path / "a.poseglass").previous == saved.identity


def test_the_file_can_be_read_without_poseglass(tmp_path: Path):
    write_session(tmp_path / "a.poseglass", Saved(corrected()))
    with np.load(tmp_path / "a.poseglass", allow_pickle=False) as archive:
        assert archive["results/0/xy"].shape == (50, 5, 2)
        assert archive["pts"].tolist() == (np.arange(60) * 512).tolist()
        assert json.loads(archive["meta.json"])["skeleton"]["keypoints"] == list(WALKER.names)


def changed(path: Path, origin: NDArray[np.int16] | None, facts: list[dict[str, str]]) -> Path:
    """Write another version's session, or a damaged one."""
    with path.open("rb") as file:
        meta, arrays = read_archive(file)
    arrays = {name: array for name, array in arrays.items() if name != "origin"}
    with path.open("wb") as file:
        write_archive(file, meta | {"facts": facts}, arrays if origin is None else arrays | {"origin": origin})
    return path


@pytest.mark.parametrize("facts", [[], [{"estimator": "dots"}]])
def test_in_a_file_from_before_frames_had_origins_all_are_of_the_one_estimator(
    tmp_path: Path, facts: list[dict[str, str]]
):
    write_session(tmp_path / "a.poseglass", Saved(analysed(10)))
    document = read_session(changed(tmp_path / "a.poseglass", None, facts)).document

    assert document.tracks.coverage.told() == tuple(facts)


@pytest.mark.parametrize("origin", [np.full(10, 1), np.full(10, -2), np.zeros(1)])
def test_origins_that_make_no_sense_are_refused(tmp_path: Path, origin: NDArray[np.int16]):
    write_session(tmp_path / "a.poseglass", Saved(analysed(10)))

    with pytest.raises(SessionError, match="is damaged"):
        read_session(changed(tmp_path / "a.poseglass", origin.astype(np.int16), [{"estimator": "dots"}]))


def test_rate_and_rotation_come_back_and_are_unknown_in_older_files(tmp_path: Path):
    path = tmp_path / "a.poseglass"
    document = Document(replace(footage(4), average_rate=Fraction(30000, 1001), rotation=90))
    write_session(path, Saved(document))
    assert read_session(path).document.footage.source == document.footage.source

    with path.open("rb") as file:
        meta, arrays = read_archive(file)
    del meta["video"]["average_rate"], meta["video"]["rotation"]
    with path.open("wb") as file:
        write_archive(file, meta, arrays)
    source = read_session(path).document.footage.source
    assert (source.rate, source.rotation) == (None, 0)


def test_mirroring_and_frames_without_a_stamp_come_back(tmp_path: Path):
    whole = footage(6)
    time_s = whole.time_s.copy()
    time_s[[2, 3]] = time_s[1]
    kept = replace(whole, time_s=time_s, unstamped=np.array([2, 3]), is_mirrored=True)
    write_session(tmp_path / "a.poseglass", Saved(Document(kept)))
    back = read_session(tmp_path / "a.poseglass").document.footage

    assert back.source == kept.source
    assert back.unstamped.tolist() == [2, 3]
    assert back.time_s.tolist() == time_s.tolist()
    assert np.isnan(back.told_s).tolist() == [False, False, True, True, False, False]


def test_an_empty_session_can_be_saved(tmp_path: Path):
    write_session(tmp_path / "a.poseglass", Saved(Document(footage(4))))
    document = read_session(tmp_path / "a.poseglass").document

    assert document.tracks.people == ()
    assert len(document.skeleton) == 0


@pytest.mark.parametrize("cut", [0, 1, 1000, -30])
def test_a_damaged_file_is_refused_with_a_sentence(tmp_path: Path, cut: int):
    path = tmp_path / "a.poseglass"
    write_session(path, Saved(analysed(10)))
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SessionError, match=r"a\.poseglass: is damaged") as caught:
        read_session(path)

    assert "\n" not in str(caught.value)


def test_any_flipped_byte_is_refused_or_harmless(tmp_path: Path):
    path = tmp_path / "a.poseglass"
    document = analysed(4)
    write_session(path, Saved(document))
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(content), 150):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            again = read_session(path).document
        except SessionError:
            continue
        np.testing.assert_array_equal(again.tracks.raw("1").xy, document.tracks.raw("1").xy)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 3}, "is a session of version 3, this Poseglass reads 2; update it"),
        ({"format": "something else"}, "is not a session of Poseglass"),
        ({"people": ["1", "2"]}, "is damaged"),
        ({"skeleton": {"keypoints": ["a"], "edges": []}}, "is damaged"),
    ],
)
def test_another_content_is_refused(tmp_path: Path, change: dict[str, object], said: str):
    path = tmp_path / "a.poseglass"
    write_session(path, Saved(analysed(10)))
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "b.poseglass", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, json.dumps(json.loads(content) | change) if name == "meta.json" else content)
    with pytest.raises(SessionError, match=said):
        read_session(tmp_path / "b.poseglass")


def test_a_missing_file_and_a_folder_are_said_to_be(tmp_path: Path):
    for path in (tmp_path / "none.poseglass", tmp_path):
        with pytest.raises(SessionError, match="cannot be read"):
            read_session(path)


def test_where_it_cannot_be_written_the_old_file_stands(tmp_path: Path):
    path = tmp_path / "a.poseglass"
    write_session(path, Saved(analysed(3)))
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_session(path, Saved(analysed(3), settings={"not": {1, 2}}))
    with pytest.raises(OutputError):
        write_session(tmp_path / "no" / "folder.poseglass", Saved(analysed(3)))

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.poseglass"]


def test_only_frames_with_results_take_room(tmp_path: Path):
    document = Document(footage(20_000), WALKER)
    poses = measured(walk(3))
    document.tracks.begin("1")
    document.tracks.results("1").put(slice(100, 103), poses.xy, poses.score, poses.covariance)
    write_session(tmp_path / "a.poseglass", Saved(document))

    assert (tmp_path / "a.poseglass").stat().st_size < 20_000 * 8 * 3


def test_what_was_asked_for_and_what_is_broken_comes_back(tmp_path: Path):
    document = analysed(60)
    document.tracks.analysed[40:] = False
    document.finish(range(39, 45))
    write_session(tmp_path / "a.poseglass", Saved(document))
    coverage = read_session(tmp_path / "a.poseglass").document.tracks.coverage

    np.testing.assert_array_equal(coverage.wanted, document.tracks.coverage.wanted)
    assert np.flatnonzero(coverage.broken).tolist() == list(range(40, 45))
    assert not coverage.is_complete


@pytest.mark.parametrize(
    ("last", "complete", "undecoded"),
    [({}, True, 0), ({"complete": False, "undecoded": 0}, False, 0), ({"complete": True, "undecoded": 2}, True, 2)],
)
def test_older_files_tell_how_their_last_analysis_ended(
    tmp_path: Path, last: dict[str, object], complete: bool, undecoded: int
):
    path = tmp_path / "a.poseglass"
    document = analysed(20)
    document.tracks.analysed[[5, 6, 18, 19]] = False
    write_session(path, Saved(document))
    with path.open("rb") as file:
        meta, arrays = read_archive(file)
    old = {name: array for name, array in arrays.items() if name not in ("wanted", "broken")}
    with path.open("wb") as file:
        write_archive(file, meta | {"settings": {"analysis": last}}, old)
    coverage = read_session(path).document.tracks.coverage

    assert (coverage.is_complete, coverage.undecoded) == (complete, undecoded)
