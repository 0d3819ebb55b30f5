"""A plugin chosen by name, with the form of its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QPalette
from PyQt6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from poseglass.api import Kind, Plugin
from poseglass.core import plugins
from poseglass.core.fences import fence
from poseglass.core.options import offered
from poseglass.gui.options.forms import OptionForm
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shared.work import Runner


class PluginBox(QWidget):
    """Chooses one plugin of a kind; the choice and its options are remembered.

    A plugin is imported in a thread: that of a network takes seconds.

    Signals:
        changed(): another plugin or other options.
        ready(): the form of the chosen plugin is there.
        failed(str, str): the plugin cannot be used; a sentence, and details.
    """

    changed = pyqtSignal()
    ready = pyqtSignal()
    failed = pyqtSignal(str, str)

    def __init__(self, kind: Kind, default: str, settings: Settings) -> None:
        super().__init__()
        self._kind, self._settings = kind, settings
        self._runner = Runner()
        self._runner.done.connect(self._show)
        self._runner.failed.connect(self._fail)
        self.form: OptionForm | None = None
        self._plugin: Plugin[object] | None = None  # type: ignore[type-var]  # of any kind
        self.chooser = QComboBox()
        self.chooser.setAccessibleName(self.tr("Method"))
        names = plugins.names(kind)
        self.chooser.addItems(names)
        self.chooser.setVisible(len(names) > 1)
        self._waiting = QLabel(self.tr("Loading its settings …"))
        self._waiting.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.chooser)
        self._column.addWidget(self._waiting)
        remembered = settings.text(f"{kind}/name", default)
        self.chooser.setCurrentText(remembered if remembered in names else default)
        self.chooser.currentTextChanged.connect(self._choose)

    @property
    def name(self) -> str:
        """The chosen plugin's."""
        return self.chooser.currentText()

    @property
    def plugin(self) -> Plugin[object] | None:  # type: ignore[type-var]  # of any kind
        """The chosen plugin; None until it is imported."""
        return self._plugin

    def values(self) -> Mapping[str, object]:
        """Return the options that are not as they are by default."""
        return self.form.values() if self.form is not None else self._settings.table(self._place())

    def choose(self, name: str, options: Mapping[str, object]) -> None:
        """Choose a plugin with these options, and no others; one that is not installed is not chosen."""
        if self.chooser.findText(name) < 0:
            return
        self._settings.set_table(f"{self._kind}/options/{name}", dict(options))
        if name != self.name:
            self.chooser.setCurrentText(name)
        elif self._plugin is not None:  # else its form reads them when it comes
            self._show(self._plugin)

    def load(self) -> None:
        """Import the chosen plugin and show its form; `ready` says when."""
        name = self.name
        self._runner.start(lambda _: find_with_choices(self._kind, name))

    def end(self) -> None:
        """Wait for the thread."""
        self._runner.end()

    def _show(self, plugin: Plugin[object]) -> None:  # type: ignore[type-var]  # of any kind
        self._drop_form()
        self._plugin = plugin
        self.form = OptionForm(plugin.options, self._settings.table(self._place()))
        self.form.changed.connect(self._remember)
        self._waiting.hide()
        self._column.addWidget(self.form)
        self.chooser.setToolTip(plugin.summary)
        self.ready.emit()

    def _choose(self, name: str) -> None:
        self._settings.set_text(f"{self._kind}/name", name)
        self._plugin = None
        self._drop_form()
        self._waiting.show()
        self.load()
        self.changed.emit()

    def _remember(self) -> None:
        if self.form is not None:
            self._settings.set_table(self._place(), self.form.values())
        self.changed.emit()

    def _fail(self, why: str, details: str) -> None:
        self._waiting.setText(why)
        self._waiting.setWordWrap(True)
        self.failed.emit(why, details)

    def _drop_form(self) -> None:
        if self.form is not None:
            self.form.hide()
            self.form.deleteLater()
            self.form = None

    def _place(self) -> str:
        return f"{self._kind}/options/{self.name}"


def find_with_choices(kind: Kind, name: str) -> Plugin[object]:  # type: ignore[type-var]  # of any kind
    """Import a plugin, and what the choices of its options import, so that its form is made at once afterwards."""
    plugin = plugins.find(kind, name)
    with fence(kind, name):
        for option in fields(plugin.options):
            offered(option)
    return plugin
