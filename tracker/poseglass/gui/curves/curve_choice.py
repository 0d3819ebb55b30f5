"""The row over the curves: which quantities, which keypoints, and which of the paths; also their legend."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtCore import QEvent, QPointF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QColor, QIcon, QPainter, QPalette, QPen, QPixmap
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from poseglass.core.motion.curves import PathKind
from poseglass.core.motion.quantities import Quantity
from poseglass.gui.shared.labels import quiet
from poseglass.gui.shared.settings import Settings
from poseglass.types import Skeleton

SHOWN = (Quantity.X, Quantity.Y, Quantity.SPEED)
"""Quantities at first: three plots are as many as a laptop's screen has room for."""


class CurveChoice(QWidget):
    """Remembers what is chosen from one time to the next, but for the keypoints, which are the Selection's.

    Signals:
        quantities_changed(): other plots.
        sources_changed(): other curves, or the band.
        keypoints_chosen(object): a set of keypoints' numbers.
        all_asked(): show the whole time.
    """

    quantities_changed = pyqtSignal()
    sources_changed = pyqtSignal()
    keypoints_chosen = pyqtSignal(object)
    all_asked = pyqtSignal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.quantity_buttons = {quantity: _toggle(text) for quantity, text in self._quantity_texts().items()}
        self.source_buttons = {source: _toggle(text) for source, (text, _) in self._source_texts().items()}
        self.band_button = _toggle(self.tr("± sure"))
        self.keypoint_menu = QMenu(self)
        self._keypoints = QToolButton()
        self.moment = quiet()  # the frame whose values are shown
        self.moment.setWordWrap(False)
        self._offered: tuple[Skeleton | None, frozenset[int]] = (None, frozenset())
        self._lay_out()
        self._restore()
        for button in self.quantity_buttons.values():
            button.toggled.connect(self._tell_quantities)
        for button in (*self.source_buttons.values(), self.band_button):
            button.toggled.connect(self._tell_sources)
        self.recolour()

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """Chosen quantities, in their order."""
        return tuple(quantity for quantity, button in self.quantity_buttons.items() if button.isChecked())

    @property
    def sources(self) -> tuple[PathKind, ...]:
        """Chosen paths."""
        return tuple(source for source, button in self.source_buttons.items() if button.isChecked())

    @property
    def has_band(self) -> bool:
        """Whether the uncertainty is wanted."""
        return self.band_button.isChecked()

    def title(self, quantity: Quantity) -> str:
        """Return the name of a plot, with its unit."""
        return {
            Quantity.X: self.tr("x (px)"),
            Quantity.Y: self.tr("y (px, down)"),
            Quantity.SCORE: self.tr("score"),
            Quantity.SPEED: self.tr("speed (px/s)"),
            Quantity.ANGLE: self.tr("angle (°)"),
        }[quantity]

    def show_keypoints(self, skeleton: Skeleton, shown: Iterable[int]) -> None:
        """Offer these keypoints, of which some are shown."""
        chosen = frozenset(shown)
        if (skeleton, chosen) == self._offered:
            return  # an open menu stays open
        self._offered = skeleton, chosen
        self.keypoint_menu.clear()
        for k in range(len(skeleton)):
            action = QAction(skeleton.spoken(k), self.keypoint_menu)
            action.setCheckable(True)
            action.setChecked(k in chosen)
            action.toggled.connect(lambda on, k=k: self.keypoints_chosen.emit(chosen | {k} if on else chosen - {k}))
            self.keypoint_menu.addAction(action)
        self._keypoints.setEnabled(len(skeleton) > 0)

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Draw the legend in the colours of a new theme."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "source_buttons"):
            self.recolour()

    def recolour(self) -> None:
        """Draw the legend in the palette's colours."""
        colour = self.palette().color(QPalette.ColorRole.ButtonText)
        for source, button in self.source_buttons.items():
            button.setIcon(_sample(source, colour))

    def _quantity_texts(self) -> dict[Quantity, str]:
        return {
            Quantity.X: self.tr("x"),
            Quantity.Y: self.tr("y"),
            Quantity.SCORE: self.tr("score"),
            Quantity.SPEED: self.tr("speed"),
            Quantity.ANGLE: self.tr("angle"),
        }

    def _source_texts(self) -> dict[PathKind, tuple[str, str]]:
        return {
            PathKind.RAW: (self.tr("raw"), self.tr("As the network measured it")),
            PathKind.LIVE: (
                self.tr("live"),
                self.tr("Smoothed from the past alone, as live: it lags"),
            ),
            PathKind.SMOOTHED: (
                self.tr("two-pass"),
                self.tr("Smoothed from past and future, corrections taken in: what is exported"),
            ),
        }

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(3)
        self._keypoints.setText(self.tr("Keypoints ▾"))
        self._keypoints.setToolTip(self.tr("Whose curves: the keypoints chosen here or clicked on the picture"))
        self._keypoints.clicked.connect(self._offer_keypoints)
        row.addWidget(self._keypoints)
        row.addSpacing(8)
        for quantity, button in self.quantity_buttons.items():
            button.setToolTip(self.tr("Show a plot of {0}").format(self.title(quantity)))
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.moment)
        row.addStretch(1)
        for source, button in self.source_buttons.items():
            button.setToolTip(self._source_texts()[source][1])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setIconSize(QSize(26, 14))
            row.addWidget(button)
        self.band_button.setToolTip(self.tr("Two standard deviations of the two-pass curve to each side"))
        row.addWidget(self.band_button)
        everything = QToolButton()
        everything.setText(self.tr("All"))
        everything.setToolTip(self.tr("Show the whole time; the wheel zooms, Shift and a drag moves"))
        everything.clicked.connect(self.all_asked)
        row.addSpacing(8)
        row.addWidget(everything)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _offer_keypoints(self) -> None:
        self.keypoint_menu.popup(self._keypoints.mapToGlobal(self._keypoints.rect().bottomLeft()))

    def _restore(self) -> None:
        known = self._settings.table("curves")
        for quantity, button in self.quantity_buttons.items():
            button.setChecked(known.get(quantity.value, quantity in SHOWN) is True)
        for source, button in self.source_buttons.items():
            button.setChecked(known.get(source.value, True) is True)
        self.band_button.setChecked(known.get("band", False) is True)

    def _remember(self) -> None:
        table: dict[str, object] = {"band": self.has_band}
        table |= {quantity.value: button.isChecked() for quantity, button in self.quantity_buttons.items()}
        table |= {source.value: button.isChecked() for source, button in self.source_buttons.items()}
        self._settings.set_table("curves", table)

    def _tell_quantities(self) -> None:
        self._remember()
        self.quantities_changed.emit()

    def _tell_sources(self) -> None:
        self._remember()
        self.sources_changed.emit()


def _toggle(text: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    return button


def _sample(source: PathKind, colour: QColor) -> QIcon:
    """Return a picture of how such curves are drawn."""
    pixmap = QPixmap(52, 28)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if source is PathKind.RAW:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        for x in (3, 9, 15, 21):
            painter.drawEllipse(QPointF(x, 7 + (x % 3 - 1) * 1.5), 1.8, 1.8)
    else:
        style = Qt.PenStyle.DashLine if source is PathKind.LIVE else Qt.PenStyle.SolidLine
        painter.setPen(QPen(colour, 1.2 if source is PathKind.LIVE else 2.4, style))
        painter.drawLine(QPointF(1, 7), QPointF(22, 7))
    painter.end()
    return QIcon(pixmap)
