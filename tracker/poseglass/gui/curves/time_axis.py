"""An axis of time, in minutes and seconds, with as many decimals as its ticks need."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg


class TimeAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Values are seconds."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        """Return the texts of ticks that are so far apart."""
        del scale
        decimals = 0 if spacing >= 1 else 1 if spacing >= 0.1 else 2 if spacing >= 0.01 else 3
        return [time_text(value, decimals) for value in values]


def time_text(time_s: float, decimals: int) -> str:
    """Return "1:02.5"; before the start with a sign."""
    rounded = round(abs(time_s), decimals)
    minutes, seconds = divmod(rounded, 60)
    width = 2 if not decimals else 3 + decimals
    sign = "-" if time_s < 0 and rounded > 0 else ""
    return f"{sign}{int(minutes)}:{seconds:0{width}.{decimals}f}"
