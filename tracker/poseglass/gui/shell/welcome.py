"""What is seen before a video is open: what to do first."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QEvent, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFont
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from poseglass.gui.shared.actions import Actions
from poseglass.gui.shared.icons import icon
from poseglass.gui.shared.labels import quiet
from poseglass.names import shown

WIDTH = 460
"""Device-independent pixels of the column: lines of some 70 letters."""
BUTTONS = ("file.open", "file.sample", "live.open")
"""Actions with a button here, where they exist; the first is the one to press."""


class Welcome(QWidget):
    """A column in the middle: three steps, buttons, recent files.

    Signals:
        chosen(object): the Path of a recent file.
    """

    chosen = pyqtSignal(object)

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        column = QVBoxLayout()
        column.setSpacing(10)
        column.addWidget(_title(self.tr("Open a video to follow the person in it")))
        column.addWidget(
            quiet(
                self.tr(
                    "Drop a file anywhere in this window, or press one of the buttons. Then press "
                    "<b>Analyse</b>: the pose appears on the picture while it is found. When it is done, "
                    "<b>Export</b> writes every frame's keypoints to a table."
                )
            )
        )
        column.addSpacing(6)
        column.addLayout(self._buttons(actions))
        column.addSpacing(18)
        self._heading = quiet(self.tr("Recent"))
        self.recent = QListWidget()
        self.recent.setAccessibleName(self.tr("Recent files"))
        self.recent.setFrameShape(QListWidget.Shape.NoFrame)
        self.recent.setMaximumHeight(220)
        self.recent.itemActivated.connect(self._choose)
        self.recent.itemClicked.connect(self._choose)
        column.addWidget(self._heading)
        column.addWidget(self.recent)
        _centre(self, column)

    def show_recent(self, paths: list[Path]) -> None:
        """List these files."""
        self.recent.clear()
        for path in paths:
            item = QListWidgetItem(shown(path.name))
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            item.setToolTip(shown(path))
            item.setSizeHint(QSize(0, 28))
            self.recent.addItem(item)
        self._recolour()
        self._heading.setVisible(bool(paths))
        self.recent.setVisible(bool(paths))

    def changeEvent(self, event: QEvent | None) -> None:  # noqa: N802
        """Draw icons in the colours of a new theme."""
        if event is not None and event.type() == QEvent.Type.PaletteChange and hasattr(self, "recent"):
            self._recolour()
        super().changeEvent(event)

    def _recolour(self) -> None:
        film = icon("film", self.palette())
        for row in range(self.recent.count()):
            item = self.recent.item(row)
            assert item is not None
            item.setIcon(film)

    def _buttons(self, actions: Actions) -> QHBoxLayout:
        row = QHBoxLayout()
        there = {known.name: action for known, action in actions}
        for name in BUTTONS:
            if name in there:
                button = QPushButton(there[name].text().replace("&", ""))
                button.setToolTip(there[name].toolTip())
                button.setDefault(name == BUTTONS[0])
                button.setMinimumHeight(34)
                button.clicked.connect(there[name].trigger)
                row.addWidget(button)
        row.addStretch(1)
        return row

    def _choose(self, item: QListWidgetItem) -> None:
        self.chosen.emit(Path(item.data(Qt.ItemDataRole.UserRole)))


def _title(text: str) -> QLabel:
    label = QLabel(text)
    font = QFont(label.font())
    font.setPointSizeF(font.pointSizeF() * 1.6)
    font.setWeight(QFont.Weight.DemiBold)
    label.setFont(font)
    label.setWordWrap(True)
    return label


def _centre(page: QWidget, column: QVBoxLayout) -> None:
    holder = QWidget()
    holder.setFixedWidth(WIDTH)
    column.setContentsMargins(0, 0, 0, 0)
    holder.setLayout(column)
    row = QHBoxLayout()
    row.addStretch(1)
    row.addWidget(holder)
    row.addStretch(1)
    outer = QVBoxLayout(page)
    outer.addStretch(2)
    outer.addLayout(row)
    outer.addStretch(3)
