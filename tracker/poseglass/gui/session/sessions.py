"""The session of the open video: begun, gone on with, kept, saved and left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal

from poseglass.core.session.session import Session
from poseglass.core.store.document import Change
from poseglass.core.video.video import VideoInfo
from poseglass.gui.playback.player import Player
from poseglass.gui.session.session_files import SessionOpening, SessionSaving
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.settings import Settings
from poseglass.names import shown

KEEP_MS = 2000
"""How often place and settings are noted, where they changed; results and edits are noted as they come."""
LONG_S = 60.0
"""An analysis that took longer is not left unsaved without a question."""
KEPT = 50
"""Sessions of which the place is remembered: some kilobytes each."""


class Sessions(QObject):
    """Holds the session whose document the project has. Everything in it is in its journal within a second.

    Signals:
        found(object): Path of the video to open; call `begin` when it is.
        missing(object, str): the session at this Path is whole, but its video is not there; why.
        began(): `session` is there, and its document in the project.
        state_changed(): it is another one, or has another path, or something is unsaved that was not, or no longer.
        saved(object): Path of the file that was written.
        failed(str, str): a sentence, and details for a report.
    """

    found = pyqtSignal(object)
    missing = pyqtSignal(object, str)
    began = pyqtSignal()
    state_changed = pyqtSignal()
    saved = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self, project: Project, player: Player, settings: Settings) -> None:
        super().__init__()
        self.session: Session | None = None
        self.is_edited = False  # corrections are unsaved
        self._project, self._player, self._places = project, player, Places(settings)
        self._parts: dict[str, _Part] = {}
        self._coming: Session | None = None  # waits for its video
        self._state: tuple[Path | None, Path | None, bool] = (None, None, False)
        self._noted: object = None
        self._cannot_keep = False  # the disk is full
        self._spent_s, self._running_since = 0.0, 0.0
        self._opening, self._saving = SessionOpening(), SessionSaving()
        self._opening.opened.connect(self._take)
        self._opening.missing.connect(self.missing)
        self._opening.failed.connect(self.failed)
        self._saving.saved.connect(self._finish_saving)
        self._saving.failed.connect(self.failed)
        self._ticker = QTimer(self)
        self._ticker.timeout.connect(self._tick)
        project.changed.connect(self._follow)

    @property
    def path(self) -> Path | None:
        """The session's file; None where it was never saved, or there is none."""
        return self.session.path if self.session else None

    @property
    def video(self) -> Path | None:
        """The session's video."""
        return self.session.document.footage.path if self.session else None

    @property
    def has_unsaved(self) -> bool:
        """Whether there are results or corrections that no file has."""
        return self.session is not None and self.session.has_unsaved

    @property
    def is_kept(self) -> bool:
        """Whether what is unsaved can be gone on with another time."""
        return self.session is not None and self.session.is_kept and not self._cannot_keep

    @property
    def is_worth_asking(self) -> bool:
        """Whether to ask before it is left: all else is kept anyhow, or can be had again in a minute."""
        return self.has_unsaved and (self.is_edited or self._analysed_s() > LONG_S or not self.is_kept)

    def keep(self, name: str, get: Callable[[], Any], put: Callable[[Any], object], *, early: bool = False) -> None:
        """Keep what `get` returns, which JSON can hold, and give it to `put` when the session is opened again.

        early: before the project has the document. `put` must bear what another version of itself kept.
        """
        self._parts[name] = _Part(get, put, early)

    def open(self, path: Path, video: Path | None = None) -> None:
        """Open a session, or a video with what was left unsaved of it. video: where the user says that it is."""
        self._opening.start(path, video)

    def look_first(self, path: Path, then: Callable[[], None]) -> None:
        """Call `then` if this file can be opened; else `failed` says why not, and what is open stays."""
        self._opening.look_first(path, then)

    def begin(self, info: VideoInfo) -> None:
        """Go on with the session that `open` found, or begin one, now that its video is open."""
        session, self._coming = self._coming, None
        if session is not None and not session.document.footage.has_frames_of(info):
            session.close()
            session = None
            text = self.tr("{0} has other frames than when its session was made; it was opened without it.")
            self.failed.emit(text.format(shown(info.path.name)), "")
        self.session = session or Session.begin(info)
        self.is_edited = self.session.recovered.edits > 0
        self._spent_s, self._cannot_keep, self._noted = 0.0, False, None
        self._put(self._places.of(self.session))
        self._ticker.start(KEEP_MS)
        self._tell_state()
        self.began.emit()

    def save(self, path: Path, then: Callable[[], object] | None = None) -> None:
        """Write the session to a file, in a thread, and call `then` when it is there."""
        if self.session is not None:
            self._note()
            self._saving.start(self.session, path, then)

    def settle(self) -> None:
        """Wait for what is being saved."""
        self._saving.settle()

    def end(self, *, discard: bool = False) -> None:
        """Let go of the session; what is unsaved stays in its journal, unless it is to be discarded."""
        self._ticker.stop()
        self._opening.end()
        self._saving.settle(goes_on=False)
        if self._coming is not None:
            self._coming.close()
            self._coming = None
        if self.session is None:
            return
        self._note()
        if not self.session.has_unsaved:
            self._places.remember(self.session)
        self.session.close(discard=discard)
        self.session = None
        self._tell_state()

    def show_running(self, running: bool) -> None:
        """Take the time of an analysis that begins or ends."""
        self._spent_s = self._analysed_s()
        self._running_since = time.monotonic() if running else 0.0

    def _analysed_s(self) -> float:
        return self._spent_s + (time.monotonic() - self._running_since if self._running_since else 0.0)

    def _take(self, session: Session | None, video: Path) -> None:
        self._coming = session
        self.found.emit(video)

    def _put(self, place: Place) -> None:
        """Give the parts what they kept, and the project the document."""
        assert self.session is not None
        known = [(part, place.settings[name]) for name, part in self._parts.items() if name in place.settings]
        for part, kept in known:
            if part.is_early:
                part.put(kept)
        self._project.begin(self.session.document)
        for part, kept in known:
            if not part.is_early:
                part.put(kept)
        if place.position:
            self._player.jump(place.position)

    def _note(self) -> None:
        """Note place and settings; in the journal where there is anything unsaved to go with them."""
        session = self.session
        if session is None:
            return
        session.position = max(0, self._player.index)
        session.settings.update({name: part.get() for name, part in self._parts.items()})
        noted = session.position, dict(session.settings)
        if session.has_unsaved and noted != self._noted:
            self._noted = noted
            session.note()

    def _tick(self) -> None:
        self._note()
        why = self.session.trouble() if self.session else None
        if why is not None:
            self._cannot_keep = True
            self.failed.emit(why, "")

    def _finish_saving(self, path: Path) -> None:
        self.is_edited = self.is_edited and self.has_unsaved
        self._spent_s, self._cannot_keep, self._noted = 0.0, False, None
        self._running_since = time.monotonic() if self._running_since else 0.0
        self._tell_state()
        self.saved.emit(path)

    def _follow(self, change: Change) -> None:
        self.is_edited = self.is_edited or change.by_user
        self._tell_state()

    def _tell_state(self) -> None:
        state = self.video, self.path, self.has_unsaved
        if state != self._state:
            self._state = state
            self.state_changed.emit()


