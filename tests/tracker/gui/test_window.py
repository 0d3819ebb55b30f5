import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QThread, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

import clips
from poseglass.gui.window import MainWindow

SAMPLE = Path(__file__).parents[3] / "tracker" / "poseglass" / "assets" / "sample.mp4"


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    shown = MainWindow()
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    shown.close()


def test_an_opened_video_plays_with_the_pose_on_it(window: MainWindow, qtbot: QtBot):
    window.open_video(SAMPLE)
    qtbot.waitUntil(lambda: bool(window.canvas._strokes), timeout=60000)
    first = window._place.text()
    qtbot.waitUntil(lambda: window._place.text() != first, timeout=20000)

    assert "of 0-119" in window._place.text()
    assert window.canvas.grab().toImage().pixelColor(5, 5).isValid()


def test_closing_leaves_no_thread(window: MainWindow, qtbot: QtBot):
    window.open_video(SAMPLE)
    follow = window._follow
    assert isinstance(follow, QThread)
    window.close()

    assert follow.isFinished()


def test_opening_another_video_ends_the_first(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(5))
    window.open_video(SAMPLE)
    first = window._follow
    window.open_video(clip.path)
    qtbot.waitUntil(lambda: "of 0-4" in window._place.text(), timeout=60000)

    assert first is not None
    assert first.isFinished()


def test_a_file_that_is_no_video_is_told(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    told: list[str] = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *arguments: told.append(arguments[2]))
    (tmp_path / "notes.mp4").write_text("no video")
    window.open_video(tmp_path / "notes.mp4")
    qtbot.waitUntil(lambda: bool(told), timeout=20000)

    assert "notes.mp4" in told[0]
    assert window._place.text() == "No video"


def test_a_dropped_file_is_opened(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.constant(5))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(clip.path))])
    window.dropEvent(
        QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                   Qt.KeyboardModifier.NoModifier)
    )  # fmt: skip
    qtbot.waitUntil(lambda: "of 0-4" in window._place.text(), timeout=60000)

    assert window.windowTitle().startswith("clip.mp4")
