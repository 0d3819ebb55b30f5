"""Every action by a few letters of its name."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QSize, Qt
from PyQt6.QtGui import QAction, QIcon, QKeyEvent, QPixmap
from PyQt6.QtWidgets import QFrame, QHeaderView, QLineEdit, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from poseglass.gui.shared.actions import Actions, keys_text, plain

WIDTH, HEIGHT = 520, 380
ACTION = Qt.ItemDataRole.UserRole


class CommandPalette(QFrame):
    """A field and a list over the window; Enter runs the chosen action, Escape closes."""

    def __init__(self, window: QWidget, actions: Actions) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self._actions = actions
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("Name of an action"))
        self.field.setClearButtonEnabled(True)
        self.list = QTreeWidget()
        self.list.setAccessibleName(self.tr("Actions"))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.itemClicked.connect(self._run)
        header = self.list.header()
        if header is not None:
            header.setStretchLastSection(False)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.field.textChanged.connect(self._search)
        self.field.returnPressed.connect(lambda: self._run(self.list.currentItem()))
        self.field.installEventFilter(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.addWidget(self.field)
        column.addWidget(self.list)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.resize(WIDTH, HEIGHT)

    def ask(self) -> None:
        """Open over the upper middle of the window."""
        window = self.parentWidget()
        assert window is not None
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - WIDTH) // 2, corner.y() + 60)
        self.field.clear()
        self._search("")
        self.show()
        self.field.setFocus()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802
        """Let the arrow keys of the field move in the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if event.key() in step:
                place = self.list.currentIndex().row() + step[Qt.Key(event.key())]
                self._choose(min(self.list.topLevelItemCount() - 1, max(0, place)))
                return True
        return super().eventFilter(watched, event)

    def _search(self, text: str) -> None:
        found: list[tuple[bool, float, int, QAction]] = []
        for row, action in self._actions:
            rank = fuzzy_rank(text, f"{plain(row.menu)} {plain(row.text)}")
            if rank is not None and row.name != "help.palette":
                found.append((not action.isEnabled(), rank, len(found), action))
        self.list.clear()
        for _, _, _, action in sorted(found, key=lambda entry: entry[:3]):
            self.list.addTopLevelItem(_item(action))
        if not found:
            nothing = QTreeWidgetItem([self.tr("Nothing found")])
            nothing.setFlags(Qt.ItemFlag.NoItemFlags)
            self.list.addTopLevelItem(nothing)
        self._choose(0)

    def _choose(self, place: int) -> None:
        item = self.list.topLevelItem(place)
        if item is not None:
            self.list.setCurrentItem(item)

    def _run(self, item: QTreeWidgetItem | None) -> None:
        action = None if item is None else item.data(0, ACTION)
        if isinstance(action, QAction) and action.isEnabled():
            self.hide()
            action.trigger()


def _item(action: QAction) -> QTreeWidgetItem:
    item = QTreeWidgetItem([plain(action.text()), keys_text(action)])
    item.setData(0, ACTION, action)
    item.setIcon(0, action.icon() if not action.icon().isNull() else _blank())
    item.setToolTip(0, action.toolTip())
    item.setSizeHint(0, QSize(0, 26))
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if not action.isEnabled():
        item.setFlags(Qt.ItemFlag.NoItemFlags)
    return item


def _blank() -> QIcon:
    """Return an icon that keeps texts below one another."""
    pixmap = QPixmap(16, 16)
    pixmap.fill(Qt.GlobalColor.transparent)
    return QIcon(pixmap)


def fuzzy_rank(typed: str, name: str) -> float | None:
    """Return how badly typed letters fit a name, in which they must all occur in this order; None if they do not.

    Letters that follow the last hit are free, letters that begin words cost little, others cost their distance.
    """
    rank, place = 0.0, -1
    lowered = name.lower()

    def cost(hit: int) -> float:
        if hit == place + 1:
            return 0.0
        return 1 + 0.1 * hit if lowered[hit - 1].isalnum() else 0.1

    for letter in typed.lower().replace(" ", ""):
        hits = [i for i in range(place + 1, len(lowered)) if lowered[i] == letter]
        if not hits:
            return None
        best = min(hits, key=cost)
        rank, place = rank + cost(best), best
    return rank
