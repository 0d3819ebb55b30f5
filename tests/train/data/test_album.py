from pathlib import Path

import cv2
import numpy as np
import pytest

from poseglass_train.data.album import LONGEST, album
from poseglass_train.data.boxes import BoxedPicture
from poseglass_train.data.labelled import Picture
from poseglass_train.errors import DatasetError

BOX = np.array([[99.5, 199.5, 299.5, 599.5]])
NONE = np.zeros((0, 4))


def boxed(path: Path, frame: int | None = None) -> BoxedPicture:
    return BoxedPicture(Picture(path, frame), BOX, BOX, "made up")


def write_video(path: Path, frames: int) -> None:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for number in range(frames):
        video.write(np.full((48, 64, 3), 60 * number, np.uint8))
    video.release()


def test_a_large_picture_is_made_smaller_with_its_boxes(tmp_path: Path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((2 * LONGEST, LONGEST, 3), np.uint8))

    (page,) = album([boxed(tmp_path / "a.png")])

    assert page.image.shape == (LONGEST, LONGEST // 2, 3)
    np.testing.assert_allclose(page.boxes_N4, [[49.5, 99.5, 149.5, 299.5]])
    np.testing.assert_allclose(page.unknown_M4, page.boxes_N4)


def test_a_small_picture_stays_as_it_is(tmp_path: Path):
    image = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), image[..., ::-1])

    (page,) = album([boxed(tmp_path / "a.png")])

    np.testing.assert_array_equal(page.image, image)
    np.testing.assert_array_equal(page.boxes_N4, BOX)


def test_frames_come_in_the_order_that_was_asked_for(tmp_path: Path):
    write_video(tmp_path / "a.avi", 4)
    cv2.imwrite(str(tmp_path / "b.png"), np.full((9, 9, 3), 250, np.uint8))

    pages = album([boxed(tmp_path / "a.avi", 2), boxed(tmp_path / "b.png"), boxed(tmp_path / "a.avi", 1)])

    assert [round(page.image.mean(), -1) for page in pages] == [120, 250, 60]


def test_a_frame_that_is_not_there_is_told(tmp_path: Path):
    write_video(tmp_path / "a.avi", 2)

    with pytest.raises(DatasetError, match="has 2 frames, but boxes for number 5"):
        album([boxed(tmp_path / "a.avi", 5)])
