"""Writes what is exported, one thing at a time, in a thread; files appear whole or not at all."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from PyQt6.QtCore import QObject, QSizeF, pyqtSignal
from PyQt6.QtGui import QImage, QPainter

from poseglass.core.export import Choice, Draft, draft, draw_video, export_table
from poseglass.core.files.output import staged
from poseglass.core.sketch import Sketch
from poseglass.core.video.video import VideoInfo
from poseglass.errors import OutputError
from poseglass.gui.picture.brush import paint_sketch
from poseglass.gui.picture.view import View
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.work import Runner, Work


class Exports(QObject):
    """Runs one export at a time.

    Signals:
        running_changed(bool): one began or ended.
        written(object): a tuple of Paths, the result first; empty when it was stopped before anything was there.
        failed(str, str): a sentence, and details for a report; what lay there before is as it was.
    """

    running_changed = pyqtSignal(bool)
    written = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self, project: Project) -> None:
        super().__init__()
        self._project = project
        self._runner = Runner()
        self._runner.running_changed.connect(self.running_changed)
        self._runner.done.connect(self.written)
        self._runner.failed.connect(self.failed)

    @property
    def is_running(self) -> bool:
        """Whether an export runs."""
        return self._runner.is_running

    @property
    def progress(self) -> tuple[int, int]:
        """Frames done and expected; 0 expected where nobody knows."""
        return self._runner.progress

    def draft(self) -> Draft:
        """Copy what an export needs."""
        assert self._project.document is not None, "there is nothing to export without a video"
        return draft(self._project.document.tracks)

    def write_table(self, info: VideoInfo, path: Path, choice: Choice) -> None:
        """Write the table and its sidecar."""
        taken = self.draft()
        self._runner.start(lambda _: export_table(taken, info, path, choice))

    def write_video(
        self, info: VideoInfo, path: Path, frames: range, choice: Choice, hidden: Collection[str] = ()
    ) -> None:
        """Draw the poses on the frames of a range, but for those of people who are hidden."""
        taken = self.draft().without(hidden)

        def do(work: Work) -> tuple[Path, ...]:
            recording = taken.finish(choice.make_smoother())
            draw_video(recording, info, frames, path, work.watch, work.should_stop, taken.names)
            return (path,)

        self._runner.start(do)

    def write_picture(self, picture: QImage, sketch: Sketch, aspect: float, path: Path) -> None:
        """Write a picture with what is drawn over it, in full size and with square pixels, as PNG."""
        copy = picture.copy()

        def do(_: Work) -> tuple[Path, ...]:
            with staged(path) as stage:
                if not drawn_picture(copy, sketch, aspect).save(str(stage), "PNG"):
                    raise OutputError(f"{path}: cannot be written; choose another place or make room")
            return (path,)

        self._runner.start(do)

    def stop(self) -> None:
        """Stop; a drawn video keeps what is drawn."""
        self._runner.stop()

    def end(self) -> None:
        """Stop and wait."""
        self._runner.end()


def drawn_picture(picture: QImage, sketch: Sketch, aspect: float) -> QImage:
    """Return a picture with a sketch on it, in the video's own resolution; pixels that are not square are made so."""
    drawn = QImage(round(picture.width() * aspect), picture.height(), QImage.Format.Format_RGB32)
    view = View(QSizeF(drawn.size()))
    view.show(picture.width(), picture.height(), aspect)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(view.target(), picture)
    paint_sketch(painter, view, sketch)
    painter.end()
    return drawn
