"""What is drawn over the picture, as the user chose it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal

from PyQt6.QtCore import QObject, pyqtSignal

from poseglass.gui.shared.settings import Settings

Source = Literal["smoothed", "raw", "both"]


@dataclass(frozen=True)
class Display:
    """What is drawn."""

    skeleton: bool = True
    source: Source = "smoothed"  # of the skeleton: where nothing is smoothed yet, raw is drawn
    by_score: bool = False  # colours say how sure the network is; else which side it is
    trails: bool = False
    boxes: bool = False  # with track names
    uncertainty: bool = False


class Displays(QObject):
    """Holds the Display, remembers it, and says when it changed.

    Signals:
        changed(): `display` is another one.
    """

    changed = pyqtSignal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        known = {field.name: type(field.default) for field in fields(Display)}
        saved = {
            name: value for name, value in settings.table("display").items() if isinstance(value, known.get(name, ()))
        }
        self.display = replace(Display(), **saved)  # type: ignore[arg-type]  # each is of its field's type

    def change(self, **values: object) -> None:
        """Draw otherwise from now on."""
        self.display = replace(self.display, **values)  # type: ignore[arg-type]  # checked where it is called
        self._settings.set_table("display", asdict(self.display))
        self.changed.emit()

    def switch(self, name: str) -> Callable[[bool], None]:
        """Return what an action calls to switch one thing on or off."""
        return lambda on: self.change(**{name: on})
