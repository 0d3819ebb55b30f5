"""`poseglass-train evaluate coco`: average precision by object keypoint similarity, counted by pycocotools.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseglass_models.checkpoint import load
from poseglass_models.crop import square_around
from poseglass_models.detection import detect
from poseglass_models.detector_checkpoint import load_detector
from poseglass_models.skeleton import COCO_17
from poseglass_train.data.coco import coco_paths
from poseglass_train.data.labelled import Picture, read_image
from poseglass_train.data.reading import read_json, reading
from poseglass_train.errors import DatasetError, TrainingError
from poseglass_train.evaluate.metrics import LIMBS, THRESHOLD, is_correct, mean_pck, torso_length
from poseglass_train.evaluate.views import Found, Square, Views, find_in_squares, places_of

BOX_PADDING = 1.25
"""Side of the square that is looked at to a box's longer side, as Xiao et al. 2018 have it."""
SHORTEST_TORSO = 15.0
"""Pixels: who is smaller has labels too coarse for PCK."""

STATISTICS = ("AP", "AP .5", "AP .75", "AP (M)", "AP (L)", "AR", "AR .5", "AR .75", "AR (M)", "AR (L)")
"""In pycocotools' order."""

MOST, LEAST = 20, 0.05
"""Boxes of a picture, and chance of being right, from which a detector's boxes are looked at."""


def evaluate_coco(
    data: Path,
    model: str,
    how: Views,
    detections: Path | None = None,
    results: Path | None = None,
    detector: str | None = None,
) -> dict[str, float]:
    """Return COCO's ten statistics in percent, on the people of `data/coco`'s val2017.

    detections: boxes in COCO's results format. detector: name or path of a network that finds them. Without either the
    labelled boxes are given, which is easier, and is to be said beside the figure; then there is PCK too, see
    `pck_of_people`. results: where to write the poses in COCO's results format. Raises TrainingError, CheckpointError.
    """
    images, labels = coco_paths(data / "coco", "val")
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise TrainingError("COCO's evaluation needs pycocotools: pip install 'poseglass[coco]'") from error
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools tells its user of each of its steps
        truth = _truth(COCO, labels)
        are_labelled = detections is None and detector is None
        people = _labelled(truth) if are_labelled else _detected(detections) if detections else []
        if detector is not None:
            people = _detected_by(detector, images, truth, how)
        found = _find(images, truth, people, model, how)
        poses = _as_results(people, found)
        if results is not None:
            results.write_text(json.dumps(poses), encoding="utf-8")
        scored = COCOeval(truth, truth.loadRes(poses), "keypoints")
        scored.evaluate()
        scored.accumulate()
        scored.summarize()
    statistics = {name: 100 * float(value) for name, value in zip(STATISTICS, scored.stats, strict=True)}
    return {**statistics, **pck_of_people(people, found)} if are_labelled else statistics


def pck_of_people(people: Sequence[dict[str, Any]], found: Found) -> dict[str, float]:
    """Return PCK@0.2 of the torso in percent, a mean over 12 keypoints, and how many people have such a torso.

    It counts who has the left shoulder and the right hip labelled, SHORTEST_TORSO apart or more.
    """
    xyv_NK3 = np.array([entry["keypoints"] for entry in people], dtype=np.float64).reshape(-1, len(COCO_17), 3)
    true_NK2 = np.where(xyv_NK3[..., 2:] > 0, xyv_NK3[..., :2], np.nan)
    torso_N = torso_length(true_NK2, COCO_17)
    torso_N = np.where(torso_N >= SHORTEST_TORSO, torso_N, np.nan)
    correct_NK = is_correct(found.xy_NK2, true_NK2, torso_N, THRESHOLD)
    scored = [COCO_17.index(name) for name in LIMBS]
    return {"PCK@0.2": mean_pck(correct_NK[:, scored]), "of people": float(np.isfinite(torso_N).sum())}


