import gc
import shutil
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog, QLineEdit, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

import clips
from figures import DotEstimator, draw_dots
from live_sources import Played
from poseglass.core.session.left_behind import left_behind
from poseglass.core.session.session import Session
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow

from ..conftest import analyse_and_wait, open_and_wait

Button = QMessageBox.StandardButton
NewWindow = Callable[[], MainWindow]


@pytest.fixture
def new_window(qtbot: QtBot, settings: Settings) -> Iterator[NewWindow]:
    windows = []

    def make() -> MainWindow:
        windows.append(MainWindow(settings))
        qtbot.addWidget(windows[-1])
        windows[-1].show()
        return windows[-1]

    yield make
    for window in windows:
        window.desk.sessions.end(discard=True)
        window.close()


def document_of(window: MainWindow) -> Document:
    assert window.project.document is not None
    return window.project.document


def content(document: Document) -> list[np.ndarray]:
    raw, corrected = document.tracks.raw("1"), document.tracks.corrected("1")
    return [raw.xy, raw.score, raw.covariance, corrected.xy, document.tracks.marks("1"), document.tracks.analysed]


def assert_same(one: list[np.ndarray], other: list[np.ndarray]) -> None:
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def correct(window: MainWindow) -> None:
    document = document_of(window)
    document.move("1", 5, 0, (70.0, 60.0))
    document.mark("1", 6, 1, Mark.MISSING)
    document.swap_sides("1", range(10, 15))
    document.undo()


