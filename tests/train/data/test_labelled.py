from pathlib import Path

import cv2
import numpy as np
import pytest

from clips import constant, write
from poseglass_models.skeleton import LSP_14
from poseglass_train.data.labelled import Picture, picture_size, read_image, without_boxes
from poseglass_train.errors import DatasetError


def test_a_part_keeps_paths_and_keypoints_together() -> None:
    xy_NK2 = np.arange(6 * len(LSP_14) * 2, dtype=np.float32).reshape(6, len(LSP_14), 2)
    whole = without_boxes(tuple(Path(f"{i}.jpg") for i in range(6)), xy_NK2, LSP_14)
    part = whole.part(slice(-2, None))

    assert len(part) == 2
    assert part.pictures == whole.pictures[4:]
    assert (part.xy_NK2 == whole.xy_NK2[4:]).all()


def test_images_are_read_in_rgb(tmp_path: Path) -> None:
    bgr = np.zeros((4, 6, 3), dtype=np.uint8)
    bgr[..., 2] = 200  # red, as OpenCV writes it
    cv2.imwrite(str(tmp_path / "red.png"), bgr)
    image = read_image(Picture(tmp_path / "red.png"))

    assert image.shape == (4, 6, 3)
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == [200, 0, 0]


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")

    with pytest.raises(DatasetError, match=r"broken\.jpg: not a picture"):
        read_image(Picture(tmp_path / "broken.jpg"))


def test_a_frame_is_as_large_as_its_video(tmp_path: Path) -> None:
    clip = write(tmp_path / "clip.mp4", constant(2))
    (tmp_path / "broken.avi").write_bytes(b"no video")
    cv2.imwrite(str(tmp_path / "still.png"), np.zeros((6, 4, 3), dtype=np.uint8))

    assert picture_size(Picture(clip.path, frame=1)) == (160, 120)
    assert picture_size(Picture(tmp_path / "still.png")) == (4, 6)
    with pytest.raises(DatasetError, match=r"broken\.avi: not a video"):
        picture_size(Picture(tmp_path / "broken.avi", frame=1))
