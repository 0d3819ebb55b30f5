"""The thread that follows the person while the window plays: the only place where the GUI meets slow work."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QThread, pyqtSignal

from poseglass.core.overlay import Stroke, strokes
from poseglass.core.pipeline import Seen, follow_frames
from poseglass.core.plugins import DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER, make_estimator, make_smoother
from poseglass.core.video import Video
from poseglass.errors import PoseglassError
from poseglass.types import Frame, Skeleton


@dataclass(frozen=True)
class Shown:
    """What the window shows of one frame."""

    frame: Frame
    strokes: list[Stroke]


class Follow(QThread):
    """Follows the person in one video from its start.

    Each result waits in a one-place mailbox until the window takes it, so frames never pile up in Qt's event queue.

    Signals:
        opened(int): number of frames, once the video is open and the network loaded.
        failed(str): a sentence for the user; nothing comes after it but `finished`.
    """

    opened = pyqtSignal(int)
    failed = pyqtSignal(str)

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._mail: Shown | None = None
        self._changed = threading.Condition()
        self._stopped = False

    def take(self) -> Shown | None:
        """Return the waiting result, if there is one, and let the next one be made."""
        with self._changed:
            shown, self._mail = self._mail, None
            self._changed.notify()
        return shown

    def stop(self) -> None:
        """Ask the thread to end after the frame it works on, and wait until it has."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self.wait()

    def run(self) -> None:
        """Do the work; runs in the thread."""
        try:
            self._follow()
        except PoseglassError as error:
            self.failed.emit(str(error))
        except Exception as error:  # noqa: BLE001 - fence: leaving `run` by an exception aborts the process (PyQt6)
            self.failed.emit(f"unexpected error: {error!r}")

    def _follow(self) -> None:
        with Video.open(self._path) as video, closing(make_estimator(DEFAULT_ESTIMATOR)) as estimator:
            self.opened.emit(video.info.n_frames)
            with closing(follow_frames(video.frames(), estimator, make_smoother(DEFAULT_SMOOTHER))) as following:
                for seen in following:
                    if not self._post(show(seen, estimator.skeleton)):
                        return

    def _post(self, shown: Shown) -> bool:
        """Wait for the mailbox to be free and fill it; return whether to go on."""
        with self._changed:
            self._changed.wait_for(lambda: self._mail is None or self._stopped)
            self._mail = shown
            return not self._stopped


def show(seen: Seen, skeleton: Skeleton) -> Shown:
    """Return what to paint for a frame."""
    return Shown(seen.frame, list(strokes(skeleton, seen.live_xy, seen.poses.score[0])))
