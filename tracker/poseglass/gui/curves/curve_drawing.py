"""What is drawn into the plots: the curves of chosen keypoints of one person, by chosen paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QColor, QPalette

from poseglass.core.motion import kinematics
from poseglass.core.motion.curves import Curve, Curves, PathKind
from poseglass.core.motion.envelope import envelope
from poseglass.core.motion.quantities import DECIMALS, Quantity, angles_of
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.gui.curves.plot_items import Band
from poseglass.gui.curves.time_plot import DOTS_UP_TO, Line, TimePlot, Value
from poseglass.types import Floats

DEVIATIONS = 2.0
"""Standard deviations that a band reaches to each side, as ellipses on the picture do."""
SIGNS = {PathKind.RAW: "•", PathKind.LIVE: "╌", PathKind.SMOOTHED: "━"}
"""Before a value: as its curve is drawn, and as the legend has it."""

PLACES = (Quantity.X, Quantity.Y)

Subject = tuple[int | str, str, QColor]
"""Keypoint or angle, its name for people, its colour."""

ON_DARK = {
    "right": ("#ff8a33", "#ffd166", "#ff5d5d", "#ffb3a0"),
    "left": ("#40b7ff", "#7ee0d2", "#8f9bff", "#c9a6ff"),
    "middle": ("#e6e6e6", "#b5d66b", "#a8a8a8", "#e3a6c8"),
}
ON_LIGHT = {
    "right": ("#d35400", "#a87b00", "#c0202f", "#a3563f"),
    "left": ("#0070b8", "#00796b", "#3f48cc", "#7a3fb0"),
    "middle": ("#3a3a3a", "#4f7a10", "#777777", "#a03a78"),
}
"""Colours of curves: warm for the person's right, cool for their left, as on the picture; shades tell them apart.

Contrast with the theme's base at least 3 (WCAG 2.1, 1.4.11); neighbours differ in lightness too.
"""


@dataclass(frozen=True, eq=False)
class CurveDrawing:
    """A choice of curves, ready to be drawn."""

    document: Document
    curves: Curves
    person: str
    keypoints: Sequence[int]
    sources: tuple[PathKind, ...]
    has_band: bool
    palette: QPalette

    def draw(self, quantity: Quantity, plot: TimePlot, frames: range, columns: int) -> None:
        """Draw these frames on a plot so many pixels wide."""
        lines = []
        for subject, _, colour in self.subjects(quantity):
            for source in self._sources(quantity):
                values = self._values(quantity, subject, source, frames)
                lines.append(Line(source, colour, *envelope(self._time_s, values, frames, columns)))
        # Seen from afar a band is a blur thinner than its curve, and takes seconds to fill.
        has_bands = self.has_band and quantity is not Quantity.SCORE and len(frames) <= DOTS_UP_TO
        bands = self._bands(quantity, frames) if has_bands else []
        plot.draw(lines, bands, self._placed(quantity, frames) if quantity in PLACES else [])

    def values_at(self, quantity: Quantity, frame: int) -> list[Value]:
        """Return what the curves of a plot say in a frame, each after the sign that it is drawn with."""
        found = []
        for subject, name, colour in self.subjects(quantity):
            texts = []
            for source in self._sources(quantity):
                value = self._values(quantity, subject, source, range(frame, frame + 1))[frame]
                text = f"{value:.{DECIMALS[quantity]}f}" if np.isfinite(value) else "–"
                texts.append(SIGNS[source] + text)
            found.append(Value(colour, name, "  ".join(texts)))
        return found

    def why_empty(self, quantity: Quantity) -> str:
        """Return why a plot has no curve with these keypoints, and what to choose; nothing where it has one."""
        if self.subjects(quantity):
            return ""
        skeleton = self.document.skeleton
        known = [name for name in kinematics.angle_names(skeleton) if name in kinematics.JOINTS]
        if not known:
            return _tr("The model finds no keypoints that make an angle.")
        chosen = ", ".join(skeleton.spoken(k) for k in self.keypoints)
        joints = dict.fromkeys(name.removeprefix("left_").removeprefix("right_") for name in known)
        return _tr("No angle at {0}. Choose one of: {1}.").format(chosen, ", ".join(joints))

    def subjects(self, quantity: Quantity) -> list[Subject]:
        """Return what has a curve in a plot: keypoints, or the angles that belong to them."""
        skeleton = self.document.skeleton
        subjects: Sequence[int | str] = self.keypoints
        if quantity is Quantity.ANGLE:
            subjects = angles_of(skeleton, self.keypoints)
        names = [subject if isinstance(subject, str) else skeleton.names[subject] for subject in subjects]
        spoken = [skeleton.spoken(subject) for subject in subjects]
        return list(zip(subjects, spoken, curve_colours(names, self.palette), strict=True))

    @property
    def _time_s(self) -> Floats:
        return self.document.footage.time_s

    def _sources(self, quantity: Quantity) -> tuple[PathKind, ...]:
        """Return the paths that are shown of a quantity: the score is of the measurement."""
        return (PathKind.RAW,) if quantity is Quantity.SCORE else self.sources

    def _values(self, quantity: Quantity, subject: int | str, source: PathKind, frames: range) -> Floats:
        return self.curves.values(Curve(self.person, quantity, subject, source), frames)

    def _bands(self, quantity: Quantity, frames: range) -> list[Band]:
        here = slice(frames.start, frames.stop)
        bands = []
        for subject, _, colour in self.subjects(quantity):
            curve = Curve(self.person, quantity, subject, PathKind.SMOOTHED)
            middle, reach = self.curves.values(curve, frames)[here], DEVIATIONS * self.curves.sigma(curve, frames)
            bands.append(Band(colour, self._time_s[here], middle - reach, middle + reach))
        return bands

    def _placed(self, quantity: Quantity, frames: range) -> list[tuple[float, float, QColor]]:
        """Return time and value of every corrected position, with its curve's colour."""
        layer = self.document.tracks.known(self.person)
        axis = PLACES.index(quantity)
        rings: list[tuple[float, float, QColor]] = []
        for keypoint, (_, _, colour) in zip(self.keypoints, self.subjects(quantity), strict=True):
            marks = layer.mark[frames.start : frames.stop, keypoint] & Mark.PLACED
            there = np.flatnonzero(marks) + frames.start
            places = zip(self._time_s[there].tolist(), layer.xy[there, keypoint, axis].tolist(), strict=True)
            rings += [(time_s, value, colour) for time_s, value in places]
        return rings


def curve_colours(names: Iterable[str], palette: QPalette) -> list[QColor]:
    """Return a colour for each keypoint's or angle's name."""
    is_dark = palette.color(QPalette.ColorRole.Base).lightness() < 128
    shades = ON_DARK if is_dark else ON_LIGHT
    used = dict.fromkeys(shades, 0)
    colours = []
    for name in names:
        side = name.split("_")[0] if name.split("_")[0] in ("left", "right") else "middle"
        colours.append(QColor(shades[side][used[side] % len(shades[side])]))
        used[side] += 1
    return colours


def _tr(text: str) -> str:
    return QCoreApplication.translate("CurveDrawing", text)
