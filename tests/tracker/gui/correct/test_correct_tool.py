import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.gui.shell.window import MainWindow
from sessions import remeasured

from ..conftest import open_and_wait
from ..walked import drag, put_walk


@pytest.fixture
def walked(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> MainWindow:
    """A window with 45 analysed frames, at frame 20."""
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)
    window.player.jump(20)
    qtbot.waitUntil(lambda: window.selection.frame == 20)
    return window


def document_of(window: MainWindow) -> Document:
    assert window.project.document is not None
    return window.project.document


def smoothed_xy(window: MainWindow) -> np.ndarray:
    assert window.project.paths is not None
    return window.project.paths.track("1").xy


def test_a_dragged_keypoint_is_moved_and_its_neighbours_follow_and_undo_restores_all(walked: MainWindow):
    document, before = document_of(walked), smoothed_xy(walked).copy()
    walked.commands["edit.correct"].trigger()
    expected = drag(walked, 2, (30, 18))

    np.testing.assert_allclose(document.tracks.corrected("1", range(20, 21)).xy[0, 2], expected, atol=0.01)
    assert document.tracks.marks("1", range(20, 21))[0, 2] == Mark.PLACED
    moved = np.abs(smoothed_xy(walked) - before).max(axis=-1)
    assert moved[20, 2] > 5
    assert moved[19, 2] > 0.1  # carried to the frames beside it
    assert not moved[:, [0, 1, 3, 4]].any()  # nobody else's
    assert len(document.history.done) == 1  # one drag, one step
    assert walked.commands["edit.undo"].text() == "&Undo: Move head"

    walked.commands["edit.undo"].trigger()
    np.testing.assert_allclose(smoothed_xy(walked), before, atol=1e-9)
    assert not document.tracks.marks("1").any()
    walked.commands["edit.redo"].trigger()
    np.testing.assert_allclose(document.tracks.corrected("1", range(20, 21)).xy[0, 2], expected, atol=0.01)


def test_the_picture_shows_the_keypoint_under_the_mouse_while_it_is_dragged(walked: MainWindow):
    walked.commands["edit.correct"].trigger()
    canvas = walked.canvas
    start = canvas.view.to_widget(*walked.study.tool.place_of(2) or (0, 0)).toPoint()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(canvas, start + QPoint(25, 10))
    place = walked.study.tool.place_of(2)
    assert place is not None
    away = canvas.view.to_widget(*place) - (start + QPoint(25, 10)).toPointF()
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(25, 10))

    assert away.manhattanLength() < 4


def test_nothing_moves_without_the_tool_nor_when_a_hand_shakes(walked: MainWindow):
    drag(walked, 2, (30, 18))
    walked.commands["edit.correct"].trigger()
    drag(walked, 2, (2, 1))

    assert not document_of(walked).history.done


def test_arrows_nudge_the_chosen_keypoint_by_pixels_in_one_step(walked: MainWindow, qtbot: QtBot):
    walked.commands["edit.correct"].trigger()
    walked.selection.choose_keypoints({3})
    place = walked.study.tool.place_of(3)
    assert place is not None
    walked.activateWindow()
    walked.canvas.setFocus()
    for key, shift in ((Qt.Key.Key_Right, False), (Qt.Key.Key_Right, False), (Qt.Key.Key_Up, True)):
        modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        QTest.keyClick(walked.canvas, key, modifier)
    document = document_of(walked)
    got = document.tracks.corrected("1", range(20, 21)).xy[0, 3]

    np.testing.assert_allclose(got, (place[0] + 2, place[1] - 10), atol=0.2)
    assert walked.selection.frame == 20  # the window did not step instead
    assert len(document.history.done) == 1
    walked.commands["edit.undo"].trigger()
    assert not document.tracks.marks("1").any()


@pytest.mark.parametrize("by", ["edit.correct", "edit.look_next"])
def test_arrows_nudge_wherever_the_keys_went_before(walked: MainWindow, qtbot: QtBot, by: str):
    document = document_of(walked)
    with remeasured(document, "1") as (_, score):
        score[:], score[[5, 40], 3] = 0.9, 0.05
    walked.activateWindow()
    walked.canvas.setFocus()
    for key in "ne":
        qtbot.keyClicks(walked.canvas, key)
    qtbot.keyClick(walked.canvas, Qt.Key.Key_Tab)
    qtbot.waitUntil(lambda: not walked.canvas.hasFocus())
    if by == "edit.correct":
        walked.commands[by].trigger()  # off, and on
    walked.commands[by].trigger()
    here, place = walked.selection.frame, walked.study.tool.place_of(3)
    assert place is not None
    focus = walked.focusWidget()
    assert focus is not None
    qtbot.keyClick(focus, Qt.Key.Key_Right)

    got = document.tracks.corrected("1", range(here, here + 1)).xy[0, 3]
    np.testing.assert_allclose(got, (place[0] + 1, place[1]), atol=0.2)
    assert walked.selection.frame == here


def test_arrows_step_frames_again_when_nothing_is_chosen(walked: MainWindow, qtbot: QtBot):
    walked.commands["edit.correct"].trigger()
    walked.selection.choose_keypoints(())
    walked.activateWindow()
    walked.canvas.setFocus()
    QTest.keyClick(walked.canvas, Qt.Key.Key_Right)

    qtbot.waitUntil(lambda: walked.player.index == 21)


