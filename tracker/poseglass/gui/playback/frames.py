"""The frames of the open video, in the window's thread: what a Scrubber finds in its own."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.video.scrub import Haste, Scrubber, Shown
from poseglass.core.video.video import VideoInfo


class Frames(QObject):
    """Opens one video after another, and answers requests for its frames.

    Signals:
        opened(object): the VideoInfo of the video that `open` was called for.
        failed(str): it cannot be opened, or no longer read; a sentence for the user.
        shown(object): a Shown, the newest; older ones that nobody saw are skipped.
        closed(): there is no video any more.
    """

    opened = pyqtSignal(object)
    failed = pyqtSignal(str)
    shown = pyqtSignal(object)
    closed = pyqtSignal()
    _told = pyqtSignal(int, str, object)  # number of the video, what, which: from the thread

    def __init__(self) -> None:
        super().__init__()
        self.info: VideoInfo | None = None
        self.cache_bytes: int | None = None  # for frames of the videos that are opened from now on; None: `cache_size`
        self._scrubber: Scrubber | None = None
        self._number = 0
        self._told.connect(self._hear)  # queued, for it comes from another thread

    def open(self, path: Path) -> None:
        """Close what is open, and open this file."""
        self.close()
        self._number += 1
        number = self._number

        def tell(what: str, which: object = None) -> None:
            self._told.emit(number, what, which)

        self._scrubber = Scrubber(
            path,
            lambda info: tell("opened", info),
            lambda why: tell("failed", why),
            lambda: tell("arrived"),
            self.cache_bytes,
        )

    def close(self) -> None:
        """Close the video and end its thread."""
        if self._scrubber is not None:
            self._scrubber.close()
            self._scrubber = self.info = None
            self.closed.emit()

    def ask(self, index: int, haste: Haste = Haste.EXACT) -> None:
        """Ask for a frame; `shown` brings it, or one that was asked for later."""
        if self._scrubber is not None:
            self._scrubber.ask(index, haste)

    def let_gather(self, allowed: bool) -> None:
        """Say whether frames that nobody asked for may be decoded meanwhile."""
        if self._scrubber is not None:
            self._scrubber.may_gather = allowed

    def _hear(self, number: int, what: str, which: object) -> None:
        if number != self._number or self._scrubber is None:
            return  # from a video that was closed meanwhile
        if what == "arrived":
            shown: Shown | None = self._scrubber.take()
            if shown is not None:
                self.shown.emit(shown)
        elif what == "opened":
            assert isinstance(which, VideoInfo)
            self.info = which
            self.opened.emit(which)
        else:
            self.failed.emit(str(which))
