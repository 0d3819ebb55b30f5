import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sleap_io

from figures import DOTS, track_of
from poseglass.api import Measure, Recording, Source
from poseglass_plugins.csv_table import CsvOptions, CsvTable, columns
from poseglass_plugins.kalman import Kalman, KalmanOptions


def recording(smooth: bool = True) -> Recording:
    time_s = np.arange(4) / 29.97
    xy = np.stack([np.stack([time_s * 100, time_s + 7], -1), np.stack([time_s * 100, time_s + 90], -1)], 1)
    xy[1, 0] = np.nan
    xy[3] = np.nan
    track = track_of(xy, time_s, sigma=2.0, score=0.5)
    smoothed = Kalman(KalmanOptions(gap_s=0.01)).smooth(track) if smooth else None
    return Recording(DOTS, np.arange(4), np.arange(4) * 1001, time_s, (("1", track, smoothed),), Source(320, 240))


def measured() -> Recording:
    speeds = Measure("left_dot.speed", "px_s", np.array([1.25, np.nan, 3, 4]), np.array([0.5, np.nan, 0.5, 0.5]))
    return replace(recording(), measures=((speeds,),))


def rows(tmp_path: Path, what: Recording) -> list[dict[str, str]]:
    path = tmp_path / "out.csv"
    CsvTable(CsvOptions()).write(what, path)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_header_is_the_houses():
    assert columns(("nose",)) == [
        "frame_idx", "pts", "time_s", "track", "instance.score",
        "nose.x", "nose.y", "nose.score", "nose.sigma", "nose.x_smooth", "nose.y_smooth", "nose.state",
    ]  # fmt: skip


def test_every_frame_has_a_row_and_missing_is_empty(tmp_path: Path):
    table = rows(tmp_path, recording(smooth=False))

    assert [row["frame_idx"] for row in table] == ["0", "1", "2", "3"]
    assert [row["pts"] for row in table] == ["0", "1001", "2002", "3003"]
    assert table[2]["time_s"] == "0.066733"
    assert table[1]["left_dot.x"] == ""
    assert table[1]["left_dot.score"] == ""
    assert table[1]["right_dot.x"] == "3.337"
    assert table[3]["track"] == ""
    assert set(table[3].values()) == {"", "3", "3003", "0.100100"}


def test_a_frame_without_a_stamp_has_a_row_with_neither_stamp_nor_time(tmp_path: Path):
    whole = recording(smooth=False)
    time_s = whole.time_s.copy()
    time_s[2] = np.nan
    table = rows(tmp_path, replace(whole, time_s=time_s))

    assert [row["pts"] for row in table] == ["0", "1001", "", "3003"]
    assert [row["time_s"] for row in table] == ["0.000000", "0.033367", "", "0.100100"]
    assert table[2]["right_dot.x"] == "6.673"


def test_sigma_is_the_deviation_in_pixels(tmp_path: Path):
    table = rows(tmp_path, recording())

    assert table[0]["left_dot.sigma"] == "2.000"
    assert table[0]["left_dot.score"] == "0.5000"


def test_smoothed_and_raw_stand_side_by_side(tmp_path: Path):
    table = rows(tmp_path, recording())

    assert table[0]["right_dot.state"] == "observed"
    assert table[0]["right_dot.x_smooth"] != ""
    assert rows(tmp_path, recording(smooth=False))[0]["right_dot.x_smooth"] == ""


def test_measures_come_after_the_keypoints(tmp_path: Path):
    plain, what = recording(), measured()
    table = rows(tmp_path, what)

    assert list(table[0])[len(rows(tmp_path, plain)[0]) :] == ["left_dot.speed_px_s", "left_dot.speed_px_s_sigma"]
    assert [row["left_dot.speed_px_s"] for row in table] == ["1.2500", "", "3.0000", ""]
    assert [row["left_dot.speed_px_s_sigma"] for row in table] == ["0.5000", "", "0.5000", ""]


@pytest.mark.parametrize("has_measures", [False, True])
def test_sleap_io_reads_it(tmp_path: Path, has_measures: bool):
    what = measured() if has_measures else recording()
    path = tmp_path / "out.csv"
    CsvTable(CsvOptions()).write(what, path)
    labels = sleap_io.load_csv(str(path))
    frames = {frame.frame_idx: frame for frame in labels.labeled_frames}

    assert {node.name for node in labels.skeletons[0].nodes} == {"left_dot", "right_dot"}
    assert 0 in frames
    place = labels.skeletons[0].node_names.index("right_dot")
    np.testing.assert_allclose(frames[2].instances[0].numpy()[place], what.tracks[0][1].xy[2, 1], atol=1e-3)
