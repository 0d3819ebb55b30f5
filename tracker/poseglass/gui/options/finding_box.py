"""How people are to be found: the most that are followed, who comes first, and which detector looks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QComboBox, QFormLayout, QSpinBox, QWidget

from poseglass.core.people.whom import MOST, Preference, Whom
from poseglass.core.plugins import DEFAULT_DETECTOR
from poseglass.core.run import Finding
from poseglass.gui.options.plugin_box import PluginBox
from poseglass.gui.shared.settings import Settings

PREFERENCES: tuple[Preference, ...] = ("largest", "center")


class FindingBox(QWidget):
    """A form that remembers what was chosen.

    Signals:
        changed(): something else is chosen.
        failed(str, str): the detector cannot be used; a sentence, and details.
    """

    changed = pyqtSignal()
    failed = pyqtSignal(str, str)

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings
        self.most = QSpinBox()
        self.preference = QComboBox()
        self.detector = PluginBox("detector", DEFAULT_DETECTOR, settings)
        self._fill()
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(14)
        form.addRow(self.tr("At most"), self.most)
        form.addRow(self.tr("First"), self.preference)
        form.addRow(self.detector)
        self.most.valueChanged.connect(self._remember)
        self.preference.currentIndexChanged.connect(self._remember)
        self.detector.changed.connect(self.changed)
        self.detector.ready.connect(self.changed)
        self.detector.failed.connect(self.failed)

    def finding(self, whom: Whom | None = None) -> Finding:
        """Return what is chosen; whom: whom to follow instead."""
        chosen = Whom(self.most.value(), self.preference.currentData())
        return Finding(self.detector.name or None, dict(self.detector.values()), whom or chosen)

    def kept(self) -> dict[str, Any]:
        """Return what is chosen, for `choose`, as JSON can hold it."""
        detector = {"name": self.detector.name, "options": dict(self.detector.values())}
        return {"most": self.most.value(), "first": self.preference.currentData(), "detector": detector}

    def choose(self, kept: Any) -> None:
        """Choose what was kept, as far as it makes sense."""
        if not isinstance(kept, Mapping):
            return
        if isinstance(kept.get("most"), int):
            self.most.setValue(kept["most"])
        self.preference.setCurrentIndex(max(0, self.preference.findData(kept.get("first"))))
        detector = kept.get("detector")
        if isinstance(detector, Mapping) and isinstance(detector.get("options"), Mapping):
            self.detector.choose(str(detector.get("name")), detector["options"])

    def load(self) -> None:
        """Import the detector in a thread, and show its settings."""
        self.detector.load()

    def end(self) -> None:
        """Wait for that thread."""
        self.detector.end()

    def _fill(self) -> None:
        kept = self._settings.table("people")
        most = kept.get("most")
        self.most.setRange(1, MOST)
        self.most.setValue(most if isinstance(most, int) else MOST)
        self.most.setSuffix(self.tr(" people"))
        self.most.setToolTip(self.tr("Following takes time with every person"))
        self.most.setAccessibleName(self.tr("People to follow at most"))
        texts = {"largest": self.tr("the largest"), "center": self.tr("who is nearest to the middle")}
        for preference in PREFERENCES:
            self.preference.addItem(texts[preference], preference)
        self.preference.setCurrentIndex(max(0, self.preference.findData(kept.get("first"))))
        self.preference.setToolTip(self.tr("Whom to follow where more people are there"))
        self.preference.setAccessibleName(self.tr("Whom to follow first"))

    def _remember(self) -> None:
        self._settings.set_table("people", {"most": self.most.value(), "first": self.preference.currentData()})
        self.changed.emit()
