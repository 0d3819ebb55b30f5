"""The attention inspector: what the network looked at, for a keypoint or two and for all, stack by stack."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QShowEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from poseglass.core.explain.frame import ExplainedFrame
from poseglass.core.explain.maps import MapChoice, MapView
from poseglass.core.explain.sheet import look_sheet, write_picture
from poseglass.gui.attention.map_controls import MapControls, MapLegend
from poseglass.gui.attention.map_grid import GAP, MapGrid
from poseglass.gui.attention.map_texts import choice_text
from poseglass.gui.attention.map_tile import WIDTH, MapTile
from poseglass.gui.shared.work import Runner, Work
from poseglass.types import MapName, Skeleton

MOST_KEYPOINTS = 20
"""That a list shows without being scrolled: all of a person's."""
NOBODY = -1
"""The item of the second chooser that pins no keypoint."""
UNNAMED = Path("maps")
"""How sheets are called that belong to no frame of a video."""


class Inspector(QWidget):
    """Shows an estimator's maps of the frame on the screen. It computes nothing: it says what it wants and is given it.

    Signals:
        wanted(object): the names of the maps that it wants of every frame from now on, a tuple; empty while hidden.
        chosen(object): the MapChoice to show over the big picture, or None.
        view_changed(object): the MapView to show it with.
        clip_asked(object): the MapChoice to paint into a clip.
        analysis_asked(): the user wants this frame's pose in the results.
        written(object): the Paths of what was written, one.
        failed(str, str): a sentence, and details for a report.
    """

    wanted = pyqtSignal(object)
    chosen = pyqtSignal(object)
    view_changed = pyqtSignal(object)
    clip_asked = pyqtSignal(object)
    analysis_asked = pyqtSignal()
    written = pyqtSignal(object)
    failed = pyqtSignal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Attention inspector"))
        self._names: tuple[MapName, ...] = ()
        self._skeleton: Skeleton | None = None
        self._looked: ExplainedFrame | None = None
        self._choice: MapChoice | None = None
        self._asked: tuple[MapName, ...] = ()
        self._note, self._stem = "", UNNAMED
        self._analysis_allowed = True
        self._is_behind = False
        self._saving = Runner()
        self._state = QLabel()
        self._state.setWordWrap(True)
        self._keypoint, self._pinned = QComboBox(), QComboBox()
        for box in (self._keypoint, self._pinned):
            box.setMaxVisibleItems(MOST_KEYPOINTS)
        self._grid, self._controls, self._legend = MapGrid(), MapControls(), MapLegend()
        self._analyse = QPushButton(self.tr("Analyse this frame"))
        self._everybody = QCheckBox(self.tr("Everybody in the clip"))
        self._save, self._clip = QPushButton(self.tr("Save sheet of maps …")), QPushButton(self.tr("Save clip …"))
        self._lay_out()
        self._connect()
        self.set_maps((), None)

    @property
    def choice(self) -> MapChoice | None:
        """What is to be shown over the big picture."""
        return self._choice

    @property
    def view(self) -> MapView:
        """How it is to be shown."""
        return self._controls.view

    @property
    def wants(self) -> tuple[MapName, ...]:
        """The maps it wants now: all while it is seen, else the one over the big picture."""
        if self.isVisible() and not self._is_behind:
            return self._names
        return (self._choice.name,) if self._choice else ()

    @property
    def tiles(self) -> list[MapTile]:
        """Its small pictures, row by row."""
        return self._grid.tiles

    def set_maps(self, names: tuple[MapName, ...], skeleton: Skeleton | None) -> None:
        """Take the maps of another estimator; none when it shows none. None for the skeleton: there is no estimator."""
        self._names, self._skeleton, self._looked = names, skeleton, None
        self._choose(None)
        for box in (self._keypoint, self._pinned):
            box.blockSignals(True)
            box.clear()
        self._pinned.addItem(self.tr("nothing"), NOBODY)
        for k, text in enumerate([skeleton.spoken(name) for name in skeleton.names] if skeleton else ()):
            for box in (self._keypoint, self._pinned):
                box.addItem(text, k)
        for box in (self._keypoint, self._pinned):
            box.blockSignals(False)
        self._fill()
        self._tell_wanted()

    @property
    def proposed_path(self) -> Path:
        """Where a sheet is saved unless the user says otherwise: beside the video, with the frame and the keypoints."""
        names = self._skeleton.names if self._skeleton else ()
        return self._stem.with_name("_".join((self._stem.name, *(names[k] for k in self._keypoints()))) + ".png")

    def show_looked(self, looked: ExplainedFrame | None, note: str = "", stem: Path = UNNAMED) -> None:
        """Show the maps of the frame on the screen; None while there are none, or where nobody is.

        note: a sentence on why there is nothing, or on what is shown.
        stem: how the name of a sheet of them begins.
        """
        self._looked, self._note, self._stem = looked, note, stem
        self._grid.show_looked(looked, self.view)
        self._refresh()

    def set_behind(self, is_behind: bool) -> None:
        """Say whether it is in a dock behind another one, which Qt only moves out of sight and calls visible."""
        self._is_behind = is_behind
        self._tell_wanted()

    def offer_analysis(self, offered: bool) -> None:
        """Offer to analyse the frame on the screen, whose pose is not among the results yet."""
        self._analyse.setVisible(offered)

    def offer_everybody(self, offered: bool) -> None:
        """Offer to paint everybody's map into a clip, where several people are there."""
        self._everybody.setVisible(offered)

    @property
    def is_of_everybody(self) -> bool:
        """Whether a clip is to have everybody's map, not only the chosen person's."""
        return self._everybody.isVisibleTo(self) and self._everybody.isChecked()

    def allow_analysis(self, allowed: bool) -> None:
        """Say whether what is offered can be done now."""
        self._analysis_allowed = allowed
        self._refresh()

    def choose_keypoint(self, keypoint: int) -> None:
        """Show this keypoint's row, as when it was clicked in the picture."""
        self._keypoint.setCurrentIndex(self._keypoint.findData(keypoint))

    def pin_keypoint(self, keypoint: int | None) -> None:
        """Show a second keypoint's row below the first, or no longer."""
        self._pinned.setCurrentIndex(self._pinned.findData(NOBODY if keypoint is None else keypoint))

    def show_cursor(self, xy: tuple[float, float] | None) -> None:
        """Show the chosen map's value at a place in the frame; nothing for None."""
        value = None
        if xy is not None and self._looked is not None and self._choice is not None:
            value = self._looked.one(self._choice).value_at(xy)
        self._legend.show_value(value)

    def save_picture(self, path: Path) -> None:
        """Write a sheet of all maps, with these keypoints' rows, to a PNG, in a thread: it takes 0.1 s."""
        if self._looked is None:
            return
        looked, keypoints, view = self._looked, self._keypoints(), self.view

        def do(_: Work) -> tuple[Path, ...]:
            write_picture(path, look_sheet(looked, keypoints, view))
            return (path,)

        self._saving.start(do)

    def end(self) -> None:
        """Wait for the picture that is being saved."""
        self._saving.end()

    def showEvent(self, event: QShowEvent | None) -> None:  # noqa: N802
        """Want maps."""
        super().showEvent(event)
        self._tell_wanted()

    def hideEvent(self, event: QHideEvent | None) -> None:  # noqa: N802
        """Want no more of them than are shown over the picture."""
        super().hideEvent(event)
        self._tell_wanted()

    def _lay_out(self) -> None:
        choosers = QFormLayout()
        choosers.addRow(self.tr("&Keypoint"), self._keypoint)
        choosers.addRow(self.tr("&Beside it"), self._pinned)
        self._keypoint.setAccessibleName(self.tr("Keypoint"))
        self._pinned.setAccessibleName(self.tr("Keypoint beside it"))
        scroll = QScrollArea()
        scroll.setWidget(self._grid)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        bar = scroll.verticalScrollBar()
        scroll.setMinimumWidth(3 * (WIDTH + GAP) + (bar.sizeHint().width() if bar else 0))
        buttons = QHBoxLayout()
        for button in (self._save, self._clip):
            buttons.addWidget(button)
        rows = QVBoxLayout(self)
        rows.addLayout(choosers)
        rows.addWidget(self._state)
        rows.addWidget(self._analyse)
        rows.addWidget(scroll, stretch=1)
        rows.addWidget(self._legend)
        rows.addWidget(self._controls)
        rows.addLayout(buttons)
        rows.addWidget(self._everybody)

    def _connect(self) -> None:
        self._keypoint.currentIndexChanged.connect(self._on_keypoint)
        self._pinned.currentIndexChanged.connect(self._fill)
        self._grid.chosen.connect(self._choose)
        self._controls.changed.connect(self._on_view)
        self._analyse.hide()
        self._everybody.hide()
        self._analyse.clicked.connect(self.analysis_asked)
        self._save.clicked.connect(self._ask_and_save)
        self._saving.done.connect(self.written)
        self._saving.failed.connect(self.failed)
        self._clip.clicked.connect(lambda: self.clip_asked.emit(self._choice))

    def _keypoints(self) -> list[int]:
        """Return the keypoints that have a row, the pinned one last."""
        both = [self._keypoint.currentData(), self._pinned.currentData()]
        return list(dict.fromkeys(k for k in both if k is not None and k != NOBODY))

    def _fill(self) -> None:
        self._grid.fill(self._names, self._skeleton or Skeleton(()), self._keypoints())
        self._grid.mark(self._choice)
        self._grid.show_looked(self._looked, self.view)
        self._refresh()

    def _on_keypoint(self) -> None:
        """Let what is over the picture follow the keypoint."""
        self._fill()
        if self._choice is not None and len(self._choice.keypoints) == 1:
            self._choose(MapChoice(self._choice.name, tuple(self._keypoints()[:1])))

    def _on_view(self, view: MapView) -> None:
        self._grid.show_looked(self._looked, view)
        self._refresh()
        self.view_changed.emit(view)

    def _choose(self, choice: MapChoice | None) -> None:
        if choice != self._choice:
            self._choice = choice
            self.chosen.emit(choice)
            self._tell_wanted()
        self._grid.mark(choice)
        self._refresh()

    def _tell_wanted(self) -> None:
        if self.wants != self._asked:
            self._asked = self.wants
            self.wanted.emit(self._asked)

    def _refresh(self) -> None:
        """Say how things stand, and enable what can be done."""
        self._state.setText(self._sentence())
        self._legend.show_map(self._looked, self._choice, self.view)
        self._save.setEnabled(self._looked is not None)
        self._clip.setEnabled(self._choice is not None)
        self._analyse.setEnabled(bool(self._names) and self._analysis_allowed)
        for widget in (self._keypoint, self._pinned, self._controls):
            widget.setEnabled(bool(self._names))

    def _sentence(self) -> str:
        if self._looked is None and self._note:
            return self._note
        return " ".join(part for part in (self._note, self._state_of_things()) if part)

    def _state_of_things(self) -> str:
        if self._skeleton is None:
            return self.tr("Open a video to see what the network looks at.")
        if not self._names:
            return self.tr("This estimator shows no attention.")
        if self._looked is None:
            return self.tr("Nothing to show: nobody is in this frame, or it is still being looked at.")
        if self._choice is None:
            return self.tr("Click a map to lay it over the picture.")
        return self.tr("Over the picture: {map}. Click it again to take it away.").format(
            map=choice_text(self._choice, self._skeleton)
        )

    def _ask_and_save(self) -> None:
        title, kinds = self.tr("Save sheet of maps"), self.tr("Pictures (*.png)")
        name, _ = QFileDialog.getSaveFileName(self, title, str(self.proposed_path), kinds)
        if name:
            self.save_picture(Path(name).with_suffix(".png"))
