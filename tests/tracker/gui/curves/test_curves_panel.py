import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.motion.curves import PathKind
from poseglass.core.motion.quantities import Quantity
from poseglass.gui.curves.curves_panel import CurvesPanel
from poseglass.gui.curves.time_plot import time_text
from poseglass.gui.shell.window import MainWindow
from poseglass.types import Poses
from poseglass_models.skeleton import PERSON_19

from ..conftest import open_and_wait
from ..walked import drag, put_walk


@pytest.fixture
def walked(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> MainWindow:
    """A window whose curves are open, with 45 analysed frames of a variable rate."""
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    window.docks.show("curves")
    qtbot.waitUntil(lambda: bool(drawn(window.study.curves, Quantity.X)))
    return window


def drawn(panel: CurvesPanel, quantity: Quantity) -> list[tuple[np.ndarray, np.ndarray]]:
    """Times and values of every curve in a plot."""
    return [
        tuple(part.copy() for part in item.getData())
        for item in panel.plots.plots[quantity]._lines
        if item.xData is not None
    ]


def click(panel: CurvesPanel, quantity: Quantity, time_s: float) -> None:
    plot = panel.plots.plots[quantity]
    middle = np.mean(plot.view.viewRange()[1])
    spot = panel.plots.mapFromScene(plot.view.mapViewToScene(QPointF(time_s, middle)))
    QTest.mouseClick(panel.plots.viewport(), Qt.MouseButton.LeftButton, pos=spot)


def cursor_s(panel: CurvesPanel) -> set[float]:
    return {plot._cursor.value() for plot in panel.plots.plots.values()}


def test_the_cursor_does_not_cut_the_text_in_a_corner(walked: MainWindow):
    panel = walked.study.curves
    plot = panel.plots.plots[Quantity.X]
    panel.plots.recolour()
    panel.draw()
    text = panel.plots.mapFromScene(plot._text.mapRectToScene(plot._text.boundingRect())).boundingRect()
    below = text.bottom() + 8
    columns = range(text.left() + 8, text.left() + 60)
    plot.show_cursor(float(plot.view.mapSceneToView(panel.plots.mapToScene(columns[20], below)).x()))
    with_cursor = panel.plots.grab().toImage()
    plot.show_cursor(None)
    without = panel.plots.grab().toImage()

    def change(row: int) -> int:
        pairs = [(with_cursor.pixelColor(x, row), without.pixelColor(x, row)) for x in columns]
        return max(abs(one.lightness() - other.lightness()) for one, other in pairs)

    assert change(below) > 100
    assert max(change(row) for row in range(text.top() + 5, text.bottom() - 5)) < 40


def test_curves_stand_at_the_frames_own_times(walked: MainWindow, clip: clips.Clip):
    panel, document = walked.study.curves, walked.project.document
    assert document is not None
    walked.selection.choose_keypoints({3})
    panel.choice.source_buttons[PathKind.LIVE].setChecked(False)
    panel.choice.source_buttons[PathKind.SMOOTHED].setChecked(False)
    panel.draw()
    ((time_s, values),) = drawn(panel, Quantity.X)

    np.testing.assert_allclose(time_s, [float(time) for time in clip.times_s], atol=1e-9)
    np.testing.assert_array_equal(values, document.tracks.raw("1").xy[:, 3, 0])


def test_a_click_seeks_and_a_jump_moves_the_cursor(walked: MainWindow, qtbot: QtBot):
    panel = walked.study.curves
    time_s = panel.plots.time_s
    click(panel, Quantity.Y, float(time_s[31] + time_s[32]) / 2)
    qtbot.waitUntil(lambda: walked.selection.frame == 31, timeout=10000)
    qtbot.waitUntil(lambda: cursor_s(panel) == {float(time_s[31])})

    walked.player.jump(7)
    qtbot.waitUntil(lambda: cursor_s(panel) == {float(time_s[7])}, timeout=10000)


def test_a_drag_scrubs(walked: MainWindow, qtbot: QtBot):
    panel, sought = walked.study.curves, []
    panel.plots.sought.connect(lambda frame, settled: sought.append((frame, settled)))
    plot, viewport = panel.plots.plots[Quantity.X], panel.plots.viewport()
    assert viewport is not None

    def place_of(frame: float) -> QPoint:  # anew each time: the axis beside the plot grows with its figures
        time_s = float(np.interp(frame + 0.5, np.arange(len(panel.plots.time_s)), panel.plots.time_s))
        x = panel.plots.mapFromScene(plot.view.mapViewToScene(QPointF(time_s, 0))).x()
        return QPoint(x, panel.plots.mapFromScene(plot.view.sceneBoundingRect().center()).y())

    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=place_of(5))
    for frame in np.linspace(5, 40, 6)[1:]:
        QTest.mouseMove(viewport, place_of(frame))
        qtbot.wait(20)  # pyqtgraph drops moves that follow each other faster
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place_of(40))

    assert len(sought) >= 3
    assert [settled for _, settled in sought] == [False] * (len(sought) - 1) + [True]
    frames = [frame for frame, _ in sought]
    assert frames == sorted(frames)
    assert frames[-1] == 40


