"""The middle of the window: notice, picture, scrub bar and transport, or the welcome page."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from poseglass.core.video.scrub import Shown
from poseglass.core.video.video import VideoInfo
from poseglass.gui.live.live_screen import LiveScreen
from poseglass.gui.parts import Parts
from poseglass.gui.picture.canvas import WHEEL_STEP, Canvas
from poseglass.gui.playback.timeline import Timeline
from poseglass.gui.playback.transport import Transport
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.scrolling import Scrolled
from poseglass.gui.shell.welcome import Welcome

LEAST_HEIGHT, LEAST_WIDTH = 180, 320
"""Of the welcome page: it scrolls then."""


class Viewer(QWidget):
    """Puts frames on the canvas as they come, and keeps scrub bar and transport in step with them."""

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._selection, self._canvas, self._actions = parts.selection, parts.canvas, parts.actions
        self._player = player = parts.player
        self._aspect = 1.0
        self.timeline = Timeline()
        self.transport = Transport(player, parts.actions)
        self.welcome = Welcome(parts.actions)
        self._pages = QStackedWidget()
        self._pages.addWidget(Scrolled(self.welcome, LEAST_HEIGHT, LEAST_WIDTH))
        self._pages.addWidget(_column(parts.canvas, self.timeline, self.transport))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(parts.notice)
        outer.addWidget(self._pages, 1)
        self._live: LiveScreen | None = None
        self._shows_video = self._shows_live = False
        parts.frames.opened.connect(self._begin)
        parts.frames.closed.connect(self._end)
        parts.frames.shown.connect(self._show)
        player.moved.connect(self.timeline.show_head)
        player.range_changed.connect(self.timeline.show_range)
        self.timeline.dragged.connect(player.drag)
        self.timeline.dropped.connect(player.jump)

    @property
    def front(self) -> Canvas:
        """The canvas that is seen, or would be with a video."""
        return self._live.canvas if self._live is not None and self._shows_live else self._canvas

    def add_live(self, screen: LiveScreen) -> None:
        """Take the page for `show_live`."""
        self._live = screen
        self._pages.addWidget(screen)

    def show_live(self, is_live: bool) -> None:
        """Show the live picture over everything, or again what is behind it."""
        self._shows_live = is_live
        self._turn()
        self.front.setFocus()

    def _turn(self) -> None:
        """Turn to the page that is to be seen: welcome, video, live."""
        self._pages.setCurrentIndex(2 if self._shows_live else int(self._shows_video))
        self._actions.set_there("picture", there=self._shows_live or self._shows_video)

    def _begin(self, info: VideoInfo) -> None:
        self._aspect = float(info.sample_aspect_ratio)
        self._canvas.clear()
        self.timeline.show_video(info, self._player.time_s)
        self.transport.show_video(info)
        self._shows_video = True
        self._turn()
        self.front.setFocus()

    def _end(self) -> None:
        self._canvas.clear()
        self._selection.clear()
        self.timeline.show_video(None, self._player.time_s)
        self.transport.show_video(None)
        self._shows_video = False
        self._turn()

    def _show(self, shown: Shown) -> None:
        is_first = self._canvas.picture is None
        if shown.picture is not None:
            self._canvas.show_picture(shown.picture, self._aspect)
            if is_first:
                self._canvas.fit()
        self._canvas.show_badge(shown.trouble)
        self.transport.show_frame(shown)
        self._selection.show_frame(shown.index)


def add_zoom_actions(actions: Actions, canvas: Callable[[], Canvas]) -> None:
    """Add zooming of the canvas that is seen to the View menu."""
    menu = _tr("&View")
    rows = (
        ("fit", _tr("&Fit picture"), ("F", "Ctrl+0"), "fit", lambda: canvas().fit()),
        ("actual", _tr("&Actual size"), ("Ctrl+1",), "actual", lambda: canvas().show_actual_size()),
        ("zoom_in", _tr("Zoom &in"), ("Ctrl++", "Ctrl+="), "zoom_in", lambda: canvas().zoom(WHEEL_STEP)),
        ("zoom_out", _tr("Zoom &out"), ("Ctrl+-",), "zoom_out", lambda: canvas().zoom(1 / WHEEL_STEP)),
    )
    for name, text, keys, picture, do in rows:
        actions.add(Row(f"view.{name}", text, menu, keys, icon=picture, needs="picture"), do)


def _column(*widgets: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for i, widget in enumerate(widgets):
        column.addWidget(widget, 0 if i else 1)
    return page


def _tr(text: str) -> str:
    return QCoreApplication.translate("View", text)
