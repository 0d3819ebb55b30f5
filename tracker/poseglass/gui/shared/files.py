"""Which file is open: by dialog, by drop, by the recent files, by the command line; and where new ones may go."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from PyQt6.QtCore import QCoreApplication, QMimeData, QObject, QStandardPaths, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QMenu, QWidget

from poseglass.core.session.session import SUFFIX
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.settings import Settings
from poseglass.names import shown

VIDEOS = "*.mp4 *.mov *.m4v *.mkv *.avi *.webm *.mts *.m2ts *.ts *.mpg *.mpeg *.wmv *.3gp *.MP4 *.MOV *.MTS *.AVI"
"""What the dialog shows first; all other files can be chosen, too."""
SAMPLE = Path(str(files("poseglass"))) / "assets" / "sample.mp4"
"""The clip that comes along."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Files", text)


class Files(QObject):
    """Asks for files and remembers them.

    Signals:
        chosen(object): the Path of a file that the user wants to open.
        recent_changed(): another file is at the head of the recent ones.
    """

    chosen = pyqtSignal(object)
    recent_changed = pyqtSignal()

    def __init__(self, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._settings, self._window = settings, window

    def ask(self) -> None:
        """Let the user choose a file."""
        folder = self._settings.text("folder")
        kinds = _tr("Videos and sessions ({0});;All files (*)").format(f"{VIDEOS} *{SUFFIX}")
        name, _ = QFileDialog.getOpenFileName(self._window, _tr("Open a video or a session"), folder, kinds)
        if name:
            self.chosen.emit(Path(name))

    def remember(self, path: Path) -> None:
        """Put a file that could be opened at the head of the recent ones."""
        self._settings.set_text("folder", str(path.resolve().parent))
        if path.resolve() != SAMPLE.resolve():
            self._settings.add_recent(path)
        self.recent_changed.emit()

    def recent(self) -> list[Path]:
        """Return the recent files."""
        return self._settings.recent()

    def fill_recent(self, menu: QMenu) -> None:
        """Fill a menu with the recent files."""
        menu.clear()
        for path in self.recent():
            action = menu.addAction(shown(path.name).replace("&", "&&"))
            if action is not None:
                action.setToolTip(shown(path))
                action.triggered.connect(lambda _checked, path=path: self.chosen.emit(path))
        menu.setEnabled(not menu.isEmpty())

    def add_actions(self, actions: Actions) -> None:
        """Add opening to the File menu."""
        menu = _tr("&File")
        tip = _tr("Open a video, or a session that was saved")
        actions.add(Row("file.open", _tr("&Open…"), menu, ("Ctrl+O",), tip, "open"), self.ask)
        tip = _tr("Open the clip that comes with Poseglass")
        row = Row("file.sample", _tr("Open &sample clip"), menu, (), tip, "film")
        actions.add(row, lambda: self.chosen.emit(SAMPLE))


def dropped_files(data: QMimeData | None) -> list[Path]:
    """Return the local files of what is dragged over the window; folders are none."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()] if data else []
    return [path for path in paths if path.is_file()]


def beside(video: Path, suffix: str) -> Path | None:
    """Return a new file's place beside a video; None where users would not find it, or may not write.

    Such is the folder of the clip that comes along: it belongs to the program, and goes when that is updated.
    """
    if video.resolve() == SAMPLE.resolve() or not os.access(video.parent, os.W_OK):
        return None
    return video.with_suffix(suffix)


def proposed(video: Path, suffix: str) -> Path:
    """Return what a dialog proposes for a new file about a video: beside it, else in the user's documents."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    home = Path(folder) if folder and Path(folder).is_dir() else Path.home()
    return beside(video, suffix) or home / video.with_suffix(suffix).name


def full_text(path: Path) -> str:
    """Return a whole path as people write it, on one line, with ~ for their home."""
    whole = path.resolve()
    home = Path.home().resolve()
    return shown(Path("~") / whole.relative_to(home) if whole.is_relative_to(home) else whole)
