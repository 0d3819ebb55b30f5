"""Dark and light: one palette each, for the whole application. Widgets ask their palette, never this file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

from PyQt6.QtCore import QCoreApplication, Qt
from PyQt6.QtGui import QActionGroup, QColor, QPalette
from PyQt6.QtWidgets import QApplication

from poseglass.gui.shared.actions import Actions, Row

Theme = Literal["system", "dark", "light"]
THEMES: tuple[Theme, ...] = get_args(Theme)

Role = QPalette.ColorRole


@dataclass(frozen=True)
class Colours:
    """What a theme is made of, as #rrggbb."""

    window: str
    base: str  # of text fields and lists
    stage: str  # around the picture
    raised: str  # buttons, hovered rows
    line: str  # borders
    text: str
    quiet: str  # second-rank text
    disabled: str
    accent: str
    on_accent: str
    link: str


DARK = Colours(
    window="#1f2124",
    base="#16181a",
    stage="#131517",
    raised="#2c2f34",
    line="#3a3e44",
    text="#e4e6e9",
    quiet="#9ba1a9",
    disabled="#63686f",
    accent="#2fb39a",
    on_accent="#08110f",
    link="#5cc9b4",
)
LIGHT = Colours(
    window="#f3f4f5",
    base="#ffffff",
    stage="#d4d8dc",
    raised="#e4e6e9",
    line="#cdd1d6",
    text="#1c1f22",
    quiet="#5d646c",
    disabled="#a3a9b0",
    accent="#0c8570",
    on_accent="#ffffff",
    link="#0a6b5a",
)
"""Text on window and base has a contrast of at least 4.5 in both (WCAG 2.1, 1.4.3), quiet text too."""

ASSETS = Path(str(files("poseglass") / "assets"))
"""A style sheet takes pictures from files alone."""
ARROW = ASSETS / "drop_down.svg"
"""Of drop-downs. Its grey has a contrast of 3 with buttons in both themes."""
CHECKS = {DARK: ASSETS / "check_dark.svg", LIGHT: ASSETS / "check_light.svg"}
"""Of checked boxes: in `on_accent`."""

STYLE = """
QToolTip {{ color: {text}; background: {raised}; border: 1px solid {line}; padding: 4px 6px; }}
QMainWindow::separator {{ background: {window}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {accent}; }}
QDockWidget {{ font-weight: 600; }}
QDockWidget > QWidget {{ font-weight: 400; }}
QDockWidget::title {{ padding: 7px 10px 6px 10px; background: {window}; }}
QTabBar::tab {{ padding: 7px 12px; color: {quiet}; background: {window}; border: none;
    border-top: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {text}; border-top: 2px solid {accent}; }}
QTabBar::tab:hover {{ color: {text}; }}
QToolBar {{ border: none; spacing: 2px; padding: 3px 6px; background: {window}; }}
QToolButton {{ border: 1px solid transparent; border-radius: 5px; padding: 4px; }}
QToolButton:hover {{ background: {raised}; }}
QToolButton:pressed, QToolButton:checked {{ background: {raised}; border-color: {line}; }}
QToolButton:focus {{ border-color: {accent}; }}
QPushButton {{ padding: 5px 14px; border: 1px solid {line}; border-radius: 5px; background: {raised}; color: {text}; }}
QPushButton:hover {{ border-color: {quiet}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton:default {{ background: {accent}; border-color: {accent}; color: {on_accent}; }}
QPushButton:disabled {{ color: {disabled}; background: {window}; border-color: {line}; }}
QComboBox {{ padding: 3px 8px; border: 1px solid {line}; border-radius: 5px; background: {raised}; color: {text}; }}
QComboBox:hover {{ border-color: {quiet}; }}
QComboBox:focus {{ border-color: {accent}; }}
QComboBox:disabled {{ color: {disabled}; background: {window}; }}
QComboBox::drop-down {{ border: none; width: 20px; }}
QComboBox::down-arrow {{ image: url("{arrow}"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ border: 1px solid {quiet}; background: {base}; }}
QCheckBox::indicator {{ border: 1px solid {quiet}; border-radius: 3px; background: {base}; }}
QCheckBox::indicator:hover, QCheckBox::indicator:focus {{ border-color: {accent}; }}
QCheckBox::indicator:disabled {{ border-color: {disabled}; background: {window}; }}
QCheckBox::indicator:checked {{ border-color: {accent}; background: {accent}; image: url("{check}"); }}
QCheckBox::indicator:checked:disabled {{ border-color: {disabled}; background: {disabled}; }}
QProgressBar {{ border: none; border-radius: 3px; background: {raised}; max-height: 6px; min-height: 6px; }}
QProgressBar::chunk {{ border-radius: 3px; background: {accent}; }}
QStatusBar::item {{ border: none; }}
QMenu {{ border: 1px solid {line}; background: {window}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 10px; border-radius: 4px; }}
QMenu::item:selected {{ background: {accent}; color: {on_accent}; }}
QMenu::item:disabled {{ color: {disabled}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 6px; }}
QMenuBar {{ background: {window}; border: none; }}
QMenuBar::item {{ padding: 5px 9px; border-radius: 4px; }}
QMenuBar::item:selected {{ background: {raised}; }}
"""
"""The only style sheet: what a palette cannot say."""


