import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.motion import kinematics
from poseglass.gui.measure import measure_tool
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow
from poseglass.types import Skeleton, sigma_of

from .. import walked as walk_module
from ..conftest import open_and_wait, shown_window
from ..walked import put_walk


@pytest.fixture
def walked(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> MainWindow:
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    return window


@pytest.fixture(autouse=True)
def two_metres(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked how long a line is says 2 m."""
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (2.0, True))


def camera(monkeypatch: pytest.MonkeyPatch, moved: str) -> None:
    monkeypatch.setattr(measure_tool, "camera_motion", lambda *_: moved)


def draw(window: MainWindow, action: str, line: tuple[float, float, float, float]) -> None:
    """Draw a line with the mouse, as the action asks for."""
    window.commands[action].trigger()
    assert window.commands[action].isChecked()
    view = window.canvas.view
    start, end = view.to_widget(*line[:2]).toPoint(), view.to_widget(*line[2:]).toPoint()
    QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(window.canvas, end)
    QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, pos=end)
    assert not window.commands[action].isChecked()


def set_scale(window: MainWindow, qtbot: QtBot) -> None:
    draw(window, "measure.scale", (20.0, 20.0, 20.0, 70.0))
    qtbot.waitUntil(lambda: window.project.looked is not None, timeout=20000)


def export(window: MainWindow, qtbot: QtBot) -> list[str]:
    window.exporting.angles.setChecked(True)
    with qtbot.waitSignal(window.exports.written, timeout=20000) as written:
        window.commands["export.table"].trigger()
    with written.args[0][0].open(newline="") as file:
        return next(csv.reader(file))


def test_a_line_and_its_length_make_the_scale(walked: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    camera(monkeypatch, "")
    assert not walked.commands["measure.floor"].isEnabled()
    set_scale(walked, qtbot)
    calibration = walked.project.calibration

    assert calibration is not None
    assert calibration.line == pytest.approx((20, 20, 20, 70), abs=1)
    assert calibration.metres == 2
    assert walked.project.moved == ""
    assert "stands still" in walked.statusBar().currentMessage()
    assert [rule.text for rule in walked.canvas.sketch.rules] == ["2 m"]
    walked.displays.change(scale=False)
    assert not walked.canvas.sketch.rules

    draw(walked, "measure.floor", (10.0, 80.0, 90.0, 85.0))
    assert walked.project.calibration is not None
    assert walked.project.calibration.floor == pytest.approx((10, 80, 90, 85), abs=1)
    assert walked.project.calibration.line == calibration.line
    assert walked.project.moved == ""  # nobody has to look again
    assert any(column.endswith("speed_m_s") for column in export(walked, qtbot))

    walked.commands["measure.forget"].trigger()
    assert walked.project.calibration is None


def test_where_the_camera_moves_it_is_said_and_nothing_is_in_metres(
    walked: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    camera(monkeypatch, "at 1.00 s the picture is zoomed by +3.0%")
    set_scale(walked, qtbot)

    assert "The camera moves: at 1.00 s the picture is zoomed by +3.0%" in walked.notice.text
    columns = export(walked, qtbot)
    assert any(column.endswith("speed_px_s") for column in columns)
    assert not any(column.endswith("_m_s") for column in columns)
    assert "because the camera moves" in walked.exporting.metres.text()


def test_what_is_analysed_later_is_looked_at_when_it_is_exported(
    window: MainWindow, qtbot: QtBot, clip: clips.Clip, monkeypatch: pytest.MonkeyPatch
):
    camera(monkeypatch, "")
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot, frames=range(10))
    set_scale(window, qtbot)
    assert window.project.moved == ""
    put_walk(window, qtbot)

    assert window.project.moved is None
    assert window.exporting.choice().moved is None


def test_a_line_that_is_too_short_and_a_cancelled_length_are_no_scale(
    walked: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    walked.canvas.zoom(8)
    at = walked.canvas.view.to_frame(walked.canvas.rect().center().toPointF())
    draw(walked, "measure.scale", (*at, at[0] + 3, at[1]))
    assert "shorter than 5 pixels" in walked.notice.text
    walked.canvas.fit()
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (2.0, False))
    draw(walked, "measure.scale", (20.0, 20.0, 20.0, 70.0))

    assert walked.project.calibration is None


@pytest.fixture
def another(qtbot: QtBot, settings: Settings) -> Iterator[MainWindow]:
    yield from shown_window(qtbot, settings)


def test_a_session_keeps_the_scale_and_what_the_camera_does(
    walked: MainWindow, another: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    camera(monkeypatch, "")
    set_scale(walked, qtbot)
    draw(walked, "measure.floor", (10.0, 80.0, 90.0, 85.0))
    with qtbot.waitSignal(walked.desk.sessions.saved, timeout=20000):
        walked.desk.sessions.save(tmp_path / "a.poseglass")
    kept = walked.project.calibration
    walked.desk.sessions.end(discard=True)
    walked.project.end()
    assert walked.project.calibration is None
    open_and_wait(another, qtbot, tmp_path / "a.poseglass")

    assert another.project.calibration == kept
    assert another.project.moved == ""
    another.measure.put_back({"line": [1, 2], "metres": "long", "floor": None})
    assert another.project.calibration is None


def test_arcs_say_what_the_table_says(
    window: MainWindow, qtbot: QtBot, clip: clips.Clip, monkeypatch: pytest.MonkeyPatch
):
    legs = Skeleton(("left_hip", "right_hip", "left_knee", "left_ankle", "right_ankle"))
    monkeypatch.setattr(walk_module, "WALKER", legs)
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    document, paths = window.project.document, window.project.paths
    assert document is not None
    assert paths is not None
    window.commands["view.angles"].trigger()
    assert [arc.text for arc in window.canvas.sketch.arcs] != []
    knee = document.skeleton.index("left_knee")
    window.selection.choose_keypoints({knee})
    here = paths.track("1").part(range(1))
    degrees = kinematics.angle(document.skeleton, "left_knee", here.xy)[0]
    error = kinematics.angle_sigma(document.skeleton, "left_knee", here.xy, here.sigma)[0]
    assert [arc.text for arc in window.canvas.sketch.arcs] == [f"{degrees:.0f}° ± {error:.0f}"]

    window.displays.change(source="raw")
    raw = document.tracks.corrected("1", range(1))
    degrees = kinematics.angle(document.skeleton, "left_knee", raw.xy)[0]
    error = kinematics.angle_sigma(document.skeleton, "left_knee", raw.xy, sigma_of(raw.covariance))[0]
    assert [arc.text for arc in window.canvas.sketch.arcs] == [f"{degrees:.0f}° ± {error:.0f}"]
    window.selection.hide_people(("1",))
    assert not window.canvas.sketch.arcs
    assert np.isfinite(degrees)