def test_a_keypoint_that_is_not_drawn_is_put_where_the_user_clicks(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot, frames=range(10))
    window.player.jump(40)
    qtbot.waitUntil(lambda: window.selection.frame == 40)
    window.commands["edit.correct"].trigger()
    window.selection.choose_keypoints({1})
    spot = window.canvas.view.to_widget(33.0, 44.0).toPoint()
    QTest.mouseClick(window.canvas, Qt.MouseButton.LeftButton, pos=spot)
    expected = window.canvas.view.to_frame(spot.toPointF())

    np.testing.assert_allclose(document_of(window).tracks.corrected("1", range(40, 41)).xy[0, 1], expected, atol=0.01)


def test_marks_are_said_of_every_chosen_keypoint(walked: MainWindow):
    document = document_of(walked)
    walked.selection.choose_keypoints({0, 4})
    for name, mark in (("occluded", Mark.OCCLUDED), ("missing", Mark.MISSING), ("as_measured", Mark.NONE)):
        walked.commands[f"edit.{name}"].trigger()

        assert document.tracks.marks("1", range(20, 21))[0].tolist() == [mark, 0, 0, 0, mark]
    walked.commands["edit.placed"].trigger()
    np.testing.assert_array_equal(
        document.tracks.corrected("1", range(20, 21)).xy[0, [0, 4]],
        document.tracks.raw("1", range(20, 21)).xy[0, [0, 4]],
    )


def test_sides_are_swapped_here_or_to_the_end_of_the_marked_range(walked: MainWindow, qtbot: QtBot):
    document = document_of(walked)
    before = document.tracks.raw("1").xy
    flipped = before[:, document.skeleton.flip_order]
    walked.commands["edit.swap_sides"].trigger()
    np.testing.assert_array_equal(document.tracks.raw("1").xy[20], flipped[20])
    walked.commands["edit.undo"].trigger()

    walked.player.jump(30)
    walked.player.mark_out()
    walked.player.jump(20)
    qtbot.waitUntil(lambda: walked.selection.frame == 20)
    assert walked.commands["edit.swap_sides_on"].text().endswith("frames 20 to 30")
    walked.commands["edit.swap_sides_on"].trigger()
    np.testing.assert_array_equal(document.tracks.raw("1").xy[20:31], flipped[20:31])
    np.testing.assert_array_equal(document.tracks.raw("1").xy[31:], before[31:])


def test_people_are_swapped_merged_and_removed_between_the_marks(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot, people=2)
    document = document_of(window)
    one, two = document.tracks.raw("1").xy, document.tracks.raw("2").xy
    window.player.jump(9)
    window.player.mark_out()
    window.commands["edit.swap_people"].trigger()
    np.testing.assert_array_equal(document.tracks.raw("1").xy, np.concatenate([two[:10], one[10:]]))

    window.commands["edit.undo"].trigger()
    window.commands["edit.remove"].trigger()
    assert np.isnan(document.tracks.raw("1").xy[:10]).all()
    window.commands["edit.merge"].trigger()
    np.testing.assert_array_equal(document.tracks.raw("1").xy[:10], two[:10])
    assert np.isnan(document.tracks.raw("2").xy[:10]).all()


def test_actions_that_would_do_nothing_are_grey(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    def enabled() -> set[str]:
        return {row.name for row, action in window.commands if row.name.startswith("edit.") and action.isEnabled()}

    assert enabled() == set()
    open_and_wait(window, qtbot, clip.path)
    assert enabled() == set()
    put_walk(window, qtbot)
    everywhere = {"edit.correct", "edit.swap_sides", "edit.swap_sides_on", "edit.remove", "edit.clear"}
    going = {"edit.look_next", "edit.next_correction", "edit.last_correction"}
    assert enabled() == everywhere | going
    window.selection.choose_keypoints({1})
    marks = {"edit.placed", "edit.occluded", "edit.missing", "edit.as_measured"}
    assert enabled() == everywhere | going | marks
    window.commands["edit.missing"].trigger()
    assert "edit.undo" in enabled()
    document_of(window).is_read_only = True
    window.selection.choose_keypoints({2})
    assert enabled() == going


def test_undo_shows_where_it_was(walked: MainWindow, qtbot: QtBot):
    walked.selection.choose_keypoints({1})
    walked.commands["edit.missing"].trigger()
    walked.player.jump(3)
    qtbot.waitUntil(lambda: walked.selection.frame == 3)
    with qtbot.waitSignal(walked.study.said) as said:
        walked.commands["edit.undo"].trigger()
        qtbot.waitUntil(lambda: walked.selection.frame == 20)

    assert said.args
    assert walked.player.index == 20


def test_what_cannot_be_done_is_told_and_nothing_is_changed(walked: MainWindow, qtbot: QtBot):
    document = document_of(walked)
    document.mark("1", 20, 0, Mark.MISSING)
    with remeasured(document, "1") as (xy, _):
        xy[20, 0] = np.nan
    walked.selection.choose_keypoints({0})
    walked.commands["edit.placed"].trigger()

    assert "nothing was measured of left hand" in walked.notice.text
    assert len(document.history.done) == 1
