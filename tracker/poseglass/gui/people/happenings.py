"""What happened to people, along the video: as marks on the scrub bar, and one after the other by a key."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QCoreApplication, QObject, QTimer, pyqtSignal

from poseglass.core.people_marks import person_colour
from poseglass.core.store.document import Change
from poseglass.core.store.tracks import Tracks
from poseglass.core.video.timecode import clock_text
from poseglass.gui.parts import Parts
from poseglass.gui.playback.event_marks import EventMark
from poseglass.gui.playback.timeline import Timeline
from poseglass.gui.shared.actions import Row
from poseglass.gui.shared.selection import chosen_person
from poseglass.types import Event, What

REST_MS = 250
"""While results come in the marks follow so often."""


class Happenings(QObject):
    """Shows on a scrub bar what happened, and where the chosen person is; takes the player there.

    Signals:
        said(str): what happened where it goes, or that nothing more did.
    """

    said = pyqtSignal(str)

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._project, self._selection, self._player = parts.project, parts.selection, parts.player
        self._timeline: Timeline | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REST_MS)
        self._timer.timeout.connect(self.refresh)
        self._project.began.connect(self.refresh)
        self._project.changed.connect(self._follow)
        self._selection.person_changed.connect(self._show_presence)
        self._add_actions(parts)

    def use(self, timeline: Timeline) -> None:
        """Show it there."""
        self._timeline = timeline

    def refresh(self) -> None:
        """Show what is there now."""
        self._timer.stop()
        document = self._project.document
        if document is not None and self._timeline is not None:
            self._timeline.show_events(marks(document.tracks))
            self._show_presence()

    def go(self, direction: int) -> None:
        """Show the next frame in which something happened (1), or the one before (-1), and choose to whom."""
        document, here = self._project.document, self._selection.frame
        if document is None:
            return
        ahead = [mark for mark in told(document.tracks) if (mark.frame - here) * direction > 0]
        if not ahead:
            self.said.emit(_tr("Nothing more happened that way."))
            return
        frame = ahead[0 if direction > 0 else -1].frame
        here_told = [event for event in ahead if event.frame == frame]
        people = [event.person for event in here_told if event.person]
        if people:
            self._selection.choose_person(people[0])
        self._player.jump(frame)
        self.said.emit(
            _tr("Frame {0}: {1}").format(frame, ", ".join(event_text(document.tracks, e) for e in here_told))
        )

    def _add_actions(self, parts: Parts) -> None:
        menu = _tr("Pe&ople")
        tip = _tr("Go to where somebody comes or goes, a track breaks, or the film is cut")
        rows = (
            ("next_event", _tr("&Next event"), "Alt+Right", 1),
            ("last_event", _tr("&Previous event"), "Alt+Left", -1),
        )
        for name, text, key, direction in rows:
            row = Row(f"people.{name}", text, menu, (key,), tip, group=3, needs="poses")
            parts.actions.add(row, lambda direction=direction: self.go(direction))

    def _follow(self, change: Change) -> None:
        if change.by_user:
            self.refresh()
        elif not self._timer.isActive():
            self._timer.start()

    def _show_presence(self) -> None:
        document = self._project.document
        if document is None or self._timeline is None:
            return
        tracks = document.tracks
        person, several = chosen_person(self._selection, tracks), len(tracks.shown_people) > 1
        there = tracks.is_there(person, tracks.frames) if several else np.zeros(len(tracks.frames), dtype=bool)
        self._timeline.show_presence(there, person_colour(person))


def told(tracks: Tracks) -> list[Event]:
    """Return what happened to those who are still there, or to all, by frame."""
    there = tracks.shown_people
    return [event for event in tracks.events if not event.person or event.person in there]


def marks(tracks: Tracks) -> tuple[EventMark, ...]:
    """Return the same as marks for a scrub bar."""
    return tuple(
        EventMark(
            event.frame, event.what, event_text(tracks, event), person_colour(event.person) if event.person else None
        )
        for event in told(tracks)
    )


def event_text(tracks: Tracks, event: Event) -> str:
    """Return what happened, in words."""
    label = tracks.label(event.person)
    who = _tr("person {0}").format(label) if label.isdecimal() else label
    time_text = clock_text(float(tracks.footage.time_s[event.frame]))
    return {
        What.CUT: _tr("cut at {1}"),
        What.BIRTH: _tr("{0} comes"),
        What.RETURN: _tr("{0} is back"),
        What.BREAK: _tr("{0}: track breaks"),
        What.LOST: _tr("{0} is lost"),
        What.CAPPED: _tr("more people are there than are followed"),
    }[event.what].format(who, time_text)


def _tr(text: str) -> str:
    return QCoreApplication.translate("People", text)
