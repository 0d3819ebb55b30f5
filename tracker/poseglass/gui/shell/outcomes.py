"""What is said when work is done, or could not be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QObject, QUrl
from PyQt6.QtGui import QDesktopServices

from poseglass.core.analysis import Analysed
from poseglass.core.store.document import Document
from poseglass.core.video.video import VideoInfo
from poseglass.gui.shared.docks import Docks
from poseglass.gui.shared.files import full_text
from poseglass.gui.shared.notice import Notice
from poseglass.names import shown
from poseglass.types import What


class Outcomes(QObject):
    """Says, over the picture, what came of work."""

    def __init__(self, notice: Notice, docks: Docks) -> None:
        super().__init__()
        self._notice, self._docks = notice, docks

    def tell_unexpected(self, what: str, where: str) -> None:
        """Say that something happened that nobody thought of."""
        self._notice.warn(self.tr("Something unexpected happened; work can go on. {0}").format(what), where)

    def tell_warnings(self, info: VideoInfo) -> None:
        """Say what is wrong with a video that was opened, if anything."""
        if info.warnings:
            self._notice.warn(f"{shown(info.path.name)}: {info.warnings[0]}")
            self._notice.add_button(self.tr("Details"), lambda: self._docks.show("health"))

    def tell_left_out(self, paths: tuple[Path, ...]) -> None:
        """Say which files were dropped together with the one that was opened, if any."""
        if paths:
            names = ", ".join(shown(path.name) for path in paths)
            self._notice.add(self.tr("One video is open at a time; not opened: {0}.").format(names))

    def tell_written(self, paths: tuple[Path, ...]) -> None:
        """Say which files were written, and where, until it is closed; offer their folder."""
        text = self.tr("Wrote {0}").format(full_text(paths[0]))
        if len(paths) > 1:
            text += " " + self.tr("and, beside it, {0}").format(", ".join(shown(path.name) for path in paths[1:]))
        self._notice.say(text)
        folder = paths[0].resolve().parent
        self._notice.add_button(self.tr("Open folder"), lambda: self._open(folder))

    def tell_unwritten(self, why: str, details: str, again: Callable[[], object]) -> None:
        """Say that a file could not be written, and offer another place, for which `again` asks."""
        self._notice.warn(why, details)
        self._notice.add_button(self.tr("Save as…"), again)

    def tell_broken(self, analysed: Analysed) -> None:
        """Say how many frames of an analysis are broken, if any."""
        if analysed.undecoded > 0:
            self._notice.warn(self.tr("{0} frames are broken and were left out.").format(analysed.undecoded))

    def sum_up(self, analysed: Analysed, document: Document, only: str = "") -> str:
        """Return a line about an analysis that ended: who is there now, and what wants a look.

        only: the person that it was to follow, if not everybody.
        """
        tracks = document.tracks
        if only:
            text = self.tr("{0} frames looked at: {1} is in {2} frames.")
            text = text.format(analysed.frames, tracks.label(only), tracks.shown_people.get(only, 0))
            return text if analysed.complete else self.tr("Stopped. ") + text
        people, breaks = len(tracks.shown_people), sum(event.what is What.BREAK for event in tracks.events)
        counts = [self._count(people, self.tr("nobody"), self.tr("1 person"), self.tr("{0} people"))]
        if breaks:
            counts.append(self._count(breaks, "", self.tr("1 break"), self.tr("{0} breaks")))
        text = self.tr("{0} frames analysed: {1}.").format(analysed.frames, ", ".join(counts))
        looked, found = int(tracks.analysed.sum()), tracks.found
        if found < looked:
            text += " " + self.tr("Somebody is in {0} of {1}.").format(found, looked)
        if any(event.what is What.CAPPED for event in tracks.events):
            text += " " + self.tr("More people are there than are followed.")
        if found:
            text += " " + self.tr("N goes to where a look is most needed.")
        return text if analysed.complete else self.tr("Stopped. ") + text

    @staticmethod
    def _count(count: int, none: str, one: str, many: str) -> str:
        return (none, one)[count] if count < 2 else many.format(count)

    def _open(self, folder: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._notice.say(self.tr("No file manager found; the folder is {0}").format(full_text(folder)))
