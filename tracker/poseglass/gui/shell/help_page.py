"""The help page: how to begin, and every shortcut, made from the table of actions."""

from __future__ import annotations

from html import escape

from PyQt6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from poseglass import __version__
from poseglass.gui.shared.actions import Actions, keys_text, plain


class HelpPage(QWidget):
    """A page to read beside the picture."""

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self.page = QTextBrowser()
        self.page.setOpenExternalLinks(True)
        self.page.setFrameShape(QTextBrowser.Shape.NoFrame)
        document = self.page.document()
        if document is not None:
            document.setDocumentMargin(12)
        self.page.setAccessibleName(self.tr("Help"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page)
        actions.changed.connect(self.write)
        self.write()

    def write(self) -> None:
        """Write the page anew; actions may have come."""
        tables: dict[str, list[str]] = {}
        for row, action in self._actions:
            keys = f"<td align='right'>&nbsp;&nbsp;<b>{escape(keys_text(action))}</b></td>"
            if action.shortcuts():
                tables.setdefault(plain(row.menu), []).append(f"<tr><td>{escape(plain(row.text))}</td>{keys}</tr>")
        shortcuts = "".join(
            f"<h4>{escape(menu)}</h4><table width='100%' cellpadding='2'>{''.join(rows)}</table>"
            for menu, rows in tables.items()
        )
        self.page.setHtml(self._beginning() + shortcuts + f"<p><small>Poseglass {__version__}</small></p>")

    def _beginning(self) -> str:
        steps = (
            self.tr("<b>Open</b> a video, or drop it into the window."),
            self.tr("<b>Analyse</b> all of it, or what lies between the marks. Stop any time: what is done stays."),
            self.tr("<b>Look</b>: play, step, zoom with the wheel, drag the picture; click a keypoint to choose it."),
            self.tr("<b>Export</b> the table, the drawn video, or the picture."),
        )  # fmt: skip
        mouse = self.tr(
            "Wheel: zoom at the mouse. Drag: move the picture. Double click: fit. Ctrl+click: choose one more."
        )
        listed = "".join(f"<li>{step}</li>" for step in steps)
        return f"<h3>{self.tr('How to begin')}</h3><ol>{listed}</ol><p>{mouse}</p><h3>{self.tr('Shortcuts')}</h3>"
