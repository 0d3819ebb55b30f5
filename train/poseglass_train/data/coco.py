"""Keypoints in COCO's annotation format (Lin et al. 2014): COCO itself, and what labelling tools export."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from poseglass_models.skeleton import Skeleton
from poseglass_train.data.labelled import LabelledImages, Picture
from poseglass_train.data.reading import reading
from poseglass_train.errors import DatasetError


def coco_paths(folder: Path, part: Literal["train", "val"]) -> tuple[Path, Path]:
    """Return where COCO 2017 keeps a part's pictures and keypoints."""
    return folder / f"{part}2017", folder / "annotations" / f"person_keypoints_{part}2017.json"


def read_coco(images: Path, labels: Path) -> LabelledImages:
    """Read all people, or whatever the one category with keypoints is, that have a keypoint. Raises DatasetError.

    images: folder that the file names start from. labels: a JSON with `images`, `annotations` (keypoints x, y, v for
    each, v = 0 is not annotated; bbox x, y, width, height) and `categories` (keypoints, skeleton counted from 1).
    Crowds are left out.
    """
    with reading(labels, "COCO keypoints: images, annotations, categories"):
        content = json.loads(labels.read_text(encoding="utf-8"))
        category, skeleton = _category(content["categories"], labels)
        files = {image["id"]: images / image["file_name"] for image in content["images"]}
        chosen = [entry for entry in content["annotations"] if entry["category_id"] == category and _is_person(entry)]
        pictures = tuple(Picture(files[entry["image_id"]]) for entry in chosen)
        xyv = np.array([entry["keypoints"] for entry in chosen], dtype=np.float32).reshape(-1, len(skeleton), 3)
        box_N4 = np.array([box_of(entry) for entry in chosen], dtype=np.float32).reshape(-1, 4)
    missing = sorted({picture.path for picture in pictures if not picture.path.is_file()})
    if missing:
        raise DatasetError(f"{images}: {len(missing)} images that {labels.name} names are missing, first {missing[0]}")
    if not pictures:
        raise DatasetError(f"{labels}: nobody in it has a keypoint")
    return LabelledImages(pictures, np.where(xyv[..., 2:] > 0, xyv[..., :2], np.nan), box_N4, skeleton)


def _category(categories: list[Mapping[str, Any]], labels: Path) -> tuple[int, Skeleton]:
    with_keypoints = [category for category in categories if category.get("keypoints")]
    if len(with_keypoints) != 1:
        names = ", ".join(category["name"] for category in with_keypoints) or "none"
        raise DatasetError(f"{labels}: looked for one category with keypoints, found {names}")
    (category,) = with_keypoints
    keypoints = tuple(map(str, category["keypoints"]))
    pairs = [(int(a), int(b)) for a, b in category.get("skeleton") or ()]
    if not all(1 <= number <= len(keypoints) for pair in pairs for number in pair):
        raise DatasetError(f"{labels}: its skeleton names keypoints that are not there; COCO counts them from 1")
    return int(category["id"]), Skeleton(keypoints, tuple((keypoints[a - 1], keypoints[b - 1]) for a, b in pairs))


def _is_person(entry: Mapping[str, Any]) -> bool:
    return not entry.get("iscrowd") and any(v > 0 for v in entry.get("keypoints", ())[2::3])


def box_of(entry: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """COCO's box runs along pixel edges, ours between pixel centres; without a box only the keypoints say where."""
    x, y, width, height = entry.get("bbox") or (np.nan, np.nan, np.nan, np.nan)
    return x - 0.5, y - 0.5, x + width - 0.5, y + height - 0.5
