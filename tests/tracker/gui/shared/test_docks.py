import pytest
from pytestqt.qtbot import QtBot

from poseglass.gui.shell.window import MainWindow


def is_in_front(window: MainWindow, name: str) -> bool:
    return not window.docks[name].visibleRegion().isEmpty()


@pytest.mark.parametrize("name", ["lab", "corrections", "health"])
def test_the_action_of_a_panel_behind_another_brings_it_to_the_front(window: MainWindow, qtbot: QtBot, name: str):
    window.docks.show(name)
    window.docks.show("analyse")
    qtbot.waitUntil(lambda: is_in_front(window, "analyse") and not is_in_front(window, name))
    action = window.commands[f"panel.{name}"]
    assert action.isChecked()  # open, though behind

    action.trigger()
    qtbot.waitUntil(lambda: is_in_front(window, name))
    assert action.isChecked()
    assert not window.docks[name].isHidden()


def test_the_action_of_the_panel_in_front_closes_it_and_opens_it_again(window: MainWindow, qtbot: QtBot):
    window.docks.show("lab")
    qtbot.waitUntil(lambda: is_in_front(window, "lab"))
    action = window.commands["panel.lab"]
    action.trigger()
    qtbot.waitUntil(lambda: not is_in_front(window, "lab"))

    assert window.docks["lab"].isHidden()
    assert not action.isChecked()
    action.trigger()
    qtbot.waitUntil(lambda: is_in_front(window, "lab"))
    assert action.isChecked()
