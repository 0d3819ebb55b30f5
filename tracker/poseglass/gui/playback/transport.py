"""The bar under the picture: buttons that move the video, its speed, and where it stands."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFont, QFontDatabase, QResizeEvent
from PyQt6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from poseglass.core.video.clock import SPEEDS
from poseglass.core.video.scrub import Shown
from poseglass.core.video.timecode import clock_text, is_past_end, parse_place
from poseglass.core.video.video import VideoInfo
from poseglass.gui.playback.player import Player
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.icons import icon

BUTTONS = (
    ("play.start", "play.back", "play.toggle", "play.forward", "play.end"),
    ("play.mark_in", "play.mark_out", "play.loop"),
)
"""Actions with a button, group by group."""
SIDE, GAP = 10, 8
"""Pixels left and right of the bar, and behind each of its fields."""
MANY = 10
"""Frames that Shift makes of one step."""


class Transport(QWidget):
    """Buttons for actions, a speed box, the number and time of the frame that is seen, and a field to jump with.

    Signals:
        said(str): why it did not jump to where the user typed.
    """

    said = pyqtSignal(str)

    def __init__(self, player: Player, actions: Actions) -> None:
        super().__init__()
        self._player = player
        self._info: VideoInfo | None = None
        self._shown: Shown | None = None
        self.frame_text = _figures(QLabel())
        self.frame_text.setAccessibleName(self.tr("Frame on screen"))
        self.time_text = _figures(QLabel())
        self.time_text.setAccessibleName(self.tr("Time of the frame on screen"))
        self.place = QLineEdit()
        self.speed = QComboBox()
        self._set_up_fields()
        self._moves, self._where = QWidget(), QWidget()
        self._is_short = False  # there is room for numbers, but not for how many there are
        self._lay_out(actions)
        player.speed_changed.connect(self._show_speed)
        self.show_video(None)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for as much as it takes with one half below the other and short texts."""
        least = super().minimumSizeHint()
        widest = max(self._moves.minimumSizeHint().width(), self._width_of_where(short=True)) + 2 * SIDE
        return QSize(min(least.width(), widest), least.height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Put one half below the other where they do not fit beside each other."""
        super().resizeEvent(event)
        self._fit()

    def show_video(self, info: VideoInfo | None) -> None:
        """Take another video; None is none."""
        self._info, self._shown = info, None
        self.setEnabled(info is not None)
        self.frame_text.setText("")
        self.time_text.setText("")
        self._fit()

    def show_frame(self, shown: Shown) -> None:
        """Say which frame is seen."""
        if self._info is not None:
            self._shown = shown
            self.frame_text.setText(self._frame_of(shown.index, short=self._is_short))
            self.time_text.setText(self._time_of(shown.time_s, short=self._is_short))
            self.frame_text.setEnabled(shown.is_exact)

    def ask_place(self) -> None:
        """Let the user type where to jump."""
        self.place.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.place.selectAll()

    def _lay_out(self, actions: Actions) -> None:
        moves, where = QHBoxLayout(self._moves), QHBoxLayout(self._where)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._halves.setContentsMargins(SIDE, 2, SIDE, 6)
        self._halves.setSpacing(2)
        for row in (moves, where):
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(2)
        for group in BUTTONS:
            for name in group:
                moves.addWidget(_button(actions, name))
            moves.addSpacing(10)
        moves.addWidget(self.speed)
        moves.addStretch(1)
        for widget in (self.frame_text, self.time_text, self.place):
            where.addWidget(widget)
            where.addSpacing(GAP)
        self._halves.addWidget(self._moves)
        self._halves.addStretch(1)
        self._halves.addWidget(self._where, 0, Qt.AlignmentFlag.AlignRight)

    def _fit(self) -> None:
        """Lay out both halves for the width there is, and shorten the numbers where they need it."""
        where, room = self._width_of_where(short=False), self.width() - 2 * SIDE
        fits = self._moves.minimumSizeHint().width() + where <= room
        self._halves.setDirection(QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom)
        self._is_short = where > room
        for label, text in zip((self.frame_text, self.time_text), self._longest(short=self._is_short), strict=True):
            label.setMinimumWidth(self._width_of(text))
        if self._shown is not None:
            self.show_frame(self._shown)

    def _width_of_where(self, *, short: bool) -> int:
        return sum(self._width_of(text) for text in self._longest(short=short)) + self.place.width() + 3 * GAP

    def _longest(self, *, short: bool) -> tuple[str, str]:
        """Return the widest frame and time that the video has, as they are written."""
        if self._info is None:
            return "", ""
        last, end_s = self._info.n_frames - 1, self._info.duration_s
        return self._frame_of(last, short=short), self._time_of(end_s, short=short)

    def _set_up_fields(self) -> None:
        self.place.setPlaceholderText(self.tr("Jump to"))
        self.place.setToolTip(self.tr("A frame (120) or a time (4.5s, 1:04.5), then Enter  (Ctrl+G)"))
        self.place.setAccessibleName(self.tr("Jump to a frame or time"))
        self.place.setFixedWidth(92)
        self.place.returnPressed.connect(self._jump)
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)
        self.speed.setToolTip(self.tr("Speed of playing"))
        self.speed.setAccessibleName(self.tr("Speed of playing"))
        self.speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.speed.activated.connect(lambda i: self._player.set_speed(self.speed.itemData(i)))

    def _jump(self) -> None:
        if self._info is None:
            return
        index = parse_place(self.place.text(), self._info)
        if index is None:
            self.place.selectAll()
            self.said.emit(self.tr("Type a frame, such as 120, or a time, such as 4.5s or 1:04.5"))
            return
        if is_past_end(self.place.text(), self._info):
            end = self._info.n_frames - 1, clock_text(self._info.duration_s)
            self.said.emit(self.tr("The video ends with frame {0}, at {1}").format(*end))
        self._player.jump(index)
        self.place.clear()
        self.place.clearFocus()

    def _show_speed(self, speed: float) -> None:
        index = self.speed.findData(abs(speed))
        self.speed.setCurrentIndex(index)

    def _frame_of(self, index: int, *, short: bool) -> str:
        assert self._info is not None
        text = self.tr("Frame {0}") if short else self.tr("Frame {0} / {1}")
        return text.format(index, self._info.n_frames - 1)

    def _time_of(self, time_s: float, *, short: bool) -> str:
        assert self._info is not None
        return clock_text(time_s) if short else f"{clock_text(time_s)} / {clock_text(self._info.duration_s)}"

    def _width_of(self, text: str) -> int:
        return self.frame_text.fontMetrics().horizontalAdvance(text) + 4


def add_play_actions(actions: Actions, player: Player, ask_place: Callable[[], object]) -> None:
    """Add the Play menu. ask_place: lets the user type where to jump."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("Play", text)

    menu = tr("&Play")

    def row(name: str, text: str, keys: tuple[str, ...], picture: str, tip: str = "", group: int = 0) -> Row:
        return Row(f"play.{name}", text, menu, keys, tip, picture, group=group, needs="video")

    toggle = actions.add(row("toggle", tr("&Play or pause"), ("Space",), "play"), player.toggle)
    actions.add(row("fast_back", tr("Play &backward, again: faster"), ("J",), ""), lambda: player.shuttle(-1))
    actions.add(row("pause", tr("P&ause"), ("K",), ""), player.pause)
    actions.add(row("fast_forward", tr("Play &forward, again: faster"), ("L",), ""), lambda: player.shuttle(1))
    steps = (
        ("back", tr("Frame back"), ("Left",), "step_back", -1),
        ("forward", tr("Frame forward"), ("Right",), "step_forward", 1),
        ("back_many", tr("{0} frames back").format(MANY), ("Shift+Left",), "", -MANY),
        ("forward_many", tr("{0} frames forward").format(MANY), ("Shift+Right",), "", MANY),
    )
    for name, text, keys, picture, count in steps:
        actions.add(row(name, text, keys, picture, group=1), lambda count=count: player.step(count))
    actions.add(row("start", tr("To the &first frame"), ("Home",), "start", group=1), lambda: player.jump(0))
    actions.add(
        row("end", tr("To the &last frame"), ("End",), "end", group=1), lambda: player.jump(player.n_frames - 1)
    )
    tip = tr("Begin the range here: of looping, analysing and exporting")
    actions.add(row("mark_in", tr("Mark &in"), ("I",), "mark_in", tip, group=2), player.mark_in)
    tip = tr("End the range here: of looping, analysing and exporting")
    actions.add(row("mark_out", tr("Mark &out"), ("O",), "mark_out", tip, group=2), player.mark_out)
    actions.add(row("clear_marks", tr("&Clear marks"), ("Shift+X",), "", group=2), player.clear_marks)
    tip = tr("Repeat the range between the marks, or the whole video")
    loop = Row("play.loop", tr("L&oop"), menu, ("Ctrl+L",), tip, "loop", checkable=True, group=2, needs="video")
    actions.add(loop, player.set_looping)
    jump = Row("play.jump", tr("&Jump to…"), menu, ("Ctrl+G",), icon="jump", group=1, needs="video")
    actions.add(jump, ask_place)
    player.looping_changed.connect(actions["play.loop"].setChecked)
    player.playing_changed.connect(
        lambda playing: toggle.setIcon(icon("pause" if playing else "play", toggle.parent().palette()))  # type: ignore[union-attr]  # the window
    )


def _button(actions: Actions, name: str) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(actions[name])
    button.setIconSize(QSize(20, 20))
    button.setAutoRaise(True)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys where they were
    button.setAccessibleName(actions[name].text().replace("&", ""))
    return button


def _figures(label: QLabel) -> QLabel:
    """Give a label figures of one width, so that it does not tremble."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setStyleHint(QFont.StyleHint.Monospace)
    label.setFont(font)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
