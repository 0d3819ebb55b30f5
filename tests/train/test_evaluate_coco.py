"""COCO's protocol on files of a few people, in the layouts of its annotations, detections and results."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.codec import encode
from poseglass_models.crop import crop_affine, transform
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import COCO_17, Skeleton
from poseglass_train import evaluate
from poseglass_train.errors import DatasetError, TrainingError
from poseglass_train.evaluate import Views
from poseglass_train.evaluate_coco import STATISTICS, evaluate_coco
from poseglass_train.packing import BOX_PADDING

pytest.importorskip("pycocotools")
Array = NDArray[np.float64]
SIZE = 64


def somebody(seed: int) -> Array:
    """Return 17 keypoints in a box of 120 x 160 px at (40, 30)."""
    return np.random.default_rng(seed).uniform((45, 35), (155, 185), (17, 2)).round()


def write_coco(folder: Path) -> tuple[Path, Path]:
    """Write two images with one person each, and one without keypoints."""
    (folder / "images").mkdir()
    annotations: list[dict[str, Any]] = []
    for i in range(2):
        cv2.imwrite(str(folder / "images" / f"{i}.jpg"), np.zeros((240, 320, 3), np.uint8))
        keypoints = np.concatenate([somebody(i), np.full((17, 1), 2.0)], axis=1).ravel().tolist()
        entry = {"image_id": i, "category_id": 1, "iscrowd": 0, "bbox": [40, 30, 120, 160], "area": 9600}
        annotations.append({**entry, "id": i + 1, "keypoints": keypoints, "num_keypoints": 17})
    annotations.append({**annotations[0], "id": 9, "keypoints": [0] * 51, "num_keypoints": 0})
    content = {
        "images": [{"id": i, "file_name": f"{i}.jpg", "width": 320, "height": 240} for i in range(2)],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "person", "keypoints": COCO_17.names, "skeleton": []}],
    }
    (folder / "labels.json").write_text(json.dumps(content))
    return folder / "images", folder / "labels.json"


@pytest.fixture
def model(tmp_path: Path) -> str:
    config = NetworkConfig(stacks=1, channels=8, keypoints=17)
    save(tmp_path / "model", MultiContextNetwork(config), Checkpoint(config, SIZE, COCO_17))
    return str(tmp_path / "model")


def answer(monkeypatch: pytest.MonkeyPatch, poses: list[Array]) -> None:
    """Let the network see these poses, in frame pixels, one crop after the other."""
    affine = crop_affine(np.array([99.5, 109.5]), 160 * BOX_PADDING, SIZE)
    crops = torch.tensor(np.stack([transform(affine, xy) for xy in poses])).float()
    monkeypatch.setattr(evaluate, "predict_heatmaps", lambda *_, **__: encode(crops, (SIZE // 4, SIZE // 4)))


def test_the_truth_scores_100(tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = write_coco(tmp_path)
    answer(monkeypatch, [somebody(0), somebody(1)])
    scores = evaluate_coco(images, labels, model, Views(), None, tmp_path / "results.json")

    assert tuple(scores) == STATISTICS
    assert scores["AP"] == pytest.approx(100)
    results = json.loads((tmp_path / "results.json").read_text())
    assert [entry["image_id"] for entry in results] == [0, 1]
    found = np.array(results[0]["keypoints"]).reshape(17, 3)[:, :2]
    assert np.abs(found - somebody(0)).max() < 0.7


def test_one_of_two_people_found_scores_about_half(tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand-worked: with one right pose of two people, precision is 1 up to a recall of a half: 51 of 101 steps."""
    images, labels = write_coco(tmp_path)
    answer(monkeypatch, [somebody(0), somebody(1) + 500])
    scores = evaluate_coco(images, labels, model, Views(), None, None)

    assert scores["AP"] == pytest.approx(100 * 51 / 101, abs=0.1)
    assert scores["AR"] == pytest.approx(50)


def test_detections_take_the_place_of_labelled_boxes(
    tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    images, labels = write_coco(tmp_path)
    boxes = [{"image_id": 0, "category_id": 1, "bbox": [40, 30, 120, 160], "score": 0.5}]
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    answer(monkeypatch, [somebody(0)])
    evaluate_coco(images, labels, model, Views(), tmp_path / "boxes.json", tmp_path / "results.json")

    (result,) = json.loads((tmp_path / "results.json").read_text())
    assert 0 < result["score"] <= 0.5


@pytest.mark.parametrize("content", ["no json", json.dumps({"images": []}), json.dumps([])])
def test_another_layout_is_refused(tmp_path: Path, model: str, content: str) -> None:
    (tmp_path / "labels.json").write_text(content)

    with pytest.raises(DatasetError, match=r"labels\.json: looked for"):
        evaluate_coco(tmp_path, tmp_path / "labels.json", model, Views(), None, None)


def test_a_model_of_other_keypoints_is_refused(tmp_path: Path) -> None:
    images, labels = write_coco(tmp_path)
    config = NetworkConfig(stacks=1, channels=8, keypoints=1)
    save(tmp_path / "nose", MultiContextNetwork(config), Checkpoint(config, SIZE, Skeleton(("nose",))))

    with pytest.raises(TrainingError, match="the model lacks left_eye"):
        evaluate_coco(images, labels, str(tmp_path / "nose"), Views(), None, None)
