from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

import clips
from figures import (
    DOTS,
    THREE,
    CrowdEstimator,
    DotEstimator,
    LookingEstimator,
    ThreeBoxes,
    draw_dots,
    draw_three,
)
from poseglass.core.explain import sheet
from poseglass.core.explain.sheet import (
    SIDE,
    LookJob,
    check_picture,
    chosen_keypoints,
    look,
    write_picture,
)
from poseglass.core.explain.whose import row_of
from poseglass.core.run import Method, Seen
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import FrameError, NobodyError, OutputError, PluginError
from poseglass.types import Explanation, Frame, Poses, Skeleton

SAMPLE = Path(__file__).parents[4] / "tracker" / "poseglass" / "assets" / "sample.mp4"


@pytest.fixture
def job(tmp_path: Path) -> LookJob:
    return LookJob(SAMPLE, tmp_path / "look.png", frame=60, estimator_options={"model": "fast", "device": "cpu"})


def test_a_look_writes_every_map_of_the_network(job: LookJob):
    done = look(replace(job, keypoints=("left_wrist", "right_ankle")))
    picture = cv2.imread(str(job.picture))

    assert (done.frame, done.time_s, done.found) == (60, pytest.approx(2.0), True)
    assert picture is not None
    assert picture.shape[1] > 6 * SIDE  # four resolutions, refined or part attention, heatmaps
    assert 3 * SIDE < picture.shape[0] < 5 * SIDE  # the input, one stack, one row with both keypoints


def test_a_frame_is_found_by_the_time_it_is_on_the_screen(tmp_path: Path):
    clip = clips.write(tmp_path / "clip.mp4", clips.variable(12))
    with Video.open(clip.path) as video:
        times = [float(time_s) for time_s in clip.times_s]

        assert [video.info.shown_at(time_s) for time_s in times] == list(range(12))
        assert video.info.shown_at(times[5] + 0.4 * (times[6] - times[5])) == 5
        assert video.info.shown_at(times[-1] + 100) == 11
        assert video.info.shown_at(0.0) == 0


def test_a_frame_that_is_not_there_leaves_nothing(job: LookJob):
    with pytest.raises(FrameError, match="no frame 5000"):
        look(replace(job, frame=5000))

    assert not list(job.picture.parent.iterdir())


def test_an_unknown_keypoint_lists_what_is_there(job: LookJob):
    with pytest.raises(PluginError, match=r"no keypoint tail; the estimator has: nose, .*head_top"):
        look(replace(job, keypoints=("tail",)))


def test_wrists_and_ankles_are_shown_unless_others_are_asked_for():
    skeleton = Skeleton(("nose", "left_wrist", "right_ankle"))

    assert chosen_keypoints(skeleton, ()) == (1, 2)
    assert chosen_keypoints(skeleton, ("nose",)) == (0,)
    assert chosen_keypoints(DOTS, ()) == (0, 1)


def test_who_is_there_is_found_and_nobody_is_the_whole_frame(tmp_path: Path):
    with VideoWriter(tmp_path / "dots.mp4", 200, 150, Fraction(1, 30), Fraction(30)) as writer:
        writer.write(draw_dots(150, 200, (100, 70)), 0)
        writer.write(np.zeros((150, 200, 3), np.uint8), 1)
    looking = LookingEstimator()
    done = [look(LookJob(tmp_path / "dots.mp4", tmp_path / f"{n}.png", n), Method(looking)) for n in (0, 1)]
    there, nobody = looking.shown

    assert [outcome.found for outcome in done] == [True, False]
    np.testing.assert_allclose(there, [[80, 70, 120, 70]], atol=1)
    assert nobody.tolist() == [[0, 0, 200, 150]]


def test_an_estimator_without_maps_is_told_and_leaves_nothing(job: LookJob):
    with pytest.raises(PluginError, match="'attention_hourglass' shows no attention; choose another"):
        look(job, Method(DotEstimator()))

    assert not list(job.picture.parent.iterdir())


def test_pictures_are_png(tmp_path: Path):
    with pytest.raises(OutputError, match=r"name it look\.png"):
        check_picture(tmp_path / "look.jpg")


def test_a_picture_comes_back_as_it_was(tmp_path: Path):
    image = np.random.default_rng(0).integers(0, 255, (9, 7, 3), np.uint8)
    write_picture(tmp_path / "x.png", image)

    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "x.png"))[..., ::-1], image)


class LookingCrowd(CrowdEstimator, LookingEstimator):
    """Shows where it sees each person's dots in that person's box."""


@pytest.fixture
def three(tmp_path: Path) -> LookJob:
    with VideoWriter(tmp_path / "three.mp4", 320, 200, Fraction(1, 30), Fraction(30)) as writer:
        writer.write(draw_three(200, 320), 0)
    return LookJob(tmp_path / "three.mp4", tmp_path / "look.png")


def test_of_several_people_one_is_shown_and_the_sheet_says_whom(three: LookJob, monkeypatch: pytest.MonkeyPatch):
    shown = []
    monkeypatch.setattr(sheet, "look_sheet", lambda looked, *_: shown.append(looked) or looked.image)
    outcomes = [look(replace(three, person=person), Method(LookingCrowd(), ThreeBoxes)) for person in ("2", None)]

    assert [(outcome.person, outcome.people) for outcome in outcomes] == [(who, ("1", "2", "3")) for who in ("2", "1")]
    assert [looked.heading for looked in shown] == ["frame 0, 0.000 s: person 2", "frame 0, 0.000 s: person 1"]
    for looked, place in zip(shown, (THREE[1], THREE[0]), strict=True):
        poses = looked.explanation.poses
        np.testing.assert_allclose(poses.xy[looked.person].mean(axis=0), place, atol=1)


def test_the_largest_is_shown_unless_another_is_asked_for():
    xy = np.array([[[0.0, 0], [40, 10]], [[0, 0], [60, 30]], [[0, 0], [50, 20]]])
    poses = Poses(xy, np.full((3, 2), 0.9), np.zeros((3, 2, 2, 2)))
    seen = Seen(Frame(4, 0, 0.0, np.zeros((1, 1, 3), np.uint8)), ("1", "2", "3"), Explanation(poses, {}), xy)

    assert row_of(seen, DOTS, None) == 1
    assert row_of(seen, DOTS, "3") == 2
    with pytest.raises(NobodyError, match=r"nobody is called '9' in frame 4; there are 1, 2, 3"):
        row_of(seen, DOTS, "9")


def test_who_is_not_there_leaves_no_picture(three: LookJob):
    with pytest.raises(NobodyError, match="nobody is called '9' in frame 0"):
        look(replace(three, person="9"), Method(LookingCrowd(), ThreeBoxes))

    assert not three.picture.exists()