def test_a_correction_moves_the_smoothed_curve_and_has_a_ring(walked: MainWindow, qtbot: QtBot):
    panel = walked.study.curves
    walked.player.jump(20)
    qtbot.waitUntil(lambda: walked.selection.frame == 20)
    walked.selection.choose_keypoints({2})
    panel.draw()
    raw_before, _, smoothed_before = drawn(panel, Quantity.X)
    walked.commands["edit.correct"].trigger()
    expected = drag(walked, 2, (30, 0))
    panel.draw()
    raw, _, smoothed = drawn(panel, Quantity.X)

    np.testing.assert_array_equal(raw[1], raw_before[1])
    assert smoothed[1][20] == pytest.approx(expected[0], abs=0.2)
    assert abs(smoothed[1][21] - smoothed_before[1][21]) > 0.1
    ((time_s, value),) = zip(*panel.plots.plots[Quantity.X]._placed.getData(), strict=True)
    assert (time_s, value) == (pytest.approx(float(panel.plots.time_s[20])), pytest.approx(expected[0], abs=0.01))
    walked.commands["edit.undo"].trigger()
    panel.draw()
    np.testing.assert_allclose(drawn(panel, Quantity.X)[2][1], smoothed_before[1], atol=1e-9)


def test_the_values_under_the_mouse_are_those_of_the_frame(walked: MainWindow, qtbot: QtBot):
    panel, document, paths = walked.study.curves, walked.project.document, walked.project.paths
    assert document is not None
    assert paths is not None
    walked.selection.choose_keypoints({0})
    panel.draw()
    walked.player.jump(12)
    qtbot.waitUntil(lambda: "frame 12 " in panel.choice.moment.text())
    text = panel.plots.plots[Quantity.X].values_text

    assert f"•{document.tracks.raw('1').xy[12, 0, 0]:.1f}" in text
    assert f"━{paths.track('1').xy[12, 0, 0]:.1f}" in text
    panel.plots._tell_pointed(30, float(panel.plots.time_s[30]))
    assert f"•{document.tracks.raw('1').xy[30, 0, 0]:.1f}" in panel.plots.plots[Quantity.X].values_text


def test_a_plot_of_angles_without_any_says_why(walked: MainWindow, qtbot: QtBot):
    panel = walked.study.curves
    panel.choice.quantity_buttons[Quantity.ANGLE].click()
    panel.draw()

    assert "The model finds no keypoints that make an angle." in panel.plots.plots[Quantity.ANGLE].values_text


