import threading
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from figures import DOTS, CrowdEstimator, draw_dots
from poseglass.core import run
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import DeviceError
from poseglass.gui.shell.window import MainWindow
from poseglass.types import Boxes, Floats, Image, Poses

from ..conftest import open_and_wait
from ..walked import drag

FRAMES = 12
HERE = 3
"""The frame that is corrected."""
OTHER = (230.0, 130.0)
"""Where somebody else stands, who was taken for the one who walks."""


def walker(frame: int) -> tuple[float, float]:
    return 80.0 + 2 * frame, 60.0


def dots(center: tuple[float, float]) -> Floats:
    return np.array([[center[0] + 20, center[1]], [center[0] - 20, center[1]]])


class Near(CrowdEstimator):
    """Sees a little beyond the box, as networks do; can be made to wait after some looks."""

    def __init__(self) -> None:
        super().__init__()
        self.looks_free, self.is_held, self.let_go = 1000, False, threading.Event()

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        if len(self.asked) >= self.looks_free:
            self.is_held = True
            assert self.let_go.wait(20)
        return super().estimate(image, boxes)

    def _look(self, image: Image, box: Floats) -> tuple[Floats, Floats]:
        return super()._look(image, box + np.array([-15, -15, 15, 15]))


@pytest.fixture
def estimator(monkeypatch: pytest.MonkeyPatch) -> Near:
    made = Near()
    monkeypatch.setattr(run, "make_estimator", lambda name, options: made)
    return made


