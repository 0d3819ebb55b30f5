import pytest
from PyQt6.QtGui import QColor, QImage, QPalette
from pytestqt.qtbot import QtBot

from poseglass.gui.shared.notice import Notice
from poseglass.gui.shell import theme
from poseglass.gui.shell.window import MainWindow


def darkest_and_lightest(image: QImage) -> tuple[float, float]:
    """Return the least and the greatest lightness of what is drawn in an icon."""
    spots = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    values = [spot.lightnessF() for spot in spots if spot.alpha() > 200]
    return min(values), max(values)


def cross_of(notice: Notice) -> QImage:
    return notice._cross.icon().pixmap(24, 24).toImage()


@pytest.mark.parametrize(("first", "then"), [("dark", "light"), ("light", "dark")])
def test_the_cross_stands_out_after_a_change_of_theme(
    window: MainWindow, qtbot: QtBot, first: theme.Theme, then: theme.Theme
):
    window.change_theme(first)
    window.notice.say("work was brought back")
    window.change_theme(then)
    ground = window.notice.palette().color(QPalette.ColorRole.Button).lightnessF()
    darkest, lightest = darkest_and_lightest(cross_of(window.notice))

    assert max(abs(lightest - ground), abs(darkest - ground)) > 0.4


def test_a_warning_is_drawn_in_the_amber_of_the_new_theme(window: MainWindow, qtbot: QtBot):
    window.change_theme("light")
    window.notice.warn("the disk is full")
    before = window.notice._picture.pixmap().toImage()
    window.change_theme("dark")

    assert window.notice._picture.pixmap().toImage() != before
    assert window.notice._colour_of_icon() == QColor("#f0a830")
