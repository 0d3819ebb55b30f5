import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QMimeData, QPointF, Qt, QUrl
from PyQt6.QtGui import QDropEvent
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import clips
from clips import stamped_index
from poseglass.core.video.scrub import Shown
from poseglass.gui.shared.files import SAMPLE
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell import theme
from poseglass.gui.shell.window import MainWindow

from ..conftest import open_and_wait


def index_on(window: MainWindow) -> int:
    """Read from the canvas' own pixels which frame it shows."""
    pixels = window.canvas._pixels
    assert pixels is not None
    return stamped_index(pixels[..., 2::-1])


def test_an_opened_video_shows_its_first_frame_number_and_time(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)

    assert index_on(window) == 0
    assert window.viewer.transport.frame_text.text() == "Frame 0 / 44"
    assert window.viewer.transport.time_text.text().startswith("0:00.000 / ")
    assert window.windowTitle().startswith("clip.mp4")


def test_the_scrub_bar_has_its_head_before_anything_moves(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    timeline = window.viewer.timeline
    still = timeline.grab().toImage()
    timeline.show_head(0)
    at_first = timeline.grab().toImage()
    timeline.show_head(30)

    assert still == at_first
    assert still != timeline.grab().toImage()


def test_every_jump_shows_exactly_the_frame_asked_for(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    for index in np.random.default_rng(3).integers(0, 45, 30):
        window.player.jump(int(index))
        qtbot.waitUntil(lambda index=index: window.selection.frame == index, timeout=20000)

        assert index_on(window) == index
        assert window.viewer.transport.frame_text.text() == f"Frame {index} / 44"


def test_dragging_ends_on_the_exact_frame_however_fast_it_was(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    timeline = window.viewer.timeline
    for x in range(0, timeline.width(), 5):
        timeline.dragged.emit(timeline.frame_at(x))
    timeline.dropped.emit(31)
    qtbot.waitUntil(lambda: window.selection.frame == 31, timeout=20000)

    assert index_on(window) == 31


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([Qt.Key.Key_Right] * 3, 3),
        ([Qt.Key.Key_Right] * 3 + [Qt.Key.Key_Left], 2),
        ([Qt.Key.Key_End], 44),
        ([Qt.Key.Key_End, Qt.Key.Key_Home], 0),
        ([Qt.Key.Key_Left], 0),
    ],
)
def test_keys_move_the_video(window: MainWindow, qtbot: QtBot, clip: clips.Clip, keys: list[Qt.Key], expected: int):
    open_and_wait(window, qtbot, clip.path)
    window.activateWindow()
    for key in keys:
        qtbot.keyClick(window.canvas, key)
    qtbot.waitUntil(lambda: window.selection.frame == expected, timeout=20000)

    assert index_on(window) == expected


def test_letters_typed_into_a_field_do_not_move_the_video(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    place = window.viewer.transport.place
    place.setFocus()
    qtbot.keyClicks(place, "1.2s")
    qtbot.keyClick(place, Qt.Key.Key_Return)
    expected = int(np.searchsorted(window.player.time_s, 1.2, side="right")) - 1
    qtbot.waitUntil(lambda: window.selection.frame == expected, timeout=20000)

    assert not window.player.is_playing
    assert place.text() == ""


@pytest.mark.parametrize(("typed", "frame"), [("9:00", 44), ("here", 0)])
def test_a_place_that_is_not_there_is_told(window: MainWindow, qtbot: QtBot, clip: clips.Clip, typed: str, frame: int):
    open_and_wait(window, qtbot, clip.path)
    place = window.viewer.transport.place
    qtbot.keyClicks(place, typed)
    qtbot.keyClick(place, Qt.Key.Key_Return)

    assert ("ends with frame 44, at" if frame else "Type a frame") in window.statusBar().currentMessage()
    assert window.player.index == frame


def test_playing_to_the_end_stops_on_the_last_frame(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    clip = clips.write(tmp_path / "short.mp4", clips.constant(12))
    open_and_wait(window, qtbot, clip.path)
    with qtbot.waitSignal(window.player.playing_changed, check_params_cb=lambda playing: not playing, timeout=20000):
        window.player.play()
    qtbot.waitUntil(lambda: window.selection.frame == 11, timeout=20000)

    assert index_on(window) == 11


def test_closing_leaves_no_thread(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    qtbot.waitUntil(lambda: window.analysing.estimator.form is not None, timeout=60000)
    open_and_wait(window, qtbot, clip.path)
    window.close()

    assert not [thread.name for thread in threading.enumerate() if thread.name in ("frames", "read ahead")]
    assert clips.open_files(clip.path.parent) == []


def test_opening_another_video_ends_the_first(window: MainWindow, qtbot: QtBot, clip: clips.Clip, tmp_path: Path):
    other = clips.write(tmp_path / "other.mp4", clips.constant(5))
    open_and_wait(window, qtbot, clip.path)
    shown: Shown = open_and_wait(window, qtbot, other.path)

    assert shown.index == 0
    assert window.player.n_frames == 5
    assert [thread.name for thread in threading.enumerate()].count("frames") == 1


def test_a_file_that_is_no_video_is_told_without_a_dialog(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    (tmp_path / "notes.mp4").write_text("no video")
    with qtbot.waitSignal(window.frames.failed, timeout=20000):
        window.open_video(tmp_path / "notes.mp4")

    assert "notes.mp4" in window.notice.text
    assert window.player.n_frames == 0
    assert QApplication.activeModalWidget() is None


def test_what_is_open_stays_if_another_file_cannot_be_opened(
    window: MainWindow, qtbot: QtBot, clip: clips.Clip, tmp_path: Path
):
    open_and_wait(window, qtbot, clip.path)
    session = window.desk.sessions.session
    for name in ("notes.txt", "gone.mp4", "notes.poseglass"):
        if name.startswith("notes"):
            (tmp_path / name).write_text("Buy milk")
        with qtbot.waitSignal(window.desk.sessions.failed, timeout=20000):
            window.open_video(tmp_path / name)

        assert name in window.notice.text
        assert window.desk.sessions.session is session
        assert window.player.n_frames == 45


def test_a_warning_of_the_file_is_shown_and_stands_in_the_panel(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    clip = clips.write(tmp_path / "cut.mkv", clips.constant(60), clips.Recipe(".mkv"))
    clips.cut_short(clip.path)
    open_and_wait(window, qtbot, clip.path)

    assert "cut.mkv" in window.notice.text
    assert window.health.meanings(window.frames.info)


def drop(window: MainWindow, *paths: Path) -> None:
    """Drop files as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, keys = QPointF(5, 5), Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys))


def test_a_dropped_file_is_opened(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    with qtbot.waitSignal(window.frames.shown, timeout=20000):
        drop(window, clip.path)

    assert window.windowTitle().startswith("clip.mp4")
    assert window.notice.text == ""


def test_of_files_dropped_together_the_first_is_opened_and_the_others_are_told(
    window: MainWindow, qtbot: QtBot, clip: clips.Clip, tmp_path: Path
):
    others = [tmp_path / "second.mp4", tmp_path / "third.mp4"]
    for other in others:
        shutil.copy(clip.path, other)
    for is_first in (True, False):  # into an empty window, and where a video is open
        with qtbot.waitSignal(window.frames.opened, timeout=20000):
            drop(window, clip.path, *others)
        assert window.windowTitle().startswith("clip.mp4")
        assert window.notice.text == "One video is open at a time; not opened: second.mp4, third.mp4.", is_first

    open_and_wait(window, qtbot, others[0])
    assert window.notice.text == ""


def test_what_is_wrong_with_the_first_of_two_dropped_files_is_told_with_the_second(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
):
    cut, other = (clips.write(tmp_path / name, clips.constant(60), clips.Recipe(".mkv")) for name in ("c.mkv", "d.mkv"))
    clips.cut_short(cut.path)
    with qtbot.waitSignal(window.frames.opened, timeout=20000):
        drop(window, cut.path, other.path)

    assert window.notice.text.startswith("c.mkv: ")
    assert window.notice.text.endswith("not opened: d.mkv.")


def test_opened_files_are_offered_again_next_time(
    window: MainWindow, qtbot: QtBot, settings: Settings, clip: clips.Clip
):
    open_and_wait(window, qtbot, clip.path)
    window.close()
    other = MainWindow(settings)
    qtbot.addWidget(other)

    assert other.files.recent() == [clip.path.resolve()]
    assert other.viewer.welcome.recent.count() == 1
    other.close()


def test_the_sample_is_no_recent_file(window: MainWindow, qtbot: QtBot):
    open_and_wait(window, qtbot, SAMPLE)

    assert window.files.recent() == []


def test_layout_and_theme_are_remembered(window: MainWindow, qtbot: QtBot, settings: Settings):
    window.change_theme("light")
    window.docks["export"].hide()
    window.close()
    other = MainWindow(settings)
    qtbot.addWidget(other)

    assert other.theme == "light"
    assert other.docks["export"].isHidden()
    other.close()


@pytest.mark.parametrize("name", ["dark", "light"])
def test_text_can_be_read_in_both_themes(name: theme.Theme):
    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    def contrast(a: str, b: str) -> float:
        low, high = sorted([luminance(a), luminance(b)])
        return (high + 0.05) / (low + 0.05)

    colours = theme.DARK if name == "dark" else theme.LIGHT
    for text in (colours.text, colours.quiet, colours.link):
        for ground in (colours.window, colours.base):
            assert contrast(text, ground) >= 4.5
    assert contrast(colours.on_accent, colours.accent) >= 4.5


def test_everything_that_takes_the_keyboard_has_a_name(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    from PyQt6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget

    open_and_wait(window, qtbot, clip.path)
    qtbot.waitUntil(lambda: window.exporting.exporter.form is not None, timeout=60000)
    nameless = [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, (QAbstractButton, QComboBox, QLineEdit))
        and widget.isVisible()
        and not (
            widget.accessibleName() or getattr(widget, "text", str)() or widget.toolTip() or widget.parent().toolTip()
        )
        and not widget.objectName().startswith("qt_")
    ]

    assert nameless == []
