"""Panels that show one person show the chosen one: each is looked at with two people in the document."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

import clips
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.core.training_set import collect_labels
from poseglass.gui.shell.window import MainWindow

from ..conftest import open_and_wait
from ..walked import drag, put_walk


@pytest.fixture
def walkers(window: MainWindow, qtbot: QtBot, clip: clips.Clip) -> MainWindow:
    open_and_wait(window, qtbot, clip.path)
    put_walk(window, qtbot, people=2)
    for name in ("curves", "corrections"):
        window.docks.show(name)
    qtbot.waitUntil(window.study.corrections.isVisible)
    return window


def document_of(window: MainWindow) -> Document:
    assert window.project.document is not None
    return window.project.document


def test_curves_keypoints_and_places_to_look_follow_the_choice(walkers: MainWindow, qtbot: QtBot):
    tracks = document_of(walkers).tracks
    for person in ("2", "1"):
        walkers.selection.choose_person(person)
        walkers.study.curves.draw()
        assert walkers.study.curves.person == person
        assert walkers.study.curves._drawing is not None
        assert walkers.study.curves._drawing.person == person
        keypoints = walkers.study.corrections.keypoints
        item = keypoints.topLevelItem(3)
        assert item is not None
        assert item.text(1) == f"{tracks.raw(person).score[0, 3]:.2f}"
        walkers.study.guide.go_doubtful()
        assert walkers.selection.person == person
        poses = walkers.attention.looking._known_poses(0)
        assert poses is not None
        np.testing.assert_array_equal(poses.xy[0], tracks.raw(person).xy[0])


def test_a_keypoint_that_is_dragged_is_the_chosen_persons(walkers: MainWindow):
    document = document_of(walkers)
    walkers.commands["edit.correct"].trigger()
    drag(walkers, 3, (25, 10), person="2")
    walkers.commands["edit.occluded"].trigger()

    assert document.tracks.corrected_frames("2").tolist() == [walkers.selection.frame]
    assert not len(document.tracks.corrected_frames("1"))
    assert document.tracks.marks("2")[walkers.selection.frame, 3] == Mark.PLACED | Mark.OCCLUDED


def test_training_frames_have_everybody_and_not_who_was_deleted(walkers: MainWindow):
    document = document_of(walkers)
    document.move("2", 4, 3, (50.0, 50.0))
    people = collect_labels(document, walkers.project.paths).people[4]
    assert [name for name, labels in people if (labels[:, 2] > 0).any()] == ["1", "2"]
    document.delete("1")

    people = collect_labels(document, walkers.project.paths).people[4]
    assert [name for name, labels in people if (labels[:, 2] > 0).any()] == ["2"]
