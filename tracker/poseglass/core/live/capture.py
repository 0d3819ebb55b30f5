"""Keep a live source running: open it, watch over it, and try again for ever when it ends, stalls or fails.

One thread watches, another reads, a new one for every try: a driver that never answers holds up only its reader. Such a
reader is left behind; it can deliver nothing more, and closes what it opened as soon as the driver lets go of it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from poseglass.core.live.live_source import READ_TIMEOUT_S, LiveSource
from poseglass.core.live.pace import now_s
from poseglass.errors import PoseglassError
from poseglass.types import Frame, Image

logger = logging.getLogger(__name__)

TICK = Fraction(1, 90000)
"""Seconds a tick of live stamps: the clock of MPEG, a divisor of all usual rates and 3 us finer than any camera."""
STUCK_READERS = 2
"""Readers left behind from which on no new one is started: what hangs twice would hang again, a thread each time."""


@dataclass(frozen=True)
class Waits:
    """How long to wait for what, in seconds."""

    open_s: float = 12.0  # for the first picture: Windows' Media Foundation takes 4 to 20 (opencv#17687)
    stall_s: float = READ_TIMEOUT_S  # for the next one
    first_pause_s: float = 0.5  # before the first new try; doubles with each vain one
    last_pause_s: float = 8.0
    healthy_s: float = 1.0  # a connection that lasted so long was not in vain


WAITS = Waits()
"""For real sources; tests are less patient."""


class SignalState(Enum):
    """Whether pictures come."""

    OPENING = "opening"
    LIVE = "live"
    NO_SIGNAL = "no signal"
    CLOSED = "closed"


@dataclass(frozen=True)
class Signal:
    """The state of a source, and why it is so."""

    state: SignalState
    reason: str = ""  # a sentence; empty while opening and live
    retry_at_s: float | None = None  # on the clock of `pace.now_s`: when no signal is followed by the next try


@dataclass(frozen=True, slots=True)
class LiveFrame:
    """A picture as it came from the source."""

    frame: Frame  # index and pts count from the first one of all connections; pts in ticks of TICK, by arrival
    captured_s: float  # when it came, on the clock of `pace.now_s`; rising
    connection: int  # rises with every reconnection


class Capture:
    """Delivers a source's pictures until it is closed.

    deliver: called with every picture, in the reading thread; must be quick.
    report: called with every change of state, in order, in the watching thread.
    """

    def __init__(
        self,
        source: LiveSource,
        deliver: Callable[[LiveFrame], None],
        report: Callable[[Signal], None],
        waits: Waits = WAITS,
    ) -> None:
        self._source, self._report, self._waits = source, report, waits
        self._stamper = _Stamper(deliver)
        self._stop = threading.Event()
        self._readers: list[_Reader] = []
        self._thread = threading.Thread(target=self._run, name="live capture", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ask everything to end; returns at once. No picture is delivered from then on."""
        self._stop.set()
        for reader in list(self._readers):
            reader.abandon("")

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; return whether all threads have ended. What has not is logged and left behind."""
        until_s = now_s() + timeout_s
        self._thread.join(max(0.0, until_s - now_s()))
        for reader in list(self._readers):
            reader.thread.join(max(0.0, until_s - now_s()))
        left = [reader for reader in self._readers if reader.thread.is_alive()]
        if left:
            logger.warning("%s: does not answer; threads left behind until it does: %d", self._source.name, len(left))
        return not left and not self._thread.is_alive()

    def _run(self) -> None:
        pause_s = self._waits.first_pause_s
        while not self._stop.is_set():
            began_s = now_s()
            reason = self._try_once()
            if self._stop.is_set():
                break
            if now_s() - began_s > self._waits.healthy_s and self._readers and self._readers[-1].has_delivered:
                pause_s = self._waits.first_pause_s
            self._report(Signal(SignalState.NO_SIGNAL, reason, now_s() + pause_s))
            self._stop.wait(pause_s)
            pause_s = min(2 * pause_s, self._waits.last_pause_s)
        self._report(Signal(SignalState.CLOSED))

    def _try_once(self) -> str:
        """Open the source and stay with it; return why it was lost."""
        self._readers = [reader for reader in self._readers if reader.thread.is_alive()]
        if len(self._readers) >= STUCK_READERS:
            return f"{self._source.name}: its driver does not answer; unplug it and plug it in again"
        self._report(Signal(SignalState.OPENING))
        reader = _Reader(self._source, self._stamper)
        self._readers.append(reader)
        if self._stop.is_set():  # `stop` may have gone through the readers before this one was there
            self._readers.remove(reader)
            return ""
        reader.thread.start()
        return self._watch(reader)

    def _watch(self, reader: _Reader) -> str:
        if not reader.wait(self._waits.open_s):
            reader.abandon(f"{self._source.name}: no picture within {self._waits.open_s:g} s; is it on?")
        elif reader.has_delivered:
            self._report(Signal(SignalState.LIVE))
            while reader.wait(self._waits.stall_s) and reader.is_running:
                pass
            reader.abandon(f"{self._source.name}: no picture for {self._waits.stall_s:g} s; is it still connected?")
        return reader.reason


class _Stamper:
    """Numbers and stamps the pictures of all connections in one rising order."""

    def __init__(self, deliver: Callable[[LiveFrame], None]) -> None:
        self._deliver = deliver
        self._origin_s: float | None = None
        self._index, self._pts, self._connection = -1, -1, -1

    def next_connection(self) -> int:
        self._connection += 1
        return self._connection

    def pass_on(self, arrived_s: float, image: Image, connection: int) -> None:
        if self._origin_s is None:
            self._origin_s = arrived_s
        self._index += 1
        self._pts = max(self._pts + 1, round((arrived_s - self._origin_s) / TICK))
        time_s = float(self._pts * TICK)
        frame = Frame(self._index, self._pts, time_s, image)
        self._deliver(LiveFrame(frame, self._origin_s + time_s, connection))


class _Reader:
    """One try: a thread that opens the source and delivers its pictures until it ends or is abandoned."""

    def __init__(self, source: LiveSource, stamper: _Stamper) -> None:
        self._source, self._stamper = source, stamper
        self._connection = stamper.next_connection()
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._count = self._seen = 0
        self.is_running = True
        self.reason = ""
        self.thread = threading.Thread(target=self._run, name="live reader", daemon=True)

    @property
    def has_delivered(self) -> bool:
        return self._count > 0

    def abandon(self, reason: str) -> None:
        """Let nothing more through and ask the thread to end. A reason that is already there stays."""
        with self._changed:
            self.reason = self.reason or reason
            self.is_running = False
            self._stop.set()
            self._changed.notify_all()

    def wait(self, timeout_s: float) -> bool:
        """Return whether a new picture came, or the end, within that time."""
        with self._changed:
            came = self._changed.wait_for(lambda: not self.is_running or self._count > self._seen, timeout_s)
            self._seen = self._count
            return came

    def _run(self) -> None:
        reason = f"{self._source.name}: it has ended"
        try:
            with closing(self._source.arrivals(self._stop)) as arrivals:
                for arrived_s, image in arrivals:
                    if not self._pass_on(arrived_s, image):
                        break
        except PoseglassError as error:
            reason = str(error)
        except Exception as error:
            logger.warning("%s: unexpected error", self._source.name, exc_info=True)
            reason = f"{self._source.name}: unexpected error: {error!r}"
        self.abandon(reason)

    def _pass_on(self, arrived_s: float, image: Image) -> bool:
        with self._changed:
            if self.is_running:
                self._stamper.pass_on(arrived_s, image, self._connection)
                self._count += 1
                self._changed.notify_all()
            return self.is_running
