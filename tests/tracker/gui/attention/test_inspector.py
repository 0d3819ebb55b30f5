import os
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from figures import BLOB, DOTS, HEAT, LookingEstimator, draw_dots
from poseglass.core.explain.frame import ExplainedFrame
from poseglass.core.explain.maps import MapChoice
from poseglass.gui.attention.inspector import Inspector
from poseglass.gui.attention.map_tile import MapTile
from poseglass.types import Skeleton

BOX = np.array([[70.0, 50, 130, 90]])
LEFT, RIGHT = 0, 1


def look(center: tuple[float, float] = (100.0, 70.0)) -> ExplainedFrame:
    estimator = LookingEstimator()
    image = draw_dots(150, 200, center)
    return ExplainedFrame(image, DOTS, estimator.explain(image, BOX, estimator.map_names), "frame 0")


@pytest.fixture
def inspector(qtbot: QtBot) -> Iterator[Inspector]:
    shown = Inspector()
    qtbot.addWidget(shown)
    shown.resize(500, 800)
    shown.set_maps((BLOB, HEAT), DOTS)
    shown.show()
    shown.show_looked(look())
    qtbot.waitUntil(lambda: all(tile.is_fresh for tile in tiles(shown)))
    yield shown
    shown.close()


def tiles(inspector: Inspector) -> list[MapTile]:
    return inspector._grid.tiles


def tile(inspector: Inspector, choice: MapChoice) -> MapTile:
    return next(tile for tile in tiles(inspector) if tile.choice == choice)


def sentence(inspector: Inspector) -> str:
    return inspector._state.text()


def test_there_is_a_tile_for_each_map_and_for_the_keypoints_own(inspector: Inspector):
    assert [tile.choice for tile in tiles(inspector)] == [MapChoice(HEAT, (LEFT,)), MapChoice(BLOB), MapChoice(HEAT)]


def test_a_clicked_tile_is_over_the_picture_until_it_is_clicked_again(inspector: Inspector, qtbot: QtBot):
    choice = MapChoice(HEAT, (LEFT,))
    with qtbot.waitSignal(inspector.chosen) as told:
        qtbot.mouseClick(tile(inspector, choice), Qt.MouseButton.LeftButton)

    assert told.args == [choice]
    assert inspector.choice == choice
    assert [tile.choice for tile in tiles(inspector) if tile.isChecked()] == [choice]
    assert "left dot" in sentence(inspector)

    with qtbot.waitSignal(inspector.chosen) as told:
        qtbot.mouseClick(tile(inspector, choice), Qt.MouseButton.LeftButton)

    assert told.args == [None]


def test_another_tile_takes_its_place(inspector: Inspector, qtbot: QtBot):
    for choice in (MapChoice(BLOB), MapChoice(HEAT)):
        qtbot.mouseClick(tile(inspector, choice), Qt.MouseButton.LeftButton)

        assert [tile.choice for tile in tiles(inspector) if tile.isChecked()] == [choice]