def save_and_wait(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    with qtbot.waitSignal(window.desk.sessions.saved, timeout=20000):
        window.desk.sessions.save(path)


def press(window: MainWindow, qtbot: QtBot, answer: Button) -> None:
    """Answer the question that the window asks."""
    box = window.findChild(QMessageBox)
    assert box is not None
    button = box.button(answer)
    assert button is not None
    button.click()
    qtbot.waitUntil(lambda: not window.findChildren(QMessageBox), timeout=20000)


def bar_button(window: MainWindow, text: str) -> QPushButton:
    return [found for found in window.notice.findChildren(QPushButton) if found.text() == text][-1]


def choose_file(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    """Type a path into the file dialog that the window shows, and accept."""
    qtbot.waitUntil(lambda: window.findChild(QFileDialog) is not None, timeout=20000)
    dialog = window.findChild(QFileDialog)
    line = dialog.findChild(QLineEdit)
    line.setText(str(path))
    line.textEdited.emit(str(path))  # as typing does: what is chosen in the list counts no more
    dialog.accept()


def test_what_was_saved_is_there_again_with_view_choice_and_undo(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    correct(window)
    window.player.jump(2)
    window.player.mark_in()
    window.player.jump(17)
    window.selection.choose_keypoints([1])
    window.canvas.zoom(3.0)
    expected, place = content(document_of(window)), window.canvas.view.place()
    assert window.isWindowModified()
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    assert not window.isWindowModified()
    assert window.windowTitle().startswith("work.poseglass")
    assert window.files.recent()[0].name == "work.poseglass"
    window.close()
    again = new_window()
    with qtbot.waitSignal(again.project.smoothed, timeout=20000):
        open_and_wait(again, qtbot, tmp_path / "work.poseglass")
    qtbot.waitUntil(lambda: again.selection.frame == 17, timeout=20000)

    assert_same(content(document_of(again)), expected)
    assert document_of(again).undo_text == "Mark right dot missing"
    assert document_of(again).redo_text == "Swap left and right in frames 10-14"
    assert again.selection.keypoints == {1}
    assert again.selection.person == "1"
    assert again.player.range == range(2, 30)
    np.testing.assert_allclose(again.canvas.view.place(), place, atol=1e-6)
    assert again.commands["export.table"].isEnabled()
    assert not again.isWindowModified()
    assert again.notice.text == ""


def test_settings_of_smoother_and_estimator_come_back(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    lab = window.study.lab
    qtbot.waitUntil(lambda: lab.form is not None, timeout=60000)
    window.project.use_smoother("kalman", {"gap_s": 0.7})
    open_and_wait(window, qtbot, dots_clip)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    window.close_video()
    window.project.use_smoother("kalman", {})
    open_and_wait(window, qtbot, tmp_path / "work.poseglass")

    assert window.project.smoother_options == {"gap_s": 0.7}
    assert lab.form is not None
    assert lab.form.values() == {"gap_s": 0.7}


def test_how_people_are_found_comes_back(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    finding = window.analysing.people
    finding.most.setValue(3)
    finding.preference.setCurrentIndex(1)
    finding.detector.choose("whole_picture", {})
    expected = finding.finding()
    open_and_wait(window, qtbot, dots_clip)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    window.close_video()
    finding.most.setValue(10)
    finding.preference.setCurrentIndex(0)
    finding.detector.choose("people", {})
    assert finding.finding() != expected
    open_and_wait(window, qtbot, tmp_path / "work.poseglass")

    assert finding.finding() == expected
    finding.choose({"most": "many", "first": 7, "detector": "gone"})  # of another version
    assert finding.finding().whom.most == 3


def test_a_session_only_looked_at_opens_where_one_was(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    before = (tmp_path / "work.poseglass").read_bytes()
    window.player.jump(21)
    window.close()
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"dots.mp4", "work.poseglass"}
    again = new_window()
    open_and_wait(again, qtbot, tmp_path / "work.poseglass")
    qtbot.waitUntil(lambda: again.selection.frame == 21, timeout=20000)

    assert (tmp_path / "work.poseglass").read_bytes() == before


def test_results_of_seconds_are_left_without_a_question_and_gone_on_with(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    expected = content(document_of(window))
    assert window.close()
    again = new_window()
    open_and_wait(again, qtbot, dots_clip)

    assert_same(content(document_of(again)), expected)
    assert again.isWindowModified()
    assert "analysed frames: 30" in again.notice.text


def test_a_video_only_watched_leaves_nothing(new_window: NewWindow, qtbot: QtBot, dots_clip: Path):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    assert not window.isWindowModified()
    assert window.close()

    assert left_behind() == ()


def test_corrections_are_not_left_without_a_question(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    correct(window)
    expected = content(document_of(window))

    assert not window.close()
    press(window, qtbot, Button.Cancel)
    assert window.isVisible()
    assert window.project.document is not None

    window.commands["file.close"].trigger()
    press(window, qtbot, Button.Save)
    with qtbot.waitSignal(window.frames.closed, timeout=20000):
        choose_file(window, qtbot, tmp_path / "mine.poseglass")
    assert window.project.document is None

    saved = Session.open(tmp_path / "mine.poseglass")
    assert_same(content(saved.document), expected)
    saved.close()


def test_corrections_that_were_not_saved_are_kept_until_they_are_discarded(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    again = leave_corrections(new_window, qtbot, dots_clip)
    assert document_of(again).undo_text == "Mark right dot missing"
    bar_button(again, "Discard…").click()
    press(again, qtbot, Button.Cancel)
    assert document_of(again).tracks.people == ("1",)
    again.commands["file.discard"].trigger()
    with qtbot.waitSignal(again.frames.shown, timeout=20000):
        press(again, qtbot, Button.Discard)
    assert document_of(again).tracks.people == ()
    assert not again.isWindowModified()
    assert again.close()
    assert left_behind() == ()


def leave_corrections(new_window: NewWindow, qtbot: QtBot, video: Path) -> MainWindow:
    """Correct, leave without saving, and open the video in another window."""
    window = new_window()
    open_and_wait(window, qtbot, video)
    analyse_and_wait(window, qtbot)
    correct(window)
    window.close()
    press(window, qtbot, Button.Discard)
    assert not window.isVisible()
    again = new_window()
    open_and_wait(again, qtbot, video)
    return again


def test_what_was_brought_back_is_counted_by_corrections_and_told_until_it_is_saved(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = leave_corrections(new_window, qtbot, dots_clip)
    assert window.notice.text == "Unsaved work was brought back (corrections: 2, analysed frames: 30)."
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")

    assert window.notice.text == ""


def test_a_saved_session_takes_no_other_notice_away(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = leave_corrections(new_window, qtbot, dots_clip)
    window.notice.warn("the camera is gone")
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")

    assert window.notice.text == "the camera is gone"


def test_nothing_is_said_of_sessions_over_a_live_picture(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = leave_corrections(new_window, qtbot, dots_clip)
    told = window.notice.text
    for is_saved in (False, True):
        window.live.control.start(Played([[draw_dots(120, 200, (100, 60))] * 500], gap_s=0.02, hold=True))
        qtbot.waitUntil(lambda: window.live.is_running, timeout=5000)
        assert window.notice.text == ""
        if is_saved:
            save_and_wait(window, qtbot, tmp_path / "work.poseglass")
        window.live.control.stop()
        qtbot.waitUntil(lambda: not window.live.is_running, timeout=20000)
        assert window.notice.text == ("" if is_saved else told)


def test_discarding_goes_back_to_the_file(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    expected = content(document_of(window))
    correct(window)
    window.commands["file.discard"].trigger()
    with qtbot.waitSignal(window.frames.shown, timeout=20000):
        press(window, qtbot, Button.Discard)

    assert_same(content(document_of(window)), expected)
    assert window.desk.sessions.path == tmp_path / "work.poseglass"


def test_a_second_window_can_only_read_says_so_and_saves_a_copy(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    first = new_window()
    open_and_wait(first, qtbot, dots_clip)
    analyse_and_wait(first, qtbot)
    save_and_wait(first, qtbot, tmp_path / "work.poseglass")
    second = new_window()
    open_and_wait(second, qtbot, tmp_path / "work.poseglass")

    assert "can only be read" in second.notice.text
    assert document_of(second).is_read_only
    bar_button(second, "Save as…").click()
    with qtbot.waitSignal(second.desk.sessions.saved, timeout=20000):
        choose_file(second, qtbot, tmp_path / "copy.poseglass")
    assert not document_of(second).is_read_only
    document_of(second).move("1", 5, 0, (1.0, 2.0))
    assert document_of(first).undo_text is None


def test_a_session_finds_its_video_beside_it_wherever_both_went(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    window.close_video()
    (tmp_path / "far").mkdir()
    for name in ("dots.mp4", "work.poseglass"):
        shutil.move(tmp_path / name, tmp_path / "far" / name)
    open_and_wait(window, qtbot, tmp_path / "far" / "work.poseglass")

    assert window.desk.sessions.video == tmp_path / "far" / "dots.mp4"


def test_a_video_that_is_gone_can_be_located_and_a_wrong_one_is_refused(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    window.close_video()
    (tmp_path / "far").mkdir()
    moved = Path(shutil.move(dots_clip, tmp_path / "far" / "other name.mp4"))
    wrong = clips.write(tmp_path / "far" / "wrong.mp4", clips.constant(5)).path
    with qtbot.waitSignal(window.desk.sessions.missing, timeout=20000):
        window.open_video(tmp_path / "work.poseglass")
    assert "dots.mp4" in window.notice.text
    bar_button(window, "Locate…").click()
    with qtbot.waitSignal(window.desk.sessions.missing, timeout=20000):
        choose_file(window, qtbot, wrong)
    assert "not the video of this session" in window.notice.text
    qtbot.waitUntil(lambda: window.findChild(QFileDialog) is None, timeout=20000)
    bar_button(window, "Locate…").click()
    with qtbot.waitSignal(window.frames.shown, timeout=20000):
        choose_file(window, qtbot, moved)

    assert window.desk.sessions.video == moved
    assert window.notice.text == ""


@pytest.mark.parametrize("damage", ["cut", "text"])
def test_a_damaged_session_is_told_in_a_sentence(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, tmp_path: Path, damage: str
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    path = tmp_path / "work.poseglass"
    save_and_wait(window, qtbot, path)
    window.close_video()
    path.write_bytes(path.read_bytes()[:-200] if damage == "cut" else b"hello")
    with qtbot.waitSignal(window.desk.sessions.failed, timeout=20000):
        window.open_video(path)

    assert "damaged" in window.notice.text
    assert window.statusBar().currentMessage() == ""
    assert window.project.document is None


def test_without_a_place_for_the_journal_one_notice_says_so_and_leaving_is_asked(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path, monkeypatch
):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    told: list[str] = []
    window.desk.sessions.failed.connect(lambda why, _details: told.append(why))
    analyse_and_wait(window, qtbot)
    qtbot.waitUntil(lambda: told != [], timeout=20000)
    document_of(window).put(0, document_of(window).arrivals and _missing(), ["1"])

    assert len(told) == 1
    assert not window.close()
    box = window.findChild(QMessageBox)
    assert "lost" in box.informativeText()
    press(window, qtbot, Button.Cancel)
    save_and_wait(window, qtbot, tmp_path / "saved.poseglass")
    assert window.close()


def _missing():
    from poseglass.types import Poses

    return Poses.missing(2)


def test_where_a_session_cannot_be_written_it_stays_unsaved(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    correct(window)
    with qtbot.waitSignal(window.desk.sessions.failed, timeout=20000):
        window.desk.sessions.save(tmp_path / "no" / "work.poseglass")

    assert "work.poseglass" in window.notice.text
    assert window.isWindowModified()
    assert window.desk.sessions.is_worth_asking


def test_edits_made_while_the_file_is_written_stay_unsaved(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    with qtbot.waitSignal(window.desk.sessions.saved, timeout=20000):
        window.desk.sessions.save(tmp_path / "work.poseglass")
        document_of(window).move("1", 5, 0, (1.0, 2.0))

    assert window.isWindowModified()
    saved = Session.open(shutil.copy(tmp_path / "work.poseglass", tmp_path / "copy.poseglass"))
    assert saved.document.undo_text is None
    saved.close()


def test_a_session_beside_a_video_is_offered(new_window: NewWindow, qtbot: QtBot, dots_clip: Path):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    save_and_wait(window, qtbot, dots_clip.with_suffix(".poseglass"))
    open_and_wait(window, qtbot, dots_clip)
    with qtbot.waitSignal(window.frames.shown, timeout=20000):
        bar_button(window, "Open it").click()

    assert window.desk.sessions.path == dots_clip.with_suffix(".poseglass")


def test_unsaved_work_is_offered_at_the_start(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    window.close()
    again = new_window()
    again.desk.offer_left_behind()
    qtbot.waitUntil(lambda: "dots.mp4" in again.notice.text, timeout=20000)
    with qtbot.waitSignal(again.frames.shown, timeout=20000):
        bar_button(again, "Go on with it").click()

    assert document_of(again).tracks.analysed.all()


def test_closing_while_a_session_is_being_opened_leaves_no_lock(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    window.close_video()
    window.open_video(tmp_path / "work.poseglass")
    window.close()

    assert not (tmp_path / "work.poseglass.lock").exists()
    session = Session.open(tmp_path / "work.poseglass")
    assert not session.document.is_read_only
    session.close()


def test_nothing_holds_a_document_after_its_video_is_closed(
    new_window: NewWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, tmp_path: Path
):
    window = new_window()
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    save_and_wait(window, qtbot, tmp_path / "work.poseglass")
    document = weakref.ref(document_of(window))
    gc.disable()
    try:
        window.close_video()
        qtbot.waitUntil(lambda: document() is None, timeout=20000)
    finally:
        gc.enable()
