import logging
import os
import sys
import threading
from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.store.corrections import Mark
from poseglass.errors import WindowError
from poseglass.gui import app
from poseglass.gui.shell.window import MainWindow

from .conftest import open_and_wait
from .walked import put_walk


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the process's hooks back afterwards."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)


@pytest.mark.usefixtures("hooks")
def test_what_nobody_caught_is_told_with_a_report(window: MainWindow, qtbot: QtBot, caplog: pytest.LogCaptureFixture):
    app._tell_uncaught(window)
    with caplog.at_level(logging.CRITICAL):
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
    qtbot.waitUntil(lambda: "ZeroDivisionError" in window.notice.text, timeout=20000)
    window.notice._buttons.itemAt(0).widget().click()
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None

    assert "ZeroDivisionError" in clipboard.text()
    assert "test_app.py" in clipboard.text()
    assert "torch" in clipboard.text()


def test_without_a_display_it_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(WindowError, match="no display"):
        app.run(None)


def test_opencvs_own_qt_is_forgotten_and_the_users_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", "/somewhere/cv2/qt/plugins")
    monkeypatch.setenv("QT_QPA_FONTDIR", "/home/me/fonts")
    app._forget_foreign_qt()

    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert os.environ["QT_QPA_FONTDIR"] == "/home/me/fonts"


@pytest.fixture
def guard(qtbot: QtBot) -> Iterator[None]:
    """What leaves keys to fields, as in the program."""
    running = QApplication.instance()
    assert running is not None
    installed = app.TypingGuard(running)
    running.installEventFilter(installed)
    yield
    running.removeEventFilter(installed)


@pytest.mark.usefixtures("guard")
def test_letters_and_delete_in_a_list_are_for_what_is_chosen_in_it(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    window.docks.show("corrections")
    document, rows = window.project.document, window.study.corrections.keypoints
    assert document is not None
    window.activateWindow()
    rows.setFocus()
    qtbot.waitUntil(rows.hasFocus)
    rows._item(0).setSelected(True)
    qtbot.keyClick(rows, Qt.Key.Key_H)
    assert document.tracks.marks("1", range(1))[0, 0] == Mark.OCCLUDED
    qtbot.keyClick(rows, Qt.Key.Key_Delete)
    assert document.tracks.marks("1", range(1))[0, 0] == Mark.MISSING
    rows.setCurrentItem(rows._item(0))
    qtbot.keyClick(rows, Qt.Key.Key_Down)

    assert rows.currentItem() is rows._item(1)
    assert window.selection.frame == 0


@pytest.mark.usefixtures("guard")
def test_what_is_typed_into_a_field_is_no_shortcut(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    window.activateWindow()
    place = window.viewer.transport.place
    place.setFocus()
    qtbot.waitUntil(place.hasFocus)
    qtbot.keyClicks(place, "3l")

    assert place.text() == "3l"
    assert not window.player.is_playing
