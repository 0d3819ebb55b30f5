import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import clips
from poseglass.core.motion.smoothing import SmoothedPaths
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.core.store.footage import footage_of
from poseglass.core.training_set import box_around, collect_labels, write_training_set
from poseglass.core.video.video import Video
from poseglass.errors import OutputError, SessionError
from poseglass.types import Poses, Skeleton
from poseglass_plugins.kalman import Kalman, KalmanOptions
from poseglass_train.data.coco import read_coco

PAWS = Skeleton(("nose", "left_paw", "right_paw"), (("nose", "left_paw"), ("nose", "right_paw")))


@pytest.fixture
def video(tmp_path: Path) -> Video:
    with Video.open(clips.write(tmp_path / "cat.mp4", clips.variable(30)).path) as video:
        yield video


def analysed(video: Video) -> Document:
    """A document of two people; the second is nowhere in frame 9."""
    document = Document(footage_of(video.info), PAWS)
    first = np.array([[40.0, 60], [50, 100], [30, 100]])
    for t in range(30):
        xy = np.stack([first + np.array([t, 0]), first + np.array([60, 0])])
        poses = Poses(xy, np.ones((2, 3)), np.tile(np.eye(2) * 4, (2, 3, 1, 1)))
        document.put(t, poses if t != 9 else Poses.missing(3, 2), ["1", "2"])
    return document


def write(
    folder: Path, video: Video, document: Document, paths: SmoothedPaths | None = None, stop: bool = False
) -> int:
    labels = collect_labels(document, paths)
    return write_training_set(folder, video, labels, lambda *_: None, lambda: stop)


def test_the_training_package_reads_what_was_corrected(tmp_path: Path, video: Video):
    document = analysed(video)
    document.move("1", 5, 1, (70.25, 99.5))
    document.mark("1", 5, 0, Mark.OCCLUDED)
    document.mark("1", 12, 2, Mark.MISSING)
    assert write(tmp_path / "set", video, document) == 2
    read = read_coco(tmp_path / "set" / "images", tmp_path / "set" / "labels.json")

    assert read.skeleton == PAWS
    assert [picture.path.name for picture in read.pictures] == ["cat-000005.jpg"] * 2 + ["cat-000012.jpg"] * 2
    np.testing.assert_allclose(read.xy_NK2[0], [[45, 60], [70.25, 99.5], [35, 100]])
    np.testing.assert_allclose(read.xy_NK2[1], [[100, 60], [110, 100], [90, 100]])
    np.testing.assert_allclose(read.xy_NK2[2], [[52, 60], [62, 100], [np.nan, np.nan]])


def test_frames_of_everybody_who_was_corrected_are_written_with_what_they_are_called(tmp_path: Path, video: Video):
    document = analysed(video)
    document.move("1", 5, 1, (70.0, 99.0))
    document.move("2", 12, 1, (110.0, 90.0))
    document.rename("2", "Anna")
    document.move("1", 20, 0, (9.0, 9.0))
    document.split("1", 15)
    write(tmp_path / "set", video, document)
    labels = json.loads((tmp_path / "set" / "labels.json").read_text())
    said = [(each["image_id"], each["track"]) for each in labels["annotations"]]

    assert said == [(5, "1"), (5, "Anna"), (12, "1"), (12, "Anna"), (20, "Anna"), (20, "3")]
    assert labels["annotations"][3]["keypoints"][3:5] == [110, 90]


def test_visibility_is_cocos(tmp_path: Path, video: Video):
    document = analysed(video)
    document.mark("1", 5, 0, Mark.OCCLUDED)
    document.mark("1", 5, 2, Mark.MISSING)
    write(tmp_path / "set", video, document)
    labels = json.loads((tmp_path / "set" / "labels.json").read_text())

    assert labels["annotations"][0]["keypoints"][2::3] == [1, 2, 0]
    assert labels["annotations"][0]["keypoints"][6:8] == [0, 0]
    assert labels["annotations"][0]["num_keypoints"] == 2
    assert labels["categories"][0]["skeleton"] == [[1, 2], [1, 3]]


