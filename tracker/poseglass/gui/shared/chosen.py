"""Who is meant where the user has chosen nobody: the first person there is."""

from __future__ import annotations

from poseglass.core.store.tracks import PERSON, Tracks
from poseglass.gui.shared.selection import Selection


def chosen_person(selection: Selection, tracks: Tracks) -> str:
    """Return the chosen person's name, else the first one's, else the one that a new track would have."""
    if selection.person in tracks.people:
        return selection.person
    return tracks.people[0] if tracks.people else PERSON
