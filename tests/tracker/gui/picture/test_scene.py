import numpy as np
import pytest
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.overlay import LEFT, RIGHT
from poseglass.core.people_marks import person_colour
from poseglass.core.sketch import Sketch
from poseglass.gui.shell.window import MainWindow

from ..conftest import open_and_wait
from ..walked import put_walk


def colours(sketch: Sketch, *, is_faint: bool) -> set[tuple[int, int, int]]:
    return {stroke.colour for stroke in sketch.part(is_faint=is_faint).strokes}


@pytest.fixture
def walkers(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> MainWindow:
    """A window with persons 1 and 2 in its first frame."""
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot, people=2)
    return window


def test_one_person_alone_is_coloured_by_side_and_has_no_name(window: MainWindow, qtbot: QtBot, clip: clips.Clip):
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot)

    assert {LEFT, RIGHT} <= colours(window.canvas.sketch, is_faint=False)
    assert not window.canvas.sketch.part(is_faint=True).strokes
    assert not window.canvas.sketch.names


def test_of_several_each_has_a_colour_and_a_name_and_the_chosen_one_stands_out(walkers: MainWindow):
    for chosen, other in (("1", "2"), ("2", "1")):
        walkers.selection.choose_person(chosen)
        sketch = walkers.canvas.sketch

        assert colours(sketch, is_faint=False) == {person_colour(chosen)}
        assert colours(sketch, is_faint=True) == {person_colour(other)}
        assert {(name.text, name.colour, name.is_faint) for name in sketch.names} == {
            (chosen, person_colour(chosen), False),
            (other, person_colour(other), True),
        }
        assert sketch.dots[-1].person == chosen  # over the other one


def test_colours_are_chosen_and_what_is_chosen_again_is_as_usual(walkers: MainWindow):
    walkers.commands["view.by_side"].trigger()
    assert {LEFT, RIGHT} <= colours(walkers.canvas.sketch, is_faint=True)
    walkers.commands["view.by_score"].trigger()
    assert not {LEFT, RIGHT, person_colour("1")} & colours(walkers.canvas.sketch, is_faint=False)
    assert walkers.commands["view.by_score"].isChecked()
    walkers.commands["view.by_score"].trigger()

    assert walkers.commands["view.by_usual"].isChecked()
    assert colours(walkers.canvas.sketch, is_faint=False) == {person_colour("1")}


def test_a_box_has_the_name_in_place_of_the_head(walkers: MainWindow):
    walkers.displays.change(boxes=True)
    boxes = walkers.canvas.sketch.boxes

    assert {(box.label, box.colour) for box in boxes} == {(name, person_colour(name)) for name in "12"}
    assert not walkers.canvas.sketch.names


def seen_of(window: MainWindow, person: str) -> int:
    """Return how many pixels of the canvas have the colour of a person."""
    image = window.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    bits = image.constBits()
    assert bits is not None
    pixels = np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8).reshape(-1, 4)[:, 2::-1]
    return int((pixels == person_colour(person)).all(axis=1).sum())


def test_who_is_not_chosen_is_painted_faintly(walkers: MainWindow):
    walkers.selection.choose_person("1")
    assert seen_of(walkers, "1") > 50
    assert seen_of(walkers, "2") < 10
    walkers.selection.choose_person("2")

    assert seen_of(walkers, "1") < 10
    assert seen_of(walkers, "2") > 50
