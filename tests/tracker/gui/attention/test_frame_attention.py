from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from figures import BLOB, DOTS, HEAT, DotEstimator, LookingEstimator, write_empty
from poseglass.core.explain.maps import MapChoice
from poseglass.core.fences import FencedEstimator
from poseglass.core.video.video import Video
from poseglass.errors import DeviceError
from poseglass.gui.attention import frame_attention
from poseglass.gui.attention.map_tile import MapTile
from poseglass.gui.shared.files import SAMPLE
from poseglass.gui.shared.settings import Settings
from poseglass.gui.shell.window import MainWindow
from poseglass.types import Poses

from ..conftest import analyse_and_wait, open_and_wait

LEFT, RIGHT = 0, 1
OF_LEFT = MapChoice(HEAT, (LEFT,))


def open_dock(window: MainWindow, qtbot: QtBot) -> None:
    """Open the attention dock, and wait for maps of the frame on the canvas."""
    window.commands["panel.attention"].trigger()
    wait_for_maps(window, qtbot)


def wait_for_maps(window: MainWindow, qtbot: QtBot) -> None:
    here = window.attention.looking
    qtbot.waitUntil(
        lambda: here._answer is not None and here._answer.request.frame == window.selection.frame, timeout=60000
    )


def tile(window: MainWindow, choice: MapChoice) -> MapTile:
    return next(tile for tile in window.attention.inspector._grid.tiles if tile.choice == choice)


def lay_over(window: MainWindow, choice: MapChoice = OF_LEFT) -> None:
    tile(window, choice).click()


def sentence(window: MainWindow) -> str:
    return window.attention.inspector._state.text()


def brightest(window: MainWindow) -> np.ndarray:
    """Return where the layer on the canvas is most opaque, in frame pixels."""
    layer = window.canvas.map_layer
    assert layer is not None
    row, column = np.unravel_index(np.argmax(layer.rgba.astype(int).sum(axis=-1)), layer.rgba.shape[:2])
    return layer.to_frame @ (column, row, 1)


def dot(frame: int) -> tuple[float, float]:
    """Return where the left dot of `dots_clip` is."""
    return 120 + 2 * frame, 120


@pytest.fixture
def analysed(window: MainWindow, qtbot: QtBot, dots_clip: Path, looking_estimators: list[LookingEstimator]):
    """The window with the dots analysed and the dock open on frame 0."""
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    open_dock(window, qtbot)
    return window


def jump(window: MainWindow, qtbot: QtBot, frame: int) -> None:
    window.player.jump(frame)
    qtbot.waitUntil(lambda: window.selection.frame == frame, timeout=20000)


def test_a_chosen_map_lies_over_the_picture_where_the_network_looked(analysed: MainWindow, qtbot: QtBot):
    canvas = analysed.canvas
    before = canvas.grab().toImage()
    lay_over(analysed)
    after = canvas.grab().toImage()

    np.testing.assert_allclose(brightest(analysed), dot(0), atol=6)
    at, away = (canvas.view.to_widget(*place).toPoint() for place in (dot(0), (250, 40)))
    beside = at + QPointF(7 * canvas.view.scale, 0).toPoint()  # the dot itself is drawn over the map
    assert before.pixel(beside) != after.pixel(beside)
    assert before.pixel(away) == after.pixel(away)


def test_the_map_follows_the_frame_and_never_lies_over_another_one(analysed: MainWindow, qtbot: QtBot):
    lay_over(analysed)
    strays: list[float] = []

    def check() -> None:
        if analysed.canvas.map_layer is not None:
            strays.append(float(np.abs(brightest(analysed) - dot(analysed.selection.frame)).max()))

    analysed.canvas.painted.connect(check)
    for frame in (5, 6, 25, 11):
        jump(analysed, qtbot, frame)
        wait_for_maps(analysed, qtbot)

        np.testing.assert_allclose(brightest(analysed), dot(frame), atol=6)
    qtbot.waitUntil(lambda: bool(strays), timeout=10000)  # what changed is painted a little later
    assert max(strays) < 6


def test_a_sheet_is_proposed_beside_the_video_and_named_after_the_frame(
    analysed: MainWindow, qtbot: QtBot, dots_clip: Path
):
    jump(analysed, qtbot, 3)
    wait_for_maps(analysed, qtbot)

    assert analysed.attention.inspector.proposed_path == dots_clip.with_name(f"{dots_clip.stem}_frame3_left_dot.png")


def test_closed_nothing_is_computed_and_nothing_lies_over_the_picture(
    analysed: MainWindow, qtbot: QtBot, looking_estimators: list[LookingEstimator]
):
    lay_over(analysed)
    analysed.commands["panel.attention"].trigger()
    assert analysed.canvas.map_layer is None
    looks = len(looking_estimators[-1].wanted)
    jump(analysed, qtbot, 9)
    lookout = analysed.attention.looking._lookout
    assert lookout is not None

    assert not lookout._waiting.is_ready
    assert len(looking_estimators[-1].wanted) == looks
    open_dock(analysed, qtbot)
    np.testing.assert_allclose(brightest(analysed), dot(9), atol=6)


