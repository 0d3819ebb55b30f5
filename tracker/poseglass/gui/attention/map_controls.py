"""How maps are painted: opacity, colours, scale; and the legend that says in numbers what the colours mean."""

from __future__ import annotations

from typing import get_args

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent
from PyQt6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLabel, QSizePolicy, QSlider, QVBoxLayout, QWidget

from poseglass.core.explain.frame import ExplainedFrame
from poseglass.core.explain.maps import MapChoice, MapView, is_combined
from poseglass.gui.picture.qimages import to_qimage
from poseglass_models.pictures import ColourMap, Scale, colour_table, is_flat, keypoint_colours, limits


class MapControls(QWidget):
    """Opacity, colour map and scale.

    Signals:
        changed(object): the MapView is another one.
    """

    changed = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._opacity = QSlider(Qt.Orientation.Horizontal)
        self._opacity.setRange(10, 100)
        self._opacity.setPageStep(10)
        self._colours, self._scale = QComboBox(), QComboBox()
        for name in get_args(ColourMap):
            self._colours.addItem(name, name)
        self._scale.addItem(self.tr("stretched: each map to its own range"), "stretched")
        self._scale.addItem(self.tr("absolute: all maps from 0 to 1"), "absolute")
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for text, field in (
            (self.tr("Opacit&y"), self._opacity),
            (self.tr("Col&ours"), self._colours),
            (self.tr("&Scale"), self._scale),
        ):
            form.addRow(text, field)
            field.setAccessibleName(text.replace("&", ""))
        self.set_view(MapView())
        self._opacity.valueChanged.connect(self._tell)
        self._colours.currentIndexChanged.connect(self._tell)
        self._scale.currentIndexChanged.connect(self._tell)

    @property
    def view(self) -> MapView:
        """What is set."""
        scale: Scale = self._scale.currentData()
        colours: ColourMap = self._colours.currentData()
        return MapView(scale, colours, self._opacity.value() / 100)

    def set_view(self, view: MapView) -> None:
        """Set it."""
        self._scale.setCurrentIndex(self._scale.findData(view.scale))
        self._colours.setCurrentIndex(self._colours.findData(view.colours))
        self._opacity.setValue(round(view.opacity * 100))

    def _tell(self) -> None:
        self.changed.emit(self.view)


class MapLegend(QWidget):
    """The colours in a bar with the values of its ends; of several keypoints, the colour of each."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bar, self._low, self._high = _Bar(), QLabel(), QLabel()
        self._note, self._value = QLabel(), QLabel()
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.RichText)
        self._value.setAccessibleName(self.tr("Value under the mouse"))
        row = QHBoxLayout()
        for widget in (self._low, self._bar, self._high):
            row.addWidget(widget)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(row)
        rows.addWidget(self._note)
        rows.addWidget(self._value)

    def show_map(self, looked: ExplainedFrame | None, choice: MapChoice | None, view: MapView) -> None:
        """Say what the colours of a map mean; nothing when there is none."""
        self.setVisible(looked is not None and choice is not None)
        if looked is None or choice is None:
            return
        combined = is_combined(choice)
        for widget in (self._bar, self._low, self._high):
            widget.setHidden(combined)
        if combined:
            self._note.setText(_coloured_names(looked, choice))
            self._note.show()
            return
        one = looked.one(choice)
        low, high = limits(one.values, one.span, view.scale)
        self._bar.show_colours(view.colours)
        self._low.setText(f"{low:.2f}")
        self._high.setText(f"{high:.2f}")
        flat = self.tr("The same all over: it singles nothing out.") if is_flat(one.values, one.span) else ""
        self._note.setText(flat)
        self._note.setVisible(bool(flat))

    def show_value(self, value: float | None) -> None:
        """Show the value under the mouse; nothing for None."""
        self._value.setText("" if value is None else self.tr("under the mouse: {value:.3f}").format(value=value))


class _Bar(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._picture = to_qimage(colour_table(MapView().colours)[None])
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.fontMetrics().height())

    def show_colours(self, name: ColourMap) -> None:
        self._picture = to_qimage(colour_table(name)[None])
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:  # noqa: N802
        del event
        QPainter(self).drawImage(self.rect(), self._picture)


def _coloured_names(looked: ExplainedFrame, choice: MapChoice) -> str:
    colours = keypoint_colours(len(looked.skeleton))
    keypoints = choice.keypoints or range(len(looked.skeleton))
    return "  ".join(
        f'<span style="color: rgb({r}, {g}, {b})">&#9632;</span>&nbsp;{name}'
        for k in keypoints
        for name in [looked.skeleton.spoken(k).replace(" ", "&nbsp;")]
        for r, g, b in [colours[k]]
    )
