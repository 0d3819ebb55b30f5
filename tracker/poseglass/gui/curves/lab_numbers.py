"""What two settings of a smoother do to the same frames, side by side."""

from __future__ import annotations

from math import isfinite

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from poseglass.core.motion.smoothing_numbers import SmoothingNumbers
from poseglass.gui.shared.labels import quiet


class LabNumbers(QWidget):
    """Three rows, two columns: as it is tried now, and as it was kept before."""

    def __init__(self) -> None:
        super().__init__()
        self._cells: dict[tuple[int, int], QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setColumnStretch(0, 1)
        for column, text in ((1, self.tr("now")), (2, self.tr("kept"))):
            self._grid.addWidget(_right(quiet(text)), 0, column)
        for row, (name, tip) in enumerate(self._rows(), start=1):
            label = QLabel(name)
            label.setToolTip(tip)
            self._grid.addWidget(label, row, 0)
            for column in (1, 2):
                self._cells[row, column] = cell = _right(QLabel())
                cell.setToolTip(tip)
                self._grid.addWidget(cell, row, column)

    def show_numbers(self, now: SmoothingNumbers | None, kept: SmoothingNumbers | None) -> None:
        """Show these; nothing for None."""
        for column, numbers in ((1, now), (2, kept)):
            for row, text in enumerate(self.texts(numbers), start=1):
                self._cells[row, column].setText(text)

    def texts(self, numbers: SmoothingNumbers | None) -> list[str]:
        """Return a column."""
        if numbers is None:
            return ["", "", "", ""]
        return [
            _number(numbers.lag_ms, self.tr("{0:.0f} ms ({1:.1f} fr)"), numbers.lag_frames),
            _number(numbers.residual_px, self.tr("{0:.2f} px")),
            _number(numbers.roughness, self.tr("{0:.1f} body/s²")),
            _number(numbers.raw_roughness, self.tr("{0:.1f} body/s²")),
        ]

    def _rows(self) -> list[tuple[str, str]]:
        return [
            (self.tr("Lag when live"), self.tr("By how much the live path comes later than the two-pass one")),
            (
                self.tr("Off the measurements"),
                self.tr(
                    "Distance of the two-pass path from what was measured, in the median: what smoothing took away"
                ),
            ),
            (
                self.tr("Roughness"),
                self.tr("Acceleration of the two-pass path in body sizes/s², in the median: how much it shakes"),
            ),
            (self.tr("  of the raw pose"), self.tr("The same of the measurements")),
        ]


def _right(label: QLabel) -> QLabel:
    label.setAlignment(Qt.AlignmentFlag.AlignRight)
    label.setWordWrap(False)
    return label


def _number(value: float, text: str, *more: float) -> str:
    return text.format(value, *more) if isfinite(value) else "–"
