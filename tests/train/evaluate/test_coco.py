"""COCO's protocol on files of a few people, in the layouts of its annotations, detections and results."""

import json
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.codec import encode
from poseglass_models.crop import crop_affine, transform
from poseglass_models.detection import Detected
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import COCO_17, Skeleton
from poseglass_train.cli import main
from poseglass_train.data.coco import coco_paths
from poseglass_train.data.sets import read_set
from poseglass_train.errors import DatasetError, TrainingError
from poseglass_train.evaluate import coco, views
from poseglass_train.evaluate.coco import BOX_PADDING, STATISTICS, evaluate_coco, pck_of_people
from poseglass_train.evaluate.views import Found, Views

pytest.importorskip("pycocotools")
Array = NDArray[np.float64]
SIZE = 64


def somebody(seed: int) -> Array:
    """Return 17 keypoints in a box of 120 x 160 px at (40, 30)."""
    return np.random.default_rng(seed).uniform((45, 35), (155, 185), (17, 2)).round()


def write_coco(data: Path, part: Literal["train", "val"] = "val") -> None:
    """Write two images with one person each, and one without keypoints."""
    images, labels = coco_paths(data / "coco", part)
    images.mkdir(parents=True)
    labels.parent.mkdir(exist_ok=True)
    annotations: list[dict[str, Any]] = []
    for i in range(2):
        cv2.imwrite(str(images / f"{i}.jpg"), np.zeros((240, 320, 3), np.uint8))
        keypoints = np.concatenate([somebody(i), np.full((17, 1), 2.0)], axis=1).ravel().tolist()
        entry = {"image_id": i, "category_id": 1, "iscrowd": 0, "bbox": [40, 30, 120, 160], "area": 9600}
        annotations.append({**entry, "id": i + 1, "keypoints": keypoints, "num_keypoints": 17})
    annotations.append({**annotations[0], "id": 9, "keypoints": [0] * 51, "num_keypoints": 0})
    content = {
        "images": [{"id": i, "file_name": f"{i}.jpg", "width": 320, "height": 240} for i in range(2)],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": COCO_17.names, "skeleton": []}],
    }
    labels.write_text(json.dumps(content))


@pytest.fixture
def model(tmp_path: Path) -> str:
    config = NetworkConfig(stacks=1, channels=8, keypoints=17)
    save(tmp_path / "model", MultiContextNetwork(config), Checkpoint(config, SIZE, COCO_17))
    return str(tmp_path / "model")


