"""The curves panel: chosen keypoints over time, in step with the video both ways."""

from __future__ import annotations

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QLabel, QStackedLayout, QVBoxLayout, QWidget

from poseglass.core.motion.curves import Curves, PathKind
from poseglass.core.motion.envelope import visible
from poseglass.core.store.correction_list import touched
from poseglass.core.store.document import Change, Document
from poseglass.core.video.timecode import clock_text
from poseglass.gui.curves.curve_choice import CurveChoice
from poseglass.gui.curves.curve_drawing import CurveDrawing
from poseglass.gui.curves.curve_plots import CurvePlots
from poseglass.gui.curves.live_paths import LivePaths
from poseglass.gui.parts import Parts
from poseglass.gui.shared.scrolling import Scrolled, ScrolledRow
from poseglass.gui.shared.selection import chosen_person
from poseglass.types import runs

ARRIVALS_MS = 250
"""How often curves are drawn anew while results come in."""
CURSOR_MS = 50
"""Least time between two steps of the cursor: each draws all curves below it anew, some 10 ms."""
LEAST_WIDTH, LEAST_HEIGHT = 240, 90
"""Of its row and of its plots: they scroll then."""
USUAL = ("left_wrist", "right_wrist")
"""Keypoints that are shown where none is chosen."""
REACH_S = 20.0
"""How far smoothing carries an edit at most: the shipped smoother's longest memory is a few seconds."""


