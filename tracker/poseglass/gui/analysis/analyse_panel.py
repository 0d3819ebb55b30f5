"""The panel that analyses: which frames, with what, and how it goes."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QFormLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from poseglass.core.analysis import Speed, Wish
from poseglass.core.people.whom import Whom
from poseglass.core.plugins import DEFAULT_ESTIMATOR
from poseglass.core.video.timecode import duration_text
from poseglass.core.video.video import VideoInfo
from poseglass.gui.analysis.analyst import Analyst
from poseglass.gui.options.finding_box import FindingBox
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.parts import Parts
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.docks import Docks, Panel
from poseglass.gui.shared.labels import heading, quiet

REFRESH_MS = 250
"""How often numbers change while it runs: as often as one can read them."""
REST_MS = 1000
"""How long after a run its button cannot be clicked: a Stop that came too late shall not begin another run."""


class AnalysePanel(QWidget):
    """Starts and stops the analyst, shows how far it is, and holds the settings of the network.

    Signals:
        failed(str, str): a plugin cannot be used; a sentence, and details for a report.
        progressed(int, int, str): frames done and expected, 0 while nobody knows, and how it goes in words.
    """

    failed = pyqtSignal(str, str)
    progressed = pyqtSignal(int, int, str)

    def __init__(self, parts: Parts, analyst: Analyst) -> None:
        super().__init__()
        self._analyst, self._frames, self._player = analyst, parts.frames, parts.player
        self._project, self._actions = parts.project, parts.actions
        self._pace = Speed()
        self.button = QPushButton()
        self.rest = QPushButton()  # goes on where a run was stopped
        self.frames = QComboBox()
        self.bar = QProgressBar()
        self.state = quiet()
        self.device = quiet()
        self.people = FindingBox(parts.settings)
        self.estimator = PluginBox("estimator", DEFAULT_ESTIMATOR, parts.settings)
        self._timer, self._rest = QTimer(self), QTimer(self)
        self._lay_out()
        self._connect()
        self._show_running(running=False)
        self.show_video()

    def add_actions(self, actions: Actions) -> None:
        """Add the Analyse menu."""
        menu = self.tr("&Analyse")
        tip = self.tr("Find everybody's pose in the frames that the Analyse panel says")
        row = Row("analyse.run", self.tr("&Analyse"), menu, ("Ctrl+R",), tip, "analyse", needs="idle video")
        actions.add(row, self.run)
        player = self._player
        ranges = (
            ("whole", self.tr("The &whole video"), lambda: range(player.n_frames)),
            ("marked", self.tr("Between the &marks"), lambda: player.range),
            ("here", self.tr("From &here to the end"), lambda: range(max(0, player.index), player.n_frames)),
            ("frame", self.tr("&This frame only"), lambda: range(player.index, player.index + 1)),
        )
        for name, text, frames in ranges:
            row = Row(f"analyse.{name}", text, menu, group=1, needs="idle video")
            actions.add(row, lambda frames=frames: self.run(frames()))
        tip = self.tr("Go on where an analysis was stopped; else all that was never analysed")
        row = Row("analyse.missing", self.tr("What is &missing"), menu, (), tip, group=1, needs="idle video")
        actions.add(row, self.run_missing)
        tip = self.tr("Stop; what is done stays")
        row = Row("analyse.stop", self.tr("&Stop"), menu, ("Ctrl+.",), tip, "stop", group=2, needs="analysis")
        actions.add(row, self._analyst.stop)
        self._show_missing()

    def add_dock(self, docks: Docks) -> None:
        """Put it into a dock."""
        tip = self.tr("Find the pose: which frames, with what")
        docks.add(Panel("analyse", self.tr("Analyse"), keys=("Ctrl+Shift+A",), icon="analyse", tip=tip), self)

    def load(self) -> None:
        """Import the plugins in threads, and show their settings."""
        self.estimator.load()
        self.people.load()

    def end(self) -> None:
        """Wait for these threads."""
        self.estimator.end()
        self.people.end()

    def run(self, frames: range | None = None) -> None:
        """Analyse a range; the one that is chosen in the panel if None."""
        if self._frames.info is not None:
            self._analyst.start(self._wish(self._frames.info, frames or self.chosen_range()))

    def run_missing(self) -> None:
        """Go on where an analysis was stopped; where none was, analyse all that never was."""
        document, info = self._project.document, self._frames.info
        pieces = document.tracks.coverage.missing if document is not None else []
        if info is not None and pieces:
            self._analyst.start(self._wish(info, range(pieces[0].start, pieces[-1].stop)), pieces=pieces)

    def follow(self, person: str, frame: int, box: tuple[float, float, float, float]) -> None:
        """Follow who is in a box (x, y, width, height in frame pixels) of a frame, forwards and backwards.

        person: the track that the results are for, who may be new; everybody else stays as they are.
        """
        if self._frames.info is None:
            return
        x, y, width, height = box
        whom = Whom(box=(x, y, x + width, y + height), at_s=float(self._player.time_s[frame]))
        marked = self._player.range
        wanted = marked if frame in marked else range(self._player.n_frames)
        self._analyst.start(self._wish(self._frames.info, wanted, whom), only=person)

    def _wish(self, info: VideoInfo, frames: range, whom: Whom | None = None) -> Wish:
        options = dict(self.estimator.values())
        return Wish(info.path, frames, self.estimator.name, options, self.people.finding(whom))

    def chosen_range(self) -> range:
        """Return the frames that are chosen to be analysed."""
        everything = range(self._player.n_frames)
        return {"marked": self._player.range, "here": everything[max(0, self._player.index) :]}.get(
            self.frames.currentData(), everything
        )

    def show_video(self) -> None:
        """Take another video, or none."""
        self._rest.stop()
        self._free_button()
        self.state.setText("" if self._frames.info else self.tr("Open a video first."))
        self.device.setText("")
        self.bar.hide()
        self._show_ranges()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        self.button.setDefault(True)
        self.button.setMinimumHeight(34)
        self.bar.setTextVisible(False)
        rows = QFormLayout()
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setHorizontalSpacing(14)
        rows.addRow(self.tr("Frames"), self.frames)
        self.frames.setAccessibleName(self.tr("Frames to analyse"))
        column.addLayout(rows)
        for widget in (self.button, self.rest, self.bar, self.state, self.device):
            column.addWidget(widget)
        column.addSpacing(10)
        column.addWidget(heading(self.tr("People")))
        column.addWidget(self.people)
        column.addSpacing(10)
        column.addWidget(heading(self.tr("Network")))
        column.addWidget(self.estimator)
        column.addStretch(1)
        self._show_ranges()

    def _connect(self) -> None:
        self.button.clicked.connect(self._press)
        self._analyst.running_changed.connect(self._show_running)
        self._analyst.loaded.connect(self._show_device)
        self._player.range_changed.connect(self._show_ranges)
        self._timer.timeout.connect(self._show_progress)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._free_button)
        self.estimator.failed.connect(self.failed)
        self.people.failed.connect(self.failed)
        self.rest.clicked.connect(self.run_missing)
        project = self._project
        for signal in (project.began, project.ended, project.changed, self._analyst.running_changed):
            signal.connect(self._show_missing)

    def _press(self) -> None:
        if self._analyst.is_running:
            self.state.setText(self.tr("Stopping …"))
            self._analyst.stop()
        else:
            self.run()

    def _show_running(self, running: bool) -> None:
        self.button.setText(self.tr("Stop, keep what is done") if running else self.tr("Analyse"))
        self._free_button()
        for widget in (self.frames, self.estimator, self.people):
            widget.setEnabled(not running)
        if running:
            self._pace = Speed()
            self.bar.setRange(0, 0)
            self.bar.show()
            self._tell(0, 0, self.tr("Loading the networks …"))
            self._timer.start(REFRESH_MS)
        else:
            self._timer.stop()
            self.bar.hide()
            self.button.setEnabled(False)
            self._rest.start(REST_MS)

    def _free_button(self) -> None:
        self.button.setEnabled(self._frames.info is not None)

    def _show_progress(self) -> None:
        done, expected = self._analyst.progress
        if not expected:
            return
        self._pace.tell(done)
        self.bar.setRange(0, expected)
        self.bar.setValue(done)
        left = self._pace.left_s(expected)
        text = self.tr("{0} of {1} frames").format(done, expected)
        if left is not None:
            text += self.tr("  ·  {0:.1f} frames/s  ·  {1} left").format(self._pace.rate, duration_text(left))
        self._tell(done, expected, text)

    def _tell(self, done: int, expected: int, text: str) -> None:
        self.state.setText(text)
        self.progressed.emit(done, expected, text)

    def _show_missing(self) -> None:
        """Offer to go on where an analysis was stopped."""
        document, is_running = self._project.document, self._analyst.is_running
        coverage = document.tracks.coverage if document is not None else None
        is_stopped = coverage is not None and not coverage.is_complete and not is_running
        self.rest.setVisible(is_stopped)
        if coverage is not None and is_stopped:
            count = sum(map(len, coverage.missing))
            self.rest.setText(self.tr("Analyse what is missing ({0} frames)").format(count))
        self._actions.allow("analyse.missing", coverage is not None and not is_running and bool(coverage.missing))

    def show_done(self, text: str) -> None:
        """Say what came of it."""
        self.state.setText(text)

    def _show_device(self, facts: Mapping[str, str]) -> None:
        device, why = facts.get("device"), facts.get("device_reason", "")
        self.device.setText(self.tr("Computes on {0} ({1}).").format(device, why) if device else "")

    def _show_ranges(self) -> None:
        chosen = self.frames.currentData()
        self.frames.clear()
        self.frames.addItem(self.tr("The whole video"), "all")
        if self._player.has_range:
            marked = self._player.range
            text = self.tr("Between the marks: {0} to {1}").format(marked.start, marked.stop - 1)
            self.frames.addItem(text, "marked")
        self.frames.addItem(self.tr("From here to the end"), "here")
        if chosen == "all" and self._player.has_range and self.frames.count() > 2:
            chosen = "marked"  # who has just set marks means them
        self.frames.setCurrentIndex(max(0, self.frames.findData(chosen)))
