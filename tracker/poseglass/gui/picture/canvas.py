"""The picture, with what is drawn over it; zoom, pan, and pointing at keypoints."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QSize, QSizeF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from poseglass.core.explain.maps import MapLayer
from poseglass.core.sketch import Dot, Sketch
from poseglass.gui.picture.brush import paint_label, paint_map, paint_name, paint_ring, paint_sketch
from poseglass.gui.picture.drawing import BoxDrawing, Drawing, LineDrawing
from poseglass.gui.picture.pointing import dot_at, person_at
from poseglass.gui.picture.qimages import as_bgra, qimage_over
from poseglass.gui.picture.view import View
from poseglass.gui.shared.selection import Selection
from poseglass.types import Image, Skeleton

WHEEL_STEP = 1.2
"""Zoom of one notch of the wheel."""
SMOOTH_UP_TO = 4.0
"""Screen pixels a frame pixel: closer than that single pixels are shown as they are."""


class Canvas(QWidget):
    """Paints the newest picture, a map over it, a sketch over that, and rings around what is selected.

    The wheel zooms at the mouse, dragging the picture moves it, a double click fits it. Whatever is drawn is in frame
    pixels; `view` has the way between them and the widget.

    Signals:
        keypoint_clicked(str, int): person and keypoint; the selection has been told already.
        keypoint_dragged(str, int, float, float): to this place in frame pixels; only while `takes_drags`.
        keypoint_released(str, int, float, float): the mouse let go of it there.
        person_clicked(str): a click on somebody, but on no keypoint; the selection has been told already.
        place_clicked(float, float): a click on nobody, in frame pixels.
        box_drawn(float, float, float, float): x, y, width and height in frame pixels, of the box that was asked for.
        box_asked(bool): the user is asked to draw a box, or no longer.
        line_drawn(float, float, float, float): both ends, x0, y0, x1, y1 in frame pixels, of the line asked for.
        line_asked(bool): the user is asked to draw a line, or no longer.
        pointed(object): where the mouse is, (x, y) in frame pixels; None where it has left.
        painted(): what is shown is on the screen now.
        zoomed(float): screen pixels a frame pixel.
    """

    keypoint_clicked = pyqtSignal(str, int)
    keypoint_dragged = pyqtSignal(str, int, float, float)
    keypoint_released = pyqtSignal(str, int, float, float)
    person_clicked = pyqtSignal(str)
    place_clicked = pyqtSignal(float, float)
    box_drawn = pyqtSignal(float, float, float, float)
    box_asked = pyqtSignal(bool)
    line_drawn = pyqtSignal(float, float, float, float)
    line_asked = pyqtSignal(bool)
    pointed = pyqtSignal(object)
    painted = pyqtSignal()
    zoomed = pyqtSignal(float)

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self.selection = selection
        self.skeleton = Skeleton(())
        self.takes_drags = False
        self.sketch = Sketch()
        self.map_layer: MapLayer | None = None
        self.view = View(QSizeF(self.size()))
        self.picture: QImage | None = None
        self._pixels: Image | None = None  # what `picture` looks at
        self._badge = ""
        self._hovered: Dot | None = None
        self._mouse: QPointF | None = None  # None where it is elsewhere
        self._dragged: Dot | None = None
        self._grip = QPointF()  # from where the mouse took it to the keypoint itself
        self._panned_from: QPointF | None = None
        self._moved = False
        self._drawing: Drawing | None = None  # while one is asked for
        self._hint = ""  # what to do with it
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Video picture"))
        selection.keypoints_changed.connect(self.update)
        selection.hovered_changed.connect(self._name_hovered)

    @property
    def shown_scale(self) -> float:
        """Screen pixels a frame pixel."""
        return self.view.scale * self.devicePixelRatioF()

    def show_picture(self, picture: Image, aspect: float = 1.0) -> None:
        """Show an upright picture: (H, W, 4) blue, green, red, 255, without a copy, or (H, W, 3) RGB.

        aspect: width to height of a pixel.
        """
        self._pixels = as_bgra(picture)
        self.picture = qimage_over(self._pixels)
        self.view.show(self.picture.width(), self.picture.height(), aspect)
        self.update()

    def show_sketch(self, sketch: Sketch) -> None:
        """Draw this over the picture instead of what was."""
        self.sketch = sketch
        self._point_again()
        self.update()

    def show_map(self, layer: MapLayer | None) -> None:
        """Lay a map over the picture, under the sketch; None takes it away."""
        self.map_layer = layer
        self.update()

    def show_badge(self, text: str) -> None:
        """Write something over the picture, such as why it is not the right one; "" takes it away."""
        if text != self._badge:
            self._badge = text
            self.update()

    def clear(self) -> None:
        """Show nothing."""
        self.picture = self._pixels = self.map_layer = None
        self.show_sketch(Sketch())
        self._badge = ""
        self.view = View(QSizeF(self.size()))

    def let_go(self) -> None:
        """Let go of the keypoint that is held: it is no longer the one that was meant."""
        self._dragged = self._hovered = None
        self._moved = True  # nothing was clicked either

    def fit(self) -> None:
        """Show all of the picture."""
        self.view.fit()
        self._view_changed()

    def show_actual_size(self) -> None:
        """Show one frame pixel as one pixel of the screen, whatever its density."""
        self.view.set_scale(1 / self.devicePixelRatioF())
        self._view_changed()

    def zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom by a factor; what lies at a widget point, the middle if None, stays there."""
        self.view.set_scale(self.view.scale * factor, at)
        self._view_changed()

    def show_place(self, scale: float, x: float, y: float) -> None:
        """Show a place that `View.place` returned."""
        self.view.go_to(scale, x, y)
        self._view_changed()

    def dot_at(self, point: QPointF) -> Dot | None:
        """Return the keypoint nearest to a widget point, None where there is none within reach.

        While keypoints can be dragged a chosen one goes before others: it is the one that is meant where several lie
        on each other.
        """
        return dot_at(self.sketch, self.view, point, self._is_chosen if self.takes_drags else None)

    def ask_box(self, wanted: bool) -> None:
        """Let the user draw a box, which `box_drawn` brings, or no longer; Escape says no, too."""
        if wanted != isinstance(self._drawing, BoxDrawing):
            self._ask(BoxDrawing() if wanted else None, self.tr("Drag a box around somebody.  Escape: none"))

    def ask_line(self, hint: str) -> None:
        """Let the user draw a line, which `line_drawn` brings; for "" no longer. hint: along what."""
        if hint or isinstance(self._drawing, LineDrawing):
            self._ask(LineDrawing() if hint else None, hint)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Ask for as much as there is."""
        return QSize(960, 600)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Keep the picture in its place."""
        self.view.resize(QSizeF(self.size()))
        super().resizeEvent(event)
        self.zoomed.emit(self.shown_scale)

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        """Paint picture, map, sketch, rings and badge."""
        del event
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Shadow))
        if self.picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self.shown_scale < SMOOTH_UP_TO)
            painter.drawImage(self.view.target(), self.picture)
        if self.map_layer is not None:
            paint_map(painter, self.view, self.map_layer)
        paint_sketch(painter, self.view, self.sketch)
        self._paint_selection(painter)
        if self._badge:
            paint_label(painter, QPointF(12, 12), self._badge)
        if self._drawing is not None:
            self._drawing.paint(painter, self.palette().color(QPalette.ColorRole.Highlight))
            paint_label(painter, QPointF(12, self.height() - 34), self._hint)
        painter.end()
        self.painted.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:  # noqa: N802
        """Zoom at the mouse."""
        if event is not None and self.picture is not None:
            self.zoom(WHEEL_STEP ** (event.angleDelta().y() / 120), event.position())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Begin to drag a keypoint or the picture, or a box or line that is asked for."""
        if event is None:
            return
        if self._drawing is not None:
            if event.button() is Qt.MouseButton.LeftButton:
                self._drawing.press(event.position())
            return
        dot = self.dot_at(event.position()) if event.button() is Qt.MouseButton.LeftButton else None
        self._dragged, self._moved = dot, False
        self._grip = QPointF() if dot is None else self.view.to_widget(*dot.at) - event.position()
        self._panned_from = None if dot else event.position()
        if dot is not None:
            self._hover(dot)
            self.selection.choose_person(dot.person)
            if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
                self.selection.toggle_keypoint(dot.keypoint)
            else:
                self.selection.choose_keypoints({dot.keypoint})
            self.keypoint_clicked.emit(dot.person, dot.keypoint)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Drag what was pressed, or name what is pointed at."""
        if event is None:
            return
        self._mouse = event.position()
        if self._drawing is not None:
            self._drawing.move(event.position())
            self.update()
        elif self._dragged is not None:
            self._moved = True
            if self.takes_drags:
                self.keypoint_dragged.emit(self._dragged.person, self._dragged.keypoint, *self._place(event))
        elif self._panned_from is not None:
            self._pan(event.position())
        else:
            self._hover(self.dot_at(self._mouse))
        self.pointed.emit(self._place(event))

    def leaveEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Point at nothing."""
        super().leaveEvent(event)
        self._mouse = None
        self._hover(None)
        self.pointed.emit(None)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """End dragging; what was not dragged was clicked."""
        if event is None:
            return
        if self._drawing is not None:
            self._end_drawing(self._drawing)
            return
        if self._dragged is not None and self._moved and self.takes_drags:
            self.keypoint_released.emit(self._dragged.person, self._dragged.keypoint, *self._place(event))
        elif self._dragged is None and not self._moved and event.button() is Qt.MouseButton.LeftButton:
            self._click(event)
        self._dragged = self._panned_from = None
        self.unsetCursor()
        self._hover(self.dot_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:  # noqa: N802
        """Show all of the picture, unless a keypoint or a drawing was meant."""
        if event is not None and self._drawing is None and self.dot_at(event.position()) is None:
            self.fit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Let go of the selection with Escape, or ask for no drawing."""
        if event is not None and event.key() == Qt.Key.Key_Escape and self._drawing is not None:
            self._ask(None, "")
        elif event is not None and event.key() == Qt.Key.Key_Escape:
            self.selection.choose_keypoints(())
        else:
            super().keyPressEvent(event)

    def _click(self, event: QMouseEvent) -> None:
        """Choose who was clicked; a chosen keypoint that is nowhere is to be put there, whoever else is."""
        person = "" if self._lacks_place() else person_at(self.sketch, self.view, self.fontMetrics(), event.position())
        if person:
            self.selection.choose_person(person)
            self.person_clicked.emit(person)
        else:
            self.place_clicked.emit(*self._place(event))

    def _lacks_place(self) -> bool:
        chosen = self.selection.keypoints
        return self.takes_drags and len(chosen) == 1 and not any(self._is_chosen(dot) for dot in self.sketch.dots)

    def _ask(self, drawing: Drawing | None, hint: str) -> None:
        before, self._drawing, self._hint = self._drawing, drawing, hint
        self._hover(None)
        self.setCursor(Qt.CursorShape.CrossCursor if drawing else Qt.CursorShape.ArrowCursor)
        self.setFocus()
        self.update()
        for kind, asked in ((BoxDrawing, self.box_asked), (LineDrawing, self.line_asked)):
            if isinstance(before, kind) != isinstance(drawing, kind):
                asked.emit(isinstance(drawing, kind))

    def _end_drawing(self, drawing: Drawing) -> None:
        drawn = drawing.release(self.view)
        self.update()
        if drawn is not None:
            self._ask(None, "")
            (self.box_drawn if isinstance(drawing, BoxDrawing) else self.line_drawn).emit(*drawn)

    def _place(self, event: QMouseEvent) -> tuple[float, float]:
        return self.view.to_frame(event.position() + self._grip)

    def _pan(self, to: QPointF) -> None:
        assert self._panned_from is not None
        if not self._moved and (to - self._panned_from).manhattanLength() < 3:
            return  # a click by an unsteady hand
        self._moved = True
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        self.view.pan(to - self._panned_from)
        self._panned_from = to
        self._view_changed()

    def _hover(self, dot: Dot | None) -> None:
        if dot != self._hovered:
            self._hovered = dot
            self.selection.hover(-1 if dot is None else dot.keypoint)
            self.setCursor(Qt.CursorShape.PointingHandCursor if dot else Qt.CursorShape.ArrowCursor)
            self.update()

    def _point_again(self) -> None:
        """Name what the mouse is on now that everything else may lie there: what it holds, else what came to it."""
        if self._dragged is not None:
            held = self._dragged.person, self._dragged.keypoint
            self._hovered = next((dot for dot in self.sketch.dots if (dot.person, dot.keypoint) == held), None)
        elif self._mouse is not None:
            self._hover(self.dot_at(self._mouse))
        else:
            self._hovered = None
            self._name_hovered(self.selection.hovered)

    def _name_hovered(self, keypoint: int) -> None:
        """Show the keypoint that is pointed at elsewhere, such as in a curve."""
        if self._hovered is None or self._hovered.keypoint != keypoint:
            dots = [dot for dot in self.sketch.dots if dot.keypoint == keypoint]
            mine = [dot for dot in dots if dot.person == self.selection.person]
            self._hovered = next(iter(mine or dots), None)
            self.update()

    def _is_chosen(self, dot: Dot) -> bool:
        return dot.keypoint in self.selection.keypoints and dot.person == self.selection.person

    def _paint_selection(self, painter: QPainter) -> None:
        accent = self.palette().color(QPalette.ColorRole.Highlight)
        for dot in self.sketch.dots:
            if self._is_chosen(dot):
                paint_ring(painter, self.view, dot, accent)
        if self._hovered is not None and self._hovered.keypoint < len(self.skeleton):
            paint_ring(painter, self.view, self._hovered, self.palette().color(QPalette.ColorRole.BrightText))
            paint_name(painter, self.view, self._hovered, self.skeleton.spoken(self._hovered.keypoint))

    def _view_changed(self) -> None:
        self.update()
        self.zoomed.emit(self.shown_scale)
