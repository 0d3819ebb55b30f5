from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from figures import DOTS, track_of
from poseglass.api import (
    Detections,
    InputError,
    Needs,
    OutputError,
    PluginError,
    Recording,
    SmoothedTrack,
    Source,
    State,
)
from poseglass.core.fences import FencedDetector, FencedExporter, FencedImporter, FencedSmoother

IMAGE = np.zeros((10, 10, 3), np.uint8)
BOX, SCORE = np.array([[0.0, 0, 8, 8]]), np.ones(1)
TRACK = track_of(np.zeros((4, 2, 2)), np.arange(4) / 25)
SMOOTHED = SmoothedTrack(TRACK.xy, TRACK.score, np.ones((4, 2), np.uint8))
RECORDING = Recording(
    DOTS, np.arange(4), np.arange(4), TRACK.time_s, (("1", TRACK, SMOOTHED),), Source(320, 240, Fraction(25))
)


class Answering:
    """Of any kind: answers what it was given, whatever it is asked."""

    def __init__(self, answer: object) -> None:
        self.answer, self.facts = answer, {"by": "a test"}

    def detect(self, *_):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    step = smooth = write = read = detect


@pytest.mark.parametrize(
    "answer", [None, ValueError("oh"), BOX, Detections(BOX * np.nan, SCORE), Detections(-BOX, SCORE),
               Detections(BOX, SCORE * np.nan), Detections(BOX, SCORE * 2)],
)  # fmt: skip
def test_a_detector_that_answers_wrongly_is_a_plugin_error(answer: object):
    with pytest.raises(PluginError, match="detector 'wrong'"):
        FencedDetector("wrong", Answering(answer)).detect(IMAGE)


def test_a_detector_says_who_it_is():
    assert FencedDetector("right", Answering(None)).facts == {"detector": "right", "by": "a test"}


@pytest.mark.parametrize("answer", [None, np.zeros((1, 2)), np.full((2, 2), np.inf)])
def test_a_step_that_is_wrong_is_a_plugin_error(answer: object):
    with pytest.raises(PluginError, match="smoother 'wrong'"):
        FencedSmoother("wrong", Answering(answer)).step(0.0, TRACK.xy[0], TRACK.score[0], TRACK.covariance[0])


@pytest.mark.parametrize(
    "answer",
    [
        None,
        replace(SMOOTHED, xy=TRACK.xy[1:]),
        replace(SMOOTHED, sigma=TRACK.xy),
        replace(SMOOTHED, xy=TRACK.xy + np.inf),
        replace(SMOOTHED, state=np.full((4, 2), 9, np.uint8)),
    ],
)
def test_a_smoothed_track_that_is_wrong_is_a_plugin_error(answer: object):
    with pytest.raises(PluginError, match="smoother 'wrong'"):
        FencedSmoother("wrong", Answering(answer)).smooth(TRACK)


def with_times(time_s: np.ndarray) -> Recording:
    return replace(RECORDING, time_s=time_s)


UNEVEN = with_times(np.array([0, 0.04, 0.11, 0.12]))


@pytest.mark.parametrize(
    ("needs", "recording", "said"),
    [
        (Needs(keypoints=("left_dot", "nose", "tail")), RECORDING, "needs nose, tail, which this skeleton does not"),
        (Needs(one_person=True), replace(RECORDING, tracks=RECORDING.tracks * 2), "holds one person, there are 2"),
        (Needs(size=True), replace(RECORDING, source=Source()), "needs the picture's size, which is not known"),
        (Needs(constant_rate=True), UNEVEN, "needs a constant frame rate"),
        (Needs(constant_rate=True), replace(RECORDING, source=Source()), "needs a constant frame rate"),
    ],
)
def test_an_exporter_is_not_given_what_it_cannot_write(needs: Needs, recording: Recording, said: str):
    exporter = Answering(AssertionError("asked"))
    with pytest.raises(OutputError, match=f"exporter 'picky' {said}.*; choose another"):
        FencedExporter("picky", exporter, needs).write(recording, Path("out"))


