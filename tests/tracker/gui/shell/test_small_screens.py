"""The window on small screens, and on large ones with large pixels."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

import clips
from poseglass.gui.curves.curve_choice import CurveChoice
from poseglass.gui.shell.window import MainWindow

from ..conftest import analyse_and_wait, open_and_wait


@pytest.fixture
def full_window(window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: object) -> MainWindow:
    """The window with a video analysed, and all of its panels and curves open."""
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    for name in window.docks._docks:
        window.docks.show(name)
    for button in window.findChild(CurveChoice).findChildren(QToolButton):
        if button.isCheckable() and not button.isChecked():
            button.click()
    window.resize(1280, 720)
    qtbot.wait(50)
    return window


def test_with_everything_open_it_fits_a_small_screen(full_window: MainWindow):
    least = full_window.minimumSizeHint()

    assert least.width() <= 900
    assert least.height() <= 560


def test_with_everything_open_the_picture_keeps_its_place(full_window: MainWindow, qtbot: QtBot):
    assert (full_window.width(), full_window.height()) == (1280, 720)
    assert full_window.canvas.height() >= 300
    assert full_window.canvas.width() >= 700


@pytest.mark.parametrize("width", [420, 560, 720, 1200])
def test_the_bar_under_the_picture_is_never_cut(window: MainWindow, qtbot: QtBot, tmp_path: Path, width: int):
    open_and_wait(window, qtbot, clips.write(tmp_path / "clip.mp4", clips.constant(3)).path)
    bar = window.viewer.transport
    bar.setParent(None)
    qtbot.addWidget(bar)
    bar.show()
    bar.resize(width, bar.sizeHint().height())
    qtbot.wait(20)
    bar.resize(width, bar.sizeHint().height())
    qtbot.wait(20)

    for part in (*bar.findChildren(QToolButton), bar.speed, bar.frame_text, bar.time_text, bar.place):
        corner = part.mapTo(bar, part.rect().bottomRight())
        assert corner.x() <= bar.width(), part
        assert corner.y() <= bar.height(), part
        assert part.width() >= part.minimumSizeHint().width() or part is bar.place
