"""Where the video stands and how it moves: jump, step, drag, play, shuttle, loop."""

from __future__ import annotations

import time

import numpy as np
from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from poseglass.core.video.clock import SPEEDS, PlayClock
from poseglass.core.video.scrub import Haste
from poseglass.core.video.video import VideoInfo
from poseglass.gui.playback.frames import Frames
from poseglass.types import Floats

TICK_MS = 16
"""How often a playing video looks which frame is due: once a picture of a 60 Hz screen."""


class Player(QObject):
    """Asks `Frames` for the frame that should be seen. The one that is seen comes by `Frames.shown`, a little later.

    Frame numbers outside the video mean its first or last frame.

    Signals:
        moved(int): the frame that should be seen.
        playing_changed(bool): it plays, or stands.
        speed_changed(float): in parts of the true speed; negative is backwards.
        range_changed(object): the range between the marks; all frames where there is no mark.
        looping_changed(bool): the range is repeated.
    """

    moved = pyqtSignal(int)
    playing_changed = pyqtSignal(bool)
    speed_changed = pyqtSignal(float)
    range_changed = pyqtSignal(object)
    looping_changed = pyqtSignal(bool)

    def __init__(self, frames: Frames) -> None:
        super().__init__()
        self.index = -1
        self.is_looping = False
        self.time_s: Floats = np.empty(0)
        self._frames = frames
        self._clock: PlayClock | None = None
        self._in: int | None = None
        self._out: int | None = None
        self._ticker = QTimer(self)
        self._ticker.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticker.timeout.connect(self._tick)
        frames.opened.connect(self._begin)
        frames.closed.connect(self._end)

    @property
    def n_frames(self) -> int:
        """Frames of the open video, 0 without one."""
        return len(self.time_s)

    @property
    def is_playing(self) -> bool:
        """Whether it plays."""
        return self._clock is not None and self._clock.is_running

    @property
    def speed(self) -> float:
        """Parts of the true speed; negative plays backwards."""
        return self._clock.speed if self._clock else 1.0

    @property
    def range(self) -> range:
        """Frames between the marks, both of them included; all frames where there is no mark."""
        first = 0 if self._in is None else self._in
        return range(first, self.n_frames if self._out is None else self._out + 1)

    @property
    def has_range(self) -> bool:
        """Whether there is a mark."""
        return self._in is not None or self._out is not None

    def jump(self, index: int) -> None:
        """Show a frame, and stop."""
        self.pause()
        self._go(index, Haste.EXACT)

    def step(self, count: int) -> None:
        """Show the frame so many further on, and stop."""
        self.jump(self.index + count)

    def drag(self, index: int) -> None:
        """Show a frame, more of them are coming: something near at once, then the exact one."""
        self.pause()
        self._go(index, Haste.DRAG)

    def toggle(self) -> None:
        """Play, or pause."""
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Play from here."""
        if self._clock is not None:
            self._clock.loop = self.range if self.is_looping else None
            self._clock.start(time.monotonic(), self.index)
            self._ticker.start(TICK_MS)
            self.playing_changed.emit(True)

    def pause(self) -> None:
        """Stop where it is."""
        if self._clock is not None and self._ticker.isActive():
            self._clock.stop()
            self._ticker.stop()
            self.playing_changed.emit(False)

    def shuttle(self, direction: int) -> None:
        """Play forward (1) or backward (-1) at the true speed; when it does so already, at the next faster one."""
        speed = self.speed
        if self.is_playing and speed * direction > 0:
            faster = [s for s in SPEEDS if s > abs(speed)]
            self.set_speed(direction * (faster[0] if faster else SPEEDS[-1]))
        else:
            self.pause()
            self.set_speed(float(direction))
            self.play()

    def set_speed(self, speed: float) -> None:
        """Play at another speed."""
        if self._clock is not None and speed != self._clock.speed:
            self._clock.change_speed(time.monotonic(), speed)
            self.speed_changed.emit(speed)

    def mark_in(self) -> None:
        """Let the range begin here; an end before it is forgotten."""
        self._in = max(0, self.index)
        if self._out is not None and self._out < self._in:
            self._out = None
        self._range_changed()

    def mark_out(self) -> None:
        """Let the range end here; a beginning after it is forgotten."""
        self._out = max(0, self.index)
        if self._in is not None and self._in > self._out:
            self._in = None
        self._range_changed()

    def clear_marks(self) -> None:
        """Take all frames for the range again."""
        self._in = self._out = None
        self._range_changed()

    def set_looping(self, looping: bool) -> None:
        """Repeat the range, or play to the video's end."""
        self.is_looping = looping
        self._range_changed()
        self.looping_changed.emit(looping)

    def _go(self, index: int, haste: Haste) -> None:
        if self.n_frames:
            self.index = min(max(index, 0), self.n_frames - 1)
            self._frames.ask(self.index, haste)
            self.moved.emit(self.index)

    def _tick(self) -> None:
        assert self._clock is not None, "the ticker runs only with a clock"
        due = self._clock.index_at(time.monotonic())
        if not self._clock.is_running:
            self._ticker.stop()
            self.playing_changed.emit(False)
            self._go(due, Haste.EXACT)
        elif due != self.index:
            self._go(due, Haste.PLAY)

    def _range_changed(self) -> None:
        if self._clock is not None:
            was_playing = self.is_playing
            self._clock.loop = self.range if self.is_looping else None
            if was_playing:
                self._clock.start(time.monotonic(), self.index)
        self.range_changed.emit(self.range)

    def _begin(self, info: VideoInfo) -> None:
        self._end()
        self.time_s = info.times_s
        self._clock = PlayClock(self.time_s)
        self.speed_changed.emit(1.0)
        self.range_changed.emit(self.range)
        self._go(0, Haste.EXACT)

    def _end(self) -> None:
        self.pause()
        self._clock, self._in, self._out, self.index = None, None, None, -1
        self.time_s = np.empty(0)
        self.moved.emit(-1)
