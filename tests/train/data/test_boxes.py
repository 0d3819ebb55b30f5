import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from poseglass_train.data.boxes import (
    PENN_FUDAN_HELD_OUT,
    BoxedPicture,
    coco,
    nobody,
    penn_fudan,
    read_boxes,
    seen_by_another,
)
from poseglass_train.data.coco import coco_paths
from poseglass_train.data.lsp import read_lsp
from poseglass_train.errors import DatasetError

WriteFolder = Callable[..., np.ndarray]
SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="shared/data is not there")


def names(pictures: list[BoxedPicture]) -> set[str]:
    return {each.picture.path.name for each in pictures}


def test_coco_says_everybody_and_where_nobody_knows(tmp_path: Path):
    _, labels = coco_paths(tmp_path, "val")
    labels.parent.mkdir(parents=True)
    entry = {"image_id": 4, "category_id": 1}
    annotations = [
        {**entry, "bbox": [10, 20, 30, 40], "keypoints": [0] * 51},
        {**entry, "bbox": [0, 0, 50, 50], "iscrowd": 1},
        {**entry, "bbox": [5, 5, 5, 5], "category_id": 2},
    ]
    images = [{"id": 4, "file_name": "a.jpg"}, {"id": 5, "file_name": "b.jpg"}]
    categories = [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}]
    labels.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))

    somebody, nothing = coco(tmp_path, "val")

    np.testing.assert_array_equal(somebody.boxes_N4, [[9.5, 19.5, 39.5, 59.5]])
    np.testing.assert_array_equal(somebody.unknown_M4, [[-0.5, -0.5, 49.5, 49.5]])
    assert (nothing.boxes_N4.shape, nothing.unknown_M4.shape) == ((0, 4), (0, 4))
    assert somebody.source == "coco/val2017"


def test_what_is_no_coco_is_told(tmp_path: Path):
    with pytest.raises(DatasetError, match="COCO's annotations"):
        coco(tmp_path, "train")


def write_penn_fudan(data: Path) -> None:
    folder = data / "pennfudan"
    folder.mkdir()
    boxes = {f"Ped{number:05d}.jpg": [[10, 10, 30, 90]] for number in range(100)}
    (folder / "boxes.json").write_text(json.dumps(boxes))
    seen = {f"pennfudan/images/{name}": [[11, 10, 30, 92, 0.9], [60, 10, 80, 90, 0.6]] for name in boxes}
    (data / "person_boxes.json").write_text(json.dumps(seen))


def test_of_penn_fudan_the_same_pictures_are_always_held_out(tmp_path: Path):
    write_penn_fudan(tmp_path)
    held_out, train = (names(penn_fudan(tmp_path, held_out=side)) for side in (True, False))

    assert len(held_out) == PENN_FUDAN_HELD_OUT >= 60
    assert len(train) == 100 - PENN_FUDAN_HELD_OUT
    assert not held_out & train
    assert names(penn_fudan(tmp_path, held_out=True)) == held_out


def test_of_whom_penn_fudans_labels_miss_nobody_knows(tmp_path: Path):
    write_penn_fudan(tmp_path)

    first = penn_fudan(tmp_path, held_out=False)[0]

    np.testing.assert_array_equal(first.boxes_N4, [[10, 10, 30, 90]])
    np.testing.assert_array_equal(first.unknown_M4, [[60, 10, 80, 90]])


def write_person_boxes(data: Path, boxes: dict[str, list[list[float]]]) -> None:
    (data / "person_boxes.json").write_text(json.dumps(boxes))


@pytest.fixture
def sports(tmp_path: Path, write_lsp: WriteFolder, write_lspet: WriteFolder) -> Path:
    """Return a folder with 1003 pictures of LSP, of which 3 are its test half, 2 of LSPET, and a clip of JHMDB."""
    write_lsp(tmp_path / "lsp", 1003)
    write_lspet(tmp_path / "lspet", 2)
    folder = tmp_path / "jhmdb"
    folder.mkdir()
    (folder / "videos").mkdir()
    for split in ("train", "test"):
        file = f"{split}_run.avi"
        (folder / "videos" / file).write_bytes(b"")
        (folder / f"index_{split}.json").write_text(json.dumps({"clips": [{"file": file, "clip": "run/film_run_1"}]}))
        np.savez(folder / f"joints_{split}.npz", **{file: np.zeros((2, 15, 2))})
        np.savez(folder / f"boxes_{split}.npz", **{file: np.array([[10.0, 10, 40, 90], [np.nan] * 4])})
    return tmp_path


