import json
import sys
from pathlib import Path

import pytest
from PyQt6.QtCore import QStandardPaths
from PyQt6.QtGui import QDesktopServices, QImage
from PyQt6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from figures import DotEstimator, write_empty
from poseglass.api import ExporterPlugin
from poseglass.core import plugins
from poseglass.core.run import Method
from poseglass.core.track import Job, track
from poseglass.core.video.video import Video
from poseglass.gui.shared.files import SAMPLE
from poseglass.gui.shell.window import MainWindow
from poseglass_plugins.csv_table import CsvOptions

from ..conftest import analyse_and_wait, open_and_wait


def answer(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Answer the save dialog."""
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))


def test_one_click_writes_the_table_of_the_command_line_byte_for_byte(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    with qtbot.waitSignal(window.exports.written, timeout=20000) as written:
        window.commands["export.table"].trigger()
    track(Job(dots_clip, tmp_path / "line.csv"), lambda done, expected: None, lambda: False, Method(DotEstimator()))

    table, sidecar = written.args[0]
    assert table == dots_clip.with_suffix(".poses.csv")
    assert table.read_bytes() == (tmp_path / "line.csv").read_bytes()
    assert json.loads(sidecar.read_text())["command_line"] is None  # what started the window may be of another video
    assert json.loads((tmp_path / "line.meta.json").read_text())["command_line"] == sys.argv
    assert str(dots_clip.with_suffix(".poses.csv")) in window.notice.text


def test_a_video_without_anybody_has_a_table_of_its_frames(
    window: MainWindow, qtbot: QtBot, dot_estimator: DotEstimator, tmp_path: Path
):
    write_empty(tmp_path / "empty.mp4")
    open_and_wait(window, qtbot, tmp_path / "empty.mp4")
    with qtbot.waitSignal(window.analyst.finished, timeout=60000):
        window.analysing.run()
    with qtbot.waitSignal(window.exports.written, timeout=20000) as written:
        window.commands["export.table"].trigger()
    job = Job(tmp_path / "empty.mp4", tmp_path / "line.csv")
    track(job, lambda done, expected: None, lambda: False, Method(DotEstimator()))

    table = written.args[0][0].read_bytes()
    assert table == (tmp_path / "line.csv").read_bytes()
    assert table.count(b"\n") == 4


def test_the_networks_own_table_is_the_command_lines_too(window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch):
    qtbot.waitUntil(lambda: window.analysing.estimator.form is not None, timeout=60000)
    window.analysing.estimator.form.show_values({"model": "fast"})
    open_and_wait(window, qtbot, SAMPLE)
    analyse_and_wait(window, qtbot, range(4, 16))
    answer(monkeypatch, tmp_path / "window.csv")
    with qtbot.waitSignal(window.exports.written, timeout=20000):
        window.exporting.export_table_as()
    times = window.player.time_s
    job = Job(SAMPLE, tmp_path / "line.csv", start_s=times[4], stop_s=times[16], estimator_options={"model": "fast"})
    track(job, lambda done, expected: None, lambda: False)

    assert (tmp_path / "window.csv").read_bytes() == (tmp_path / "line.csv").read_bytes()


def test_a_table_that_lies_there_is_not_overwritten_unasked(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, monkeypatch
):
    mine = dots_clip.with_suffix(".poses.csv")
    mine.write_text("mine")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    window.commands["export.table"].trigger()

    assert not window.exports.is_running
    assert mine.read_text() == "mine"


class Notes:
    def __init__(self, options) -> None:
        pass

    def write(self, recording, path: Path) -> None:
        path.write_text(f"{len(recording.pts)} frames of {recording.source.width} x {recording.source.height}")


NOTES = ExporterPlugin("notes", "", CsvOptions, Notes, (2, 0), suffix=".txt")


def test_what_is_exported_is_called_by_the_exporters_suffix(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, monkeypatch
):
    find = plugins.find
    monkeypatch.setattr(plugins, "find", lambda kind, name: NOTES if name == "notes" else find(kind, name))
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    box, told = window.exporting.exporter, []
    window.exporting.failed.connect(lambda why, _details: told.append(why))
    box.chooser.addItem("notes")
    box.chooser.setCurrentText("notes")
    window.commands["export.table"].trigger()  # before anybody knows the suffix
    qtbot.waitUntil(window.exporting.write_table.isEnabled, timeout=20000)
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: asked.append(given[2:]) or ("", ""))
    window.exporting.export_table_as()
    with qtbot.waitSignal(window.exports.written, timeout=20000):
        window.commands["export.table"].trigger()

    assert "notes is not loaded yet" in told[0]
    assert asked == [(str(dots_clip.with_suffix(".poses.txt")), "Tables (*.txt);;All files (*)")]
    assert dots_clip.with_suffix(".poses.txt").read_text() == "30 frames of 320 x 240"


def test_the_first_rows_are_shown_before_anything_is_written(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    window.docks.show("export")
    analyse_and_wait(window, qtbot)
    qtbot.waitUntil(lambda: window.exporting.table.rowCount() == 6, timeout=20000)
    headings = [
        window.exporting.table.horizontalHeaderItem(i).text() for i in range(window.exporting.table.columnCount())
    ]

    assert headings[:3] == ["frame_idx", "pts", "time_s"]
    assert window.exporting.table.item(5, 0).text() == "5"
    assert not dots_clip.with_suffix(".poses.csv").exists()


def test_the_drawn_video_has_the_marked_frames(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, monkeypatch, tmp_path: Path
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    window.player.jump(4)
    window.player.mark_in()
    window.player.jump(13)
    window.player.mark_out()
    answer(monkeypatch, tmp_path / "drawn.mp4")
    with qtbot.waitSignal(window.exports.written, timeout=60000):
        window.exporting.export_video()
    with Video.open(tmp_path / "drawn.mp4") as video:
        assert video.info.n_frames == 10


def test_a_picture_has_the_videos_size_and_the_pose_on_it(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, monkeypatch, tmp_path: Path
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    answer(monkeypatch, tmp_path / "picture.png")
    with qtbot.waitSignal(window.exports.written, timeout=20000):
        window.exporting.export_picture()
    picture = QImage(str(tmp_path / "picture.png"))

    assert (picture.width(), picture.height()) == (320, 240)
    assert picture.pixelColor(100, 120) != window.canvas.picture.pixelColor(100, 120)


def test_a_folder_that_is_not_there_is_told(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, monkeypatch, tmp_path: Path
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    answer(monkeypatch, tmp_path / "nowhere" / "table.csv")
    with qtbot.waitSignal(window.exports.failed, timeout=20000):
        window.exporting.export_table_as()
    assert "cannot be written" in window.notice.text
    colour = window.notice._picture.pixmap().toImage().pixelColor(10, 16)  # on the triangle's lower side

    assert colour.red() > colour.green() > colour.blue()  # amber
    answer(monkeypatch, tmp_path / "table.csv")
    with qtbot.waitSignal(window.exports.written, timeout=20000):
        button(window, "Save as…").click()
    assert (tmp_path / "table.csv").is_file()


def button(window: MainWindow, text: str) -> QPushButton:
    """Return the button of what the notice says now."""
    return [found for found in window.notice.findChildren(QPushButton) if found.text() == text][-1]


def test_nothing_is_proposed_in_the_programs_own_folder(
    window: MainWindow, qtbot: QtBot, dot_estimator: DotEstimator, monkeypatch, tmp_path: Path
):
    monkeypatch.setattr(QStandardPaths, "writableLocation", lambda _: str(tmp_path))
    asked: list[Path] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: asked.append(Path(given[2])) or ("", ""))
    open_and_wait(window, qtbot, SAMPLE)
    analyse_and_wait(window, qtbot, range(3))
    for name in ("export.table", "export.video", "export.picture"):
        window.commands[name].trigger()
    window.commands["file.save"].trigger()
    dialog = window.findChild(QFileDialog)

    assert asked == [tmp_path / name for name in ("sample.poses.csv", "sample.poses.mp4", "sample.frame0.png")]
    assert Path(dialog.directory().path()) == tmp_path
    assert "Asks" in window.exporting.note.text()
    dialog.reject()


def test_a_notice_says_where_under_home_and_where_the_folder_is_without_a_file_manager(
    window: MainWindow, monkeypatch, tmp_path: Path
):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: False)
    window.outcomes.tell_written((tmp_path / "gait" / "a.csv", tmp_path / "gait" / "a.json"))
    written = window.notice.text
    stays = not window.notice._timer.isActive()
    button(window, "Open folder").click()

    assert written == "Wrote ~/gait/a.csv and, beside it, a.json"
    assert stays
    assert window.notice.text == "No file manager found; the folder is ~/gait"


def test_smoothing_that_is_only_being_tried_is_told_before_it_is_exported(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    lab, said = window.study.lab, window.exporting.trying
    qtbot.waitUntil(lambda: lab.form is not None, timeout=60000)
    open_and_wait(window, qtbot, dots_clip)
    assert said.isHidden()

    window.project.use_smoother(window.project.smoother_name, {"acceleration": 1.0})
    assert not said.isHidden()
    assert "acceleration 1.0" in said.text()
    window.exporting.smoothed.setChecked(False)
    assert said.isHidden()  # nothing smoothed is exported
    window.exporting.smoothed.setChecked(True)
    lab.keep_button.click()
    assert said.isHidden()