def test_the_pictures_are_the_frames_that_the_labels_name(tmp_path: Path, video: Video):
    document = analysed(video)
    for t in (3, 17, 29):
        document.mark("1", t, 0, Mark.OCCLUDED)
    write(tmp_path / "set", video, document)

    for t in (3, 17, 29):
        image = cv2.imread(str(tmp_path / "set" / "images" / f"cat-{t:06d}.jpg"))[..., ::-1]
        assert clips.stamped_index(image) == t
        assert np.abs(image.astype(int) - video.frame(t).image).mean() < 3


def test_smoothed_paths_say_where_the_others_are(tmp_path: Path, video: Video):
    document = analysed(video)
    document.move("1", 9, 0, (49.0, 61.0))
    paths = SmoothedPaths(document, Kalman(KalmanOptions()))
    for person in document.tracks.people:
        paths.refresh(person, document.tracks.frames)
    write(tmp_path / "smooth", video, document, paths)
    write(tmp_path / "raw", video, document)
    smooth, raw = (read_coco(tmp_path / name / "images", tmp_path / name / "labels.json") for name in ("smooth", "raw"))

    np.testing.assert_allclose(smooth.xy_NK2[0], [[49, 61], [59, 100], [39, 100]], atol=0.5)
    assert smooth.xy_NK2[0, 0].tolist() == [49, 61]
    np.testing.assert_allclose(raw.xy_NK2, [[[49, 61], [np.nan, np.nan], [np.nan, np.nan]]])


def test_boxes_hold_the_keypoints_and_stay_in_the_picture():
    labels = np.array([[10.0, 20, 2], [30, 60, 1], [500, 500, 0]])

    assert box_around(labels, 640, 480).tolist() == [6, 16, 29, 49]
    assert box_around(labels, 32, 62).tolist() == [6, 16, 26, 46]
    assert box_around(labels[2:], 640, 480) is None


def test_keypoints_outside_the_picture_are_not_labelled(tmp_path: Path, video: Video):
    document = analysed(video)
    document.move("1", 5, 1, (-20.0, 50.0))
    write(tmp_path / "set", video, document)
    read = read_coco(tmp_path / "set" / "images", tmp_path / "set" / "labels.json")

    assert np.isnan(read.xy_NK2[0, 1]).all()


def test_nothing_corrected_and_a_full_folder_are_refused(tmp_path: Path, video: Video):
    document = analysed(video)
    with pytest.raises(SessionError, match="no frame is corrected"):
        write(tmp_path / "set", video, document)
    assert not (tmp_path / "set").exists()
    document.mark("1", 5, 0, Mark.OCCLUDED)
    with pytest.raises(OutputError, match="is not empty"):
        write(tmp_path, video, document)


def test_a_stopped_export_is_whole_as_far_as_it_goes(tmp_path: Path, video: Video):
    document = analysed(video)
    for t in (3, 17, 29):
        document.mark("1", t, 0, Mark.OCCLUDED)

    assert write(tmp_path / "set", video, document, stop=True) == 1
    assert len(read_coco(tmp_path / "set" / "images", tmp_path / "set" / "labels.json").pictures) == 2


@pytest.mark.slow
def test_the_training_command_takes_it(tmp_path: Path, video: Video):
    from poseglass_train.cli import main

    document = analysed(video)
    for t in range(30):
        document.mark("1", t, 0, Mark.OCCLUDED)
    write(tmp_path / "set", video, document)
    data = ["--images", str(tmp_path / "set" / "images"), "--labels", str(tmp_path / "set" / "labels.json")]
    short = ["--from", "fast", "--size", "64", "--batch", "8", "--epochs", "1", "--out", str(tmp_path / "out")]

    assert main(["fit", "swift", *data, *short]) == 0
    assert (tmp_path / "out" / "weights.safetensors").is_file()
