"""The smoothing lab: change a setting, see the curves and the pose change at once, compare, keep it or go back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from PyQt6.QtCore import QTimer, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from poseglass.api import Plugin
from poseglass.core import plugins
from poseglass.core.motion.smoothing_numbers import SmoothingNumbers
from poseglass.core.motion.smoothing_trial import measure, take_sample
from poseglass.core.store.document import Document
from poseglass.gui.curves.lab_numbers import LabNumbers
from poseglass.gui.curves.live_paths import LivePaths
from poseglass.gui.options.forms import OptionForm
from poseglass.gui.options.plugin_box import find_with_choices
from poseglass.gui.parts import Parts
from poseglass.gui.shared.labels import heading, quiet
from poseglass.gui.shared.selection import chosen_person
from poseglass.gui.shared.work import Runner

WAIT_MS = 120
"""After so long without another change it is tried: a wheel turned over a number counts as one."""
AROUND = 150
"""Frames on each side of the cursor that are smoothed before anything else: some 60 ms."""
MEASURED = 300
"""Frames on each side of the cursor over which numbers are taken: ten seconds of 60 Hz."""

Setting = tuple[str, dict[str, object]]
"""A smoother's name and what of its options is not as by default."""


class LabPanel(QWidget):
    """Tries settings on the project: what is tried is what is drawn, and what would be exported.

    Signals:
        kept(str, object): these settings, name and options, are to be used from now on.
        failed(str, str): a smoother cannot be used; a sentence, and details.
    """

    kept = pyqtSignal(str, object)
    failed = pyqtSignal(str, str)

    def __init__(self, parts: Parts, live: LivePaths) -> None:
        super().__init__()
        self._project, self._selection, self._settings = parts.project, parts.selection, parts.settings
        self._live = live
        self.form: OptionForm | None = None
        self.chooser = QComboBox()
        self.numbers = LabNumbers()
        self.keep_button = QPushButton(self.tr("Keep"))
        self.back_button = QPushButton(self.tr("Go back"))
        self.defaults_button = QPushButton(self.tr("Defaults"))
        self._state, self._where = quiet(), quiet()
        self._reference: Setting = self.setting
        self._wanted: Setting = self.setting  # what the form is to show once it is there
        self._form_of = ""
        self._loading, self._measuring = Runner(), Runner()
        self._is_outdated = False  # what is being measured is no longer what is wanted
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(WAIT_MS)
        self._wait.timeout.connect(self._try)
        self._lay_out()
        self._connect()

    @property
    def setting(self) -> Setting:
        """What is tried now."""
        return self._project.smoother_name, dict(self._project.smoother_options)

    def load(self) -> None:
        """Import the smoother that was kept last in a thread, and use it as it was."""
        name = self._settings.text("smoother/name", self._project.smoother_name)
        if name not in plugins.names("smoother"):
            name = self._project.smoother_name
        self._load_form(name, self._settings.table(f"smoother/options/{name}"))

    def end(self) -> None:
        """Wait for the threads."""
        self._wait.stop()
        self._measuring.end()
        self._loading.end()

    def measure(self) -> None:
        """Take the numbers anew, in a thread."""
        document = self._project.document
        if document is None or not document.tracks.shown_people or not self.isVisible():
            self._measuring.end()
            self.numbers.show_numbers(None, None)
            self._where.setText(self.tr("Analyse the video, and the numbers stand here."))
            return
        self._is_outdated = self._measuring.is_running
        if self._is_outdated:
            return  # once more, when it is done
        frames = self._near(document, MEASURED)
        keypoints = sorted(self._selection.keypoints) or list(range(len(document.skeleton)))
        sample = take_sample(document, chosen_person(self._selection, document.tracks), frames, keypoints)
        self._where.setText(self._where_text(document, frames))
        makers = [partial(plugins.make_smoother, *setting) for setting in (self.setting, self._reference)]
        self._measuring.start(lambda _: [measure(sample, make) for make in makers])

    def _lay_out(self) -> None:
        self.chooser.addItems(plugins.names("smoother"))
        self.chooser.setCurrentText(self._project.smoother_name)
        self.chooser.setAccessibleName(self.tr("Smoother"))
        self._column = QVBoxLayout()
        self._column.setSpacing(8)
        self._column.addWidget(self.chooser)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 12)
        column.setSpacing(8)
        column.addWidget(quiet(self.tr("What you change here shows at once, in the picture and in the curves.")))
        column.addLayout(self._column)
        row = QHBoxLayout()
        for button in (self.keep_button, self.back_button, self.defaults_button):
            row.addWidget(button)
        column.addWidget(self._state)
        column.addLayout(row)
        column.addSpacing(10)
        column.addWidget(heading(self.tr("What it does")))
        column.addWidget(self.numbers)
        column.addWidget(self._where)
        column.addStretch(1)
        self._show_state()

    def _connect(self) -> None:
        self.chooser.textActivated.connect(lambda name: self._use(name, {}))
        self.keep_button.clicked.connect(self._keep)
        self.back_button.clicked.connect(lambda: self._use(*self._reference))
        self.defaults_button.clicked.connect(lambda: self._use(self._project.smoother_name, {}))
        self._loading.done.connect(self._show_form)
        self._loading.failed.connect(self.failed)
        self._measuring.done.connect(self._show_numbers)
        self._measuring.failed.connect(self.failed)
        for outcome in (self._measuring.done, self._measuring.failed):
            outcome.connect(self._go_on)
        self._project.smoother_changed.connect(self._follow)
        for signal in (self._project.began, self._project.ended, self._project.smoothed):
            signal.connect(self.measure)
        self._selection.keypoints_changed.connect(self.measure)

    def _go_on(self) -> None:
        if self._is_outdated:
            self.measure()

    def _load_form(self, name: str, options: Mapping[str, object]) -> None:
        self._wanted = name, dict(options)
        self._loading.start(lambda _: find_with_choices("smoother", name))

    def _show_form(self, plugin: Plugin[Any]) -> None:
        if self.form is not None:
            self.form.hide()
            self.form.deleteLater()
        is_first = self.form is None
        self._form_of, options = self._wanted
        self.form = OptionForm(plugin.options, options)
        self.form.changed.connect(self._wait.start)
        self.chooser.setToolTip(plugin.summary)
        self._column.addWidget(self.form)
        if self.setting != (self._form_of, self.form.values()):  # what was remembered, as far as it still fits
            self._use(self._form_of, self.form.values())
        if is_first:
            self._reference = self.setting
            self._show_state()

    def _try(self) -> None:
        if self.form is not None:
            self._use(self._form_of, self.form.values())

    def _use(self, name: str, options: Mapping[str, object]) -> None:
        """Smooth otherwise: what is near the cursor now, the rest in a thread."""
        self._project.use_smoother(name, options)
        document = self._project.document
        if document is not None and document.tracks.shown_people:
            person, frames = chosen_person(self._selection, document.tracks), self._near(document, AROUND)
            self._live.refresh(person, frames)
            self._project.refresh(person, frames)

    def _follow(self) -> None:
        """Show what the project uses, whoever chose it."""
        name, options = self.setting
        self.chooser.setCurrentText(name)
        if name != self._form_of:
            self._load_form(name, options)
        elif self.form is not None and self.form.values() != options:
            self.form.show_values(options)
        self._show_state()

    def _keep(self) -> None:
        self._reference = self.setting
        name, options = self.setting
        self._settings.set_text("smoother/name", name)
        self._settings.set_table(f"smoother/options/{name}", options)
        self._show_state()
        self.measure()
        self.kept.emit(name, options)

    def _show_state(self) -> None:
        is_tried = self.setting != self._reference
        self.keep_button.setEnabled(is_tried)
        self.back_button.setEnabled(is_tried)
        self.defaults_button.setEnabled(bool(self.setting[1]))
        self._state.setText(self.tr("These settings are being tried.") if is_tried else self.tr("In use."))

    def _show_numbers(self, numbers: list[SmoothingNumbers]) -> None:
        now, kept = numbers
        self.numbers.show_numbers(now, kept)

    def _near(self, document: Document, reach: int) -> range:
        """Return analysed frames around the cursor; all frames around it where there are none."""
        here = min(max(self._selection.frame, 0), len(document.tracks.frames) - 1)
        near = range(max(0, here - reach), min(len(document.tracks.frames), here + reach + 1))
        looked_at = np.flatnonzero(document.tracks.analysed[near.start : near.stop])
        return range(near.start + int(looked_at[0]), near.start + int(looked_at[-1]) + 1) if len(looked_at) else near

    def _where_text(self, document: Document, frames: range) -> str:
        if self._selection.keypoints:
            names = [document.skeleton.spoken(k) for k in sorted(self._selection.keypoints)]
        else:
            names = [self.tr("all keypoints")]
        text = self.tr("Taken over frames {0} to {1}, {2}.")
        return text.format(frames.start, frames.stop - 1, ", ".join(names))