def test_an_exporter_is_given_what_meets_its_needs():
    needs = Needs(("left_dot",), one_person=True, constant_rate=True, size=True)
    rounded = with_times(np.array([0, 0.04, 0.081, 0.12]))
    some = replace(rounded, frame_index=np.array([0, 1, 2, 30]), time_s=np.array([0, 0.04, 0.08, 1.2]))
    nobody = replace(rounded, tracks=())

    for recording in (rounded, some, nobody):
        FencedExporter("picky", Answering(None), needs).write(recording, Path("out"))


def test_an_exporters_own_mistake_is_a_plugin_error_and_the_disks_is_the_hosts():
    with pytest.raises(PluginError, match="exporter 'wrong' failed: KeyError"):
        FencedExporter("wrong", Answering(KeyError("x")), Needs()).write(RECORDING, Path("out"))
    with pytest.raises(OSError, match="full"):
        FencedExporter("right", Answering(OSError("full")), Needs()).write(RECORDING, Path("out"))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (None, "failed: AttributeError"),
        (replace(RECORDING, pts=np.arange(3)), "4 frames with 3 stamps and 4 times"),
        (replace(RECORDING, frame_index=np.array([0, 1, 1, 2])), "frames that do not rise"),
        (with_times(np.array([0, 2, 1, 3.0])), "times that fall"),
        (with_times(np.array([0, 2, np.nan, 1])), "times that fall"),
        (replace(RECORDING, tracks=(("1", track_of(np.zeros((3, 2, 2)), np.arange(3.0)), None),)), r"\(3, 2, 2\)"),
        (replace(RECORDING, tracks=(("1", TRACK, replace(SMOOTHED, xy=TRACK.xy[1:])),)), "a smoothed track '1'"),
        (replace(RECORDING, tracks=(("1", replace(TRACK, score=TRACK.score * np.nan), None),)), "not finite"),
    ],
)
def test_an_importer_that_answers_wrongly_is_a_plugin_error(answer: object, said: str):
    with pytest.raises(PluginError, match=f"importer 'wrong' .*{said}"):
        FencedImporter("wrong", Answering(answer)).read(Path("in.csv"))


def test_a_recording_without_times_can_be_imported():
    unknown = replace(with_times(np.full(4, np.nan)), source=Source())

    assert FencedImporter("right", Answering(unknown)).read(Path("in.csv")) is unknown


def test_a_file_that_is_not_there_is_an_input_error():
    missing = FileNotFoundError(2, "No such file")
    with pytest.raises(InputError, match=r"in\.csv: cannot be read \(No such file\)"):
        FencedImporter("right", Answering(missing)).read(Path("in.csv"))


class Shifting:
    """A smoother that moves everything it is given by a pixel, and wants times that rise."""

    facts: ClassVar = {}

    def step(self, time_s, xy, score, covariance):
        return xy + 1

    def smooth(self, track):
        assert (np.diff(track.time_s) > 0).all()
        return SmoothedTrack(track.xy + 1, track.score, np.ones(track.score.shape, np.uint8))


def test_frames_without_a_time_of_their_own_are_left_out_of_smoothing():
    fixed = np.zeros((4, 2), bool)
    fixed[2, 1] = True
    track = replace(TRACK, time_s=np.array([0, 1, 1, 2.0]), fixed=fixed)
    smoothed = FencedSmoother("shifting", Shifting()).smooth(track)

    np.testing.assert_array_equal(smoothed.xy[[0, 1, 3]], TRACK.xy[[0, 1, 3]] + 1)
    assert np.isnan(smoothed.xy[2, 0]).all()
    np.testing.assert_array_equal(smoothed.xy[2, 1], TRACK.xy[2, 1])
    assert smoothed.state.tolist() == [[1, 1], [1, 1], [State.MISSING, State.EDITED], [1, 1]]
    assert smoothed.sigma[2, 1] == 1


def test_a_step_without_a_time_of_its_own_stays_as_it_is():
    smoother = FencedSmoother("shifting", Shifting())
    moved = [
        smoother.step(time_s, TRACK.xy[0], TRACK.score[0], TRACK.covariance[0])[0, 0] for time_s in (0.0, 1.0, 1.0, 2.0)
    ]

    assert moved == [1, 1, 0, 1]


def test_an_importer_may_answer_frames_that_share_a_time_or_have_none():
    some = with_times(np.array([0, 1, 1, np.nan]))

    assert FencedImporter("right", Answering(some)).read(Path("in.csv")) is some