class CurvesPanel(QWidget):
    """Draws the visible part of each curve, whenever anything of it changes."""

    def __init__(self, parts: Parts, live: LivePaths) -> None:
        super().__init__()
        self._project, self._selection, self._player = parts.project, parts.selection, parts.player
        self._live = live
        self._curves: Curves | None = None
        self._drawing: CurveDrawing | None = None  # what is drawn now
        self.choice = CurveChoice(parts.settings)
        self.plots = CurvePlots()
        self._hint = QLabel(self.tr("Analyse the video to see the way of its keypoints here."))
        self._soon, self._later = QTimer(self), QTimer(self)
        for timer, wait in ((self._soon, 0), (self._later, ARRIVALS_MS)):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(self.draw)
        self._cursor_rest = QTimer(self)
        self._cursor_rest.setSingleShot(True)
        self._cursor_rest.setInterval(CURSOR_MS)
        self._cursor_rest.timeout.connect(self._catch_up)
        self._has_new_marks = True  # other stretches are analysed, or other frames corrected
        self._is_late = False  # the cursor is not where the picture is
        self._lay_out()
        self._connect()
        self._show_plots()
        self._begin()

    @property
    def person(self) -> str:
        """Whose curves are shown."""
        return chosen_person(self._selection, self._document().tracks) if self._project.document else ""

    def draw(self) -> None:
        """Draw all curves of the visible time anew."""
        self._soon.stop()
        self._later.stop()
        document = self._project.document
        if document is None or not self.isVisible():
            return
        self._pages.setCurrentIndex(int(bool(document.tracks.shown_people)))
        if not document.tracks.shown_people:
            return
        self._drawing = drawing = self._chosen(document)
        frames = visible(self.plots.time_s, *self.plots.window_s)
        if self._has_new_marks:
            self._show_marks(document)
        for quantity, plot in self.plots.plots.items():
            drawing.draw(quantity, plot, frames, self.plots.width())
        self._show_values()

    def _lay_out(self) -> None:
        self._hint.setMargin(24)
        self._hint.setWordWrap(True)
        empty, full = QWidget(), QWidget()
        column = QVBoxLayout(empty)
        column.addWidget(self._hint)
        column.addStretch(1)
        rows = QVBoxLayout(full)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(ScrolledRow(self.choice, LEAST_WIDTH))
        rows.addWidget(Scrolled(self.plots, LEAST_HEIGHT), 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(full)

    def _connect(self) -> None:
        self._project.began.connect(self._begin)
        self._project.ended.connect(self._begin)
        self._project.changed.connect(self._follow)
        self._project.smoothed.connect(lambda person: self._forget(person, PathKind.SMOOTHED))
        self._live.changed.connect(lambda person: self._forget(person, PathKind.LIVE))
        self._selection.frame_changed.connect(self._show_frame)
        self._selection.keypoints_changed.connect(self._draw_soon)
        self._selection.person_changed.connect(self._draw_soon)
        self.choice.keypoints_chosen.connect(self._selection.choose_keypoints)
        self.choice.quantities_changed.connect(self._show_plots)
        self.choice.sources_changed.connect(self._draw_soon)
        self.choice.all_asked.connect(self.plots.show_all)
        self.plots.window_changed.connect(self._draw_soon)
        self.plots.restyled.connect(self._draw_soon)
        self.plots.pointed.connect(lambda _frame: self._show_values())
        self.plots.sought.connect(self._seek)

    def _begin(self) -> None:
        document = self._project.document
        self._curves = None
        self._drawing = None
        self._has_new_marks = True
        if document is not None:
            self._begin_curves()
            self.plots.show_video(document.footage.time_s)
        self._pages.setCurrentIndex(0)
        self._draw_soon()

    def _begin_curves(self) -> None:
        """Compute every curve of the document anew; what is drawn is of no use."""
        paths = self._project.paths
        assert paths is not None, "a document comes with its paths"
        self._curves, self._drawing = Curves(self._document(), paths.track, self._live.xy), None

    def _show_plots(self) -> None:
        self.plots.show_quantities(self.choice.quantities, self.choice.title)
        self._has_new_marks = True
        self._draw_soon()
        self._show_frame(self._selection.frame)

    def _follow(self, change: Change) -> None:
        """Compute anew what a change can change: smoothing carries an edit to its neighbours."""
        if self._curves is None:
            return
        if change.renumbered is not None:
            self._begin_curves()
        self._has_new_marks = True
        for person in change.people:
            self._curves.forget(person, PathKind.RAW, change.frames)
            if change.by_user:
                self._curves.forget(person, PathKind.SMOOTHED, self._around(change.frames))
        if change.by_user:
            self._draw_soon()
        elif not self._later.isActive():
            self._later.start()

    def _around(self, frames: range) -> range:
        """Return the frames whose smoothed positions an edit may have changed."""
        time_s = self.plots.time_s
        return visible(time_s, float(time_s[frames.start]) - REACH_S, float(time_s[frames.stop - 1]) + REACH_S)

    def _forget(self, person: str, source: PathKind) -> None:
        if self._curves is not None:
            self._curves.forget(person, source)
            self._draw_soon()

    def _draw_soon(self) -> None:
        self._soon.start()

    def _show_frame(self, frame: int) -> None:
        """Follow the picture; while it plays, not more often than one sees a line jump."""
        if not self.isVisible():
            return
        if self._cursor_rest.isActive():
            self._is_late = True
            return
        self._cursor_rest.start()
        self._is_late = False
        if not 0 <= frame < len(self.plots.time_s):
            self.plots.show_cursor(None)
            return
        time_s = float(self.plots.time_s[frame])
        self.plots.show_cursor(time_s)
        self.plots.follow(time_s)
        self._show_values()

    def _catch_up(self) -> None:
        if self._is_late:
            self._show_frame(self._selection.frame)

    def _seek(self, frame: int, settled: bool) -> None:
        (self._player.jump if settled else self._player.drag)(frame)

    def _chosen(self, document: Document) -> CurveDrawing:
        """Take the chosen keypoints, else the usual ones, else the first."""
        names = document.skeleton.names
        usual = [names.index(name) for name in USUAL if name in names] or [0]
        keypoints = [k for k in sorted(self._selection.keypoints) if k < len(names)] or usual
        self.choice.show_keypoints(document.skeleton, keypoints)
        assert self._curves is not None, "a document comes with its curves"
        wanted = self.choice.sources, self.choice.has_band, self.palette()
        return CurveDrawing(document, self._curves, self.person, keypoints, *wanted)

    def _show_marks(self, document: Document) -> None:
        gaps = [self._seconds(run) for run in runs(~document.tracks.analysed)]
        ticks = document.footage.time_s[touched(document.tracks)]
        for plot in self.plots.plots.values():
            plot.marks.show_marks(gaps, ticks)
        self._has_new_marks = False

    def _show_values(self) -> None:
        """Write the values under the mouse beside the plots' names; those of the frame on the canvas without one."""
        frame = self.plots.pointed_frame if self.plots.pointed_frame >= 0 else self._selection.frame
        is_there = 0 <= frame < len(self.plots.time_s)
        time_text = clock_text(float(self.plots.time_s[frame])) if is_there else ""
        self.choice.moment.setText(self.tr("frame {0}  ·  {1}").format(frame, time_text) if is_there else "")
        for quantity, plot in self.plots.plots.items():
            values = self._drawing.values_at(quantity, frame) if self._drawing and is_there else []
            plot.show_values(values, self._drawing.why_empty(quantity) if self._drawing else "")

    def _seconds(self, frames: range) -> tuple[float, float]:
        """Return when a stretch of frames begins and ends on the screen."""
        time_s = self.plots.time_s
        return float(time_s[frames.start]), float(time_s[min(frames.stop, len(time_s) - 1)])

    def _document(self) -> Document:
        assert self._project.document is not None, "curves are drawn of a document"
        return self._project.document

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Draw what changed meanwhile."""
        super().showEvent(event)
        self._show_frame(self._selection.frame)
        self._draw_soon()
