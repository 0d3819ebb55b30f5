from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QIcon
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

import clips
from poseglass.core import export
from poseglass.core.people_marks import Someone, person_colour
from poseglass.core.store.document import Document
from poseglass.gui.people.people_table import FRAMES, NAME, SWATCH
from poseglass.gui.people.person_tool import FollowRequest
from poseglass.gui.shell.window import MainWindow
from poseglass.types import Event, Poses, What
from sessions import WALKER

from ..conftest import open_and_wait
from ..walked import put_walk

Role = Qt.ItemDataRole


@pytest.fixture
def walkers(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> MainWindow:
    """A window with its people panel in front, and persons 1 and 2 in its 45 frames."""
    open_and_wait(window, qtbot, clip.path)
    window.docks.show("people")
    qtbot.waitUntil(window.people.panel.isVisible)
    put_walk(window, qtbot, people=2)
    window.people.panel.refresh()
    return window


def document_of(window: MainWindow) -> Document:
    assert window.project.document is not None
    return window.project.document


def rows(window: MainWindow) -> list[tuple[str, str]]:
    model = window.people.panel.model
    return [
        tuple(str(model.data(model.index(row, column))) for column in (NAME, FRAMES))  # type: ignore[misc]
        for row in range(model.rowCount())
    ]


def go(window: MainWindow, qtbot: QtBot, frame: int) -> None:
    window.player.jump(frame)
    qtbot.waitUntil(lambda: window.selection.frame == frame, timeout=20000)


def click_row(window: MainWindow, row: int, column: int = NAME, x: int | None = None) -> None:
    table, model = window.people.panel.table, window.people.panel.model
    place = table.visualRect(model.index(row, column))
    at = place.center() if x is None else QPoint(place.left() + x, place.center().y())
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_everybody_is_listed_with_colour_name_and_frames(walkers: MainWindow):
    document_of(walkers).remove("2", range(10, 15))
    model = walkers.people.panel.model

    assert rows(walkers) == [("1", "45 frames"), ("2", "40 frames, 1 gap")]
    icon = model.data(model.index(1, NAME), Role.DecorationRole)
    assert isinstance(icon, QIcon)
    colour = icon.pixmap(SWATCH, QIcon.Mode.Selected).toImage().pixelColor(5, 5)
    assert (colour.red(), colour.green(), colour.blue()) == person_colour("2")


def test_without_anybody_a_sentence_says_what_to_do(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    window.docks.show("people")
    qtbot.waitUntil(window.people.panel.isVisible)

    assert not window.people.panel.table.isVisible()
    assert not window.commands["people.delete"].isEnabled()
    assert window.commands["people.box"].isEnabled()


def test_a_click_in_the_list_chooses_and_a_choice_elsewhere_is_seen_in_it(walkers: MainWindow):
    click_row(walkers, 1)
    assert walkers.selection.person == "2"
    walkers.selection.choose_person("1")

    assert walkers.people.panel.table.currentIndex().row() == 0


def test_a_tick_taken_away_hides_somebody_in_the_picture(walkers: MainWindow):
    click_row(walkers, 1, x=12)
    assert {dot.person for dot in walkers.canvas.sketch.dots} == {"1"}
    walkers.commands["people.all"].trigger()

    assert {dot.person for dot in walkers.canvas.sketch.dots} == {"1", "2"}


def test_who_is_hidden_is_hidden_in_a_drawn_video_and_stands_in_the_table(
    walkers: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    drawn: list[list[str]] = []

    def paint(image: object, skeleton: object, people: Sequence[Someone], *, several: bool) -> None:
        drawn.append([person.name for person in people])

    monkeypatch.setattr(export, "paint_people", paint)
    document_of(walkers).rename("2", "Anna")
    walkers.selection.hide_people(["1"])
    for suffix, do in ((".mp4", walkers.exporting.export_video), (".csv", walkers.exporting.export_table_as)):
        path = tmp_path / f"out{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=path: (str(path), ""))
        with qtbot.waitSignal(walkers.exports.written, timeout=60000):
            do()

    assert drawn == [["Anna"]] * 45
    tracks = {line.split(",")[3] for line in (tmp_path / "out.csv").read_text().splitlines()[1:]}
    assert tracks == {"1", "Anna"}


def test_only_the_chosen_one_is_drawn(walkers: MainWindow):
    walkers.selection.choose_person("2")
    walkers.commands["people.only"].trigger()

    assert {dot.person for dot in walkers.canvas.sketch.dots} == {"2"}


def test_a_name_is_changed_in_place_shows_everywhere_and_is_taken_back_where_one_is(walkers: MainWindow, qtbot: QtBot):
    go(walkers, qtbot, 20)
    model = walkers.people.panel.model
    assert model.setData(model.index(1, NAME), "Anna")
    assert rows(walkers)[1][0] == "Anna"
    assert "Anna" in [name.text for name in walkers.canvas.sketch.names]
    walkers.commands["edit.undo"].trigger()

    assert rows(walkers)[1][0] == "2"
    assert walkers.player.index == 20


def test_a_name_that_is_taken_is_refused_with_a_sentence(walkers: MainWindow):
    model = walkers.people.panel.model
    model.setData(model.index(1, NAME), "1")

    assert rows(walkers)[1][0] == "2"
    assert "another name" in walkers.notice.text


def test_who_is_split_is_two_and_the_new_one_is_chosen(walkers: MainWindow, qtbot: QtBot):
    go(walkers, qtbot, 30)
    walkers.selection.choose_person("1")
    walkers.commands["people.split"].trigger()
    assert rows(walkers) == [("1", "30 frames"), ("2", "45 frames"), ("3", "15 frames")]
    assert walkers.selection.person == "3"
    walkers.commands["edit.undo"].trigger()

    assert rows(walkers) == [("1", "45 frames"), ("2", "45 frames")]
    assert walkers.people.tool.person == "1"


def test_two_that_are_one_are_merged(walkers: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch):
    document = document_of(walkers)
    document.remove("1", range(30, 45))
    document.remove("2", range(30))
    asked: list[list[str]] = []

    def answer(_parent: object, _title: str, _text: str, labels: list[str], *_: object, **__: object) -> object:
        asked.append(labels)
        return labels[0], True

    monkeypatch.setattr(QInputDialog, "getItem", answer)
    walkers.selection.choose_person("2")
    walkers.commands["people.merge"].trigger()

    assert asked == [["1"]]
    assert rows(walkers) == [("1", "45 frames")]
    assert walkers.selection.person == "1"
    walkers.commands["edit.undo"].trigger()
    assert rows(walkers) == [("1", "30 frames"), ("2", "15 frames")]


def test_who_is_deleted_is_gone_until_it_is_taken_back(walkers: MainWindow):
    walkers.selection.choose_person("1")
    walkers.commands["people.delete"].trigger()
    assert rows(walkers) == [("2", "45 frames")]
    assert walkers.selection.person == "2"
    walkers.commands["edit.undo"].trigger()

    assert rows(walkers) == [("1", "45 frames"), ("2", "45 frames")]


def test_deleting_everybody_leaves_a_window_that_works(walkers: MainWindow):
    for name in ("curves", "lab", "corrections", "people"):
        walkers.docks.show(name)
    for _ in range(2):
        walkers.commands["people.delete"].trigger()
    walkers.study.curves.draw()

    assert rows(walkers) == []
    assert not walkers.commands["people.delete"].isEnabled()
    assert not walkers.canvas.sketch.dots


def test_the_chosen_person_is_asked_to_be_followed_from_where_they_are(walkers: MainWindow, qtbot: QtBot):
    go(walkers, qtbot, 12)
    walkers.selection.choose_person("2")
    walkers.people.follow_wanted.disconnect()
    with qtbot.waitSignal(walkers.people.follow_wanted) as wanted:
        walkers.commands["people.follow"].trigger()
    request: FollowRequest = wanted.args[0]
    xy = document_of(walkers).tracks.raw("2").xy[12]

    assert (request.person, request.frame) == ("2", 12)
    low, high = xy.min(axis=0), xy.max(axis=0)
    assert request.box == pytest.approx([*low, *(high - low)])


def test_whoever_is_not_in_the_frame_is_not_followed_from_there(walkers: MainWindow, qtbot: QtBot):
    document_of(walkers).remove("2", range(10, 15))
    go(walkers, qtbot, 12)
    walkers.selection.choose_person("2")
    with qtbot.assertNotEmitted(walkers.people.follow_wanted):
        walkers.commands["people.follow"].trigger()

    assert "not in this frame" in walkers.statusBar().currentMessage()


def draw_box(window: MainWindow, corners: tuple[float, float, float, float]) -> None:
    view = window.canvas.view
    start, end = view.to_widget(*corners[:2]).toPoint(), view.to_widget(*corners[2:]).toPoint()
    window.commands["people.box"].trigger()
    assert window.commands["people.box"].isChecked()
    QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(window.canvas, end)
    QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, pos=end)


@pytest.mark.parametrize("who", ["somebody new", "1"])
def test_a_box_is_for_who_is_in_it_or_for_somebody_new(walkers: MainWindow, qtbot: QtBot, who: str):
    go(walkers, qtbot, 12)
    xy = document_of(walkers).tracks.raw("1").xy[12]
    corners = (*xy.min(axis=0).tolist(), *xy.max(axis=0).tolist()) if who == "1" else (5.0, 70.0, 30.0, 115.0)
    walkers.people.follow_wanted.disconnect()
    with qtbot.waitSignal(walkers.people.follow_wanted) as wanted:
        draw_box(walkers, corners)
    request: FollowRequest = wanted.args[0]

    assert (request.person, request.frame) == ("1" if who == "1" else "3", 12)
    assert not walkers.commands["people.box"].isChecked()


def test_a_box_belongs_to_its_frame(walkers: MainWindow, qtbot: QtBot):
    walkers.commands["people.box"].trigger()
    go(walkers, qtbot, 12)

    assert not walkers.commands["people.box"].isChecked()


def tell_events(window: MainWindow, *events: Event) -> None:
    document = document_of(window)
    for event in events:
        frame = range(event.frame, event.frame + 1)
        seen = [document.tracks.raw(name, frame) for name in document.tracks.people]
        poses = Poses(*(np.concatenate([getattr(one, part) for one in seen]) for part in ("xy", "score", "covariance")))
        document.put(event.frame, poses, document.tracks.people, events=[event])
    window.people.happenings.refresh()


def test_events_are_marks_on_the_scrub_bar_told_by_name(walkers: MainWindow):
    tell_events(walkers, Event(10, What.CUT), Event(20, What.BREAK, "2"))
    document_of(walkers).rename("2", "Anna")
    timeline = walkers.viewer.timeline
    at = [timeline.x_of(float(document_of(walkers).footage.time_s[frame])) for frame in (10, 20)]

    assert "cut at 0:00" in timeline.told_at(at[0])
    assert "Anna: track breaks" in timeline.told_at(at[1])


def test_a_key_goes_from_event_to_event_and_chooses_to_whom_it_happened(walkers: MainWindow, qtbot: QtBot):
    tell_events(walkers, Event(10, What.CUT), Event(20, What.BREAK, "2"))
    walkers.selection.choose_person("1")
    for frame, person in ((10, "1"), (20, "2")):
        walkers.commands["people.next_event"].trigger()
        qtbot.waitUntil(lambda frame=frame: walkers.selection.frame == frame, timeout=20000)
        assert walkers.selection.person == person
    walkers.commands["people.last_event"].trigger()
    qtbot.waitUntil(lambda: walkers.selection.frame == 10, timeout=20000)
    walkers.commands["people.last_event"].trigger()

    assert "Nothing more" in walkers.statusBar().currentMessage()


def test_hidden_people_and_names_are_found_again_in_a_session(walkers: MainWindow, qtbot: QtBot, tmp_path: Path):
    document_of(walkers).rename("2", "Anna")
    walkers.selection.hide_people({"1"})
    path = tmp_path / "a.poseglass"
    with qtbot.waitSignal(walkers.desk.sessions.saved, timeout=20000):
        walkers.desk.sessions.save(path)
    walkers.desk.sessions.end(discard=True)
    open_and_wait(walkers, qtbot, path)

    assert walkers.selection.hidden == {"1"}
    assert document_of(walkers).tracks.label("2") == "Anna"


def test_a_list_of_two_hundred_stays_where_it_is_while_results_come(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    import time

    open_and_wait(window, qtbot, clip.path)
    window.docks.show("people")
    document = document_of(window)
    document.take_skeleton(WALKER)
    names = [str(number + 1) for number in range(200)]
    xy = np.random.default_rng(0).uniform(0, 200, (200, len(WALKER), 2))
    poses = Poses(xy, np.full(xy.shape[:2], 0.9), np.broadcast_to(np.eye(2), (*xy.shape[:2], 2, 2)))
    document.put(0, poses, names)
    panel = window.people.panel
    panel.refresh()
    panel.table.setCurrentIndex(panel.model.index(150, NAME))
    scrolled = panel.table.verticalScrollBar().value()  # type: ignore[union-attr]
    start = time.perf_counter()
    for frame in range(1, 6):
        document.put(frame, poses, names)
        panel.refresh()
    spent = time.perf_counter() - start

    assert len(panel.model.people) == 200
    assert window.selection.person == "151"
    assert scrolled > 0
    assert panel.table.verticalScrollBar().value() == scrolled  # type: ignore[union-attr]
    assert spent < 5 * 0.5