def test_behind_another_panel_only_the_map_over_the_picture_is_computed(
    analysed: MainWindow, qtbot: QtBot, looking_estimators: list[LookingEstimator]
):
    lay_over(analysed)
    analysed.docks.show("analyse")
    qtbot.waitUntil(lambda: analysed.attention.inspector.wants == (HEAT,), timeout=5000)
    jump(analysed, qtbot, 9)
    wait_for_maps(analysed, qtbot)

    assert looking_estimators[-1].wanted[-1] == (HEAT,)
    np.testing.assert_allclose(brightest(analysed), dot(9), atol=6)


def test_a_clicked_keypoint_gets_its_row(analysed: MainWindow, qtbot: QtBot):
    at = analysed.canvas.view.to_widget(*next(d.at for d in analysed.canvas.sketch.dots if d.keypoint == RIGHT))
    qtbot.mouseClick(analysed.canvas, Qt.MouseButton.LeftButton, pos=at.toPoint())

    assert analysed.attention.inspector._keypoint.currentText() == "right dot"
    assert tile(analysed, MapChoice(HEAT, (RIGHT,)))


def test_the_value_under_the_mouse_is_said(analysed: MainWindow, qtbot: QtBot):
    lay_over(analysed)
    legend = analysed.attention.inspector._legend
    qtbot.mouseMove(analysed.canvas, analysed.canvas.view.to_widget(*dot(0)).toPoint())
    qtbot.waitUntil(lambda: "under the mouse" in legend._value.text(), timeout=5000)


def test_where_nobody_has_analysed_the_person_is_found_and_analysing_is_offered(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, looking_estimators: list[LookingEstimator]
):
    open_and_wait(window, qtbot, dots_clip)
    open_dock(window, qtbot)
    button = window.attention.inspector._analyse
    assert "not analysed yet" in sentence(window)
    lay_over(window)
    np.testing.assert_allclose(brightest(window), dot(0), atol=6)

    with qtbot.waitSignals([window.analyst.finished, window.project.smoothed], timeout=60000):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not button.isVisible(), timeout=20000)

    document = window.project.document
    assert document is not None
    assert np.flatnonzero(document.tracks.analysed).tolist() == [0]
    assert "not analysed" not in sentence(window)


def test_an_estimator_without_maps_is_told(window: MainWindow, qtbot: QtBot, dots_clip: Path, monkeypatch):
    monkeypatch.setattr(frame_attention, "make_estimator", lambda name, _: FencedEstimator(name, DotEstimator()))
    open_and_wait(window, qtbot, dots_clip)
    window.commands["panel.attention"].trigger()

    qtbot.waitUntil(lambda: sentence(window) == "This estimator shows no attention.", timeout=20000)


def test_a_network_that_cannot_be_loaded_is_told_and_tried_again_when_opened_again(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, monkeypatch
):
    def refuse(name: str, options: object) -> FencedEstimator:
        raise DeviceError("device 'cuda' is not there; try auto")

    monkeypatch.setattr(frame_attention, "make_estimator", refuse)
    open_and_wait(window, qtbot, dots_clip)
    with qtbot.waitSignal(window.attention.failed, timeout=20000):
        window.commands["panel.attention"].trigger()

    assert "try auto" in window.notice.text
    assert "try auto" in sentence(window)
    monkeypatch.setattr(frame_attention, "make_estimator", lambda name, _: FencedEstimator(name, LookingEstimator()))
    window.commands["panel.attention"].trigger()
    open_dock(window, qtbot)


def test_other_settings_load_the_network_anew(
    analysed: MainWindow, qtbot: QtBot, looking_estimators: list[LookingEstimator]
):
    before = looking_estimators[-1]
    analysed.analysing.estimator.changed.emit()
    qtbot.waitUntil(lambda: before.closed and looking_estimators[-1] is not before, timeout=20000)
    wait_for_maps(analysed, qtbot)
    lay_over(analysed)

    np.testing.assert_allclose(brightest(analysed), dot(0), atol=6)


def test_another_video_gets_its_own_maps_from_the_same_network(
    analysed: MainWindow, qtbot: QtBot, tmp_path: Path, looking_estimators: list[LookingEstimator]
):
    made = len(looking_estimators)
    lay_over(analysed)
    analysed.close_video()
    assert analysed.canvas.map_layer is None
    open_and_wait(analysed, qtbot, tmp_path / "dots.mp4")
    wait_for_maps(analysed, qtbot)

    assert len(looking_estimators) == made
    assert not looking_estimators[-1].closed


