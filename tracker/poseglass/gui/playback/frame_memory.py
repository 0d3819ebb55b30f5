"""How much memory decoded frames may take, as the user says."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QInputDialog, QWidget

from poseglass.core.video.scrub import cache_size
from poseglass.gui.playback.frames import Frames
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.settings import Settings

LEAST_MB, MOST_MB, STEP_MB = 64, 65536, 128
SETTING = "frames/megabytes"


class FrameMemory:
    """The choice in the View menu; it counts for the videos that are opened from then on."""

    def __init__(self, frames: Frames, settings: Settings, actions: Actions, parent: QWidget) -> None:
        self._frames, self._settings, self._parent = frames, settings, parent
        frames.cache_bytes = self.megabytes * 2**20
        row = Row("view.memory", _tr("&Memory for frames..."), _tr("&View"), group=9)
        actions.add(row, self._ask)

    @property
    def megabytes(self) -> int:
        """What frames may take, in MiB."""
        return self._settings.number(SETTING, cache_size() // 2**20, LEAST_MB, MOST_MB)

    def _ask(self) -> None:
        text = _tr(
            "Megabytes for decoded frames, so that stepping and scrubbing find them.\n"
            "A frame of 1920 x 1080 takes 3. It counts when a video is opened."
        )
        chosen, is_chosen = QInputDialog.getInt(
            self._parent, _tr("Memory for frames"), text, self.megabytes, LEAST_MB, MOST_MB, STEP_MB
        )
        if is_chosen:
            self._settings.set_text(SETTING, str(chosen))
            self._frames.cache_bytes = chosen * 2**20


def _tr(text: str) -> str:
    return QCoreApplication.translate("FrameMemory", text)
