"""What the window remembers from one time to the next, in an ini file of the user's configuration folder."""

from __future__ import annotations

import json
from pathlib import Path

from PyQt6.QtCore import QByteArray, QSettings, QStandardPaths
from PyQt6.QtWidgets import QMainWindow

RECENT = 10
"""Files that the menu of recent ones holds."""
LAYOUT_VERSION = 1
"""Raised when panels change so that an old layout would hide something."""


class Settings:
    """Typed access to the ini file. A damaged or unwritable file is taken for an empty one."""

    def __init__(self, path: Path | None = None) -> None:
        """path: the ini file; the user's own if None."""
        self._store = QSettings(str(path or default_path()), QSettings.Format.IniFormat)

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        value = self._store.value(name, default)
        return value if isinstance(value, str) else default

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a yes or no."""
        return self.text(name, "yes" if default else "no") == "yes"

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number, the default where there is none between these."""
        try:
            value = int(self.text(name))
        except ValueError:
            return default
        return value if least <= value <= most else default

    def set_text(self, name: str, value: str) -> None:
        """Remember a text."""
        self._store.setValue(name, value)

    def set_flag(self, name: str, value: bool) -> None:
        """Remember a yes or no."""
        self.set_text(name, "yes" if value else "no")

    def table(self, name: str) -> dict[str, object]:
        """Return what `set_table` remembered, an empty one where there is nothing or it is damaged."""
        try:
            found = json.loads(self.text(name, "{}"))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def set_table(self, name: str, values: dict[str, object]) -> None:
        """Remember names and values that JSON can hold."""
        self.set_text(name, json.dumps(values))

    def recent(self) -> list[Path]:
        """Return the files opened last, the last one first; those that are gone are left out."""
        return [path for path in self._all_recent() if path.is_file()]

    def add_recent(self, path: Path) -> None:
        """Put a file at the head of the recent ones."""
        path = path.resolve()
        others = [other for other in self._all_recent() if other != path]
        self.set_text("recent", json.dumps([str(p) for p in [path, *others][:RECENT]]))

    def save_layout(self, window: QMainWindow) -> None:
        """Remember where the window and its panels are."""
        self._store.setValue("layout/geometry", window.saveGeometry())
        self._store.setValue("layout/state", window.saveState(LAYOUT_VERSION))
        self._store.sync()

    def restore_layout(self, window: QMainWindow) -> bool:
        """Put window and panels where they were; return whether anything was remembered."""
        geometry, state = (self._store.value(f"layout/{name}") for name in ("geometry", "state"))
        if not isinstance(geometry, QByteArray) or not isinstance(state, QByteArray):
            return False
        return window.restoreGeometry(geometry) and window.restoreState(state, LAYOUT_VERSION)

    def _all_recent(self) -> list[Path]:
        try:
            found = json.loads(self.text("recent", "[]"))
        except ValueError:
            return []
        return [Path(name) for name in found if isinstance(name, str)] if isinstance(found, list) else []


def default_path() -> Path:
    """Return the user's own ini file."""
    folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericConfigLocation)
    return Path(folder) / "poseglass" / "window.ini"
