import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from figures import DOTS, DotEstimator, draw_dots
from live_sources import Played
from mjpeg import mjpeg_camera
from poseglass.core import run
from poseglass.core.live.file_as_live import FileAsLive
from poseglass.core.live.live_recording import read_recording
from poseglass.errors import ModelError
from poseglass.gui.live import recorded_poses
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow
from waiting import live_threads

from ..conftest import analyse_and_wait, open_and_wait

WIDTH = 200


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.set_text("live/folder", str(tmp_path / "films" / "live"))
    return tmp_path / "films" / "live"


@pytest.fixture
def live(window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The window, whose live network is the dots'."""
    monkeypatch.setattr(run, "make_estimator", lambda *_: DotEstimator())
    yield window
    window.close()


def camera(center: tuple[float, float] = (60, 60), count: int = 2000) -> Played:
    return Played([[draw_dots(120, WIDTH, center)] * count], gap_s=0.02, hold=True)


def start_and_wait(window: MainWindow, qtbot: QtBot, source: object) -> None:
    """Start a source and wait for the first pose on the screen."""
    window.live.control.start(source)
    qtbot.waitUntil(lambda: len(window.live.screen.canvas.sketch.dots) == 2, timeout=20000)


def page(window: MainWindow) -> int:
    return window.viewer._pages.currentIndex()


def press(window: MainWindow, text: str) -> None:
    """Press a button of the notice."""
    next(button for button in window.notice.findChildren(QPushButton) if button.text() == text).click()


def answer(text: str) -> None:
    """Press a button of the question that is about to be asked."""

    def press_it() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(button for button in box.buttons() if button.text() == text).click()

    QTimer.singleShot(0, press_it)


def test_the_pose_lies_on_the_mirrored_picture_and_on_the_other(live: MainWindow, qtbot: QtBot):
    live.live.panel.mirror.setChecked(True)
    start_and_wait(live, qtbot, camera((60, 60)))
    canvas = live.live.screen.canvas
    assert canvas._pixels is not None
    mirrored = [dot.at for dot in canvas.sketch.dots]
    np.testing.assert_allclose(mirrored, [(WIDTH - 1 - 80, 60), (WIDTH - 1 - 40, 60)], atol=1)
    assert canvas._pixels[60, WIDTH - 1 - 80, :3].tolist() == [16, 16, 255]

    live.live.panel.mirror.click()
    np.testing.assert_allclose([dot.at for dot in canvas.sketch.dots], [(80, 60), (40, 60)], atol=1)
    assert canvas._pixels[60, 80, :3].tolist() == [16, 16, 255]


def test_what_is_drawn_follows_the_view_menu(live: MainWindow, qtbot: QtBot):
    start_and_wait(live, qtbot, camera())
    for name in ("boxes", "uncertainty", "trails"):
        live.commands[f"view.{name}"].trigger()
    qtbot.waitUntil(lambda: len(live.live.screen.canvas.sketch.ellipses) == 2, timeout=5000)
    sketch = live.live.screen.canvas.sketch

    assert sketch.boxes
    assert len(sketch.trails) == 0  # the dots are no wrists
    live.commands["view.skeleton"].trigger()
    assert live.live.screen.canvas.sketch.dots == []


class Held(DotEstimator):
    """Waits in its first look until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()

    def estimate(self, image, boxes):
        assert self.let_go.wait(20)
        return super().estimate(image, boxes)


def test_painting_is_timed_and_what_is_left_out_is_counted(
    live: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    estimator = Held()
    monkeypatch.setattr(run, "make_estimator", lambda *_: estimator)
    live.docks.show("live")
    control, panel = live.live.control, live.live.panel
    control.start(camera())
    running = control.live
    assert running is not None
    qtbot.waitUntil(lambda: running.status().captured > 10, timeout=20000)
    estimator.let_go.set()
    qtbot.waitUntil(lambda: len(live.live.screen.canvas.sketch.dots) == 2, timeout=20000)
    qtbot.waitUntil(lambda: running.status().latency.whole is not None, timeout=20000)
    qtbot.waitUntil(lambda: " ms" in panel._figures[2][0].text(), timeout=20000)

    assert " ms" in live.live.screen.delay.text()
    live.commands["live.stop"].trigger()
    qtbot.waitUntil(lambda: not live_threads(), timeout=20000)
    end = running.status()
    assert end.captured == end.inferred + end.dropped_before_inference
    assert end.dropped_before_inference >= 9
    assert int(panel.drops.text().split()[2]) >= 9


def test_stopping_goes_back_to_where_one_was(live: MainWindow, qtbot: QtBot, dots_clip: Path):
    start_and_wait(live, qtbot, camera())
    assert page(live) == 2
    assert live._place.text() == f"{live.live.screen.canvas.shown_scale:.0%}"
    live.commands["live.stop"].trigger()
    assert page(live) == 0

    open_and_wait(live, qtbot, dots_clip)
    picture = live.canvas.picture
    start_and_wait(live, qtbot, camera())
    assert page(live) == 2
    live.commands["live.stop"].trigger()
    assert page(live) == 1
    assert live.canvas.picture is picture


def test_the_video_behind_cannot_be_moved_while_live(live: MainWindow, qtbot: QtBot, dots_clip: Path):
    open_and_wait(live, qtbot, dots_clip)
    live.player.play()
    start_and_wait(live, qtbot, camera())
    names = ("play.toggle", "analyse.run", "export.picture")

    assert not live.player.is_playing
    assert not any(live.commands[name].isEnabled() for name in names)
    assert live.commands["live.record"].isEnabled()
    scale = live.live.screen.canvas.view.scale
    live.commands["view.zoom_in"].trigger()
    assert live.live.screen.canvas.view.scale > scale
    live.commands["live.stop"].trigger()
    assert all(live.commands[name].isEnabled() for name in names)
    assert not live.commands["live.record"].isEnabled()


def test_the_poses_behind_cannot_be_corrected_while_live(
    live: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(live, qtbot, dots_clip)
    analyse_and_wait(live, qtbot)
    document = live.project.document
    assert document is not None
    document.move("1", 0, 0, (10.0, 10.0))
    names = ("edit.undo", "edit.redo", "edit.correct", "edit.swap_sides", "edit.clear")
    before = [live.commands[name].isEnabled() for name in names]
    start_and_wait(live, qtbot, camera())
    during = [live.commands[name].isEnabled() for name in names]
    live.player.mark_out()  # what can be corrected is reckoned anew, and is still hidden
    later = [live.commands[name].isEnabled() for name in names]
    live.commands["live.stop"].trigger()

    assert before == [True, False, True, True, True]
    assert during == later == [False] * 5
    assert [live.commands[name].isEnabled() for name in names] == before


def test_a_camera_that_goes_away_leaves_its_last_picture_and_comes_back(live: MainWindow, qtbot: QtBot):
    live.docks.show("live")
    panel, canvas = live.live.panel, live.live.screen.canvas
    with mjpeg_camera() as network_camera:
        panel.sources.setCurrentIndex(panel.sources.count() - 1)
        panel.address.setText(network_camera.url)
        panel.start.click()
        qtbot.waitUntil(lambda: canvas.picture is not None and canvas._badge == "", timeout=20000)
    qtbot.waitUntil(lambda: canvas._badge.startswith("No signal"), timeout=20000)
    assert canvas.picture is not None
    with mjpeg_camera(network_camera.port):
        qtbot.waitUntil(lambda: canvas._badge == "", timeout=20000)
        live.commands["live.stop"].trigger()
    qtbot.waitUntil(lambda: not live_threads(), timeout=20000)


def test_a_recording_is_opened_with_its_poses(
    live: MainWindow, qtbot: QtBot, folder: Path, dots_clip: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(recorded_poses, "PORTION", 4)
    start_and_wait(live, qtbot, FileAsLive(dots_clip))
    live.commands["live.record"].trigger()
    control = live.live.control
    assert control.live is not None
    running = control.live
    qtbot.waitUntil(lambda: (running.status().recording or 0) and running.status().recording.poses > 10, timeout=20000)
    qtbot.waitUntil(lambda: "Recording 0:" in live.live.screen.recording.text(), timeout=20000)
    assert live.commands["live.record"].isChecked()
    with qtbot.waitSignal(control.recorded, timeout=20000):
        live.commands["live.stop"].trigger()
    [path] = folder.glob("*.mp4")
    assert path.name in live.notice.text
    assert live.files.recent()[0] == path
    with qtbot.waitSignals([live.recorded.said, live.project.smoothed], timeout=20000):
        press(live, "Open")

    recording, document = read_recording(path), live.project.document
    assert document is not None
    assert document.skeleton == DOTS
    assert document.tracks.people == ("1",)
    np.testing.assert_array_equal(np.flatnonzero(document.tracks.analysed), recording.inferred)
    for i, found in enumerate(recording.everybody):
        xy = np.full((2, 2), np.nan) if found is None else found.poses.xy[0]
        np.testing.assert_array_equal(document.tracks.raw("1").xy[i], xy)
    assert np.isfinite(document.tracks.raw("1").xy[recording.inferred]).all()
    assert document.tracks.coverage.told()[0]["device"] == "cpu"
    assert document.tracks.coverage.is_complete == (len(recording.inferred) == recording.video.n_frames)
    assert live.commands["export.table"].isEnabled()
    assert path.name in live.notice.text


def test_a_recording_whose_index_is_damaged_opens_as_a_video(
    live: MainWindow, qtbot: QtBot, folder: Path, dots_clip: Path
):
    dots_clip.with_suffix(".live.jsonl").write_text("no json\n")
    with qtbot.waitSignal(live.recorded.failed, timeout=20000):
        open_and_wait(live, qtbot, dots_clip)

    assert "cannot be read as an index" in live.notice.text
    assert live.player.n_frames == 30


def test_opening_a_file_stops_live(live: MainWindow, qtbot: QtBot, dots_clip: Path):
    start_and_wait(live, qtbot, camera())
    open_and_wait(live, qtbot, dots_clip)

    assert not live.live.is_running
    assert page(live) == 1


def test_opening_a_file_asks_before_it_ends_a_recording(live: MainWindow, qtbot: QtBot, folder: Path, dots_clip: Path):
    start_and_wait(live, qtbot, camera())
    live.commands["live.record"].trigger()
    assert live.live.is_recording
    answer("Go on recording")
    live.open_video(dots_clip)
    assert live.live.is_recording
    answer("Finish and open")
    open_and_wait(live, qtbot, dots_clip)

    assert not live.live.is_running
    assert page(live) == 1


def test_a_folder_that_cannot_be_made_is_told(live: MainWindow, qtbot: QtBot, tmp_path: Path):
    (tmp_path / "file").write_text("")
    live.live.folder.use(tmp_path / "file" / "live")
    start_and_wait(live, qtbot, camera())
    live.commands["live.record"].trigger()

    assert "cannot be made" in live.live.panel.trouble.text()
    assert not live.live.is_recording
    qtbot.waitUntil(lambda: not live.commands["live.record"].isChecked(), timeout=5000)


def test_a_network_that_cannot_be_loaded_leaves_the_picture_and_is_told(
    live: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> DotEstimator:
        raise ModelError("no such weights; choose others")

    monkeypatch.setattr(run, "make_estimator", refuse)
    with qtbot.waitSignal(live.live.failed, timeout=20000):
        live.live.control.start(camera())
    canvas = live.live.screen.canvas
    qtbot.waitUntil(lambda: canvas.picture is not None, timeout=20000)

    assert "choose others" in live.notice.text
    qtbot.waitUntil(lambda: canvas._badge.startswith("No poses"), timeout=5000)


def test_the_network_is_the_one_that_the_analyse_panel_is_set_to(
    live: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    made: list[object] = []
    monkeypatch.setattr(run, "make_estimator", lambda *given: made.append(given) or DotEstimator())
    qtbot.waitUntil(lambda: live.analysing.estimator.form is not None, timeout=60000)
    live.analysing.estimator.form.show_values({"flip": True})
    live.analysing.estimator.changed.emit()
    start_and_wait(live, qtbot, camera())

    assert made == [("attention_hourglass", {"flip": True})]


def test_cameras_are_looked_for_once_when_the_panel_is_first_seen(live: MainWindow, qtbot: QtBot):
    with qtbot.waitSignal(live.live.control._listing.done, timeout=20000):
        live.commands["live.open"].trigger()
    with qtbot.assertNotEmitted(live.live.control._listing.done, wait=50):
        live.docks.show("analyse")
        live.commands["live.open"].trigger()

    assert not live.docks["live"].isHidden()


def test_closing_the_window_while_it_records_keeps_the_file_and_leaves_no_thread(
    live: MainWindow, qtbot: QtBot, folder: Path
):
    start_and_wait(live, qtbot, camera())
    live.commands["live.record"].trigger()
    running = live.live.control.live
    assert running is not None
    qtbot.waitUntil(lambda: running.status().recording.poses > 2, timeout=20000)
    live.close()

    assert not live_threads()
    [path] = folder.glob("*.mp4")
    assert len(read_recording(path).inferred)
