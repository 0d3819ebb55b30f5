"""Between the live panel and live itself: starts, stops, records, lists cameras, fetches what is to be painted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from poseglass.api import Smoother
from poseglass.core.live.camera import CameraSource, cameras
from poseglass.core.live.live import CLOSE_S, Live, LiveResult
from poseglass.core.live.live_source import LiveSource
from poseglass.core.live.stream_source import StreamSource
from poseglass.core.run import Method
from poseglass.errors import OutputError, SourceError
from poseglass.gui.live.live_panel import LiveChoice, LivePanel
from poseglass.gui.shared.work import Runner, Work

TICK_MS = 16
"""How often there may be a new picture: once a picture of a 60 Hz screen."""
STATUS_MS = 200
"""How often the panel's figures change: faster cannot be read."""


class LiveControl(QObject):
    """Runs at most one live source.

    Signals:
        shown(LiveResult): the newest picture; show it, mirrored if the panel says so, and call `painted` when it is on
            the screen.
        recorded(list): the videos of a recording whose files are whole; open the first with `read_recording`.
        running_changed(bool): a source was started, or is being stopped.
        status_changed(object): the LiveStatus of what runs, some times a second.
    """

    shown = pyqtSignal(object)
    recorded = pyqtSignal(list)
    running_changed = pyqtSignal(bool)
    status_changed = pyqtSignal(object)

    def __init__(
        self,
        panel: LivePanel,
        make_method: Callable[[], Method],
        make_smoother: Callable[[], Smoother | None],
        recording_path: Callable[[], Path],
    ) -> None:
        """Take the panel's wishes. recording_path: names the next recording, which does not exist yet."""
        super().__init__(panel)
        self._panel, self._recording_path = panel, recording_path
        self._make_method, self._make_smoother = make_method, make_smoother
        self._live: Live | None = None
        self._ending: list[Live] = []
        self._announced: set[Path] = set()
        self._closing: list[Work] = []
        self._listing = Runner()
        panel.refresh_wanted.connect(self.list_cameras)
        panel.start_wanted.connect(self._start_choice)
        panel.stop_wanted.connect(self.stop)
        panel.record_wanted.connect(self._record)
        self._listing.done.connect(panel.set_cameras)
        self._listing.failed.connect(self._tell_unlisted)
        self._ticker, self._watch = QTimer(self), QTimer(self)
        self._ticker.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticker.timeout.connect(self._tick)
        self._watch.timeout.connect(self._look)

    @property
    def live(self) -> Live | None:
        """What runs, None while nothing does."""
        return self._live

    def list_cameras(self) -> None:
        """Ask the system for its cameras: it may take seconds. While it is being asked, the answer to that will do."""
        if not self._listing.is_running:
            self._listing.start(lambda _: cameras())

    def start(self, source: LiveSource) -> None:
        """Watch a source; what ran before is stopped."""
        self.stop()
        self._live = Live(source, self._make_method, self._make_smoother)
        self._live.start()
        self._panel.set_running(True)
        self._ticker.start(TICK_MS)
        self._watch.start(STATUS_MS)
        self._look()
        self.running_changed.emit(True)

    def stop(self) -> None:
        """End what runs; returns at once, its threads end behind it."""
        if self._live is None:
            return
        live, self._live = self._live, None
        live.stop()
        closing = Work(lambda _: live.close())
        closing.failed.connect(lambda why, _details: self._panel.show_trouble(why))
        closing.start()
        self._closing = [*(before for before in self._closing if before.isRunning()), closing]
        self._ending.append(live)
        self._ticker.stop()
        self._panel.show_status(live.status())
        self._panel.set_running(False)
        self.running_changed.emit(False)

    def close(self) -> None:
        """End everything and wait for it, at most a little over `live.CLOSE_S` seconds; for the window's closing."""
        self.stop()
        for closing in self._closing:
            closing.end()  # as long as CLOSE_S, all of them together
        self._closing.clear()
        self._listing.end(CLOSE_S)
        self._look()
        self._watch.stop()

    def painted(self, result: LiveResult) -> None:
        """Note that a result is on the screen now."""
        if self._live is not None:
            self._live.painted(result)

    def _start_choice(self, choice: LiveChoice) -> None:
        try:
            source = CameraSource(choice.camera, choice.mode) if choice.camera else StreamSource(choice.address)
        except SourceError as error:
            self._panel.show_trouble(str(error))
            return
        self.start(source)

    def _record(self, is_wanted: bool) -> None:
        if self._live is None:
            return
        try:
            if is_wanted:
                self._live.record(self._recording_path())
            else:
                self._live.stop_recording()
        except OutputError as error:
            self._panel.show_trouble(str(error))
        self._panel.show_status(self._live.status())

    def _tick(self) -> None:
        result = self._live.take() if self._live is not None else None
        if result is not None:
            self.shown.emit(result)

    def _look(self) -> None:
        if self._live is not None:
            status = self._live.status()
            self._panel.show_status(status)
            self.status_changed.emit(status)
        for live in self._ending:
            self._panel.show_recording(live.status().recording)
        for live in [*self._ending, *([self._live] if self._live else [])]:
            self._announce(live)
        self._ending = [live for live in self._ending if self._is_writing(live)]
        if self._live is None and not self._ending:
            self._watch.stop()

    def _announce(self, live: Live) -> None:
        recording = live.status().recording
        if recording is None or recording.is_running or recording.path in self._announced:
            return
        self._announced.add(recording.path)
        if recording.frames:
            self.recorded.emit(list(recording.parts))

    @staticmethod
    def _is_writing(live: Live) -> bool:
        recording = live.status().recording
        return recording is not None and recording.is_running

    def _tell_unlisted(self, why: str, _details: str) -> None:
        self._panel.set_cameras(())
        self._panel.show_trouble(why)