def test_a_clip_of_the_marked_range_is_written_along_the_results(
    analysed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    jump(analysed, qtbot, 4)
    analysed.player.mark_in()
    jump(analysed, qtbot, 13)
    analysed.player.mark_out()
    wait_for_maps(analysed, qtbot)
    lay_over(analysed)
    path = tmp_path / "looks.mp4"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    with qtbot.waitSignal(analysed.attention.clips.written, timeout=60000):
        analysed.attention.inspector._clip.click()
        assert analysed.attention.clips.stop.isVisible()

    assert "looks.mp4" in analysed.notice.text
    assert not analysed.attention.clips.isVisible()
    with Video.open(path) as video:
        assert video.info.n_frames == 10
        image = video.frame(9).image.astype(int)
    x, y = dot(13)
    ring = image[y - 9, x - 3 : x + 4]
    assert (ring.max(axis=0) - image[20, 20] > 40).any()  # the map, beside the dot on its dark ground


def test_a_clip_over_the_video_itself_is_refused(analysed: MainWindow, qtbot: QtBot, tmp_path: Path):
    with qtbot.waitSignal(analysed.attention.clips.failed, timeout=20000):
        analysed.attention.clips.write(tmp_path / "dots.mp4", OF_LEFT)

    assert "is the video itself" in analysed.notice.text


def test_a_stopped_clip_keeps_what_is_done(analysed: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch):
    clips = analysed.attention.clips

    def stop_at_once(self: LookingEstimator, *given: object):
        clips._runner.stop()
        return before(self, *given)

    before = LookingEstimator.explain
    monkeypatch.setattr(LookingEstimator, "explain", stop_at_once)
    with qtbot.waitSignal(clips.written, timeout=60000):
        clips.write(tmp_path / "short.mp4", MapChoice(BLOB))

    with Video.open(tmp_path / "short.mp4") as video:
        assert video.info.n_frames < 30


def test_maps_are_of_the_person_who_is_chosen_and_it_says_whose(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, looking_estimators: list[LookingEstimator]
):
    open_and_wait(window, qtbot, dots_clip)
    document = window.project.document
    assert document is not None
    document.take_skeleton(DOTS)
    xy = np.array([[[40.0, 30], [20, 30]], [[120, 120], [80, 120]]])
    poses = Poses(xy, np.full((2, 2), 0.9), np.tile(np.eye(2), (2, 2, 1, 1)))
    for frame, people in ((0, ["1", "2"]), (1, ["1"])):
        document.put(frame, poses.part(range(len(people))), people)
    document.rename("2", "Ann")
    open_dock(window, qtbot)

    for person, said in (("2", "Maps of frame 0, person Ann."), ("1", "Maps of frame 0, person 1.")):
        window.selection.choose_person(person)
        qtbot.waitUntil(lambda said=said: sentence(window).startswith(said), timeout=20000)
        row = int(person) - 1
        np.testing.assert_allclose(looking_estimators[-1].shown[-1], [[*xy[row, 1], *xy[row, 0]]])
    jump(window, qtbot, 1)
    window.selection.choose_person("2")
    qtbot.waitUntil(lambda: sentence(window).startswith("Person Ann is not in frame 1"), timeout=20000)
    assert window.attention.inspector._everybody.isVisible()


def test_closing_the_window_ends_the_network(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, looking_estimators: list[LookingEstimator]
):
    open_and_wait(window, qtbot, dots_clip)
    open_dock(window, qtbot)
    work = window.attention.looking._work
    assert work is not None
    window.close()

    assert work.isFinished()
    assert all(estimator.closed for estimator in looking_estimators)


@pytest.mark.slow
def test_the_shipped_network_looks_for_the_wrist_where_it_is(qtbot: QtBot, settings: Settings):
    settings.set_table("estimator/options/attention_hourglass", {"model": "fast"})
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    open_and_wait(window, qtbot, SAMPLE)
    analyse_and_wait(window, qtbot, range(28, 33))
    jump(window, qtbot, 30)
    open_dock(window, qtbot)
    document = window.project.document
    assert document is not None
    wrist = document.skeleton.names.index("right_wrist")
    window.attention.inspector.choose_keypoint(wrist)
    part = [t.choice for t in window.attention.inspector._grid.tiles if t.choice.name.kind == "part"]
    lay_over(window, next(choice for choice in part if choice.keypoints == (wrist,)))

    np.testing.assert_allclose(brightest(window), document.tracks.raw("1").xy[30, wrist], atol=20)
    window.close()


def test_the_skeleton_of_the_stand_in_is_the_one_in_the_chooser(analysed: MainWindow):
    box = analysed.attention.inspector._keypoint

    assert [box.itemText(i) for i in range(box.count())] == [DOTS.spoken(name) for name in DOTS.names]


def test_where_the_analysis_found_nobody_the_network_does_not_search_again(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, looking_estimators: list[LookingEstimator]
):
    write_empty(tmp_path / "empty.mp4")
    open_and_wait(window, qtbot, tmp_path / "empty.mp4")
    with qtbot.waitSignal(window.analyst.finished, timeout=60000):
        window.analysing.run()
    open_dock(window, qtbot)
    document = window.project.document
    assert document is not None

    assert document.tracks.analysed.all()
    assert "Nobody is seen in frame 0" in sentence(window)
    assert looking_estimators[-1].asked == []
