"""Where this system keeps what programs remember by themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def state_folder() -> Path:
    """Return the folder for Poseglass's own files, which may not be there yet.

    Linux: XDG Base Directory Specification 0.8; macOS: File System Programming Guide; Windows: known folders.
    """
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "Poseglass"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Poseglass"
    given = os.environ.get("XDG_STATE_HOME", "")
    return (Path(given) if given.startswith("/") else Path.home() / ".local" / "state") / "poseglass"
