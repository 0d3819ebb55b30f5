"""Where live recordings are put: remembered, shown, and to be changed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from PyQt6.QtCore import QStandardPaths
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QWidget

from poseglass.core.live.recorder import recording_name
from poseglass.errors import OutputError
from poseglass.gui.live.live_texts import tr
from poseglass.gui.shared.labels import quiet
from poseglass.gui.shared.settings import Settings


class RecordingFolder(QWidget):
    """Names the folder, with a button to choose another."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self._text = quiet()
        self.change = QPushButton(tr("Change …"))
        self.change.setAccessibleName(tr("Change the folder of recordings"))
        row = QHBoxLayout(self)
        row.addWidget(self._text, 1)
        row.addWidget(self.change)
        self.change.clicked.connect(self._ask)
        self._show()

    @property
    def path(self) -> Path:
        """The folder, which may not be there yet."""
        return Path(self._settings.text("live/folder") or default_folder())

    def use(self, folder: Path) -> None:
        """Put recordings there from now on."""
        self._settings.set_text("live/folder", str(folder))
        self._show()

    def next_path(self) -> Path:
        """Return the name of a recording that begins now; its folder is there. Raises OutputError."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be made ({error.strerror}); choose another folder") from error
        return self.path / recording_name(datetime.now())

    def _ask(self) -> None:
        start = self.path if self.path.is_dir() else self.path.parent
        name = QFileDialog.getExistingDirectory(self, tr("Folder of recordings"), str(start))
        if name:
            self.use(Path(name))

    def _show(self) -> None:
        self._text.setText(tr("Recordings go to {0}").format(self.path))


def default_folder() -> Path:
    """Return a folder of our own among the user's videos."""
    videos = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.MoviesLocation)
    return Path(videos or Path.home()) / "Poseglass"