@dataclass(frozen=True)
class Place:
    """A frame, and what panels had."""

    position: int
    settings: dict[str, Any]


class Places:
    """Where the user was in sessions that they only looked at: nothing of that is worth writing their files anew.

    By session, the last one last. One of an earlier saving is not given: the file knows better.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def remember(self, session: Session) -> None:
        """Remember the place in a saved session."""
        if session.path is not None:
            name = str(session.path.resolve())
            table = self._settings.table("places")
            table.pop(name, None)
            entry = {"identity": session.identity, "position": session.position, "settings": session.settings}
            table[name] = entry
            self._settings.set_table("places", dict(list(table.items())[-KEPT:]))

    def of(self, session: Session) -> Place:
        """Return where the user was last."""
        own = Place(session.position, session.settings)
        if session.path is None or session.has_unsaved:
            return own
        entry = self._settings.table("places").get(str(session.path.resolve()))
        if not isinstance(entry, dict) or entry.get("identity") != session.identity:
            return own
        position, settings = entry.get("position"), entry.get("settings")
        return Place(position, settings) if isinstance(position, int) and isinstance(settings, dict) else own


class _Part:
    """What is kept of one part of the window."""

    def __init__(self, get: Callable[[], Any], put: Callable[[Any], object], is_early: bool) -> None:
        self.get, self.put, self.is_early = get, put, is_early
