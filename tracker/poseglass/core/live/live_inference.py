"""The thread that owns the network while live: the newest picture in, its pose out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass

from poseglass.api import Smoother
from poseglass.core.live.capture import LiveFrame
from poseglass.core.live.pace import now_s
from poseglass.core.mailbox import Mailbox
from poseglass.core.run import Method, Seen
from poseglass.errors import PoseglassError
from poseglass.types import Skeleton

logger = logging.getLogger(__name__)

GAP_S = 0.5
"""Time between two pictures from which the past says nothing about the present: the smoother starts anew."""


@dataclass(frozen=True, slots=True)
class Inferred:
    """A picture and everybody in it."""

    live: LiveFrame
    seen: Seen
    inferred_s: float  # when it was known, on the clock of `pace.now_s`


class Inference:
    """Infers the poses of pictures that are put in. A picture that is overwritten before its turn is dropped.

    deliver: called with every pose, in this thread.
    """

    def __init__(
        self,
        make_method: Callable[[], Method],
        make_smoother: Callable[[], Smoother | None],
        deliver: Callable[[Inferred], None],
    ) -> None:
        self._make_method, self._make_smoother, self._deliver = make_method, make_smoother, deliver
        self._waiting: Mailbox[LiveFrame] = Mailbox()
        self._failed = 0  # pictures taken whose pose was never known
        self._thread = threading.Thread(target=self._run, name="live inference", daemon=True)
        self.count = 0  # poses delivered
        self.problem = ""  # a sentence, once there is no more inference for a reason
        self.skeleton: Skeleton | None = None  # once the estimator is loaded
        self.facts: Mapping[str, str] = {}

    @property
    def is_ready(self) -> bool:
        """Whether poses are coming: the estimator is loaded, and nothing went wrong."""
        return self.skeleton is not None and not self.problem

    @property
    def dropped(self) -> int:
        """Pictures put in whose pose was never known."""
        return self._waiting.dropped + self._failed

    def start(self) -> None:
        """Begin with loading the estimator; returns at once."""
        self._thread.start()

    def put(self, live: LiveFrame) -> None:
        """Leave the newest picture; never waits."""
        self._waiting.put(live)

    def stop(self) -> None:
        """Ask for the end after the picture that is being worked on; returns at once."""
        self._waiting.close()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; return whether it came. A network that does not end is logged and left behind."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            logger.warning("the network is still loading or computing; its thread is left behind")
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with closing(self._make_method()) as method:
                self.facts, self.skeleton = method.facts, method.estimator.skeleton
                self._work(method)
        except PoseglassError as error:
            self.problem = str(error)
        except Exception as error:
            logger.warning("inference ended by an unexpected error", exc_info=True)
            self.problem = f"unexpected error of the network: {error!r}"
        self._waiting.close()

    def _work(self, method: Method) -> None:
        following = _Following(method, self._make_smoother)
        while (live := self._waiting.wait()) is not None:
            try:
                seen = following.see(live)
            except BaseException:
                self._failed += 1
                raise
            self.count += 1
            self._deliver(Inferred(live, seen, now_s()))


class _Following:
    """People through pictures with gaps: a gap makes the smoothers forget, a reconnection where people were, too."""

    def __init__(self, method: Method, make_smoother: Callable[[], Smoother | None]) -> None:
        self._method, self._make_smoother = method, make_smoother
        self._run = method.run(make_smoother)
        self._last: LiveFrame | None = None

    def see(self, live: LiveFrame) -> Seen:
        last, self._last = self._last, live
        if last is not None and live.connection != last.connection:
            self._run = self._method.run(self._make_smoother)
        elif last is not None and live.captured_s - last.captured_s > GAP_S:
            self._run.forget_motion()
        return self._run.see(live.frame)
