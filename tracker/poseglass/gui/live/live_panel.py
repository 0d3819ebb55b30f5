"""The panel for watching live: which camera, start, record, and how it goes. It asks and shows, and does nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseglass.core.live.camera import Camera
from poseglass.core.live.camera_modes import Mode, preferred
from poseglass.core.live.live import LiveStatus
from poseglass.core.live.pace import now_s
from poseglass.core.live.recorder import RecorderStatus
from poseglass.gui.live.live_texts import (
    COLOURS,
    GREY,
    device_text,
    drops_text,
    mode_text,
    rates_text,
    recording_text,
    signal_text,
    spread_texts,
    tr,
    trouble_text,
)

SECTION_GAP = 8
"""Device-independent pixels between the panel's sections: a blank half line."""
LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
Widget = TypeVar("Widget", bound=QWidget)


@dataclass(frozen=True)
class LiveChoice:
    """What the user wants to watch: a camera in a mode, or an address."""

    camera: Camera | None = None
    mode: Mode | None = None  # None: the camera's own choice
    address: str = field(default="", repr=False)  # may hold a password


class LivePanel(QWidget):
    """Chooses a source and shows the state of a running one.

    Signals:
        refresh_wanted(): look for cameras again; answer with `set_cameras`.
        start_wanted(LiveChoice): begin; answer with `set_running`.
        stop_wanted(): end; answer with `set_running`.
        record_wanted(bool): begin or end a recording; the next `show_status` answers.
        mirror_changed(bool): show the picture mirrored, or as it is.
    """

    refresh_wanted = pyqtSignal()
    start_wanted = pyqtSignal(object)
    stop_wanted = pyqtSignal()
    record_wanted = pyqtSignal(bool)
    mirror_changed = pyqtSignal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._is_running = False
        self._notice = ""
        self._mirrors = {True: True, False: False}  # a camera before the user is a mirror; one on the network is not
        self._build_choosers()
        self._build_buttons()
        self._build_figures()
        self._lay_out()
        self._connect()
        self.set_cameras(())
        self.set_running(False)

    @property
    def is_mirrored(self) -> bool:
        """Whether the picture is to be shown as a mirror shows it."""
        return self.mirror.isChecked()

    def choice(self) -> LiveChoice:
        """Return what is chosen now."""
        camera = self.sources.currentData()
        if camera is None:
            return LiveChoice(address=self.address.text().strip())
        return LiveChoice(camera, self.modes.currentData())

    def set_cameras(self, cameras: Sequence[Camera]) -> None:
        """Offer these cameras and a network address; what was chosen stays chosen if it is still there."""
        before: Camera | None = self.sources.currentData()
        self.sources.clear()
        for camera in cameras:
            self.sources.addItem(camera.name, camera)
        self.sources.addItem(tr("Network camera"), None)
        addresses = [camera.address for camera in cameras]
        if before is not None and before.address in addresses:
            self.sources.setCurrentIndex(addresses.index(before.address))
        self.refresh.setEnabled(not self._is_running)
        if not self._is_running:
            found = tr("No camera found: plug one in and look again, or give an address")
            self._say(GREY, tr("Ready") if cameras else found, "")

    def set_running(self, is_running: bool) -> None:
        """Offer what can be done while running, or while not."""
        self._is_running = is_running
        self.start.setText(tr("S&top") if is_running else tr("S&tart"))
        for chooser in (self.sources, self.modes, self.address, self.refresh):
            chooser.setEnabled(not is_running)
        self.record.setEnabled(is_running)
        self.record.setChecked(False)
        if not is_running:
            self._say(GREY, tr("Stopped"), "")

    def show_status(self, status: LiveStatus) -> None:
        """Show how it goes; call some times a second."""
        colour = COLOURS[status.signal.state]
        self._say(colour, signal_text(status.signal, status.size, now_s()), trouble_text(status))
        latency = status.latency
        for labels, spread in zip(self._figures, (latency.to_inferred, latency.to_painted, latency.whole), strict=True):
            for label, text in zip(labels, spread_texts(spread), strict=True):
                label.setText(text)
        self.rates.setText(rates_text(status))
        self.drops.setText(drops_text(status))
        self.device.setText(device_text(status))
        self.show_recording(status.recording)

    def show_recording(self, recording: RecorderStatus | None) -> None:
        """Show how the recording goes, which may still be written when the source is stopped."""
        is_recording = recording is not None and recording.is_running and self._is_running
        self.recorded.setText(recording_text(recording))
        self.record.setChecked(is_recording)
        self.record.setText(tr("Stop &recording") if is_recording else tr("&Record"))

    def show_trouble(self, text: str) -> None:
        """Say a sentence that is no part of a status, why something could not begin; it stays until the next click."""
        self._notice = text
        self._say_trouble("")

    def _build_choosers(self) -> None:
        self.sources = _named(QComboBox(), tr("Camera"), tr("The camera to watch, or a camera on the network"))
        self.sources.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.sources.setMinimumContentsLength(12)
        self.refresh = _named(QToolButton(), tr("Look for cameras again"), tr("Look for cameras again"))
        self.refresh.setText("\u21bb")
        self.modes = _named(QComboBox(), tr("Resolution"), tr("What to ask the camera for; it may refuse"))
        self.modes.setMinimumContentsLength(12)
        self.address = _named(QLineEdit(), tr("Address"), tr("A camera on the network: RTSP or HTTP (MJPEG)"))
        self.address.setPlaceholderText("rtsp://name:password@192.168.0.20/stream")
        self.address.setClearButtonEnabled(True)
        tip = tr("Show the picture as a mirror does; the network and the recording always see it unmirrored")
        self.mirror = _named(QCheckBox(tr("&Mirror the picture")), tr("Mirror the picture"), tip)

    def _build_buttons(self) -> None:
        self.start = _named(
            QPushButton(), tr("Start or stop watching"), tr("Open the camera and follow the person in it")
        )
        tip = tr("Keep the camera's picture and the poses found in it in a file")
        self.record = _named(QPushButton(tr("&Record")), tr("Record"), tip)
        self.record.setCheckable(True)
        self.recorded = QLabel()

    def _build_figures(self) -> None:
        self.badge = QLabel()
        self.badge.setWordWrap(True)
        self.trouble, self.rates, self.drops, self.device = (_wrapped() for _ in range(4))
        rows = (tr("Camera to pose"), tr("Pose to screen"), tr("Camera to screen"))
        self._rows = [QLabel(text) for text in rows]
        self._figures = [(QLabel("-"), QLabel("-")) for _ in rows]
        for text, labels in zip(rows, self._figures, strict=True):
            labels[0].setAccessibleName(tr("{stage}, half of the pictures").format(stage=text))
            labels[1].setAccessibleName(tr("{stage}, 95 of 100 pictures").format(stage=text))

    def _lay_out(self) -> None:
        self._form = form = QFormLayout()
        line = QHBoxLayout()
        line.addWidget(self.sources, 1)
        line.addWidget(self.refresh)
        for text, chooser in (
            (tr("&Camera"), self.sources),
            (tr("Resol&ution"), self.modes),
            (tr("A&ddress"), self.address),
        ):
            label = QLabel(text)
            label.setBuddy(chooser)
            form.addRow(label, line if chooser is self.sources else chooser)
        form.addRow("", self.mirror)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.record, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addLayout(buttons)
        layout.addSpacing(SECTION_GAP)
        for widget in (self.badge, self.trouble, self.recorded):
            layout.addWidget(widget)
        layout.addSpacing(SECTION_GAP)
        layout.addLayout(self._table())
        layout.addSpacing(SECTION_GAP)
        for widget in (self.rates, self.drops, self.device):
            layout.addWidget(widget)
        layout.addStretch(1)

    def _table(self) -> QGridLayout:
        grid = QGridLayout()
        for column, text in enumerate((tr("Delay"), tr("typical"), tr("95 % within"))):
            grid.addWidget(QLabel(text), 0, column, RIGHT if column else LEFT)
        for row, (name, labels) in enumerate(zip(self._rows, self._figures, strict=True), start=1):
            grid.addWidget(name, row, 0)
            for column, label in enumerate(labels, start=1):
                grid.addWidget(label, row, column, RIGHT)
        grid.setColumnStretch(0, 1)
        grid.setHorizontalSpacing(2 * SECTION_GAP)
        return grid

    def _connect(self) -> None:
        self.sources.currentIndexChanged.connect(self._offer_modes)
        self.refresh.clicked.connect(self._ask_for_cameras)
        self.start.clicked.connect(self._start_or_stop)
        self.address.returnPressed.connect(self._start_or_stop)
        self.record.clicked.connect(self._record_or_stop)
        self.mirror.toggled.connect(self._change_mirror)

    def _offer_modes(self) -> None:
        camera: Camera | None = self.sources.currentData()
        self.modes.clear()
        self.modes.addItem(tr("The camera's own choice"), None)
        for mode in camera.modes if camera else ():
            self.modes.addItem(mode_text(mode), mode)
        wanted = preferred(camera.modes) if camera else None
        self.modes.setCurrentIndex(0 if camera is None or wanted is None else 1 + camera.modes.index(wanted))
        self._fit_to_source()

    def _change_mirror(self, is_wanted: bool) -> None:
        self._mirrors[self._is_camera] = is_wanted
        self.mirror_changed.emit(is_wanted)

    @property
    def _is_camera(self) -> bool:
        """Whether a camera of this machine is chosen, and not one on the network."""
        return self.sources.currentData() is not None

    def _fit_to_source(self) -> None:
        is_camera = self._is_camera
        self.mirror.setChecked(self._mirrors[is_camera])
        self._form.setRowVisible(self.modes, is_camera)
        self._form.setRowVisible(self.address, not is_camera)

    def _ask_for_cameras(self) -> None:
        self.refresh.setEnabled(False)
        self._say(GREY, tr("Looking for cameras ..."), "")
        self.refresh_wanted.emit()

    def _start_or_stop(self) -> None:
        self.show_trouble("")
        if self._is_running:
            self.stop_wanted.emit()
        else:
            self.start_wanted.emit(self.choice())

    def _record_or_stop(self, is_wanted: bool) -> None:
        self.show_trouble("")
        self.record_wanted.emit(is_wanted)

    def _say(self, colour: str, text: str, trouble: str) -> None:
        self.badge.setText(f'<span style="color:{colour}">\u25cf</span> <b>{text}</b>')
        self.badge.setAccessibleName(text)
        self._say_trouble(trouble)

    def _say_trouble(self, trouble: str) -> None:
        self.trouble.setText("\n".join(line for line in (self._notice, trouble) if line))
        self.trouble.setVisible(bool(self.trouble.text()))


def _named(widget: Widget, name: str, tip: str) -> Widget:
    widget.setAccessibleName(name)
    widget.setToolTip(tip)
    return widget


def _wrapped() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)  # an address may look like markup
    label.setWordWrap(True)
    return label
