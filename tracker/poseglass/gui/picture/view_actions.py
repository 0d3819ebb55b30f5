"""Actions that change how the picture is shown, not what it shows."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QActionGroup

from poseglass.gui.picture.canvas import WHEEL_STEP, Canvas
from poseglass.gui.picture.display import Displays
from poseglass.gui.shared.actions import Actions, Row
from poseglass.gui.shell.theme import Theme


def _tr(text: str) -> str:
    return QCoreApplication.translate("View", text)


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


def add_display_actions(actions: Actions, displays: Displays) -> None:
    """Add to the View menu what is drawn over the picture."""
    menu = _tr("&View")
    sure = _tr("Green is sure, magenta is not; else right is orange, left blue")
    rows = (
        ("skeleton", _tr("S&keleton"), "Shift+S", "skeleton", _tr("Draw the pose")),
        ("trails", _tr("&Trails"), "Shift+T", "trail", _tr("Draw the way of chosen keypoints, or wrists and ankles")),
        ("boxes", _tr("&Boxes and names"), "Shift+B", "box", _tr("Draw a box with the track's name around the person")),
        ("uncertainty", _tr("&Uncertainty"), "Shift+U", "target", _tr("Draw how far off the network says it may be")),
        ("by_score", _tr("Colour by &confidence"), "Shift+C", "", sure),
    )  # fmt: skip
    for name, text, key, picture, tip in rows:
        row = Row(f"view.{name}", text, menu, (key,), tip, picture, checkable=True, group=1, needs="picture")
        actions.add(row, displays.switch(name))
    sources = (
        ("smoothed", _tr("S&moothed pose"), "1"),
        ("raw", _tr("&Raw pose"), "2"),
        ("both", _tr("Both &poses"), "3"),
    )
    chosen = _exclusive(actions)
    for source, text, key in sources:
        row = Row(f"view.{source}", text, menu, (key,), checkable=True, group=2, needs="picture")
        action = actions.add(row, lambda _on, source=source: displays.change(source=source))
        chosen.addAction(action)

    def follow() -> None:
        for name, *_ in rows:
            actions[f"view.{name}"].setChecked(getattr(displays.display, name))
        actions[f"view.{displays.display.source}"].setChecked(True)

    displays.changed.connect(follow)
    follow()


def add_theme_actions(actions: Actions, theme: Theme, change: Callable[[Theme], None]) -> None:
    """Add dark, light and the desktop's own to the View menu."""
    texts: tuple[tuple[Theme, str], ...] = (
        ("system", _tr("Theme: as the &system")),
        ("dark", _tr("Theme: &dark")),
        ("light", _tr("Theme: &light")),
    )
    chosen = _exclusive(actions)
    for name, text in texts:
        row = Row(f"view.theme_{name}", text, _tr("&View"), checkable=True, group=9)
        action = actions.add(row, lambda _on, name=name: change(name))
        action.setChecked(name == theme)
        chosen.addAction(action)


def _exclusive(actions: Actions) -> QActionGroup:
    return QActionGroup(actions)
