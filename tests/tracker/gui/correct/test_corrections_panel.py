from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.store.corrections import Mark
from poseglass.gui.shell.window import MainWindow
from poseglass.types import Poses, State
from poseglass_models.skeleton import PERSON_19
from sessions import remeasured

from ..conftest import open_and_wait
from ..walked import put_walk


@pytest.fixture
def walked(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> MainWindow:
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    window.docks.show("corrections")
    return window


def test_what_is_corrected_is_listed_and_a_click_goes_there(walked: MainWindow, qtbot: QtBot):
    panel, document = walked.study.corrections, walked.project.document
    assert document is not None
    document.mark("1", 33, 2, Mark.OCCLUDED)
    document.move("1", 12, 0, (9.0, 9.0))
    qtbot.waitUntil(lambda: panel.model.rowCount() == 2, timeout=5000)
    texts = [panel.model.data(panel.model.index(row, 2)) for row in range(2)]
    assert texts == ["left hand: placed", "head: hidden"]

    spot = panel.table.visualRect(panel.model.index(1, 0)).center()
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    qtbot.waitUntil(lambda: walked.selection.frame == 33, timeout=10000)
    assert walked.selection.keypoints == {2}
    document.undo()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=5000)


def test_this_frames_keypoints_say_how_they_are(walked: MainWindow, qtbot: QtBot):
    panel, document = walked.study.corrections.keypoints, walked.project.document
    assert document is not None
    walked.player.jump(8)
    qtbot.waitUntil(lambda: walked.selection.frame == 8)
    document.mark("1", 8, 0, Mark.MISSING)
    document.move("1", 8, 1, (9.0, 9.0))
    states = [panel._item(row).text(2) for row in range(5)]
    assert states == [
        "interpolated, taken away by you", "edited, placed by you", "observed", "observed", "observed",
    ]  # fmt: skip
    assert [panel._item(row).text(1) for row in range(2)] == ["–", "–"]
    assert panel._item(3).text(1) == f"{document.tracks.raw('1').score[8, 3]:.2f}"

    panel._item(4).setSelected(True)
    assert walked.selection.keypoints == {4}
    walked.selection.choose_keypoints({1, 2})
    assert [panel._item(row).isSelected() for row in range(5)] == [False, True, True, False, False]


def test_what_is_accepted_is_not_said_to_be_placed(walked: MainWindow, qtbot: QtBot):
    panel, document = walked.study.corrections, walked.project.document
    assert document is not None
    walked.player.jump(8)
    qtbot.waitUntil(lambda: walked.selection.frame == 8)
    walked.selection.choose_keypoints({3})
    walked.commands["edit.placed"].trigger()  # accept as it is
    document.move("1", 9, 3, (9.0, 9.0))
    document.mark("1", 10, 3, Mark.PLACED)
    document.mark("1", 10, 3, Mark.OCCLUDED)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 3, timeout=5000)
    texts = [panel.model.data(panel.model.index(row, 2)) for row in range(3)]

    assert texts == [
        "left foot: accepted as measured", "left foot: placed", "left foot: accepted as measured, hidden",
    ]  # fmt: skip
    item = panel.keypoints._item(3)
    assert item.text(2) == "edited, accepted by you"
    assert item.text(1) == f"{document.tracks.raw('1').score[8, 3]:.2f}"


def test_a_keypoint_said_to_be_missing_has_the_state_of_the_table(walked: MainWindow, qtbot: QtBot):
    panel, document, paths = walked.study.corrections.keypoints, walked.project.document, walked.project.paths
    assert document is not None
    assert paths is not None
    walked.player.jump(8)
    qtbot.waitUntil(lambda: walked.selection.frame == 8)
    document.mark("1", 8, 0, Mark.MISSING)
    document.mark("1", 8, 1, Mark.OCCLUDED)
    paths.refresh("1", document.tracks.frames)
    panel.refresh()

    assert State(paths.track("1").state[8, 0]).text == "interpolated"
    assert [panel._item(row).text(2) for row in range(2)] == ["interpolated, taken away by you", "observed, hidden"]


