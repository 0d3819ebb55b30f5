"""Slow work in a thread of its own, as a rule one piece at a time: the only way in which panels do any."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from traceback import format_exc
from typing import ClassVar

from PyQt6.QtCore import QObject, QThread, pyqtSignal

from poseglass.errors import PoseglassError

logger = logging.getLogger(__name__)


class Work(QThread):
    """One piece of work: `do` gets the Work itself, for `watch` and `should_stop`, and returns what `done` brings.

    Progress is two numbers to be read at leisure; no signal carries it, so that none can pile up. It lives until its
    thread is through, whoever forgets it or is deleted: Qt aborts the process when a running thread loses its object.

    Signals:
        done(object): what `do` returned; stopped work returns, too.
        failed(str, str): a sentence for the user, and details for a report.
    """

    done = pyqtSignal(object)
    failed = pyqtSignal(str, str)
    _came = pyqtSignal(object)  # from the thread: what tells the outcome, to be called in the owner's

    _running: ClassVar[set[Work]] = set()

    def __init__(self, do: Callable[[Work], object]) -> None:
        super().__init__()
        self.progress = (0, 0)  # done and expected; 0 expected is not known yet
        self._do: Callable[[Work], object] | None = do
        self._stopped = False
        self._came.connect(self._tell)

    def start(self, priority: QThread.Priority = QThread.Priority.InheritPriority) -> None:
        """Begin."""
        self._running.add(self)
        super().start(priority)

    def watch(self, done: int, expected: int) -> None:
        """Say how far it is; for the thread."""
        self.progress = (done, expected)

    def should_stop(self) -> bool:
        """Tell whether to return with what there is; for the thread."""
        return self._stopped

    def stop(self) -> None:
        """Ask it to stop."""
        self._stopped = True

    def end(self, most_s: float | None = None) -> None:
        """Ask it to stop, wait until it has, and let nothing of it be heard any more.

        most_s: wait no longer than that for what a driver may hold up; it is left behind, which no exit waits for.
        """
        self.blockSignals(True)
        self._stopped = True
        self._see_through(most_s)

    def run(self) -> None:
        """Do the work; runs in the thread."""
        do, self._do = self._do, None  # what it holds may be large, and is not kept once it is done
        assert do is not None, "work is done once"
        try:
            result = do(self)
        except PoseglassError as error:
            self._came.emit(partial(self.failed.emit, str(error), ""))
        except Exception as error:  # fence: leaving `run` by an exception aborts the process (PyQt6)
            logger.exception("work failed")
            self._came.emit(partial(self.failed.emit, f"unexpected error: {error!r}", format_exc()))
        else:
            self._came.emit(partial(self.done.emit, result))

    def _tell(self, outcome: Callable[[], None]) -> None:
        """Tell the outcome in the owner's thread; nothing after `end`, even if it was on its way."""
        self._see_through()
        outcome()

    def _see_through(self, most_s: float | None = None) -> None:
        is_over = self.wait() if most_s is None else self.wait(round(most_s * 1000))
        if is_over:
            self._running.discard(self)


class Runner(QObject):
    """Runs one piece of work at a time: what still runs is ended before the next begins.

    Signals:
        running_changed(bool): a piece began or ended; told before its outcome.
        done(object): what it returned.
        failed(str, str): a sentence for the user, and details for a report.
    """

    running_changed = pyqtSignal(bool)
    done = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._work: Work | None = None

    @property
    def is_running(self) -> bool:
        """Whether a piece of work runs."""
        return self._work is not None

    @property
    def progress(self) -> tuple[int, int]:
        """What is done and expected; 0 expected is not known yet, or nothing runs."""
        return self._work.progress if self._work is not None else (0, 0)

    def start(self, do: Callable[[Work], object]) -> None:
        """Begin."""
        self.end()
        self._work = Work(do)
        self._work.done.connect(self._finish)
        self._work.failed.connect(self._fail)
        self._work.start()
        self.running_changed.emit(True)

    def stop(self) -> None:
        """Ask what runs to stop; its outcome is told."""
        if self._work is not None:
            self._work.stop()

    def end(self, most_s: float | None = None) -> None:
        """Ask what runs to stop, wait until it has, at most so long, and tell no outcome."""
        if self._work is not None:
            self._work.end(most_s)
            self._over()

    def _finish(self, result: object) -> None:
        self._over()
        self.done.emit(result)

    def _fail(self, why: str, details: str) -> None:
        self._over()
        self.failed.emit(why, details)

    def _over(self) -> None:
        self._work = None
        self.running_changed.emit(False)
