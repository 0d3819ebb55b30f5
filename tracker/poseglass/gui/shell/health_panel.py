"""What is known of the open video, and what that means for its user."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QFormLayout, QLabel, QVBoxLayout, QWidget

from poseglass.core.video.timecode import duration_text
from poseglass.core.video.video import VideoInfo
from poseglass.gui.shared.labels import quiet
from poseglass.names import shown

SLOW_GROUP = 300
"""Frames a keyframe from which jumping is noticed: 720p decodes some thousand frames a second on two cores."""


class HealthPanel(QWidget):
    """Facts in a table; under it, in plain words, what is unusual."""

    def __init__(self) -> None:
        super().__init__()
        self._facts = QFormLayout()
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(5)
        self._facts.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self.remarks = QVBoxLayout()
        self.remarks.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(14)
        column.addLayout(self._facts)
        column.addLayout(self.remarks)
        column.addStretch(1)
        self.show_video(None)

    def show_video(self, info: VideoInfo | None) -> None:
        """Describe a video; None is none."""
        while self._facts.rowCount():
            self._facts.removeRow(0)
        while (item := self.remarks.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        if info is None:
            self.remarks.addWidget(quiet(self.tr("Open a video, and what there is to know of it stands here.")))
            return
        for name, value in self.facts(info):
            label = QLabel(name)
            label.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            shown = quiet(value)
            shown.setForegroundRole(QPalette.ColorRole.WindowText)
            self._facts.addRow(label, shown)
        remarks = self.meanings(info)
        for text in remarks or [self.tr("✓ Nothing unusual: every frame has its own time, and can be jumped to.")]:
            self.remarks.addWidget(_remark(text, is_quiet=not remarks))

    def facts(self, info: VideoInfo) -> list[tuple[str, str]]:
        """Return names and values of what is always shown."""
        smallest, _, largest = info.gaps_s
        rate = f"{float(info.average_rate):.3f}".rstrip("0").rstrip(".")
        if info.is_vfr:
            text = self.tr("variable, {0} frames/s on average; gaps {1:.0f} to {2:.0f} ms")
            rate = text.format(rate, 1000 * smallest, 1000 * largest)
        else:
            rate = self.tr("{0} frames/s, constant").format(rate)
        group = info.n_frames / max(1, len(info.keyframes))
        rows = [
            (self.tr("File"), shown(info.path.name)),
            (self.tr("Size"), f"{info.width} × {info.height}"),
            (self.tr("Codec"), info.codec),
            (self.tr("Frame rate"), rate),
            (self.tr("Frames"), f"{info.n_frames}"),
            (self.tr("Duration"), f"{duration_text(info.duration_s)} ({info.duration_s:.3f} s)"),
            (self.tr("Keyframes"), self.tr("{0}, one in {1:.0f} frames").format(len(info.keyframes), group)),
        ]
        if info.rotation:
            rows.append((self.tr("Rotation"), self.tr("{0}° as the file says, shown upright").format(info.rotation)))
        if info.is_mirrored:
            rows.append((self.tr("Mirrored"), self.tr("left to right, as the file says")))
        if info.sample_aspect_ratio != 1:
            rows.append((self.tr("Pixel shape"), f"{info.sample_aspect_ratio}"))
        if info.discarded_packets:
            rows.append((self.tr("Hidden frames"), f"{info.discarded_packets}"))
        return rows

    def meanings(self, info: VideoInfo) -> list[str]:
        """Return what is unusual and what it means, one sentence or two each."""
        said = [self.tr("⚠ {0}.").format(warning[:1].upper() + warning[1:]) for warning in info.warnings]
        if info.is_vfr:
            said.append(
                self.tr(
                    "The frame rate varies, as phones record it. Times here, in curves and in the table are each "
                    "frame's own; do not compute them from the frame number."
                )
            )
        if info.sample_aspect_ratio != 1:
            said.append(
                self.tr(
                    "Its pixels are not square. The picture is shown in its true shape; coordinates are in stored "
                    "pixels, and angles take the shape into account."
                )
            )
        if info.discarded_packets:
            said.append(
                self.tr(
                    "It was trimmed without being encoded again: {0} frames are in the file but hidden by its edit "
                    "list. They are not counted here."
                ).format(info.discarded_packets)
            )
        if info.n_frames > SLOW_GROUP * max(1, len(info.keyframes)):
            said.append(self.tr("It has few keyframes: jumping far takes a moment, playing and stepping do not."))
        return said


def _remark(text: str, is_quiet: bool) -> QLabel:
    label = quiet(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setForegroundRole(QPalette.ColorRole.PlaceholderText if is_quiet else QPalette.ColorRole.WindowText)
    return label