def test_the_map_over_the_picture_follows_the_keypoint(inspector: Inspector, qtbot: QtBot):
    qtbot.mouseClick(tile(inspector, MapChoice(HEAT, (LEFT,))), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(inspector.chosen) as told:
        inspector.choose_keypoint(RIGHT)

    assert told.args == [MapChoice(HEAT, (RIGHT,))]
    assert tile(inspector, MapChoice(HEAT, (RIGHT,))).isChecked()


def test_a_map_of_all_stays_when_the_keypoint_changes(inspector: Inspector, qtbot: QtBot):
    qtbot.mouseClick(tile(inspector, MapChoice(BLOB)), Qt.MouseButton.LeftButton)
    inspector.choose_keypoint(RIGHT)

    assert inspector.choice == MapChoice(BLOB)


def test_it_is_said_in_words_what_is_bright(inspector: Inspector, qtbot: QtBot):
    inspector.choose_keypoint(RIGHT)

    notes = {label.text(): label for label in inspector._grid.findChildren(QLabel)}
    qtbot.waitUntil(notes["Bright: where the network expects it"].isVisible)
    assert "expects the keypoint" in tile(inspector, MapChoice(HEAT)).toolTip()
    blob = tile(inspector, MapChoice(BLOB))
    assert blob.toolTip() == blob.accessibleName()  # another's network: nothing is known of its kinds of maps


def test_two_keypoints_lie_in_the_same_columns(inspector: Inspector, qtbot: QtBot):
    inspector.pin_keypoint(RIGHT)
    qtbot.waitUntil(lambda: all(tile.is_fresh for tile in tiles(inspector)))
    left, right = (tile(inspector, MapChoice(HEAT, (keypoint,))) for keypoint in (LEFT, RIGHT))

    assert left.x() == right.x()
    assert left.y() < right.y()
    inspector.pin_keypoint(None)
    assert MapChoice(HEAT, (RIGHT,)) not in [tile.choice for tile in tiles(inspector)]


def test_maps_are_wanted_only_while_seen_or_over_the_picture(qtbot: QtBot):
    inspector, told = Inspector(), []
    qtbot.addWidget(inspector)
    inspector.wanted.connect(told.append)
    inspector.set_maps((BLOB, HEAT), DOTS)
    assert inspector.wants == ()

    inspector.show()
    qtbot.mouseClick(tile(inspector, MapChoice(BLOB)), Qt.MouseButton.LeftButton)
    inspector.hide()
    assert told == [(BLOB, HEAT), (BLOB,)]

    inspector.set_maps((), DOTS)
    assert told[-1] == ()


def test_tiles_that_are_not_seen_are_not_made(qtbot: QtBot):
    inspector = Inspector()
    qtbot.addWidget(inspector)
    inspector.resize(420, 420)
    names = tuple(
        type(HEAT)(stack, kind, 8, 8, per_keypoint=False) for stack in range(1, 9) for kind in ("a", "b", "c")
    )
    inspector.set_maps(names, DOTS)
    inspector.show()
    base = look()
    maps = dict.fromkeys(names, base.explanation.maps[BLOB])
    inspector.show_looked(ExplainedFrame(base.image, DOTS, type(base.explanation)(base.explanation.poses, maps)))
    qtbot.waitUntil(lambda: tiles(inspector)[0].is_fresh)
    qtbot.waitUntil(lambda: len(inspector._grid._queue) == 0)

    assert tiles(inspector)[0].is_fresh
    assert not tiles(inspector)[-1].is_fresh


def test_the_legend_says_in_numbers_what_the_colours_mean(inspector: Inspector, qtbot: QtBot):
    looked = look()
    qtbot.mouseClick(tile(inspector, MapChoice(BLOB)), Qt.MouseButton.LeftButton)
    one = looked.one(MapChoice(BLOB))
    assert inspector._legend._high.text() == f"{one.values.max():.2f}"

    inspector.findChildren(QComboBox)[-1].setCurrentIndex(1)
    assert inspector._legend._high.text() == "1.00"

    x, y = looked.explanation.poses.xy[0, 0]
    inspector.show_cursor((x, y))
    assert f"{one.value_at((x, y)):.3f}" in inspector._legend._value.text()
    inspector.show_cursor(None)
    assert inspector._legend._value.text() == ""


def test_another_way_to_paint_is_told_and_shown(inspector: Inspector, qtbot: QtBot):
    before = tile(inspector, MapChoice(BLOB)).grab().toImage()
    with qtbot.waitSignal(inspector.view_changed) as told:
        inspector._controls._colours.setCurrentText("viridis")
    qtbot.waitUntil(lambda: all(tile.is_fresh for tile in tiles(inspector)))

    assert told.args[0].colours == "viridis"
    assert tile(inspector, MapChoice(BLOB)).grab().toImage() != before


def test_an_estimator_without_maps_is_told(inspector: Inspector):
    inspector.set_maps((), Skeleton(("middle",)))

    assert sentence(inspector) == "This estimator shows no attention."
    assert tiles(inspector) == []
    assert not any(button.isEnabled() for button in inspector.findChildren(QPushButton))


def test_without_an_estimator_it_says_what_to_do(qtbot: QtBot):
    inspector = Inspector()
    qtbot.addWidget(inspector)

    assert sentence(inspector).startswith("Open a video")


def test_a_frame_without_anybody_shows_nothing(inspector: Inspector, qtbot: QtBot):
    qtbot.mouseClick(tile(inspector, MapChoice(BLOB)), Qt.MouseButton.LeftButton)
    inspector.show_looked(None)

    assert sentence(inspector).startswith("Nothing to show")
    assert inspector._legend.isHidden()
    assert inspector.choice == MapChoice(BLOB)


def test_arrow_keys_go_from_tile_to_tile_and_space_chooses(inspector: Inspector, qtbot: QtBot):
    inspector.activateWindow()
    first, below = tile(inspector, MapChoice(HEAT, (LEFT,))), tile(inspector, MapChoice(BLOB))
    first.setFocus()
    qtbot.waitUntil(first.hasFocus)
    qtbot.keyClick(first, Qt.Key.Key_Down)
    assert below.hasFocus()
    qtbot.keyClick(below, Qt.Key.Key_Right)
    assert tile(inspector, MapChoice(HEAT)).hasFocus()
    qtbot.keyClick(tile(inspector, MapChoice(HEAT)), Qt.Key.Key_Space)

    assert inspector.choice == MapChoice(HEAT)


def test_everything_has_a_name_for_those_who_do_not_see_it(inspector: Inspector):
    assert tile(inspector, MapChoice(HEAT, (LEFT,))).accessibleName() == "stack 2, heatmap, 16 x 16, left dot"
    assert tile(inspector, MapChoice(HEAT, (LEFT,))).accessibleDescription().startswith("0.00 to ")
    assert all(box.accessibleName() for box in inspector.findChildren(QComboBox))


def test_the_maps_are_saved_as_a_picture(inspector: Inspector, qtbot: QtBot, tmp_path: Path):
    with qtbot.waitSignal(inspector.written) as told:
        inspector.save_picture(tmp_path / "maps.png")

    assert told.args == [(tmp_path / "maps.png",)]
    assert cv2.imread(str(tmp_path / "maps.png")) is not None


def test_a_sheet_is_named_after_video_frame_and_keypoints(inspector: Inspector, qtbot: QtBot, tmp_path: Path):
    inspector.show_looked(look(), stem=tmp_path / "clip.v2_frame75")
    inspector.choose_keypoint(RIGHT)
    assert inspector.proposed_path == tmp_path / "clip.v2_frame75_right_dot.png"

    inspector.pin_keypoint(LEFT)
    assert inspector.proposed_path.name == "clip.v2_frame75_right_dot_left_dot.png"


def test_a_picture_that_cannot_be_saved_is_told(inspector: Inspector, qtbot: QtBot, tmp_path: Path):
    with qtbot.waitSignal(inspector.failed) as told:
        inspector.save_picture(tmp_path / "no" / "maps.png")

    assert "cannot be written" in told.args[0]


def test_a_clip_is_asked_for_with_the_map_over_the_picture(inspector: Inspector, qtbot: QtBot):
    assert not inspector._clip.isEnabled()
    qtbot.mouseClick(tile(inspector, MapChoice(BLOB)), Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(inspector.clip_asked) as told:
        qtbot.mouseClick(inspector._clip, Qt.MouseButton.LeftButton)

    assert told.args == [MapChoice(BLOB)]
