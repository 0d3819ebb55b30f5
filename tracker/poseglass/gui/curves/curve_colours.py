"""Colours of curves: warm for the person's right, cool for their left, as on the picture; shades tell them apart."""

from __future__ import annotations

from collections.abc import Iterable

from PyQt6.QtGui import QColor, QPalette

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
"""Contrast with the theme's base at least 3 (WCAG 2.1, 1.4.11); neighbours differ in lightness too."""


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