@pytest.fixture
def wrong(window: MainWindow, qtbot: QtBot, tmp_path: Path, estimator: Near) -> MainWindow:
    """A window with two people of whom the wrong one was followed, at the frame to be corrected."""
    with VideoWriter(tmp_path / "two.mp4", 320, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(FRAMES):
            writer.write(np.maximum(draw_dots(200, 320, walker(i)), draw_dots(200, 320, OTHER)), i)
    open_and_wait(window, qtbot, tmp_path / "two.mp4")
    document = window.project.document
    assert document is not None
    document.take_skeleton(DOTS)
    there = np.full((1, 2), 0.9), np.tile(np.eye(2), (1, 2, 1, 1))
    for t in range(FRAMES):
        document.arrivals.put(t, Poses(dots(OTHER)[None], *there), ("1",))
    with qtbot.waitSignal(window.project.smoothed, timeout=20000):
        window.project.expect_arrivals(False)
    window.player.jump(HERE)
    qtbot.waitUntil(lambda: window.selection.frame == HERE, timeout=20000)
    window.commands["edit.correct"].trigger()
    return window


def place_both(window: MainWindow) -> None:
    """Drag both dots to the one who walks."""
    for keypoint, target in enumerate(dots(walker(HERE))):
        at = window.study.tool.place_of(keypoint)
        assert at is not None
        way = window.canvas.view.to_widget(*target) - window.canvas.view.to_widget(*at)
        drag(window, keypoint, (round(way.x()), round(way.y())))


def look(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    window.canvas.setFocus()
    QTest.keyClick(window.canvas, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: not window.study.again.is_running, timeout=20000)


def raw(window: MainWindow) -> Floats:
    assert window.project.document is not None
    return window.project.document.tracks.raw("1").xy


def test_two_dragged_keypoints_and_a_key_mend_all_frames_that_follow(wrong: MainWindow, qtbot: QtBot):
    place_both(wrong)
    look(wrong, qtbot)
    expected = np.stack([dots(walker(t) if t >= HERE else OTHER) for t in range(FRAMES)])

    np.testing.assert_allclose(raw(wrong), expected, atol=1.5)
    assert wrong.project.paths is not None
    np.testing.assert_allclose(wrong.project.paths.track("1").xy[HERE + 3 :], expected[HERE + 3 :], atol=4)
    assert wrong.notice.text == f"Looked again: {FRAMES - HERE} frames changed, {HERE} to {FRAMES - 1}."
    assert table(wrong)[0][2] == "looked at again"
    assert wrong.project.document is not None
    told = wrong.project.document.tracks.facts()[-1]
    assert told == {**CrowdEstimator().facts, "looked_again_at": "1", "frame_ranges": f"{HERE}-{FRAMES - 1}"}


def table(window: MainWindow) -> list[tuple[str, ...]]:
    window.docks.show("corrections")
    panel = window.study.corrections
    panel.refresh()
    model = panel.model
    return [tuple(str(model.data(model.index(row, column))) for column in range(3)) for row in range(model.rowCount())]


def test_its_notice_takes_all_of_it_back_and_leaves_the_drags(wrong: MainWindow, qtbot: QtBot):
    before = raw(wrong)
    place_both(wrong)
    look(wrong, qtbot)
    button = next(button for button in wrong.notice.findChildren(QPushButton) if button.text() == "Undo")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    document = wrong.project.document
    assert document is not None

    np.testing.assert_array_equal(raw(wrong), before)
    assert document.undo_text == "Move right dot"
    assert document.redo_text == f"Look again in frames {HERE}-{FRAMES - 1}"
    assert wrong.notice.text == ""


def test_the_notice_takes_back_nothing_that_was_done_later(wrong: MainWindow, qtbot: QtBot):
    place_both(wrong)
    look(wrong, qtbot)
    button = next(button for button in wrong.notice.findChildren(QPushButton) if button.text() == "Undo")
    wrong.commands["edit.swap_sides"].trigger()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    assert wrong.commands["edit.undo"].text().startswith("&Undo: Swap left and right")


def test_it_can_be_done_where_two_are_placed_and_nowhere_else(wrong: MainWindow, qtbot: QtBot):
    action = wrong.commands["edit.look_again"]
    assert not action.isEnabled()
    place_both(wrong)
    assert action.isEnabled()
    wrong.player.jump(HERE + 1)
    qtbot.waitUntil(lambda: wrong.selection.frame == HERE + 1, timeout=20000)
    assert not action.isEnabled()
    wrong.player.jump(HERE)
    qtbot.waitUntil(lambda: wrong.selection.frame == HERE, timeout=20000)
    assert action.isEnabled()
    assert wrong.project.document is not None
    wrong.project.document.is_read_only = True
    wrong.study.again.refresh()
    assert not action.isEnabled()


def test_escape_stops_it_and_keeps_what_it_has(wrong: MainWindow, qtbot: QtBot, estimator: Near):
    place_both(wrong)
    estimator.looks_free = 3 + 4  # to find the box, and for four frames
    wrong.activateWindow()
    wrong.canvas.setFocus()
    QTest.keyClick(wrong.canvas, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: estimator.is_held, timeout=20000)
    assert wrong.commands["edit.stop_looking"].isEnabled()
    QTest.keyClick(wrong.canvas, Qt.Key.Key_Escape)
    estimator.let_go.set()
    qtbot.waitUntil(lambda: not wrong.study.again.is_running, timeout=20000)

    changed = np.flatnonzero(np.abs(raw(wrong) - dots(OTHER)).max(axis=(1, 2)) > 5)
    assert changed.tolist() == list(range(HERE, HERE + 5))
    assert "Stopped there." in wrong.notice.text
    assert not wrong.commands["edit.stop_looking"].isEnabled()


def test_where_nothing_fits_nothing_is_changed(wrong: MainWindow, qtbot: QtBot):
    for keypoint in (0, 1):
        drag(wrong, keypoint, (0, -100))
    before = raw(wrong)
    look(wrong, qtbot)

    np.testing.assert_array_equal(raw(wrong), before)
    assert "no pose fits" in wrong.notice.text


def test_what_the_network_refuses_is_told(wrong: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    def refuse(name: str, options: object) -> Near:
        raise DeviceError("device 'cuda' is not there; try auto")

    monkeypatch.setattr(run, "make_estimator", refuse)
    place_both(wrong)
    look(wrong, qtbot)

    assert "try auto" in wrong.notice.text


def test_a_closed_video_ends_it(wrong: MainWindow, qtbot: QtBot, estimator: Near):
    place_both(wrong)
    wrong.commands["edit.look_again"].trigger()
    wrong.desk.sessions.end(discard=True)
    wrong.close_video()

    assert not wrong.study.again.is_running
