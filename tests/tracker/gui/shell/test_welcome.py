from pathlib import Path

import pytest
from PyQt6.QtGui import QIcon, QImage
from PyQt6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from poseglass.gui.shell.window import MainWindow


def lightness(icon: QIcon) -> float:
    """Return the mean lightness of what is drawn, 0 to 255."""
    image: QImage = icon.pixmap(24, 24).toImage()
    places = [(x, y) for x in range(image.width()) for y in range(image.height())]
    drawn = [image.pixelColor(x, y) for x, y in places if image.pixelColor(x, y).alpha() > 200]
    return sum(colour.lightness() for colour in drawn) / len(drawn)


@pytest.mark.parametrize(("first", "then"), [("light", "dark"), ("dark", "light")])
def test_icons_that_were_drawn_before_the_theme_came_are_drawn_anew(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, first: str, then: str
):
    (tmp_path / "walk.mp4").touch()
    qtbot.waitUntil(lambda: window.analysing.estimator.form is not None, timeout=20000)
    form = window.analysing.estimator.form
    assert form is not None
    choose_file = form.field("model").findChild(QToolButton)
    window.change_theme(first)
    window.viewer.welcome.show_recent([tmp_path / "walk.mp4"])
    window.change_theme(then)

    for icon in (window.viewer.welcome.recent.item(0).icon(), choose_file.icon()):
        assert (lightness(icon) > 128) == (then == "dark")


def test_recent_files_are_shown_on_one_line(window: MainWindow):
    window.viewer.welcome.show_recent([Path("/videos/a\n\x1b[31mb.mp4")])
    item = window.viewer.welcome.recent.item(0)

    assert item.text() == r"a\n\x1b[31mb.mp4"
    assert item.toolTip() == r"/videos/a\n\x1b[31mb.mp4"
