import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from figures import DotEstimator, draw_dots
from live_harness import LiveWindow
from live_sources import Played
from mjpeg import mjpeg_camera
from poseglass.core.live.camera import Camera
from poseglass.core.live.camera_modes import USUAL, Mode
from poseglass.core.live.capture import Signal, SignalState
from poseglass.core.live.latency import LatencyReport, Spread
from poseglass.core.live.live import LiveStatus
from poseglass.core.live.live_recording import read_recording
from poseglass.core.live.pace import now_s
from poseglass.core.live.recorder import RecorderStatus
from poseglass.core.run import Method
from poseglass.errors import SourceError
from poseglass.gui.live import live_control
from poseglass.gui.live.live_panel import LiveChoice, LivePanel
from poseglass.gui.live.live_texts import signal_text
from waiting import live_threads

FACECAM = Camera("FaceCam", "/dev/video0", (Mode(1920, 1080, 30), Mode(1280, 720, 30), Mode(640, 480, 30)))
BACKCAM = Camera("BackCam", "/dev/video2", USUAL, number=1)


def status(signal: Signal, recording: RecorderStatus | None = None, problem: str = "") -> LiveStatus:
    latency = LatencyReport(29.94, 12.34, 12.3, Spread(0.0512, 0.0899), Spread(0.012, 0.03), Spread(0.0633, 0.1201))
    return LiveStatus(signal, (640, 480), 1000, 400, 599, 3, 1, latency, recording, None, {}, problem)


@pytest.fixture
def panel(qtbot: QtBot) -> LivePanel:
    shown = LivePanel()
    qtbot.addWidget(shown)
    shown.show()
    return shown


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[LiveWindow]:
    shown = LiveWindow(tmp_path, Method(DotEstimator()))
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    shown.close()


def test_a_camera_is_started_in_the_mode_that_is_chosen(panel: LivePanel, qtbot: QtBot):
    panel.set_cameras((FACECAM, BACKCAM))
    assert panel.modes.currentText() == "1280 x 720, 30 a second"
    panel.modes.setCurrentIndex(1)
    with qtbot.waitSignal(panel.start_wanted) as started:
        qtbot.mouseClick(panel.start, Qt.MouseButton.LeftButton)

    assert started.args == [LiveChoice(FACECAM, Mode(1920, 1080, 30))]
    assert not panel.address.isVisible()


def test_the_cameras_own_choice_is_no_mode(panel: LivePanel):
    panel.set_cameras((FACECAM,))
    panel.modes.setCurrentIndex(0)

    assert panel.choice() == LiveChoice(FACECAM, None)


def test_an_address_is_started_with_the_enter_key(panel: LivePanel, qtbot: QtBot):
    panel.set_cameras((FACECAM,))
    panel.sources.setCurrentIndex(1)
    qtbot.keyClicks(panel.address, " rtsp://camera/one ")
    with qtbot.waitSignal(panel.start_wanted) as started:
        qtbot.keyClick(panel.address, Qt.Key.Key_Return)

    assert started.args == [LiveChoice(address="rtsp://camera/one")]
    assert not panel.modes.isVisible()


def test_looking_again_keeps_the_choice_where_it_is_still_there(panel: LivePanel, qtbot: QtBot):
    panel.set_cameras((FACECAM, BACKCAM))
    panel.sources.setCurrentIndex(1)
    with qtbot.waitSignal(panel.refresh_wanted):
        qtbot.mouseClick(panel.refresh, Qt.MouseButton.LeftButton)
    assert not panel.refresh.isEnabled()
    panel.set_cameras((BACKCAM,))

    assert panel.sources.currentText() == "BackCam"
    assert panel.refresh.isEnabled()
    panel.set_cameras(())
    assert panel.sources.currentText() == "Network camera"
    assert "No camera found" in panel.badge.text()


def test_no_signal_says_when_it_tries_again_and_why(panel: LivePanel):
    panel.set_running(True)
    panel.show_status(status(Signal(SignalState.NO_SIGNAL, "FaceCam: is it plugged in?", now_s() + 4.2)))

    assert "No signal, trying again in 4 s" in panel.badge.text()
    assert panel.trouble.text() == "FaceCam: is it plugged in?"
    panel.show_status(status(Signal(SignalState.LIVE)))
    assert panel.badge.accessibleName() == "Live, 640 x 480"
    assert not panel.trouble.isVisible()


def test_every_state_has_words():
    said = {signal_text(Signal(state, "x", 10.0), None, 10.0) for state in SignalState}

    assert said == {"Live", "Opening ...", "Stopped", "No signal, trying again now"}