def _truth(reader: Any, labels: Path) -> Any:
    try:
        truth = reader(str(labels))
        persons = [category for category in truth.loadCats(truth.getCatIds()) if category.get("keypoints")]
        if [tuple(category["keypoints"]) for category in persons] != [COCO_17.names]:
            raise DatasetError(f"{labels}: looked for one category with COCO's 17 keypoints")
    except (OSError, KeyError, TypeError, ValueError, AssertionError) as error:
        raise DatasetError(f"{labels}: looked for COCO's person_keypoints_*.json ({error!r})") from error
    return truth


def _labelled(truth: Any) -> list[dict[str, Any]]:
    """Return the boxes of everybody who is labelled with keypoints, as if a detector were sure of them."""
    entries = truth.loadAnns(truth.getAnnIds(iscrowd=False))
    chosen = [entry for entry in entries if any(v > 0 for v in entry.get("keypoints", ())[2::3])]
    wanted = ("image_id", "category_id", "bbox", "keypoints")
    return [{**{key: entry[key] for key in wanted}, "score": 1.0} for entry in chosen]


def _detected(path: Path) -> list[dict[str, Any]]:
    with reading(path, "detections in COCO's results format"):
        entries = read_json(path)
        return [{key: entry[key] for key in ("image_id", "category_id", "bbox", "score")} for entry in entries]


def _detected_by(detector: str, images: Path, truth: Any, how: Views) -> list[dict[str, Any]]:
    """Return the boxes that a network of ours finds in all pictures, of which it is at least a little sure.

    As many as COCO's protocol counts of each picture: the others' poses would take most of the time.
    """
    network, checkpoint = load_detector(detector)
    network = network.to(how.device)
    category, found = truth.getCatIds()[0], []
    for image in truth.loadImgs(truth.getImgIds()):
        picture = read_image(Picture(images / image["file_name"]))
        seen = detect(network, picture, checkpoint.input_size, bfloat16=how.bfloat16)
        scores = checkpoint.chance_right(seen.peak, seen.seen)
        surest = [row for row in np.argsort(-scores, kind="stable")[:MOST] if scores[row] >= LEAST]
        for (x0, y0, x1, y1), score in zip(seen.boxes[surest], scores[surest], strict=True):
            bbox = [x0 + 0.5, y0 + 0.5, x1 - x0, y1 - y0]  # COCO's boxes run along pixel edges
            found.append({"image_id": image["id"], "category_id": category, "bbox": bbox, "score": float(score)})
    return found


def _find(images: Path, truth: Any, people: Sequence[dict[str, Any]], model: str, how: Views) -> Found:
    network, checkpoint = load(model)
    order = places_of(COCO_17.names, checkpoint, model, "COCO")
    names = [truth.loadImgs([entry["image_id"]])[0]["file_name"] for entry in people]
    pictures = (read_image(Picture(images / name)) for name in names)
    found = find_in_squares(
        network.to(how.device), checkpoint, pictures, [_square(entry["bbox"]) for entry in people], how
    )
    return found.keypoints(order)


def _square(bbox: Sequence[float]) -> Square:
    """COCO's boxes run along pixel edges."""
    x, y, width, height = bbox
    corners = np.array([[x, y], [x + width, y + height]]) - 0.5
    return square_around(corners, BOX_PADDING)


def _as_results(people: Sequence[dict[str, Any]], found: Found) -> list[dict[str, Any]]:
    """Score each pose by its detection's score times the mean of its keypoints' (as Xiao et al. 2018 do)."""
    xyv: NDArray[np.float64] = np.concatenate(
        [np.nan_to_num(found.xy_NK2), np.ones((*found.score_NK.shape, 1))], axis=2
    )
    return [
        {
            "image_id": entry["image_id"],
            "category_id": entry["category_id"],
            "keypoints": np.round(keypoints, 2).ravel().tolist(),
            "score": float(entry["score"] * score.mean()),
        }
        for entry, keypoints, score in zip(people, xyv, found.score_NK, strict=True)
    ]
