"""Small pictures of maps that can be clicked, made a few milliseconds at a time so that playing does not wait."""

from __future__ import annotations

import time
from collections.abc import Callable

from PyQt6.QtCore import QObject, QRect, QSize, Qt, QTimer
from PyQt6.QtGui import QImage, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton

from poseglass.core.explain.frame import ExplainedFrame
from poseglass.core.explain.maps import MapChoice, MapView
from poseglass.gui.attention.map_texts import choice_text, meaning_text
from poseglass.gui.picture.qimages import to_qimage
from poseglass.types import Skeleton

SIDE = 88
"""Pixels of a picture: three of them are as wide as a dock is at least, six, a stack's row, as it may well be."""
FRAME = 3
"""Pixels around it: the ring that marks the chosen one and the one with the keyboard's focus."""
WIDTH = SIDE + 2 * FRAME
"""Pixels of a tile with its ring."""
BUDGET_S = 0.006
"""Spent on them at once: of a screen's 16 ms, the canvas takes up to 4 to paint a 1080p frame, others want the rest."""


class MapTile(QAbstractButton):
    """Paints its picture when it is seen, and has a new one made in its turn when what it shows has changed.

    Signals: `clicked`, as every button.
    """

    def __init__(self, choice: MapChoice, label: str, skeleton: Skeleton, queue: TileQueue) -> None:
        super().__init__()
        self.choice = choice
        self._label = label
        self._queue = queue
        self._looked: ExplainedFrame | None = None
        self._view = MapView()
        self._picture: QImage | None = None
        self._range = ""
        self._is_stale = False
        text = choice_text(choice, skeleton)
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setToolTip("\n".join(line for line in (text, meaning_text(choice.name)) if line))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_looked(self, looked: ExplainedFrame | None, view: MapView) -> None:
        """Show another frame's map, or the same another way; nothing where there is none. It follows in its turn."""
        looked = looked if looked is not None and self.choice.name in looked.names else None
        self._looked, self._view, self._is_stale = looked, view, looked is not None
        if looked is None:
            self._picture, self._range = None, ""
        self.update()

    @property
    def is_fresh(self) -> bool:
        """Tell whether it shows what it should."""
        return not self._is_stale

    def sizeHint(self) -> QSize:  # noqa: N802
        """Return the picture's size with a line of text below."""
        return QSize(WIDTH, SIDE + 2 * FRAME + 2 * self.fontMetrics().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Return the same: a smaller picture would show less than the map has."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Paint what there is; ask for what there should be."""
        del event
        if self._is_stale:
            self._queue.add(self._make)
        painter = QPainter(self)
        place = QRect(FRAME, FRAME, SIDE, SIDE)
        if self._picture is None:
            painter.fillRect(place, self.palette().base())
        else:
            painter.drawImage(place, self._picture)
        self._ring(painter)
        self._write(painter)

    def _make(self) -> None:
        if self._looked is None or not self._is_stale:
            return
        ratio = self.devicePixelRatioF()
        self._picture = to_qimage(self._looked.tile(self.choice, self._view, round(SIDE * ratio)))
        self._range = self._looked.range_text(self.choice)
        self._is_stale = False
        self.setAccessibleDescription(self._range)
        self.update()

    def _ring(self, painter: QPainter) -> None:
        if self.isChecked() or self.hasFocus():
            style = Qt.PenStyle.SolidLine if self.isChecked() else Qt.PenStyle.DotLine
            painter.setPen(QPen(self.palette().highlight(), FRAME - 1, style))
            painter.drawRect(1, 1, SIDE + FRAME + 1, SIDE + FRAME + 1)

    def _write(self, painter: QPainter) -> None:
        painter.setPen(self.palette().windowText().color())
        metrics = self.fontMetrics()
        for i, line in enumerate((self._label, self._range)):
            place = QRect(FRAME, SIDE + 2 * FRAME + i * metrics.height(), SIDE, metrics.height())
            painter.drawText(
                place, Qt.AlignmentFlag.AlignLeft, metrics.elidedText(line, Qt.TextElideMode.ElideRight, SIDE)
            )


class TileQueue(QObject):
    """Work that waits for its turn, each piece once; what is asked for again before that keeps its place."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._waiting: dict[Callable[[], None], None] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.work)

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, make: Callable[[], None]) -> None:
        """Let `make` be called soon."""
        self._waiting[make] = None
        if not self._timer.isActive():
            self._timer.start()

    def work(self) -> None:
        """Do what waits until the time is spent; at least one piece, so that it ends at some time."""
        until = time.perf_counter() + BUDGET_S
        while self._waiting:
            make = next(iter(self._waiting))
            del self._waiting[make]
            make()
            if time.perf_counter() >= until:
                break
        if not self._waiting:
            self._timer.stop()

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()
        self._timer.stop()