def test_delays_rates_and_drops_are_shown(panel: LivePanel):
    panel.show_status(status(Signal(SignalState.LIVE)))

    assert [[label.text() for label in labels] for labels in panel._figures] == [
        ["51 ms", "90 ms"], ["12 ms", "30 ms"], ["63 ms", "120 ms"],
    ]  # fmt: skip
    assert panel.rates.text() == "Pictures a second: camera 29.9, network 12.3, screen 12.3"
    assert panel.drops.text() == "Left out: 599 of 1000 before the network, 3 before the screen"


def test_a_recording_shows_its_length_and_what_went_wrong(panel: LivePanel):
    panel.set_running(True)
    recording = RecorderStatus(Path("a.mp4"), (Path("a.mp4"),), True, 2250, 900, 2, 75.4, 34_500_000, "")
    panel.show_status(status(Signal(SignalState.LIVE), recording))

    assert "Recording 1:15, 34.5 MB" in panel.recorded.text()
    assert panel.record.isChecked()
    assert panel.drops.text().endswith(", 2 of the recording")
    failed = RecorderStatus(Path("a.mp4"), (Path("a.mp4"),), False, 2250, 900, 2, 75.4, 34_500_000, "the disk is full")
    panel.show_status(status(Signal(SignalState.LIVE), failed, "no such weights"))
    assert not panel.record.isChecked()
    assert panel.trouble.text() == "no such weights\nthe disk is full"


def test_a_sentence_stays_until_the_next_click(panel: LivePanel, qtbot: QtBot):
    panel.set_running(True)
    panel.show_trouble("walk.mp4: exists already; choose another name")
    panel.show_status(status(Signal(SignalState.LIVE)))
    assert "exists already" in panel.trouble.text()
    qtbot.mouseClick(panel.record, Qt.MouseButton.LeftButton)

    assert panel.trouble.text() == ""


def test_everything_is_named_and_reached_by_keyboard(panel: LivePanel):
    panel.set_cameras((FACECAM,))
    fields = [
        field
        for kind in (QAbstractButton, QComboBox, QLineEdit)
        for field in panel.findChildren(kind)
        if not field.objectName().startswith("qt_") and field.parent() is panel
    ]

    assert len(fields) == 7
    for field in fields:
        assert isinstance(field, QWidget)
        assert field.accessibleName()
        assert field.toolTip()
        assert field.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_a_wrong_address_is_told_at_once(window: LiveWindow, qtbot: QtBot):
    window.panel.address.setText("my camera")
    qtbot.mouseClick(window.panel.start, Qt.MouseButton.LeftButton)

    assert "not an address; write rtsp://" in window.panel.trouble.text()
    assert window.control.live is None


def test_looking_for_cameras_happens_beside_the_window(window: LiveWindow, qtbot: QtBot):
    with qtbot.waitSignal(window.control._listing.done, timeout=20000):
        qtbot.mouseClick(window.panel.refresh, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.panel.refresh.isEnabled, timeout=5000)


