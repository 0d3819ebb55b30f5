"""Where this system keeps what programs remember."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """Return the folder for Poseglass's own files, which may not be there yet."""
    return platformdirs.user_state_path("poseglass", appauthor=False)


def former_state_folder() -> Path:
    """Return where it was before platformdirs said where.

    Elsewhere on macOS with XDG_STATE_HOME, on Windows where LOCALAPPDATA is not the system's, or capitals count.
    """
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Poseglass"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Poseglass"
    return state_folder()