def answer(monkeypatch: pytest.MonkeyPatch, poses: list[Array]) -> None:
    """Let the network see these poses, in frame pixels, one crop after the other."""
    affine = crop_affine(np.array([99.5, 109.5]), 160 * BOX_PADDING, SIZE)
    crops = torch.tensor(np.stack([transform(affine, xy) for xy in poses])).float()
    monkeypatch.setattr(views, "predict_heatmaps", lambda *_, **__: encode(crops, (SIZE // 4, SIZE // 4)))


def test_the_truth_scores_100(tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_coco(tmp_path)
    answer(monkeypatch, [somebody(0), somebody(1)])
    scores = evaluate_coco(tmp_path, model, Views(), results=tmp_path / "results.json")

    assert tuple(scores) == (*STATISTICS, "PCK@0.2", "of people")
    assert (scores["AP"], scores["PCK@0.2"], scores["of people"]) == pytest.approx((100, 100, 2))
    results = json.loads((tmp_path / "results.json").read_text())
    assert [entry["image_id"] for entry in results] == [0, 1]
    found = np.array(results[0]["keypoints"]).reshape(17, 3)[:, :2]
    assert np.abs(found - somebody(0)).max() < 0.7


def test_one_of_two_people_found_scores_about_half(tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand-worked: with one right pose of two people, precision is 1 up to a recall of a half: 51 of 101 steps."""
    write_coco(tmp_path)
    answer(monkeypatch, [somebody(0), somebody(1) + 500])
    scores = evaluate_coco(tmp_path, model, Views())

    assert scores["AP"] == pytest.approx(100 * 51 / 101, abs=0.1)
    assert scores["AR"] == pytest.approx(50)
    assert scores["PCK@0.2"] == pytest.approx(50)


def test_pck_leaves_out_who_has_no_torso_of_15_pixels() -> None:
    true = np.concatenate([np.full((3, 17, 2), 50.0), np.full((3, 17, 1), 2.0)], axis=2)
    hip, nose = COCO_17.index("right_hip"), COCO_17.index("nose")
    true[0, hip], true[1, hip], true[2, hip] = (50, 65, 2), (50, 64.9, 2), (50, 90, 0)  # long enough, not, unlabelled
    found = true[..., :2].copy()
    found[0, nose] += 500  # the face does not count
    found[0, COCO_17.index("left_knee")] += (0, 3.1)
    people = [{"keypoints": person.ravel().tolist()} for person in true]

    scores = pck_of_people(people, Found(found, np.ones((3, 17))))

    assert scores == pytest.approx({"PCK@0.2": 100 * 11 / 12, "of people": 1})


def test_detections_take_the_place_of_labelled_boxes(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_coco(tmp_path)
    boxes = [{"image_id": 0, "category_id": 1, "bbox": [40, 30, 120, 160], "score": 0.5}]
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    answer(monkeypatch, [somebody(0)])
    evaluate_coco(tmp_path, model, Views(), tmp_path / "boxes.json", tmp_path / "results.json")

    (result,) = json.loads((tmp_path / "results.json").read_text())
    assert 0 < result["score"] <= 0.5


def test_a_detector_of_ours_says_where_to_look(tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Unsure:
        input_size = 96

        def chance_right(self, peak: Array, seen: Array) -> Array:
            return peak / 2

    write_coco(tmp_path)
    edges = np.array([[39.5, 29.5, 159.5, 189.5]])  # in pixel centres; COCO counts from the pixels' edges
    monkeypatch.setattr(coco, "load_detector", lambda name: (torch.nn.Identity(), Unsure()))
    monkeypatch.setattr(coco, "detect", lambda *_, **__: Detected(edges, np.array([0.8]), np.array([140.0])))
    answer(monkeypatch, [somebody(0), somebody(1)])
    scores = evaluate_coco(tmp_path, model, Views(), results=tmp_path / "results.json", detector="people")

    assert tuple(scores) == STATISTICS
    assert scores["AP"] == pytest.approx(100)
    assert all(0 < entry["score"] <= 0.4 for entry in json.loads((tmp_path / "results.json").read_text()))


@pytest.mark.parametrize("content", ["no json", json.dumps({"images": []}), json.dumps([])])
def test_another_layout_is_refused(tmp_path: Path, model: str, content: str) -> None:
    _, labels = coco_paths(tmp_path / "coco", "val")
    labels.parent.mkdir(parents=True)
    labels.write_text(content)

    with pytest.raises(DatasetError, match=r"person_keypoints_val2017\.json: looked for"):
        evaluate_coco(tmp_path, model, Views())


def test_a_model_of_other_keypoints_is_refused(tmp_path: Path) -> None:
    write_coco(tmp_path)
    config = NetworkConfig(stacks=1, channels=8, keypoints=1)
    save(tmp_path / "nose", MultiContextNetwork(config), Checkpoint(config, SIZE, Skeleton(("nose",))))

    with pytest.raises(TrainingError, match="the model lacks left_eye"):
        evaluate_coco(tmp_path, str(tmp_path / "nose"), Views())


def test_the_command_prints_and_writes_the_statistics(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_coco(tmp_path)
    answer(monkeypatch, [somebody(0), somebody(1)])
    scores = tmp_path / "scores.json"
    command = ["evaluate", "coco", "--data", str(tmp_path), "--model", model, "--json", str(scores), "--device", "cpu"]

    assert main(command) == 0
    assert capsys.readouterr().out.split()[:3] == ["AP", "AP", ".5"]
    told = json.loads(scores.read_text())
    assert told["statistics"]["AP"] == pytest.approx(100)
    assert told["boxes"] == "labelled"


def test_cocos_training_people_can_be_trained_on(tmp_path: Path) -> None:
    write_coco(tmp_path, "train")
    coco = read_set("coco", tmp_path)

    assert len(coco.train) + len(coco.held_out) == 2
    assert coco.train.skeleton.names == COCO_17.names
    np.testing.assert_array_equal(np.concatenate([coco.train.xy_NK2, coco.held_out.xy_NK2])[0], somebody(0))
