"""A form made from a plugin's options: their types choose the fields, their metadata says the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from functools import partial
from pathlib import Path
from typing import Any, Protocol, get_args, get_type_hints

from PyQt6.QtCore import QEvent, QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseglass.core.options import offered
from poseglass.gui.shared.icons import icon

WIDEST = 1e9
"""Limit of a number whose option states none."""


class OptionField(Protocol):
    """One option's entry."""

    @property
    def widget(self) -> QWidget:
        """What stands in the form."""

    def value(self) -> object:
        """Return what is entered."""

    def show_value(self, value: object) -> None:
        """Show a value of the option's type."""


class OptionForm(QWidget):
    """Fields for every option of a dataclass; those marked `advanced` are folded away.

    Metadata of a field: label, help, unit, min, max, advanced, choices (names, or a function that returns them), and
    file (a pattern such as "*.safetensors": a file can be chosen instead of a name).

    Signals:
        changed(): the user changed a value.
    """

    changed = pyqtSignal()

    def __init__(self, options: type[Any], given: Mapping[str, object] | None = None) -> None:
        """Show the defaults of `options`, or what is given instead."""
        super().__init__()
        self._defaults = {option.name: option.default for option in fields(options)}
        self._fields: dict[str, OptionField] = {}
        self._more = QToolButton()
        self._advanced = QWidget()
        basic, advanced = _rows(), _rows(self._advanced)
        types = get_type_hints(options)
        for option in fields(options):
            self._fields[option.name] = made = _field(option, types[option.name], self.changed.emit)
            label = QLabel(_caption(option))
            label.setBuddy(made.widget)
            made.widget.setToolTip(_help(option))
            made.widget.setAccessibleName(label.text())
            (advanced if option.metadata.get("advanced") else basic).addRow(label, made.widget)
        self._lay_out(basic, has_advanced=advanced.rowCount() > 0)
        self.show_values(given or {})

    def values(self) -> dict[str, object]:
        """Return what is not as it is by default."""
        entered = {name: field.value() for name, field in self._fields.items()}
        return {name: value for name, value in entered.items() if value != self._defaults[name]}

    def show_values(self, given: Mapping[str, object]) -> None:
        """Show these values, and the defaults of the others; what does not fit its field is left at the default."""
        for name, field in self._fields.items():
            default = self._defaults[name]
            value = given.get(name, default)
            fits = type(value) is type(default) or (isinstance(default, float) and type(value) is int)
            with QSignalBlocker(field.widget):
                field.show_value(value if fits else default)

    def field(self, name: str) -> QWidget:
        """Return the widget of an option."""
        return self._fields[name].widget

    def _lay_out(self, basic: QFormLayout, has_advanced: bool) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(basic)
        self._more.setText(self.tr("More settings"))
        self._more.setCheckable(True)
        self._more.setArrowType(Qt.ArrowType.RightArrow)
        self._more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._more.setVisible(has_advanced)
        self._more.toggled.connect(self._unfold)
        self._advanced.hide()
        column.addWidget(self._more)
        column.addWidget(self._advanced)

    def _unfold(self, unfolded: bool) -> None:
        self._advanced.setVisible(unfolded)
        self._more.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)


class _Tick:
    def __init__(self, changed: Callable[[], object]) -> None:
        self.widget = QCheckBox()
        self.widget.toggled.connect(lambda _on: changed())

    def value(self) -> object:
        return self.widget.isChecked()

    def show_value(self, value: object) -> None:
        self.widget.setChecked(bool(value))


class _Number:
    def __init__(self, option: Field[Any], is_whole: bool, changed: Callable[[], object]) -> None:
        self.widget: QSpinBox | QDoubleSpinBox = QSpinBox() if is_whole else QDoubleSpinBox()
        self._is_whole = is_whole
        low, high = option.metadata.get("min", -WIDEST), option.metadata.get("max", WIDEST)
        if isinstance(self.widget, QDoubleSpinBox):
            self.widget.setDecimals(2 if high >= 10 else 3)
            self.widget.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
            self.widget.setRange(float(low), float(high))
        else:
            self.widget.setRange(int(low), int(high))
        if unit := option.metadata.get("unit"):
            self.widget.setSuffix(f" {unit}")
        self.widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.widget.setMinimumWidth(60)
        self.widget.setKeyboardTracking(False)  # a number half typed is none
        self.widget.valueChanged.connect(lambda _value: changed())

    def value(self) -> object:
        return int(self.widget.value()) if self._is_whole else float(self.widget.value())

    def show_value(self, value: object) -> None:
        assert isinstance(value, (int, float))
        if isinstance(self.widget, QSpinBox):
            self.widget.setValue(int(value))
        else:
            self.widget.setValue(float(value))


class _OpenButton(QToolButton):
    def __init__(self) -> None:
        super().__init__()
        self.setIcon(icon("open", self.palette()))

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Draw the icon in the colours of a new theme."""
        if event is not None and event.type() == QEvent.Type.PaletteChange:
            self.setIcon(icon("open", self.palette()))
        super().changeEvent(event)


class _Text:
    """A text with suggestions, or one of a few names; with a button for a file where the option takes one."""

    def __init__(self, choices: tuple[str, ...], is_closed: bool, pattern: str, changed: Callable[[], object]) -> None:
        self._box = QComboBox()
        self._box.setEditable(not is_closed)
        self._box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._box.setMinimumContentsLength(8)
        self._box.addItems(choices)
        self._box.currentTextChanged.connect(lambda _text: changed())
        self.widget: QWidget = self._box if not pattern else self._with_button(pattern)

    def value(self) -> object:
        return self._box.currentText()

    def show_value(self, value: object) -> None:
        with QSignalBlocker(self._box):
            self._box.setCurrentText(str(value))

    def _with_button(self, pattern: str) -> QWidget:
        holder, button = QWidget(), _OpenButton()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self._box)
        row.addWidget(button)
        button.setToolTip(holder.tr("Choose a file"))
        button.setAccessibleName(holder.tr("Choose a file"))
        button.clicked.connect(partial(self._ask, pattern))
        holder.setFocusProxy(self._box)
        return holder

    def _ask(self, pattern: str) -> None:
        name, _ = QFileDialog.getOpenFileName(self._box, "", "", pattern)
        if name:
            self._box.setCurrentText(str(Path(name)))


def _field(option: Field[Any], kind: Any, changed: Callable[[], object]) -> OptionField:
    """Return the field for an option's type. Other types than these are entered as text."""
    if kind is bool:
        return _Tick(changed)
    if kind in (int, float):
        return _Number(option, kind is int, changed)
    literal = tuple(str(choice) for choice in get_args(kind))
    return _Text(literal or offered(option), bool(literal), option.metadata.get("file", ""), changed)


def _rows(page: QWidget | None = None) -> QFormLayout:
    rows = QFormLayout(page) if page is not None else QFormLayout()
    rows.setContentsMargins(0, 0, 0, 0)
    rows.setHorizontalSpacing(14)
    rows.setVerticalSpacing(6)
    rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    return rows


def _caption(option: Field[Any]) -> str:
    name = option.metadata.get("label") or option.name.removesuffix("_s").replace("_", " ")
    return name[:1].upper() + name[1:]


def _help(option: Field[Any]) -> str:
    text = str(option.metadata.get("help", ""))
    return text[:1].upper() + text[1:]
