import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from poseglass_train.data.coco import read_coco
from poseglass_train.errors import DatasetError


def content() -> dict[str, Any]:
    """Two images; the first shows two dogs and a crowd of them, the second a dog without keypoints and a cat."""
    crowd = {"keypoints": [9, 8, 2, 7, 6, 2, 5, 4, 2], "iscrowd": 1, "bbox": [0, 0, 9, 9]}
    return {
        "images": [{"id": 7, "file_name": "a.png"}, {"id": 3, "file_name": "sub/b.png"}],
        "categories": [
            {"id": 2, "name": "cat"},
            {"id": 5, "name": "dog", "keypoints": ["nose", "left_ear", "right_ear"], "skeleton": [[1, 2], [1, 3]]},
        ],
        "annotations": [
            {"image_id": 7, "category_id": 5, "keypoints": [1, 2, 2, 3, 4, 1, 0, 0, 0], "bbox": [10, 20, 5, 6]},
            {"image_id": 7, "category_id": 5, "keypoints": [9, 8, 2, 7, 6, 2, 5, 4, 2], "iscrowd": 0},
            {"image_id": 7, "category_id": 5, **crowd},
            {"image_id": 3, "category_id": 5, "keypoints": [0, 0, 0, 0, 0, 0, 0, 0, 0], "bbox": [0, 0, 9, 9]},
            {"image_id": 3, "category_id": 2, "bbox": [0, 0, 9, 9]},
            {"image_id": 3, "category_id": 5, "keypoints": [2, 2, 1, 0, 0, 0, 0, 0, 0], "bbox": [0, 0, 4, 8]},
        ],
    }  # fmt: skip


def write(folder: Path, labels: object) -> tuple[Path, Path]:
    (folder / "images" / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b.png"):
        cv2.imwrite(str(folder / "images" / name), np.zeros((30, 40, 3), np.uint8))
    (folder / "labels.json").write_text(json.dumps(labels), encoding="utf-8")
    return folder / "images", folder / "labels.json"


def test_every_one_with_a_keypoint_is_read_field_by_field(tmp_path: Path) -> None:
    images, labels = write(tmp_path, content())
    dogs = read_coco(images, labels)

    assert [picture.path for picture in dogs.pictures] == [images / "a.png", images / "a.png", images / "sub" / "b.png"]
    assert dogs.skeleton.names == ("nose", "left_ear", "right_ear")
    assert dogs.skeleton.edges == (("nose", "left_ear"), ("nose", "right_ear"))
    np.testing.assert_array_equal(dogs.xy_NK2[0], [[1, 2], [3, 4], [np.nan, np.nan]])
    np.testing.assert_array_equal(dogs.xy_NK2[1], [[9, 8], [7, 6], [5, 4]])
    np.testing.assert_array_equal(dogs.box_N4[0], [9.5, 19.5, 14.5, 25.5])
    assert np.isnan(dogs.box_N4[1]).all()


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ("not json at all", "images, annotations, categories"),
        ({"images": []}, "categories"),
        ({**content(), "categories": [{"id": 1, "name": "cat"}]}, "one category with keypoints, found none"),
        ({**content(), "categories": [*content()["categories"], {"id": 6, "name": "ox", "keypoints": "x"}]}, "dog, ox"),
        ({**content(), "annotations": []}, "nobody"),
        (
            {**content(), "categories": [{"id": 5, "keypoints": ["a", "b"], "skeleton": [[0, 1]]}]},
            "COCO counts them from 1",
        ),
        ({**content(), "annotations": [{"image_id": 7, "category_id": 5, "keypoints": [1, 2, 2]}]}, "labels.json"),
        ({**content(), "annotations": [{"image_id": 1, "category_id": 5, "keypoints": [1, 2, 2] * 3}]}, "KeyError"),
    ],
)  # fmt: skip
def test_another_layout_is_refused_with_what_was_looked_for(tmp_path: Path, labels: object, told: str) -> None:
    images, file = write(tmp_path, labels)

    with pytest.raises(DatasetError, match=r"labels\.json") as caught:
        read_coco(images, file)
    assert told in str(caught.value)


def test_missing_images_are_counted_and_named(tmp_path: Path) -> None:
    images, labels = write(tmp_path, content())
    (images / "a.png").unlink()

    with pytest.raises(DatasetError, match=r"1 images that labels\.json names are missing, first .*a\.png"):
        read_coco(images, labels)
