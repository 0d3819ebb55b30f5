"""What is said about sessions in the bar over the picture, with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.core.session.left_behind import LeftBehind, describe_left_behind
from poseglass.core.session.session import SUFFIX
from poseglass.gui.session.session_dialogs import SessionDialogs
from poseglass.gui.session.sessions import Sessions
from poseglass.gui.shared.notice import Notice
from poseglass.gui.shared.work import Runner
from poseglass.names import shown

_Button = tuple[str, Callable[[], object]]
_Said = tuple[str, *tuple[_Button, ...]]


class SessionNotices(QObject):
    """Tells of recovered work, of read-only sessions, of videos that are gone.

    Signals:
        wanted(object): open this Path.
    """

    wanted = pyqtSignal(object)

    def __init__(self, sessions: Sessions, dialogs: SessionDialogs, notice: Notice) -> None:
        super().__init__()
        self._sessions, self._dialogs, self._notice = sessions, dialogs, notice
        self._said: _Said | None = None  # and of use as long as this session is as it is
        self._is_aside = False  # behind a live picture
        self._runner = Runner()
        self._runner.done.connect(self._offer)
        sessions.failed.connect(notice.warn)
        sessions.missing.connect(self._tell_missing)
        sessions.began.connect(self._tell_state)
        sessions.saved.connect(lambda _path: self._withdraw())

    def offer_left_behind(self) -> None:
        """Look, in a thread, for work that was never saved, and offer the newest."""
        self._runner.start(lambda _: describe_left_behind())

    def show_live(self, is_live: bool) -> None:
        """Say nothing of sessions over a live picture; say it again when that ends, where it is of use yet."""
        if is_live:
            self._is_aside = self._is_seen
            if self._is_aside:
                self._notice.hide()
        elif self._is_aside and self._said is not None and not self._notice.text:
            self._stand(*self._said)

    def end(self) -> None:
        """Wait for that thread."""
        self._runner.end()

    def _offer(self, found: tuple[LeftBehind, ...]) -> None:
        if not found or self._sessions.session is not None:
            return
        video = found[0].footage.path
        text = self.tr("There is unsaved work on {0}, of {1:%Y-%m-%d %H:%M}.").format(video.name, found[0].written)
        if len(found) > 1:
            text += " " + self.tr("More of the kind is in File, Unsaved work.")
        self._stand(text, (self.tr("Go on with it"), lambda: self.go_on_with(video)))

    def go_on_with(self, video: Path) -> None:
        """Open a video for what was left unsaved of it, or say that it must be located."""
        if video.is_file():
            self.wanted.emit(video)
            return
        self._notice.warn(self.tr("{0} is no longer there; open it where it is now.").format(video))

    def _tell_missing(self, session: Path, why: str) -> None:
        self._stand(why, (self.tr("Locate…"), lambda: self._dialogs.locate(session)))

    def _tell_state(self) -> None:
        session = self._sessions.session
        assert session is not None, "it has just begun"
        self._said = None
        recovered = session.recovered
        if session.document.is_read_only:
            self._stand(session.notes[0], (self.tr("Save as…"), self._dialogs.save_as))
        elif recovered:
            text = self.tr("Unsaved work was brought back (corrections: {0}, analysed frames: {1}).")
            text = text.format(recovered.corrections, recovered.frames)
            buttons = (self.tr("Save"), self._dialogs.save), (self.tr("Discard…"), self._dialogs.ask_to_discard)
            self._stand(text, *buttons)
        elif session.notes:
            self._notice.warn(session.notes[0])
        else:
            self._offer_saved()

    def _offer_saved(self) -> None:
        """Offer the session beside a video that was opened without it."""
        video = self._sessions.video
        if self._sessions.path is None and video is not None and video.with_suffix(SUFFIX).is_file():
            saved = video.with_suffix(SUFFIX)
            text = self.tr("{0} holds saved work on this video.").format(shown(saved.name))
            self._stand(text, (self.tr("Open it"), lambda: self.wanted.emit(saved)))

    @property
    def _is_seen(self) -> bool:
        """Whether the bar says what was said last of sessions, and perhaps more."""
        return self._said is not None and self._notice.text.startswith(self._said[0])

    def _stand(self, text: str, *buttons: _Button) -> None:
        """Say what is true until it is withdrawn."""
        self._said, self._is_aside = (text, *buttons), False
        self._notice.say(text)
        for words, do in buttons:
            self._notice.add_button(words, do)

    def _withdraw(self) -> None:
        """Say it no longer: it was saved."""
        if self._is_seen:
            self._notice.hide()
        self._said = None
