from fractions import Fraction
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from figures import DOTS, THREE, CrowdEstimator, DotEstimator, EverywhereDetector, ThreeBoxes, draw_three
from poseglass.api import Boxes, Detections, Image
from poseglass.core import run
from poseglass.core.analysis import Wish
from poseglass.core.run import Method
from poseglass.core.store.document import Change, Document
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import DeviceError
from poseglass.gui.analysis.analysis_status import AnalysisStatus
from poseglass.gui.people.person_tool import FollowRequest
from poseglass.gui.shell.window import MainWindow
from poseglass.types import Poses, Skeleton

from ..conftest import analyse_and_wait, open_and_wait


def test_an_analysed_video_has_its_poses_on_the_picture(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    window.player.jump(7)
    qtbot.waitUntil(lambda: window.selection.frame == 7, timeout=20000)
    document = window.project.document
    assert document is not None

    assert document.tracks.analysed.all()
    assert dot_estimator.closed
    assert [dot.keypoint for dot in window.canvas.sketch.dots] == [0, 1]
    np.testing.assert_allclose([dot.at for dot in window.canvas.sketch.dots], [(134, 120), (94, 120)], atol=1.5)
    assert window.commands["export.table"].isEnabled()
    assert "30 frames" in window.analysing.state.text()


def test_a_range_is_analysed_and_no_more(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot, range(5, 12))
    document = window.project.document
    assert document is not None

    assert np.flatnonzero(document.tracks.analysed).tolist() == list(range(5, 12))


def test_the_marks_are_offered_and_taken(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    window.player.jump(3)
    window.player.mark_in()
    window.player.jump(8)
    window.player.mark_out()

    assert window.analysing.frames.currentData() == "marked"
    assert window.analysing.chosen_range() == range(3, 9)


class Slow(DotEstimator):
    """Stops the analysis from within, after five frames."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self.window = window

    def estimate(self, image, boxes):
        if len(self.asked) == 20:
            self.window.analyst.stop()
        return super().estimate(image, boxes)


def test_stopping_keeps_what_is_done(window: MainWindow, qtbot: QtBot, dots_clip: Path, monkeypatch):
    monkeypatch.setattr(run, "make_estimator", lambda name, options: Slow(window))
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    document = window.project.document
    assert document is not None

    assert 0 < document.tracks.analysed.sum() < 30
    assert document.tracks.analysed[: document.tracks.analysed.sum()].all()
    assert window.analysing.state.text().startswith("Stopped.")
    assert not document.tracks.coverage.is_complete


def test_a_second_run_that_is_stopped_leaves_the_rest_to_the_first(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, monkeypatch
):
    class Other(Slow):
        facts = {"estimator": "other dots"}  # noqa: RUF012 - nobody changes it

    open_and_wait(window, qtbot, dots_clip)
    for made in (DotEstimator(), Other(window)):
        monkeypatch.setattr(run, "make_estimator", lambda name, options, made=made: made)
        analyse_and_wait(window, qtbot)
    document = window.project.document
    assert document is not None

    done = int((document.tracks.coverage.of_frame == 1).sum())
    assert 0 < done < 30
    first, second = document.tracks.coverage.told()
    assert first["frame_ranges"] == f"{done}-29"
    assert second == {**Other.facts, "frame_ranges": f"0-{done - 1}"}


def test_what_the_estimator_refuses_is_told(window: MainWindow, qtbot: QtBot, dots_clip: Path, monkeypatch):
    def refuse(name: str, options: object) -> DotEstimator:
        raise DeviceError("device 'cuda' is not there; try auto")

    monkeypatch.setattr(run, "make_estimator", refuse)
    open_and_wait(window, qtbot, dots_clip)
    with qtbot.waitSignal(window.analyst.failed, timeout=20000):
        window.analysing.run()

    assert "try auto" in window.notice.text
    assert not window.analyst.is_running
    assert window.commands["analyse.run"].isEnabled()


def test_the_device_is_shown_with_its_reason(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)

    assert window.analysing.device.text() == "Computes on cpu (a test)."


def test_closing_the_video_while_it_is_analysed_ends_the_analysis(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    with qtbot.waitSignal(window.analyst.loaded, timeout=20000):
        window.analysing.run()
    window.close_video()

    assert not window.analyst.is_running
    assert window.project.document is None
    assert dot_estimator.closed


def test_a_skeleton_of_other_keypoints_is_refused(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, monkeypatch
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    monkeypatch.setattr(type(dot_estimator), "skeleton", type(DOTS)(("nose", "left_eye")))
    with qtbot.waitSignal(window.analyst.failed, timeout=20000):
        window.analysing.run()

    assert "keypoints" in window.notice.text
    assert not window.analyst.is_running


class ThreeDots(DotEstimator):
    """Finds a nose between the dots, too, and has the dots the other way round."""

    skeleton = Skeleton(("nose", "right_dot", "left_dot"), (("nose", "left_dot"),))

    def estimate(self, image, boxes):
        dots = super().estimate(image, boxes)
        parts = (np.stack([part.mean(axis=1), part[:, 1], part[:, 0]], axis=1) for part in
                 (dots.xy, dots.score, dots.covariance))  # fmt: skip
        return Poses(*parts)


def test_a_range_is_analysed_again_with_a_model_of_other_keypoints(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator, monkeypatch
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    document = window.project.document
    assert document is not None
    window.docks.show("curves")
    window.player.jump(12)
    qtbot.waitUntil(lambda: window.selection.frame == 12, timeout=20000)
    document.move("1", 12, 0, (50.0, 60.0))
    window.selection.choose_keypoints({0})
    monkeypatch.setattr(run, "make_estimator", lambda name, options: ThreeDots())
    analyse_and_wait(window, qtbot, range(10, 20))
    qtbot.waitUntil(lambda: len(window.canvas.sketch.dots) == 3, timeout=20000)
    dots = {document.skeleton.names[dot.keypoint]: dot.at for dot in window.canvas.sketch.dots}

    assert document.skeleton.names == ("nose", "right_dot", "left_dot")
    assert window.selection.keypoints == {2}  # the left dot still
    assert "New with this model, and missing where another one looked: nose." in window.notice.text
    np.testing.assert_allclose(dots["left_dot"], (50, 60), atol=1)
    np.testing.assert_allclose(dots["right_dot"], (100 + 2 * 12 - 20, 120), atol=1.5)
    smoothed = window.project.paths.track("1")
    assert np.isfinite(smoothed.xy[:, 1:]).all()
    window.commands["edit.undo"].trigger()
    assert document.undo_text is None
    np.testing.assert_allclose(document.tracks.corrected("1").xy[12, 2], (100 + 2 * 12 + 20, 120), atol=1.5)


def test_a_keypoint_that_is_held_is_let_go_when_the_keypoints_change(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    analyse_and_wait(window, qtbot)
    document = window.project.document
    assert document is not None
    window.commands["edit.correct"].trigger()
    start = window.canvas.view.to_widget(*window.canvas.sketch.dots[0].at).toPoint()
    QTest.mousePress(window.canvas, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(window.canvas, start + QPoint(12, 0))
    document.take_skeleton(ThreeDots.skeleton)
    QTest.mouseMove(window.canvas, start + QPoint(24, 0))
    QTest.mouseRelease(window.canvas, Qt.MouseButton.LeftButton, pos=start + QPoint(24, 0))

    assert [mark.tolist() for mark in document.tracks.marks("1")[0]] == [0, 0, 1]
    assert len(document.history.done) == 1


def test_a_stop_that_is_clicked_too_late_begins_no_other_run(
    window: MainWindow, qtbot: QtBot, dots_clip: Path, dot_estimator: DotEstimator
):
    open_and_wait(window, qtbot, dots_clip)
    with qtbot.waitSignal(window.analyst.finished, timeout=60000):
        window.analysing.run()
    window.analysing.button.click()

    assert not window.analyst.is_running
    qtbot.waitUntil(window.analysing.button.isEnabled, timeout=5000)
    window.analysing.button.click()
    assert window.analyst.is_running


def test_three_boxes_are_three_tracks_and_all_are_on_the_picture(window: MainWindow, qtbot: QtBot, tmp_path: Path):
    with VideoWriter(tmp_path / "three.mp4", 320, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(10):
            writer.write(draw_three(200, 320, 2 * i), i)
    estimator = CrowdEstimator()
    open_and_wait(window, qtbot, tmp_path / "three.mp4")
    with qtbot.waitSignals([window.analyst.finished, window.project.smoothed], timeout=60000):
        window.analyst.start(Wish(tmp_path / "three.mp4", range(10)), Method(estimator, ThreeBoxes))
    window.player.jump(6)
    qtbot.waitUntil(lambda: window.selection.frame == 6, timeout=20000)
    qtbot.waitUntil(lambda: len(window.canvas.sketch.dots) == 6, timeout=20000)
    document = window.project.document
    assert document is not None

    assert document.tracks.people == ("1", "2", "3")
    for person, (x, y) in zip(document.tracks.people, THREE, strict=True):
        dots = [dot.at for dot in window.canvas.sketch.dots if dot.person == person]
        np.testing.assert_allclose(dots, [(x + 2 * 6 + 20, y), (x + 2 * 6 - 20, y)], atol=1.5)
    assert not estimator.closed


class ThreeDetector(EverywhereDetector):
    """Sees each of three people who go to the right by two pixels a frame."""

    def detect(self, image: Image) -> Detections:
        shift = np.nonzero(image[..., 0] > 128)[1].min() - (THREE[0][0] + 20 - 4)
        boxes = np.array([(x + shift - 26, y - 8, x + shift + 26, y + 8) for x, y in THREE])
        return Detections(boxes, np.full(3, 0.9))


@pytest.fixture
def three(window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MainWindow:
    """A window with a video of three people, whose networks see them."""
    monkeypatch.setattr(run, "make_estimator", lambda name, options: CrowdEstimator())
    monkeypatch.setattr(run, "make_detector", lambda name, options: ThreeDetector())
    with VideoWriter(tmp_path / "three.mp4", 400, 200, Fraction(1, 25), Fraction(25)) as writer:
        for i in range(20):
            writer.write(draw_three(200, 400, 2 * i), i)
    open_and_wait(window, qtbot, tmp_path / "three.mp4")
    return window


def document_of(window: MainWindow) -> Document:
    assert window.project.document is not None
    return window.project.document


def test_an_analysis_ends_with_who_was_found(three: MainWindow, qtbot: QtBot):
    analyse_and_wait(three, qtbot)

    assert document_of(three).tracks.shown_people == {"1": 20, "2": 20, "3": 20}
    assert three.analysing.state.text().startswith("20 frames analysed: 3 people.")
    assert three.statusBar().currentMessage() == three.analysing.state.text()


def test_no_more_people_are_followed_than_the_panel_says(three: MainWindow, qtbot: QtBot):
    three.analysing.people.most.setValue(2)
    analyse_and_wait(three, qtbot)

    assert len(document_of(three).tracks.shown_people) == 2


def test_the_status_bar_shows_how_far_it_is_while_it_runs(
    three: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
):
    told = Event()

    class Patient(CrowdEstimator):
        """Goes on from the tenth look when the status bar has told of the ones before."""

        def estimate(self, image: Image, boxes: Boxes) -> Poses:
            if len(self.asked) >= 10:
                told.wait(20)
            return super().estimate(image, boxes)

    def look(*_: object) -> None:
        if status.isVisible() and " of 20 frames" in status.text.text():
            told.set()

    monkeypatch.setattr(run, "make_estimator", lambda name, options: Patient())
    status = three.findChild(AnalysisStatus)
    assert status is not None
    three.docks.show("people")
    three.analysing.progressed.connect(look)
    assert not status.isVisible()
    analyse_and_wait(three, qtbot)

    assert told.is_set()
    assert not status.isVisible()


def test_what_was_stopped_goes_on_and_what_is_done_is_left_alone(three: MainWindow, qtbot: QtBot):
    document = document_of(three)
    analyse_and_wait(three, qtbot, range(4, 8))
    document.want(range(20))
    document.tracks.coverage.broken[19] = True
    three.project.changed.emit(Change((), range(0), None, by_user=False))
    assert three.analysing.rest.isVisibleTo(three.analysing)
    assert "(15 frames)" in three.analysing.rest.text()
    asked: list[range] = []
    want = document.want
    document.want = lambda frames: (asked.append(frames), want(frames))  # type: ignore[method-assign,assignment]
    with qtbot.waitSignal(three.analyst.finished, timeout=60000):
        three.analysing.rest.click()

    assert asked == [range(4), range(8, 19)]
    assert np.flatnonzero(~document.tracks.analysed).tolist() == [19]
    assert document.tracks.coverage.is_complete
    assert document.tracks.shown_people == {"1": 19, "2": 19, "3": 19}
    assert three.analysing.rest.isHidden()
    assert not three.commands["analyse.missing"].isEnabled()


def test_without_a_stopped_run_all_that_was_never_analysed_is_missing(three: MainWindow, qtbot: QtBot):
    analyse_and_wait(three, qtbot, range(12, 20))
    with qtbot.waitSignal(three.analyst.finished, timeout=60000):
        three.commands["analyse.missing"].trigger()

    assert document_of(three).tracks.analysed.all()


def test_one_person_is_followed_both_ways_and_the_others_stay(three: MainWindow, qtbot: QtBot):
    analyse_and_wait(three, qtbot)
    document = document_of(three)
    document.delete("2")
    before = document.tracks.raw("1").xy
    (x, y), frame = THREE[1], 10
    with qtbot.waitSignals([three.analyst.finished, three.project.smoothed], timeout=60000):
        three.people.follow_wanted.emit(FollowRequest("4", frame, (x + 20 - 30, y - 12, 60, 24)))

    assert document.tracks.shown_people == {"1": 20, "3": 20, "4": 20}
    np.testing.assert_allclose(document.tracks.raw("4").xy[:, 0, 0], x + 20 + 2 * np.arange(20), atol=1.5)
    np.testing.assert_array_equal(document.tracks.raw("1").xy, before)
    assert three.selection.person == "4"
    assert three.analysing.state.text().startswith("20 frames looked at: 4 is in 20 frames.")


def test_nobody_in_the_box_is_a_sentence_and_changes_nothing(three: MainWindow, qtbot: QtBot):
    analyse_and_wait(three, qtbot)
    with qtbot.waitSignal(three.analyst.failed, timeout=60000):
        three.people.follow_wanted.emit(FollowRequest("4", 10, (5, 160, 20, 20)))

    assert document_of(three).tracks.shown_people == {"1": 20, "2": 20, "3": 20}
    assert three.notice.text
