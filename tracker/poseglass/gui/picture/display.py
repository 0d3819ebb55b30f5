"""What is drawn over the picture, as the user chose it, and the actions that choose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal

from PyQt6.QtCore import QCoreApplication, QObject, pyqtSignal
from PyQt6.QtGui import QActionGroup

from poseglass.core.sketch import Colouring
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shared.settings import Settings

Source = Literal["smoothed", "raw", "both"]
Colours = Literal["usual", "side", "person", "score"]
"""What the colours of a skeleton say; "usual": who it is where there are several people, else which side it is."""


@dataclass(frozen=True)
class Display:
    """What is drawn."""

    skeleton: bool = True
    source: Source = "smoothed"  # of the skeleton: where nothing is smoothed yet, raw is drawn
    colours: Colours = "usual"
    trails: bool = False
    boxes: bool = False  # with track names
    uncertainty: bool = False
    angles: bool = False  # at chosen keypoints, or knees and elbows
    scale: bool = True  # the lines that it was set by

    def colouring(self, *, several: bool) -> Colouring:
        """Return what colours say where there are several people, or one."""
        usual: Colours = "person" if several else "side"
        return Colouring(usual if self.colours == "usual" else self.colours)


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


def add_display_actions(actions: Actions, displays: Displays) -> None:
    """Add to the View menu what is drawn over the picture."""
    menu = _tr("&View")
    rows = (
        ("skeleton", _tr("S&keleton"), "Shift+S", "skeleton", _tr("Draw the pose")),
        ("trails", _tr("&Trails"), "Shift+T", "trail", _tr("Draw the way of chosen keypoints, or wrists and ankles")),
        ("boxes", _tr("&Boxes and names"), "Shift+B", "box", _tr("Draw a box with the name around everybody")),
        ("uncertainty", _tr("&Uncertainty"), "Shift+U", "target", _tr("Draw how far off the network says it may be")),
        ("angles", _tr("An&gles"), "Shift+A", "angle", _tr("Draw the angles at chosen keypoints, or knees and elbows")),
        ("scale", _tr("Sca&le and floor"), "", "ruler", _tr("Draw the lines that the scale was set by")),
    )  # fmt: skip
    for name, text, key, picture, tip in rows:
        keys = (key,) if key else ()
        row = Row(f"view.{name}", text, menu, keys, tip, picture, checkable=True, group=1, needs="picture")
        actions.add(row, displays.switch(name))
    sources = (
        ("smoothed", _tr("S&moothed pose"), "1"),
        ("raw", _tr("&Raw pose"), "2"),
        ("both", _tr("Both &poses"), "3"),
    )
    chosen = QActionGroup(actions)
    for source, text, key in sources:
        row = Row(f"view.{source}", text, menu, (key,), checkable=True, group=2, needs="picture")
        action = actions.add(row, lambda _on, source=source: displays.change(source=source))
        chosen.addAction(action)

    _add_colour_actions(actions, displays)

    def follow() -> None:
        for name, *_ in rows:
            actions[f"view.{name}"].setChecked(getattr(displays.display, name))
        actions[f"view.{displays.display.source}"].setChecked(True)
        actions[f"view.by_{displays.display.colours}"].setChecked(True)

    displays.changed.connect(follow)
    follow()


def _add_colour_actions(actions: Actions, displays: Displays) -> None:
    """Add what the skeleton's colours say; what is chosen already, chosen once more, goes back to the usual."""
    choices = (
        ("usual", _tr("Colours as &usual"), (), _tr("Each person has a colour; one person alone is coloured by side")),
        ("side", _tr("Colour by si&de"), (), _tr("Right is orange, left is blue")),
        ("person", _tr("Colour by &person"), (), _tr("Each person has a colour, the one of their name")),
        ("score", _tr("Colour by &confidence"), ("Shift+C",), _tr("Green is sure, magenta is not")),
    )  # fmt: skip
    chosen = QActionGroup(actions)

    def choose(colours: Colours) -> None:
        displays.change(colours="usual" if displays.display.colours == colours else colours)

    for colours, text, keys, tip in choices:
        row = Row(f"view.by_{colours}", text, _tr("&View"), keys, tip, checkable=True, group=3, needs="picture")
        chosen.addAction(actions.add(row, lambda _on, colours=colours: choose(colours)))


def _tr(text: str) -> str:
    return QCoreApplication.translate("View", text)
