"""The tiles of an inspector: rows of the chosen keypoints through the stacks, and of what all keypoints share."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from poseglass.core.explain.frame import ExplainedFrame
from poseglass.core.explain.maps import MapChoice, MapView
from poseglass.gui.attention.map_texts import short_text, size_text
from poseglass.gui.attention.map_tile import WIDTH, MapTile, TileQueue
from poseglass.gui.shared.labels import heading, quiet
from poseglass.types import MapName, Skeleton

GAP = 2
"""Pixels between tiles, which have a frame of their own."""
STEPS: dict[int, tuple[int, int]] = {
    int(Qt.Key.Key_Left): (0, -1),
    int(Qt.Key.Key_Right): (0, 1),
    int(Qt.Key.Key_Up): (-1, 0),
    int(Qt.Key.Key_Down): (1, 0),
}
"""Arrow keys to rows and columns."""


class MapGrid(QWidget):
    """One row for each chosen keypoint, in the same columns, and one for each stack; broken where it is narrow.

    Signals:
        chosen(object): the MapChoice of the tile that was clicked, None where it was the one already chosen.
    """

    chosen = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._queue = TileQueue(self)
        self._layout = QGridLayout(self)
        self._layout.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(GAP)
        self._rows: list[tuple[QWidget, list[MapTile]]] = []
        self._columns = 1
        self._places: dict[tuple[int, int], MapTile] = {}

    @property
    def tiles(self) -> list[MapTile]:
        """All tiles, row by row."""
        return [tile for _, row in self._rows for tile in row]

    def fill(self, names: Sequence[MapName], skeleton: Skeleton, keypoints: Sequence[int]) -> None:
        """Lay out tiles for these maps, and these keypoints' own."""
        self._empty()
        own = [name for name in names if name.per_keypoint]
        if own:
            for keypoint in keypoints:
                labels = [self.tr("stack {stack} {kind}").format(stack=n.stack, kind=short_text(n)) for n in own]
                choices = [MapChoice(name, (keypoint,)) for name in own]
                title = _title(skeleton.spoken(keypoint), self.tr("Bright: where the network expects it"))
                self._add_row(title, labels, choices, skeleton)
        for stack in sorted({name.stack for name in names}):
            title = _title(self.tr("Stack {number}").format(number=stack))
            here = [name for name in names if name.stack == stack]
            self._add_row(title, _labels(here), [MapChoice(name) for name in here], skeleton)
        self._columns = self._fitting_columns()
        self._place()

    def show_looked(self, looked: ExplainedFrame | None, view: MapView) -> None:
        """Show another frame's maps, or the same another way."""
        for tile in self.tiles:
            tile.show_looked(looked, view)

    def mark(self, choice: MapChoice | None) -> None:
        """Mark the chosen tile."""
        for tile in self.tiles:
            tile.setChecked(tile.choice == choice)

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Ask for the height that the rows need, and for the width of one tile."""
        return QSize(WIDTH, self._layout.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802
        """Break the rows anew."""
        super().resizeEvent(event)
        columns = self._fitting_columns()
        if columns != self._columns:
            self._columns = columns
            self._place()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802
        """Go from tile to tile with the arrow keys."""
        step = STEPS.get(event.key()) if event else None
        here = next((place for place, tile in self._places.items() if tile.hasFocus()), None)
        if event is None or step is None or here is None:
            super().keyPressEvent(event)
            return
        there = self._places.get((here[0] + step[0], here[1] + step[1]))
        if there is not None:
            there.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_row(self, title: QWidget, labels: list[str], choices: list[MapChoice], skeleton: Skeleton) -> None:
        title.setContentsMargins(0, 8 if self._rows else 0, 0, 2)
        tiles = [MapTile(choice, label, skeleton, self._queue) for label, choice in zip(labels, choices, strict=True)]
        for tile in tiles:
            tile.clicked.connect(self._on_clicked)
        self._rows.append((title, tiles))

    def _fitting_columns(self) -> int:
        return max(1, (self.width() + GAP) // (WIDTH + GAP))

    def _place(self) -> None:
        """Put headings and tiles into their places; a row that is too long goes on in the next line."""
        while self._layout.takeAt(0) is not None:
            pass
        self._places.clear()
        line = below = 0  # lines of tiles, and of the layout, which has headings, too
        for title, tiles in self._rows:
            self._layout.addWidget(title, below, 0, 1, self._columns)
            for i, tile in enumerate(tiles):
                down, across = divmod(i, self._columns)
                self._layout.addWidget(tile, below + 1 + down, across)
                self._places[line + down, across] = tile
            lines = -(-len(tiles) // self._columns)
            line, below = line + lines, below + 1 + lines
        self.updateGeometry()

    def _on_clicked(self, is_chosen: bool) -> None:
        tile = self.sender()
        assert isinstance(tile, MapTile)
        self.chosen.emit(tile.choice if is_chosen else None)

    def _empty(self) -> None:
        self._queue.clear()
        for title, tiles in self._rows:
            for widget in (title, *tiles):
                widget.hide()
                widget.deleteLater()
        self._rows.clear()
        self._place()


def _title(text: str, note: str = "") -> QWidget:
    """Return a row's heading, with words of the second rank below if there are any."""
    if not note:
        return heading(text)
    title = QWidget()
    column = QVBoxLayout(title)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GAP)
    column.addWidget(heading(text))
    column.addWidget(quiet(note))
    return title


def _labels(names: Sequence[MapName]) -> list[str]:
    """Tell one stack's maps apart: by their kinds, and by size where there are several of a kind."""
    kinds = [name.kind for name in names]
    return [size_text(name) if kinds.count(name.kind) > 1 else short_text(name) for name in names]
