from pathlib import Path

import numpy as np
import pytest

from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.core.store.recordings import record
from poseglass.errors import SessionError
from poseglass.types import Poses, State
from poseglass_plugins.csv_table import CsvOptions, CsvTable
from poseglass_plugins.kalman import Kalman, KalmanOptions
from sessions import WALKER, analysed, footage, measured, walk


def test_the_recording_holds_the_frames_that_were_analysed_in_order():
    document = Document(footage(20), WALKER)
    poses = measured(walk(20))
    for t in (12, 11, 3):
        document.put(t, Poses(poses.xy[t : t + 1], poses.score[t : t + 1], poses.covariance[t : t + 1]), ["1"])
    recording = record(document.tracks, None)

    assert recording.frame_index.tolist() == [3, 11, 12]
    assert recording.pts.tolist() == [3 * 512, 11 * 512, 12 * 512]
    np.testing.assert_array_equal(recording.tracks[0][1].xy, poses.xy[[3, 11, 12]])
    assert recording.tracks[0][2] is None
    assert document.tracks.found == 3


def test_smoothing_leaves_the_raw_poses_alone():
    document = analysed(30)
    before = document.tracks.raw("1")
    recording = record(document.tracks, Kalman(KalmanOptions()))

    np.testing.assert_array_equal(document.tracks.raw("1").xy, before.xy)
    np.testing.assert_array_equal(recording.tracks[0][1].xy, before.xy)
    assert np.isfinite(recording.tracks[0][2].xy).all()


def test_frames_that_were_not_analysed_are_missing():
    document = Document(footage(20), WALKER)
    document.put(7, Poses.missing(len(WALKER)), ["1"])

    assert np.isnan(document.tracks.raw("1").xy).all()
    assert (document.tracks.raw("1").score == 0).all()
    assert np.flatnonzero(document.tracks.analysed).tolist() == [7]
    assert document.tracks.found == 0


def test_analysing_again_replaces_and_who_is_gone_is_gone():
    document = analysed(5, people=2)
    document.put(2, Poses(np.full((1, 5, 2), 8.0), np.ones((1, 5)), np.ones((1, 5, 2, 2))), ["1"])

    assert (document.tracks.raw("1").xy[2] == 8).all()
    assert np.isnan(document.tracks.raw("2").xy[2]).all()
    assert np.isfinite(document.tracks.raw("2").xy[3]).all()


def test_an_empty_document_makes_an_empty_recording():
    recording = record(Document(footage(5), WALKER).tracks, Kalman(KalmanOptions()))

    assert len(recording.pts) == 0
    assert recording.tracks == ()


def test_what_is_given_out_is_a_copy():
    document = analysed(5)
    document.tracks.raw("1").xy[:] = 0
    document.tracks.corrected("1").score[:] = 0
    document.tracks.marks("1")[:] = 4

    assert (document.tracks.raw("1").xy != 0).all()
    assert (document.tracks.corrected("1").score > 0).all()
    assert not document.tracks.marks("1").any()


def test_corrections_lie_over_the_raw_positions_and_raw_stays():
    document = analysed(10)
    raw = document.tracks.raw("1")
    document.move("1", 4, 1, (5.0, 6.0))
    document.mark("1", 4, 2, Mark.MISSING)
    document.mark("1", 4, 3, Mark.OCCLUDED)
    corrected = document.tracks.corrected("1")

    assert corrected.xy[4, 1].tolist() == [5, 6]
    assert corrected.score[4, 1] == 1
    assert np.argwhere(corrected.fixed).tolist() == [[4, 1]]
    assert np.isnan(corrected.xy[4, 2]).all()
    assert corrected.score[4, 2] == 0
    np.testing.assert_array_equal(corrected.xy[4, 3], raw.xy[4, 3])
    np.testing.assert_array_equal(document.tracks.raw("1").xy, raw.xy)


def test_a_part_is_what_the_whole_has_there():
    document = analysed(50)
    document.move("1", 25, 1, (5.0, 6.0))
    document.swap_sides("1", range(20, 30))
    whole, part = document.tracks.corrected("1"), document.tracks.corrected("1", range(15, 35), [0, 2])

    np.testing.assert_array_equal(part.xy, whole.xy[15:35][:, [0, 2]])
    np.testing.assert_array_equal(part.fixed, whole.fixed[15:35][:, [0, 2]])
    assert part.body_size == whole.body_size


def test_the_bodys_size_is_that_of_what_was_measured():
    document = analysed(50)
    size = document.tracks.body_size("1")
    document.move("1", 25, 1, (5000.0, 6.0))

    assert size == pytest.approx(310, abs=20)
    assert document.tracks.body_size("1") == size == document.tracks.corrected("1", range(5)).body_size


def test_the_table_of_a_corrected_document_keeps_raw_and_corrected_apart(tmp_path: Path):
    document = analysed(40)
    raw = document.tracks.raw("1").xy[20, 1]
    document.move("1", 20, 1, (450.0, 420.0))
    document.mark("1", 21, 1, Mark.MISSING)
    row, after = table(document, tmp_path)[20:22]

    assert row["right_hand.state"] == "edited"
    assert float(row["right_hand.x_smooth"]) == pytest.approx(450, abs=0.5)
    assert float(row["right_hand.x"]) == pytest.approx(raw[0], abs=1e-3)
    assert after["right_hand.state"] == "interpolated"
    assert row["left_hand.state"] == "observed"


def test_without_a_smoother_the_table_has_the_corrected_positions(tmp_path: Path):
    document = analysed(5)
    document.move("1", 2, 1, (450.0, 420.0))
    row = table(document, tmp_path, smooth=False)[2]

    assert (row["right_hand.x_smooth"], row["right_hand.state"]) == ("450.000", "edited")
    assert row["head.x_smooth"] == row["head.x"]


def test_who_was_removed_has_no_row(tmp_path: Path):
    document = analysed(6, people=2)
    document.remove("2", range(2, 4))
    rows = table(document, tmp_path, smooth=False)

    assert [(row["frame_idx"], row["track"]) for row in rows if row["frame_idx"] in "123"] == [
        ("1", "1"), ("1", "2"), ("2", "1"), ("3", "1"),
    ]  # fmt: skip


def test_positions_put_into_frames_never_analysed_are_exported(tmp_path: Path):
    document = Document(footage(10), WALKER)
    document.move("1", 3, 0, (10.0, 20.0))
    recording = record(document.tracks, Kalman(KalmanOptions()))

    assert recording.frame_index.tolist() == [3]
    assert recording.tracks[0][2].state[0, 0] == State.EDITED


def test_people_and_ranges_that_are_not_there_are_named():
    document = analysed(5)
    with pytest.raises(SessionError, match="nobody is called '7'; there are 1"):
        document.tracks.raw("7")
    with pytest.raises(SessionError, match="no frames 3 to 8; there are 0 to 4"):
        document.tracks.raw("1", range(3, 9))


def test_poses_of_another_skeleton_are_refused():
    document = analysed(3)
    with pytest.raises(SessionError, match="poses of 2 keypoints do not fit tracks of 5"):
        document.put(0, Poses.missing(2), ["1"])


def table(document: Document, folder: Path, *, smooth: bool = True) -> list[dict[str, str]]:
    import csv

    path = folder / "out.csv"
    CsvTable(CsvOptions()).write(record(document.tracks, Kalman(KalmanOptions()) if smooth else None), path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
