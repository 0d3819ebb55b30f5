import logging
import os
import sys
import threading

import pytest
from PyQt6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from poseglass.errors import WindowError
from poseglass.gui import app
from poseglass.gui.shell.window import MainWindow


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
