"""Icons, drawn from paths on a grid of 24 in the colour of the text beside them: crisp at every size and theme."""

from __future__ import annotations

from PyQt6.QtCore import QByteArray, QRectF, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPalette, QPixmap
from PyQt6.QtSvg import QSvgRenderer

SIZES = (16, 20, 24, 32, 48, 64)
"""Pixels: Qt takes the next larger one and shrinks it; 64 is a 32 px icon on a screen of twice the density."""

PATHS: dict[str, str] = {
    "open": "M3 18V6h6l2 2.5h8V11M3 18l3-7h15l-3 7z",
    "play": "M8 5.5v13l11-6.5z*",
    "pause": "M8 5.5v13M16 5.5v13",
    "step_back": "M7 5.5v13M17 6v12l-7-6z*",
    "step_forward": "M17 5.5v13M7 6v12l7-6z*",
    "start": "M5 5.5v13M12 6v12l-6-6zM19 6v12l-6-6z*",
    "end": "M19 5.5v13M12 6v12l6-6zM5 6v12l6-6z*",
    "mark_in": "M15 5H9v14h6M13 12h7M17 9l3 3-3 3",
    "mark_out": "M9 5h6v14H9M11 12H4M7 9l-3 3 3 3",
    "loop": "M4 12V9.5A3.5 3.5 0 0 1 7.5 6H18l-3-3M20 12v2.5a3.5 3.5 0 0 1-3.5 3.5H6l3 3",
    "analyse": "M12 3.2a2 2 0 1 1-.01 0M12 7.5v6M12 13.5L8 20.5M12 13.5l4 7M6 11l6-2.5 6 2.5",
    "people": "M9 4.5a3 3 0 1 1-.01 0M3 19.5v-2a6 6 0 0 1 12 0v2M16 5a3 3 0 0 1 0 5.6M17.5 13.2a6 6 0 0 1 3.5 4.3v2",
    "skeleton": "M6 4.5a2 2 0 1 1-.01 0M18 9a2 2 0 1 1-.01 0M9 16a2 2 0 1 1-.01 0M8 7l8 3M16 12.5l-5.5 4",
    "stop": "M6.5 6.5h11v11h-11z*",
    "export": "M12 15V4M8 7.5L12 3.5l4 4M5 13v6.5h14V13",
    "picture": "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9a1 1 0 1 1-.01 0",
    "film": "M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4M4 14.5h4M16 9.5h4M16 14.5h4",
    "table": "M4 5h16v14H4zM4 9.7h16M4 14.4h16M10 5v14",
    "fit": "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
    "actual": "M6 7v10M4.5 8.2L6 7M18 7v10M16.5 8.2L18 7M12 10v.01M12 14v.01",
    "zoom_in": "M10.5 4a6.5 6.5 0 1 1-.01 0M15.5 15.5L20.5 20.5M10.5 7.5v6M7.5 10.5h6",
    "zoom_out": "M10.5 4a6.5 6.5 0 1 1-.01 0M15.5 15.5L20.5 20.5M7.5 10.5h6",
    "search": "M10.5 4a6.5 6.5 0 1 1-.01 0M15.5 15.5L20.5 20.5",
    "record": "M12 6a6 6 0 1 1-.01 0z*",
    "camera": "M3 7h12v10H3zM15 11l6-3.5v9L15 13",
    "sliders": "M4 7h9M17 7h3M15 5v4M4 12h3M11 12h9M9 10v4M4 17h11M19 17h1M17 15v4",
    "help": "M12 3.5a8.5 8.5 0 1 1-.01 0M9.5 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7M12 16.8v.01",
    "info": "M12 3.5a8.5 8.5 0 1 1-.01 0M12 11v5.5M12 7.6v.01",
    "warning": "M12 4L2.8 19.5h18.4zM12 10v4.5M12 17v.01",
    "undo": "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-4",
    "redo": "M16 5l4 4-4 4M20 9H10a5 5 0 0 0 0 10h4",
    "save": "M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6.5h8V20",
    "close": "M6 6l12 12M18 6L6 18",
    "copy": "M9 9h11v11H9zM5 15H4V4h11v1",
    "theme": "M12 4a8 8 0 1 0 8 8 6.2 6.2 0 0 1-8-8",
    "jump": "M4 6v12M8 12h11M15 8l4 4-4 4",
    "eye": "M2.5 12C5 7.5 8.3 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.8 6.5-9.5 6.5S5 16.5 2.5 12M12 9.5a2.5 2.5 0 1 1-.01 0",
    "trail": "M4 18c2-8 5-10 8-8s5 1 8-5M4 18v.01M12 10v.01M20 5v.01",
    "box": "M5 4h14v16H5zM9 8h3",
    "again": "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.3M20 4.3v5h-5M12 10.5a1.5 1.5 0 1 1-.01 0",
    "angle": "M19 5L5 19h15M12 12a9 9 0 0 1 3 7",
    "ruler": "M4 15L15 4l5 5L9 20zM7.5 11.5l2 2M10.5 8.5l3 3M13.5 5.5l2 2",
    "target": "M12 4a8 8 0 1 1-.01 0M12 10a2 2 0 1 1-.01 0",
}
"""SVG path data; a star at the end fills the path instead of only drawing its outline."""

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{path}" fill="{fill}" stroke="{colour}" '
    'stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"/></svg>'
)


def icon(name: str, palette: QPalette) -> QIcon:
    """Return an icon in a palette's text colour, paler where disabled; an unknown name is an empty icon."""
    made = QIcon()
    if name in PATHS:
        for mode, group in ((QIcon.Mode.Normal, "Active"), (QIcon.Mode.Disabled, "Disabled")):
            colour = palette.color(QPalette.ColorGroup[group], QPalette.ColorRole.ButtonText)
            for size in SIZES:
                made.addPixmap(drawn(name, size, colour), mode)
    return made


def drawn(name: str, size: int, colour: QColor) -> QPixmap:
    """Return one icon as a transparent picture of size x size pixels."""
    path = PATHS[name]
    fill = colour.name() if path.endswith("*") else "none"
    svg = SVG.format(path=path.removesuffix("*"), fill=fill, colour=colour.name())
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