def known(name: str) -> Theme:
    """Return the theme of that name; the desktop's where there is none."""
    return next((theme for theme in THEMES if theme == name), "system")


def apply(app: QApplication, theme: Theme) -> Colours:
    """Give the application a theme, and return its colours; "system" is the desktop's, dark if that says nothing."""
    colours = resolve(app, theme)
    app.setStyle("Fusion")
    app.setPalette(palette(colours))
    app.setStyleSheet(STYLE.format(arrow=ARROW.as_posix(), check=CHECKS[colours].as_posix(), **asdict(colours)))
    return colours


def resolve(app: QApplication, theme: Theme) -> Colours:
    """Return the colours of a theme."""
    if theme == "system":
        hints = app.styleHints()
        is_light = hints is not None and hints.colorScheme() == Qt.ColorScheme.Light
        return LIGHT if is_light else DARK
    return LIGHT if theme == "light" else DARK


def add_theme_actions(actions: Actions, theme: Theme, change: Callable[[Theme], None]) -> None:
    """Add dark, light and the desktop's own to the View menu."""
    texts: tuple[tuple[Theme, str], ...] = (
        ("system", _tr("Theme: as the &system")),
        ("dark", _tr("Theme: &dark")),
        ("light", _tr("Theme: &light")),
    )
    chosen = QActionGroup(actions)
    for name, text in texts:
        row = Row(f"view.theme_{name}", text, _tr("&View"), checkable=True, group=9)
        action = actions.add(row, lambda _on, name=name: change(name))
        action.setChecked(name == theme)
        chosen.addAction(action)


def palette(colours: Colours) -> QPalette:
    """Return the palette of a theme."""
    made = QPalette()
    roles = {
        Role.Window: colours.window,
        Role.WindowText: colours.text,
        Role.Base: colours.base,
        Role.AlternateBase: colours.window,
        Role.Text: colours.text,
        Role.Button: colours.raised,
        Role.ButtonText: colours.text,
        Role.BrightText: colours.on_accent,
        Role.Highlight: colours.accent,
        Role.HighlightedText: colours.on_accent,
        Role.Accent: colours.accent,
        Role.Link: colours.link,
        Role.LinkVisited: colours.link,
        Role.PlaceholderText: colours.quiet,
        Role.ToolTipBase: colours.raised,
        Role.ToolTipText: colours.text,
        Role.Light: colours.raised,
        Role.Midlight: colours.raised,
        Role.Mid: colours.line,
        Role.Dark: colours.line,
        Role.Shadow: colours.stage,
    }
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (Role.WindowText, Role.Text, Role.ButtonText, Role.HighlightedText):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.disabled))
    made.setColor(QPalette.ColorGroup.Disabled, Role.Highlight, QColor(colours.line))
    return made


def _tr(text: str) -> str:
    return QCoreApplication.translate("View", text)
