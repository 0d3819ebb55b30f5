"""Live: a source, the network and a recorder side by side, none of which waits for another.

The network sees the picture as the camera sends it. Mirroring is for the screen alone: picture and pose are turned over
together there, and the names stay, so that somebody's right wrist is on the right of their mirror image, in the colour
of the right side. What is recorded is not mirrored either.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from poseglass.api import Smoother
from poseglass.core.live.capture import WAITS, Capture, LiveFrame, Signal, SignalState, Waits
from poseglass.core.live.latency import Latency, LatencyReport
from poseglass.core.live.live_inference import Inference, Inferred
from poseglass.core.live.live_source import LiveSource
from poseglass.core.live.pace import now_s
from poseglass.core.live.recorder import Recorder, RecorderStatus
from poseglass.core.mailbox import Mailbox
from poseglass.core.run import Method, Seen
from poseglass.errors import OutputError
from poseglass.types import Skeleton

logger = logging.getLogger(__name__)

CLOSE_S = 3.0
"""How long closing waits for threads: longer than a read from the network takes to give up by itself."""
CHANGES_KEPT = 100
"""Changes of the signal that are remembered; with the longest pause a quarter of an hour of trying."""


@dataclass(frozen=True, slots=True)
class LiveResult:
    """What to paint. Without anybody while the network loads, or after it failed."""

    live: LiveFrame
    seen: Seen | None = None
    inferred_s: float | None = None  # on the clock of `pace.now_s`


@dataclass(frozen=True)
class LiveStatus:
    """How it goes."""

    signal: Signal
    size: tuple[int, int] | None  # width and height of the last picture
    captured: int  # pictures
    inferred: int
    dropped_before_inference: int  # the network was busy; at the end captured = inferred + dropped_before_inference
    dropped_before_paint: int  # the window was busy
    reconnections: int
    latency: LatencyReport
    recording: RecorderStatus | None  # of the last recording, also after its end
    skeleton: Skeleton | None  # once the network is loaded
    facts: Mapping[str, str]  # the estimator's: model, device truly used and why
    problem: str  # why there are no poses; a sentence, else empty


class Live:
    """A running source. Start it, take results as often as there is a screen to paint, close it."""

    def __init__(
        self,
        source: LiveSource,
        make_method: Callable[[], Method],
        make_smoother: Callable[[], Smoother | None],
        waits: Waits = WAITS,
    ) -> None:
        """Nothing is opened yet. The makers are called in the inference thread; what they raise is `problem`."""
        self.source = source
        self.changes: deque[Signal] = deque(maxlen=CHANGES_KEPT)
        self._signal = Signal(SignalState.OPENING)
        self._capture = Capture(source, self._on_frame, self._on_signal, waits)
        self._inference = Inference(make_method, make_smoother, self._on_inferred)
        self._results: Mailbox[LiveResult] = Mailbox()
        self._latency = Latency()
        self._recorder: Recorder | None = None
        self._last: LiveFrame | None = None
        self._captured = self._connections = 0
        self._is_started = False

    def start(self) -> None:
        """Open the source and load the network, each in its thread; returns at once."""
        self._is_started = True
        self._inference.start()
        self._capture.start()

    def take(self) -> LiveResult | None:
        """Return the newest result if it was not taken before. Call `painted` with it when it is on the screen."""
        return self._results.take()

    def painted(self, result: LiveResult) -> None:
        """Note that a result is on the screen now."""
        self._latency.painted(result.live.captured_s, result.inferred_s)

    def status(self) -> LiveStatus:
        """Return how it goes; takes a fraction of a millisecond, from any thread."""
        last, inference = self._last, self._inference
        return LiveStatus(
            signal=self._signal,
            size=None if last is None else (last.frame.image.shape[1], last.frame.image.shape[0]),
            captured=self._captured,
            inferred=inference.count,
            dropped_before_inference=inference.dropped,
            dropped_before_paint=self._results.dropped,
            reconnections=max(0, self._connections - 1),
            latency=self._latency.report(),
            recording=None if self._recorder is None else self._recorder.status(),
            skeleton=inference.skeleton,
            facts=inference.facts,
            problem=inference.problem,
        )

    def record(self, path: Path) -> None:
        """Record from the next picture on, to `path` (.mp4) and its index beside it.

        Raises OutputError when that cannot be written, when something is there, or while a recording runs.
        """
        if self._recorder is not None and self._recorder.status().is_running:
            raise OutputError(f"{path}: a recording is already running; stop it first")
        self._recorder = Recorder(path, self.source.name, lambda: (self._inference.skeleton, self._inference.facts))

    def stop_recording(self) -> None:
        """End the recording; returns at once. `status().recording.is_running` is False when its files are whole."""
        if self._recorder is not None:
            self._recorder.stop()

    def stop(self) -> None:
        """Ask everything to end; returns at once."""
        self._capture.stop()
        self._inference.stop()
        self.stop_recording()

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """End everything; return whether all threads ended in time. Those that did not are logged and left behind."""
        self.stop()
        until_s = now_s() + timeout_s
        joins = [self._capture.join, self._inference.join] if self._is_started else []
        joins += [self._recorder.join] if self._recorder is not None else []
        ended = [join(max(0.0, until_s - now_s())) for join in joins]
        self._results.close()
        return all(ended)

    def _on_frame(self, live: LiveFrame) -> None:
        self._captured += 1
        self._last = live
        self._latency.captured(live.captured_s)
        if self._recorder is not None:
            self._recorder.add_frame(live)
        if not self._inference.is_ready:
            self._results.put(LiveResult(live))
        self._inference.put(live)

    def _on_inferred(self, done: Inferred) -> None:
        self._latency.inferred(done.live.captured_s, done.inferred_s)
        if self._recorder is not None:
            self._recorder.add_poses(done.live, done.seen)
        self._results.put(LiveResult(done.live, done.seen, done.inferred_s))

    def _on_signal(self, signal: Signal) -> None:
        if signal.state is not self._signal.state or signal.reason != self._signal.reason:
            logger.info("%s: %s %s", self.source.name, signal.state.value, signal.reason)
        self._connections += signal.state is SignalState.LIVE
        self._signal = signal
        self.changes.append(signal)