def test_tests_are_never_among_what_another_detector_saw(sports: Path):
    seen = [[0, 0, 31, 31, 0.9]]
    keys = [f"lsp/images/im{number:04d}.jpg" for number in range(1, 1004)]
    keys += ["lspet/images/im00001.jpg", "jhmdb/videos/train_run.avi#0", "jhmdb/videos/test_run.avi#0"]
    write_person_boxes(sports, dict.fromkeys(keys, seen))

    found = seen_by_another(sports)

    assert len(found) == 1002
    assert not names(found) & {"im1001.jpg", "im1002.jpg", "im1003.jpg", "test_run.avi"}
    assert "train_run.avi" in names(found)


def test_keypoints_make_sure_of_whom_another_detector_doubts(sports: Path):
    extent = read_lsp(sports / "lsp", "train").extents[0].astype(float)
    doubted, other, sure = [*extent, 0.36], [900, 0, 950, 40, 0.4], [700, 0, 750, 40, 0.8]
    write_person_boxes(sports, {"lsp/images/im0001.jpg": [doubted, other, sure]})

    (found,) = seen_by_another(sports)

    np.testing.assert_allclose(found.boxes_N4, [doubted[:4], sure[:4]])
    np.testing.assert_allclose(found.unknown_M4, [other[:4]])


def test_where_only_keypoints_are_nobody_knows_the_box(sports: Path):
    extent = read_lsp(sports / "lsp", "train").extents[0].astype(float)
    write_person_boxes(sports, {"lsp/images/im0001.jpg": [[700, 0, 750, 40, 0.8]]})

    (found,) = seen_by_another(sports)

    (unknown,) = found.unknown_M4
    assert (unknown[:2] < extent[:2]).all()
    assert (unknown[2:] > extent[2:]).all()


def test_a_labelled_box_stands_for_what_was_seen_of_the_same_person(sports: Path):
    seen = [[11, 9, 41, 92, 0.9], [200, 10, 240, 90, 0.7], [100, 10, 140, 90, 0.4]]
    write_person_boxes(sports, {f"jhmdb/videos/train_run.avi#{frame}": seen for frame in (0, 1)})

    (found,) = seen_by_another(sports)  # in frame 1 there is no label

    np.testing.assert_array_equal(found.boxes_N4, [[10, 10, 40, 90], [200, 10, 240, 90]])
    np.testing.assert_array_equal(found.unknown_M4, [[100, 10, 140, 90]])


def test_pictures_of_nobody_have_no_boxes(tmp_path: Path):
    (tmp_path / "images").mkdir()
    for number in range(14):
        spots = np.random.default_rng(number).integers(0, 256, (9, 9, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "images" / f"{number:02d}.png"), cv2.resize(spots, (90, 60)))

    test, train = nobody(tmp_path, "test"), nobody(tmp_path, "train")

    assert len(test) == 2
    assert not {each.picture for each in test} & {each.picture for each in train}
    assert all(len(each.boxes_N4) == len(each.unknown_M4) == 0 for each in (*test, *train))


def test_an_empty_folder_of_nobody_is_told(tmp_path: Path):
    with pytest.raises(DatasetError, match="pictures with nobody in them"):
        nobody(tmp_path, "train")


@needs_shared
def test_no_picture_is_on_two_sides():
    sides = [{each.picture for each in read_boxes(SHARED, side)} for side in ("train", "check", "test")]

    assert not sides[0] & sides[1]
    assert not (sides[0] | sides[1]) & sides[2]
    taught = {f"{each.path.parent.parent.name}/{each.path.name}" for each in sides[0] | sides[1]}
    assert not {name for name in taught if name.startswith("lsp/im") and int(name[6:10]) > 1000}
    assert not {name for name in taught if name.startswith("jhmdb/test")}
