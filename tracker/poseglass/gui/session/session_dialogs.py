"""What is asked about sessions: where to save, whether to before leaving, whether to discard, where the video is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QMessageBox, QWidget

from poseglass.core.session.session import SUFFIX
from poseglass.gui.session.sessions import Sessions
from poseglass.gui.shared.files import VIDEOS, proposed
from poseglass.names import shown

Button = QMessageBox.StandardButton


class SessionDialogs(QObject):
    """Asks, without keeping the window from its other work; nothing happens unless the user says so.

    Signals:
        wanted(object, object): open the session at this Path with the video at that one; the latter None where it was.
        fresh_wanted(object): open this Path, which is open, anew, without what is unsaved.
    """

    wanted = pyqtSignal(object, object)
    fresh_wanted = pyqtSignal(object)

    def __init__(self, sessions: Sessions, window: QWidget) -> None:
        super().__init__(window)
        self._sessions, self._window = sessions, window
        self._box: QMessageBox | None = None
        self._has_decided = False

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save where it was saved before, or ask where."""
        path = self._sessions.path
        session = self._sessions.session
        if path is None or session is None or session.document.is_read_only:
            self.save_as(then)
        else:
            self._sessions.save(path, then)

    def save_as(self, then: Callable[[], object] | None = None) -> None:
        """Ask where to save, save there, then go on."""
        proposed = self._proposed()
        if proposed is None:
            return
        dialog = QFileDialog(self._window, self.tr("Save the session"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(self.tr("Sessions of Poseglass ({0})").format(f"*{SUFFIX}"))
        dialog.setDefaultSuffix(SUFFIX)
        dialog.setDirectory(str(proposed.parent))
        dialog.selectFile(proposed.name)
        dialog.fileSelected.connect(lambda name: self._sessions.save(Path(name), then))
        self._open(dialog)

    def may_leave(self, then: Callable[[], object]) -> bool:
        """Tell whether the session can be left now; else ask, and call `then` when it can."""
        self._sessions.settle()
        if self._has_decided or not self._sessions.is_worth_asking:
            return True
        if self._box is None:
            self._ask_to_save(then)
        return False

    def ask_to_discard(self) -> None:
        """Ask whether to lose what is unsaved."""
        path = self._sessions.path or self._sessions.video
        if path is None or not self._sessions.has_unsaved:
            return
        text = self.tr("Discard all that is not saved of {0}?").format(self._name())
        saved = self.tr("What was saved stays.") if self._sessions.path else self.tr("The video stays.")
        box = self._show_box(text, self.tr("This cannot be undone. {0}").format(saved))
        box.setStandardButtons(Button.Discard | Button.Cancel)
        box.setDefaultButton(Button.Cancel)
        self._open_box(box, lambda answer: self.fresh_wanted.emit(path) if answer == Button.Discard else None)

    def locate(self, session: Path) -> None:
        """Ask where the video of a session is."""
        dialog = QFileDialog(self._window, self.tr("Where is the video of {0}?").format(shown(session.name)))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Videos ({0})").format(VIDEOS), self.tr("All files (*)")])
        dialog.setDirectory(str(session.parent))
        dialog.fileSelected.connect(lambda name: self.wanted.emit(session, Path(name)))
        self._open(dialog)

    def _proposed(self) -> Path | None:
        """Return a name to save under: the video's, or another than that of a session that another window has."""
        session = self._sessions.session
        if session is None:
            return None
        if session.path is None:
            return proposed(session.document.footage.path, SUFFIX)
        if session.document.is_read_only:
            return session.path.with_stem(self.tr("{0} copy").format(session.path.stem))
        return session.path

    def _ask_to_save(self, then: Callable[[], object]) -> None:
        box = self._show_box(self.tr("Save your work on {0}?").format(self._name()), self._what_else())
        box.setStandardButtons(Button.Save | Button.Discard | Button.Cancel)
        box.setDefaultButton(Button.Save)
        leave = box.button(Button.Discard)
        assert leave is not None
        leave.setText(self.tr("&Don't save"))

        def answer(button: Button) -> None:
            if button == Button.Save:
                self.save(then)
            elif button == Button.Discard:
                self._has_decided = True
                then()
                self._has_decided = False

        self._open_box(box, answer)

    def _what_else(self) -> str:
        if self._sessions.is_kept:
            return self.tr(
                "If you do not, Poseglass keeps it on this computer and goes on with it the next time you open this."
            )
        return self.tr("If you do not, it is lost: there is no place where it could be kept meanwhile.")

    def _name(self) -> str:
        path = self._sessions.path or self._sessions.video
        return path.name if path else ""

    def _show_box(self, text: str, more: str) -> QMessageBox:
        box = QMessageBox(QMessageBox.Icon.Question, "Poseglass", text, parent=self._window)
        box.setInformativeText(more)
        return box

    def _open_box(self, box: QMessageBox, answer: Callable[[Button], object]) -> None:
        def finish(code: int) -> None:
            self._box = None
            box.deleteLater()
            answer(Button(code))

        box.finished.connect(finish)
        self._box = box
        box.open()

    def _open(self, dialog: QFileDialog) -> None:
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
