import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QKeySequence
from pytestqt.qtbot import QtBot

import clips
from poseglass.gui.shared.actions import Row, plain
from poseglass.gui.shared.icons import PATHS, SIZES, icon
from poseglass.gui.shell.command_palette import fuzzy_rank
from poseglass.gui.shell.window import MainWindow

from ..conftest import open_and_wait


def test_no_two_actions_share_a_key(window: MainWindow):
    keys = [key.toString() for _, action in window.commands for key in action.shortcuts()]

    assert sorted(keys) == sorted(set(keys))
    assert "" not in keys


def test_every_shortcut_stands_on_the_help_page_and_every_action_in_a_menu(window: MainWindow):
    text = window.help.page.toPlainText()
    menus = {action for menu in window.menuBar().actions() for action in menu.menu().actions()}
    for row, action in window.commands:
        if action.shortcuts():
            assert plain(row.text) in text
            assert action.shortcuts()[0].toString(QKeySequence.SequenceFormat.NativeText) in text
        assert action in menus, row.name


def test_every_icon_that_is_named_is_drawn_in_every_size(window: MainWindow):
    for row, _ in window.commands:
        assert not row.icon or row.icon in PATHS, row.name
    for name in PATHS:
        for size in SIZES:
            image = icon(name, window.palette()).pixmap(size, size).toImage()
            assert any(image.pixelColor(x, y).alpha() for x in range(size) for y in range(0, size, 2)), name


def test_what_needs_a_video_waits_for_one(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    before = {row.name for row, action in window.commands if action.isEnabled()}
    open_and_wait(window, qtbot, clip.path)
    there = {row.name for row, action in window.commands if action.isEnabled()}
    window.close_video()
    after = {row.name for row, action in window.commands if action.isEnabled()}

    assert {"play.toggle", "analyse.run", "view.fit"} <= there - before
    assert "export.table" not in there
    assert after == before


def test_a_panel_can_add_a_row_and_everybody_knows_it(window: MainWindow, qtbot: QtBot):
    done = []
    window.commands.add(Row("test.wave", "&Wave", "&Help", ("Ctrl+Alt+W",), icon="help"), lambda: done.append(1))
    window._palette.ask()
    qtbot.keyClicks(window._palette.field, "wave")
    qtbot.keyClick(window._palette.field, Qt.Key.Key_Return)

    assert done == [1]
    assert "Wave" in window.help.page.toPlainText()
    assert not window._palette.isVisible()


def test_the_palette_moves_by_arrows_and_runs_no_disabled_action(window: MainWindow, qtbot: QtBot):
    palette = window._palette
    palette.ask()
    qtbot.keyClicks(palette.field, "loop")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)

    assert palette.isVisible()  # there is no video to loop
    assert not window.player.is_looping
    palette.field.clear()
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert palette.list.currentIndex().row() == 1


def test_the_palette_says_that_it_found_nothing(window: MainWindow, qtbot: QtBot):
    palette = window._palette
    palette.ask()
    qtbot.keyClicks(palette.field, "qqzz")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)

    assert [palette.list.topLevelItem(i).text(0) for i in range(palette.list.topLevelItemCount())] == ["Nothing found"]
    assert palette.isVisible()


def test_exports_stand_together_quit_last_and_help_under_help(window: MainWindow):
    menus = {plain(menu.text()): menu.menu().actions() for menu in window.menuBar().actions()}
    names = [action.objectName() for action in menus["File"]]
    exports = [i for i, name in enumerate(names) if name.startswith("export.")]

    assert len(exports) == exports[-1] - exports[0] + 1 == 5
    assert names[-1] == "file.quit"
    assert window.commands["panel.help"] in menus["Help"]


@pytest.mark.parametrize(
    ("typed", "better", "worse"),
    [
        ("dv", "Export drawn video", "Add over"),
        ("fit", "Fit picture", "Find action item"),
        ("ov", "Open video", "Move"),
    ],
)
def test_beginnings_of_words_come_first(typed: str, better: str, worse: str):
    ranks = fuzzy_rank(typed, better), fuzzy_rank(typed, worse)

    assert ranks[0] is not None
    assert ranks[1] is None or ranks[0] < ranks[1]


def test_letters_that_do_not_occur_in_order_fit_nothing():
    assert fuzzy_rank("tif", "Fit picture") is None
    assert fuzzy_rank("", "anything") == 0