def test_a_plot_of_angles_says_what_has_one(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    document, panel = window.project.document, window.study.curves
    assert document is not None
    document.take_skeleton(PERSON_19)
    document.put(0, Poses(np.full((1, 19, 2), 50.0), np.full((1, 19), 0.9), np.tile(np.eye(2), (1, 19, 1, 1))), ["1"])
    window.docks.show("curves")
    panel.choice.quantity_buttons[Quantity.ANGLE].click()
    window.selection.choose_keypoints({PERSON_19.names.index("nose")})
    panel.draw()
    said = "No angle at nose. Choose one of: elbow, shoulder, hip, knee."
    assert said in panel.plots.plots[Quantity.ANGLE].values_text

    window.selection.choose_keypoints({PERSON_19.names.index("left_elbow")})
    panel.draw()
    assert "No angle" not in panel.plots.plots[Quantity.ANGLE].values_text


def test_the_legend_takes_curves_away_and_remembers(walked: MainWindow, qtbot: QtBot):
    panel = walked.study.curves
    walked.selection.choose_keypoints({0, 1})
    panel.draw()
    assert len(drawn(panel, Quantity.SPEED)) == 6
    panel.choice.source_buttons[PathKind.RAW].click()
    panel.draw()
    assert len(drawn(panel, Quantity.SPEED)) == 4
    panel.choice.quantity_buttons[Quantity.SCORE].click()
    panel.draw()
    assert len(drawn(panel, Quantity.SCORE)) == 2  # only the measurement has one
    assert walked.settings.table("curves")["raw"] is False
    assert walked.settings.table("curves")["score"] is True


def test_stretches_without_results_are_marked(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot, frames=range(10, 30))
    window.docks.show("curves")
    panel = window.study.curves
    panel.draw()
    time_s = panel.plots.time_s

    assert panel.plots.plots[Quantity.X].marks._gaps == [(time_s[0], time_s[10]), (time_s[30], time_s[44])]


def test_results_that_come_in_are_drawn_a_few_times_a_second(
    window: MainWindow, qtbot: QtBot, clip: clips.Clip, monkeypatch: pytest.MonkeyPatch
):
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot, frames=range(5))
    window.docks.show("curves")
    panel, document = window.study.curves, window.project.document
    assert document is not None
    qtbot.waitUntil(lambda: bool(drawn(panel, Quantity.X)))
    qtbot.waitUntil(lambda: not panel._soon.isActive() and not panel._later.isActive())
    drawings: list[int] = []
    monkeypatch.setattr(panel.plots.plots[Quantity.X], "draw", lambda *_: drawings.append(1))
    first = document.tracks.raw("1", range(1))
    poses = Poses(first.xy, first.score, first.covariance)
    for t in range(5, 35):
        document.put(t, poses, ["1"])
    assert drawings == []
    qtbot.waitUntil(lambda: bool(drawings), timeout=2000)
    assert len(drawings) == 1


def test_the_wheel_keeps_the_time_under_the_mouse(walked: MainWindow):
    plots = walked.study.curves.plots
    plots.show_window(0.2, 1.2)
    view = plots.plots[Quantity.X].view
    view.moved.emit(0.4, 0.9)

    assert plots.window_s == pytest.approx((0.4, 0.9))
    plots.show_window(-50, -49)
    assert plots.window_s[0] >= -0.1
    plots.show_window(-1e9, 1e9)
    assert plots.window_s[0] < 0 < plots.time_s[-1] < plots.window_s[1]


def test_the_page_turns_when_the_video_runs_out_of_it(walked: MainWindow, qtbot: QtBot):
    plots = walked.study.curves.plots
    plots.show_window(0.0, 0.4)
    walked.player.jump(44)
    qtbot.waitUntil(lambda: plots.window_s[0] <= plots.time_s[44] <= plots.window_s[1], timeout=10000)

    assert plots.window_s[1] - plots.window_s[0] == pytest.approx(0.4)


def test_times_on_the_axis_have_as_many_decimals_as_they_need():
    assert time_text(62.5, 1) == "1:02.5"
    assert time_text(0, 0) == "0:00"
    assert time_text(59.9996, 3) == "1:00.000"
    assert time_text(-0.5, 1) == "-0:00.5"