def test_a_system_that_does_not_list_its_cameras_is_told(
    window: LiveWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    def refuse() -> tuple[Camera, ...]:
        raise SourceError("the system does not list its cameras; use a network address instead")

    monkeypatch.setattr(live_control, "cameras", refuse)
    qtbot.mouseClick(window.panel.refresh, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.panel.refresh.isEnabled, timeout=20000)

    assert "use a network address" in window.panel.trouble.text()


def test_closing_does_not_wait_for_a_camera_list_that_never_comes(
    window: LiveWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    asked, come = [], Event()
    monkeypatch.setattr(live_control, "CLOSE_S", 0.05)
    monkeypatch.setattr(live_control, "cameras", lambda: asked.append(1) or come.wait(20) or ())
    window.control.list_cameras()
    window.control.list_cameras()
    qtbot.waitUntil(lambda: bool(asked), timeout=20000)
    listing = window.control._listing._work
    assert listing is not None
    window.close()
    was_left = listing.isRunning()
    come.set()
    listing.end()

    assert was_left
    assert asked == [1]


def test_a_stream_is_watched_recorded_lost_and_found_again(window: LiveWindow, qtbot: QtBot):
    panel, control = window.panel, window.control
    with mjpeg_camera() as camera:
        qtbot.keyClicks(panel.address, camera.url)
        qtbot.keyClick(panel.address, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: "Live, 160 x 120" in panel.badge.text(), timeout=20000)
        first = control.live
        assert first is not None
        qtbot.waitUntil(lambda: first.status().latency.whole is not None, timeout=20000)  # the first look is slow
        qtbot.mouseClick(panel.record, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "Recording 0:01" in panel.recorded.text(), timeout=20000)
    qtbot.waitUntil(lambda: "No signal" in panel.badge.text(), timeout=20000)
    assert "127.0.0.1" in panel.trouble.text()
    with mjpeg_camera(camera.port):
        qtbot.waitUntil(lambda: "Live" in panel.badge.text(), timeout=20000)
        qtbot.waitUntil(lambda: "Recording 0:03" in panel.recorded.text(), timeout=20000)
        live = control.live
        assert live is not None
        with qtbot.waitSignal(control.recorded, timeout=20000):
            qtbot.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    window.close()
    end = live.status()

    assert not live_threads()
    assert end.captured == end.inferred + end.dropped_before_inference
    assert end.latency.whole is not None
    assert "Stopped" in panel.badge.text()
    assert panel.start.text() == "S&tart"
    [[video]] = window.recorded
    recording = read_recording(video)
    assert len(set(recording.connection.tolist())) == 2
    assert len(recording.inferred)


def test_a_failed_recording_leaves_the_camera_running(window: LiveWindow, qtbot: QtBot, tmp_path: Path):
    window.control._recording_path = lambda: tmp_path / "nowhere" / "walk.mp4"
    window.control.start(Played([[draw_dots(120, 200, (100, 60))] * 100], gap_s=0.02, hold=True))
    qtbot.mouseClick(window.panel.record, Qt.MouseButton.LeftButton)

    assert "cannot be written" in window.panel.trouble.text()
    assert not window.panel.record.isChecked()
    assert window.control.live is not None


def test_starting_another_source_ends_the_first(window: LiveWindow, qtbot: QtBot):
    first = Played([[draw_dots(120, 200, (100, 60))] * 500], gap_s=0.02, hold=True)
    second = Played([[draw_dots(60, 80, (40, 30))] * 500], gap_s=0.02, hold=True)
    window.control.start(first)
    qtbot.waitUntil(lambda: "200 x 120" in window.panel.badge.text(), timeout=20000)
    window.control.start(second)
    qtbot.waitUntil(lambda: "80 x 60" in window.panel.badge.text(), timeout=20000)
    qtbot.waitUntil(lambda: first.closed == 1, timeout=20000)


def test_a_camera_is_mirrored_one_on_the_network_is_not_and_each_choice_is_kept(panel: LivePanel, qtbot: QtBot):
    panel.set_cameras((FACECAM,))
    assert panel.is_mirrored
    with qtbot.waitSignal(panel.mirror_changed) as changed:
        panel.sources.setCurrentIndex(1)  # the network
    assert changed.args == [False]
    assert not panel.is_mirrored
    qtbot.mouseClick(panel.mirror, Qt.MouseButton.LeftButton, pos=QPoint(10, panel.mirror.height() // 2))
    panel.sources.setCurrentIndex(0)
    qtbot.mouseClick(panel.mirror, Qt.MouseButton.LeftButton, pos=QPoint(10, panel.mirror.height() // 2))
    assert not panel.is_mirrored
    panel.sources.setCurrentIndex(1)

    assert panel.is_mirrored


def test_without_a_camera_the_address_is_asked_for_unmirrored(panel: LivePanel):
    assert not panel.is_mirrored


def test_the_mirror_turns_picture_and_pose_over_together(window: LiveWindow, qtbot: QtBot):
    shown = []
    window.panel.mirror.setChecked(True)
    window.control.shown.connect(shown.append)
    window.control.start(Played([[draw_dots(120, 200, (60, 60))] * 500], gap_s=0.02, hold=True))
    qtbot.waitUntil(lambda: any(result.seen is not None for result in shown), timeout=20000)
    result = next(result for result in shown if result.seen is not None)
    mirrored = window.drawn(result)
    window.panel.mirror.setChecked(False)
    plain = window.drawn(result)

    assert (mirrored[:, ::-1] != plain).mean() < 0.02  # lines are drawn to a pixel's fraction
    assert (mirrored != plain).mean() > 0.01


def test_closing_the_window_while_it_runs_leaves_no_thread(window: LiveWindow, qtbot: QtBot):
    window.control.start(Played([[draw_dots(120, 200, (60, 60))] * 500], gap_s=0.02, hold=True))
    qtbot.waitUntil(lambda: window.panel.start.text() == "S&top", timeout=5000)
    window.panel.record.click()
    qtbot.waitUntil(lambda: "Recording" in window.panel.recorded.text(), timeout=20000)
    window.close()

    qtbot.waitUntil(lambda: not live_threads(), timeout=5000)
