"""Where the user was in sessions that they only looked at: nothing of that is worth writing their files anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from poseglass.core.session.session import Session
from poseglass.gui.shared.settings import Settings

KEPT = 50
"""Sessions of which the place is remembered: some kilobytes each."""
NAME = "places"


@dataclass(frozen=True)
class Place:
    """A frame, and what panels had."""

    position: int
    settings: dict[str, Any]


class Places:
    """Places by session, the last one last. One of an earlier saving is not given: the file knows better."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def remember(self, session: Session) -> None:
        """Remember the place in a saved session."""
        if session.path is not None:
            name = str(session.path.resolve())
            table = self._settings.table(NAME)
            table.pop(name, None)
            entry = {"identity": session.identity, "position": session.position, "settings": session.settings}
            table[name] = entry
            self._settings.set_table(NAME, dict(list(table.items())[-KEPT:]))

    def of(self, session: Session) -> Place:
        """Return where the user was last."""
        own = Place(session.position, session.settings)
        if session.path is None or session.has_unsaved:
            return own
        entry = self._settings.table(NAME).get(str(session.path.resolve()))
        if not isinstance(entry, dict) or entry.get("identity") != session.identity:
            return own
        position, settings = entry.get("position"), entry.get("settings")
        return Place(position, settings) if isinstance(position, int) and isinstance(settings, dict) else own