def test_nineteen_keypoints_are_seen_at_once(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    window.resize(1280, 800)
    document, rows = window.project.document, window.study.corrections.keypoints
    assert document is not None
    document.take_skeleton(PERSON_19)
    document.put(0, Poses(np.full((1, 19, 2), 50.0), np.full((1, 19), 0.9), np.tile(np.eye(2), (1, 19, 1, 1))), ["1"])
    window.docks.show("corrections")
    qtbot.waitUntil(lambda: rows.topLevelItemCount() == 19, timeout=5000)
    last = rows.visualItemRect(rows.topLevelItem(18))

    qtbot.waitUntil(lambda: last.bottom() <= rows.viewport().height(), timeout=5000)
    assert rows.topLevelItem(18).text(0) == "head top"


def test_keypoints_the_smoother_does_not_believe_are_not_said_to_be_measured(walked: MainWindow, qtbot: QtBot):
    panel, document, paths = walked.study.corrections.keypoints, walked.project.document, walked.project.paths
    assert document is not None
    assert paths is not None
    with remeasured(document, "1") as (xy, _):
        xy[20, 0] += 500  # an outlier between good measurements
        xy[20, 1] = np.nan
        xy[36, 3] += 500  # an outlier after which nothing comes
        xy[37:, 3] = np.nan
    paths.refresh("1", document.tracks.frames)
    for frame in (20, 36):
        walked.player.jump(frame)
        qtbot.waitUntil(lambda frame=frame: walked.selection.frame == frame)
        table = [State(state).text for state in paths.track("1").state[frame]]
        assert [panel._item(row).text(2).split(", ")[0] for row in range(5)] == table
        rejected = 0 if frame == 20 else 3
        score = document.tracks.raw("1").score[frame, rejected]
        assert panel._item(rejected).text(1) == "–"
        assert panel._item(rejected).text(2).startswith(f"{table[rejected]}, {score:.2f} rejected")
        if frame == 20:
            assert table[:3] == ["interpolated", "interpolated", "observed"]
        else:
            assert table[3] == "predicted"


def test_keypoints_nobody_has_smoothed_yet_are_measured_or_missing(walked: MainWindow, qtbot: QtBot):
    panel, document, paths = walked.study.corrections.keypoints, walked.project.document, walked.project.paths
    assert document is not None
    assert paths is not None
    with remeasured(document, "1") as (xy, _):
        xy[20, 1] = np.nan
    paths.track("1").state[20] = State.MISSING
    walked.player.jump(20)
    qtbot.waitUntil(lambda: walked.selection.frame == 20)

    assert [panel._item(row).text(2) for row in range(3)] == ["observed", "missing", "observed"]


def test_look_here_next_goes_from_the_worst_frame_on_and_begins_again(walked: MainWindow, qtbot: QtBot):
    document = walked.project.document
    assert document is not None
    with remeasured(document, "1") as (_, score):
        score[:] = 0.9
        score[[5, 40]] = [[0.05], [0.2]]
    walked.study.guide._forget()
    places = walked.study.guide.doubtful.tolist()
    assert places[:2] == [5, 40]
    for frame in [*places, 5]:
        walked.commands["edit.look_next"].trigger()

        assert walked.player.index == frame


def test_a_doubtful_place_is_shown_with_its_reason_and_its_keypoint_chosen(walked: MainWindow):
    document, paths = walked.project.document, walked.project.paths
    assert document is not None
    assert paths is not None
    with remeasured(document, "1") as (xy, score):
        score[:] = 0.9
        xy[20, 1] += 60
        score[5, 3] = 0.05
    paths.refresh("1", document.tracks.frames)
    walked.study.guide._forget()
    status = walked.statusBar()
    assert status is not None
    said = {
        20: ("Frame 20: right hand jumps", {1}),
        5: ("Frame 5: left foot is unsure (0.05)", {3}),
    }
    for frame, (text, chosen) in said.items():
        walked.commands["edit.look_next"].trigger()

        assert walked.player.index == frame
        assert status.currentMessage() == text
        assert walked.selection.keypoints == chosen


def test_corrections_are_visited_in_order(walked: MainWindow, qtbot: QtBot):
    document = walked.project.document
    assert document is not None
    for frame in (30, 10):
        document.mark("1", frame, 0, Mark.MISSING)
    for name, frame in (("next", 10), ("next", 30), ("last", 10)):
        walked.commands[f"edit.{name}_correction"].trigger()
        qtbot.waitUntil(lambda frame=frame: walked.selection.frame == frame, timeout=10000)
    with qtbot.waitSignal(walked.study.said):
        walked.commands["edit.last_correction"].trigger()


def test_corrected_frames_are_written_as_a_training_set(walked: MainWindow, qtbot: QtBot, tmp_path: Path):
    document = walked.project.document
    assert document is not None
    for frame in (3, 30):
        document.move("1", frame, 0, (50.0, 40.0))
    with qtbot.waitSignal(walked.study.training.written, timeout=20000):
        walked.study.training.write(tmp_path / "set")

    assert sorted(path.name for path in (tmp_path / "set" / "images").iterdir()) == [
        "clip-000003.jpg",
        "clip-000030.jpg",
    ]
    assert (tmp_path / "set" / "labels.json").is_file()
    with qtbot.waitSignal(walked.study.training.failed, timeout=20000) as failed:
        walked.study.training.write(tmp_path / "set")
    assert "not empty" in failed.args[0]


def test_without_corrections_there_is_nothing_to_train_on(walked: MainWindow, qtbot: QtBot, tmp_path: Path):
    with qtbot.waitSignal(walked.study.training.failed) as failed:
        walked.study.training.write(tmp_path / "set")

    assert "no frame is corrected" in failed.args[0]
    assert not (tmp_path / "set").exists()


def test_a_long_edit_is_smoothed_in_a_thread(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    clip = clips.write(tmp_path / "long.mp4", clips.constant(400))
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    document, paths = window.project.document, window.project.paths
    assert document is not None
    assert paths is not None
    before = paths.track("1").xy.copy()
    with qtbot.waitSignal(window.project.smoothed, timeout=20000):
        document.swap_sides("1", range(400))

    assert not paths.stale("1")
    np.testing.assert_allclose(paths.track("1").xy, before[:, document.skeleton.flip_order], atol=0.01)
