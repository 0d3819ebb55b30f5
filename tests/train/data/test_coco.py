import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from poseglass_train.data.coco import read_coco
from poseglass_train.data.labelled import read_image
from poseglass_train.data.pack import make_pack
from poseglass_train.data.people import unpack
from poseglass_train.data.sets import own_set
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


def annotated(**change: object) -> dict[str, Any]:
    """Change one annotation, and leave the others out."""
    one = {"image_id": 7, "category_id": 5, "keypoints": [1, 2, 2] * 3, "bbox": [0, 0, 9, 9]}
    return {**content(), "annotations": [{**one, **change}]}


def named(*keypoints: str) -> dict[str, Any]:
    return {**content(), "categories": [{"id": 5, "name": "dog", "keypoints": keypoints}]}


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
        (annotated(image_id=1, id=4), "annotation 4: is of image 1, which `images` does not list"),
        (annotated(category_id=9, id=4), "annotation 4: is of category 9, which `categories` does not list"),
        (annotated(keypoints=[1, 2, 3] * 3), "annotation number 1: a keypoint's visibility is 3; COCO has 0, 1 and 2"),
        (annotated(keypoints=[1, 2, 0.5] * 3), "visibility is 0.5"),
        (annotated(keypoints=[1, 2, 2] * 6), "annotation number 1: has 18 numbers for keypoints, its category names 3"),
        (annotated(keypoints=[1, 2] * 3), "has 6 numbers"),
        (annotated(keypoints=[[1, 2]] * 3), "has 3 numbers"),
        (annotated(keypoints=[1, 2, "2"] * 3), "no numbers"),
        (annotated(keypoints=[1, None, 2] * 3), "no numbers"),
        (annotated(keypoints=[1, float("nan"), 2] * 3), "no numbers"),
        (annotated(keypoints=[1, 10**400, 2] * 3), "no numbers"),
        (annotated(bbox=[1, 2, 3]), "its bbox is [1, 2, 3]"),
        (annotated(bbox=[1, 2, -3, 4]), "its bbox is [1, 2, -3, 4]"),
        (annotated(bbox=[1, 2, "3", 4]), "its bbox is"),
        ({**content(), "images": [*content()["images"], {"id": "7", "file_name": "sub/b.png"}]}, "image 7 is "),
        ({**content(), "annotations": [{**each, "id": 9} for each in content()["annotations"]]}, "annotation 9 "),
        ({**content(), "categories": [content()["categories"][1], {"id": 5.0, "name": "x"}]}, "category 5 is"),
        ({**content(), "images": [{"id": None, "file_name": "a.png"}]}, "an id is None"),
        (named("=1+1"), "a keypoint is called '=1+1'"),
        (named("a", "a"), "repeat"),
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


def test_ids_may_be_text_and_keypoints_a_list_each(tmp_path: Path) -> None:
    plain = read_coco(*write(tmp_path / "plain", content()))
    other = content()
    for each in other["images"]:
        each["id"] = str(each["id"])
    for each in other["annotations"]:
        each["category_id"] = float(each["category_id"])
        if flat := each.get("keypoints"):
            each["keypoints"] = [flat[i : i + 3] for i in range(0, len(flat), 3)]
    images, labels = write(tmp_path / "other", other)
    labels.write_text(json.dumps(other), encoding="utf-8-sig")  # with a byte order mark, as from Windows
    read = read_coco(images, labels)

    np.testing.assert_array_equal(read.xy_NK2, plain.xy_NK2)
    np.testing.assert_array_equal(read.box_N4, plain.box_N4)
    assert [p.path.name for p in read.pictures] == [p.path.name for p in plain.pictures]


EXIF_TURNED_RIGHT = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


@pytest.mark.parametrize("canvas", [256, 64])  # the file's own bytes are kept, or a smaller picture
@pytest.mark.parametrize(("size", "dot"), [((80, 120), (59, 30)), ((120, 80), (30, 20)), (None, (59, 30))])
def test_a_picture_with_an_exif_turn_is_read_as_it_was_labelled(
    tmp_path: Path, size: tuple[int, int] | None, dot: tuple[int, int], canvas: int
) -> None:
    """Stored as 120 x 80 with a dot at (30, 20), to be shown as 80 x 120 with the dot at (59, 30)."""
    stored = np.full((80, 120, 3), 60, np.uint8)
    cv2.circle(stored, (30, 20), 4, (0, 0, 255), -1)
    jpeg = cv2.imencode(".jpg", stored)[1].tobytes()
    length = (len(EXIF_TURNED_RIGHT) + 2).to_bytes(2, "big")
    (tmp_path / "p.jpg").write_bytes(jpeg[:2] + b"\xff\xe1" + length + EXIF_TURNED_RIGHT + jpeg[2:])
    image = {"id": 1, "file_name": "p.jpg"} | ({"width": size[0], "height": size[1]} if size else {})
    person = {"image_id": 1, "category_id": 5, "keypoints": [*dot, 2, 60, 60, 2, 0, 0, 0], "bbox": [5, 5, 70, 70]}
    (tmp_path / "labels.json").write_text(json.dumps({**content(), "images": [image], "annotations": [person]}))
    people = read_coco(tmp_path, tmp_path / "labels.json")
    x, y = map(int, people.xy_NK2[0, 0])
    seen, _ = unpack(make_pack({"own": own_set(people)}, canvas))

    assert read_image(people.pictures[0])[y, x, 0] > 200
    x, y = (int(v) for v in seen.xy_NK2[0, 0].round())
    assert seen.image_NHW3[0, y, x, 0] > 180


@pytest.mark.parametrize("size", [(30, 40), (80, 60), (41, 30)])
def test_a_picture_of_another_size_than_its_labels_say_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    other = content()
    other["images"][0] |= {"width": size[0], "height": size[1]}
    people = read_coco(*write(tmp_path, other))

    with pytest.raises(DatasetError, match=rf"a\.png: is 40 x 30, its labels are for {size[0]} x {size[1]}"):
        make_pack({"own": own_set(people)})
