"""Keypoints in COCO's annotation format (Lin et al. 2014): COCO itself, and what labelling tools export.

A file is checked against itself: what contradicts itself would train a network on the wrong places, and nobody would
see it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import Skeleton
from poseglass_train.data.labelled import LabelledImages, Picture
from poseglass_train.data.reading import read_json, reading
from poseglass_train.errors import DatasetError

VISIBILITIES = (0, 1, 2)
"""Not annotated, hidden, seen. Some data sets that look like COCO's have 3 for not annotated."""
FAR = 1e6
"""Pixels: no picture is so large. NaN is not below it."""


def coco_paths(folder: Path, part: Literal["train", "val"]) -> tuple[Path, Path]:
    """Return where COCO 2017 keeps a part's pictures and keypoints."""
    return folder / f"{part}2017", folder / "annotations" / f"person_keypoints_{part}2017.json"


def read_coco(images: Path, labels: Path) -> LabelledImages:
    """Read all people, or whatever the one category with keypoints is, that have a keypoint. Raises DatasetError.

    images: folder that the file names start from. labels: a JSON with `images`, `annotations` (keypoints x, y, v for
    each, v = 0 is not annotated; bbox x, y, width, height) and `categories` (keypoints, skeleton counted from 1).
    Crowds are left out. Ids may be numbers or text, keypoints one list or a list for each.
    """
    with reading(labels, "COCO keypoints: images, annotations, categories"):
        content = read_json(labels)
        category, skeleton = _category(content["categories"], labels)
        pictures_of = _pictures(images, content["images"], labels)
        _check_unique("annotation", (each["id"] for each in content["annotations"] if "id" in each), labels)
        pictures, xyv, boxes = [], [], []
        listed = {_key(each["id"]) for each in content["categories"] if "id" in each}
        for place, entry in enumerate(content["annotations"]):
            called = f"{labels}: annotation {entry.get('id', f'number {place + 1}')}"
            if entry.get("keypoints") and _key(entry["category_id"]) not in listed:
                raise DatasetError(f"{called}: is of category {entry['category_id']}, which `categories` does not list")
            if _key(entry["category_id"]) != category or entry.get("iscrowd") or not entry.get("keypoints"):
                continue
            xyv_K3 = _keypoints(entry["keypoints"], skeleton, called)
            if not (xyv_K3[:, 2] > 0).any():
                continue
            if (image := _key(entry["image_id"])) not in pictures_of:
                raise DatasetError(f"{called}: is of image {entry['image_id']}, which `images` does not list")
            pictures.append(pictures_of[image])
            xyv.append(xyv_K3)
            boxes.append(_checked_box(entry, called))
    if not pictures:
        raise DatasetError(f"{labels}: nobody in it has a keypoint")
    _check_there(pictures, images, labels)
    xyv_NK3, box_N4 = np.array(xyv, dtype=np.float32), np.array(boxes, dtype=np.float32)
    return LabelledImages(tuple(pictures), np.where(xyv_NK3[..., 2:] > 0, xyv_NK3[..., :2], np.nan), box_N4, skeleton)


def _category(categories: Sequence[Mapping[str, Any]], labels: Path) -> tuple[str, Skeleton]:
    _check_unique("category", (category["id"] for category in categories if "id" in category), labels)
    with_keypoints = [category for category in categories if category.get("keypoints")]
    if len(with_keypoints) != 1:
        names = ", ".join(category["name"] for category in with_keypoints) or "none"
        raise DatasetError(f"{labels}: looked for one category with keypoints, found {names}")
    (category,) = with_keypoints
    keypoints = tuple(map(str, category["keypoints"]))
    pairs = [(int(a), int(b)) for a, b in category.get("skeleton") or ()]
    if not all(1 <= number <= len(keypoints) for pair in pairs for number in pair):
        raise DatasetError(f"{labels}: its skeleton names keypoints that are not there; COCO counts them from 1")
    edges = tuple((keypoints[a - 1], keypoints[b - 1]) for a, b in pairs)
    try:
        return _key(category["id"]), Skeleton(keypoints, edges)
    except ValueError as error:
        raise DatasetError(f"{labels}: {error}") from error


def _pictures(folder: Path, images: Sequence[Mapping[str, Any]], labels: Path) -> dict[str, Picture]:
    """Return the pictures by the keys of their ids, with the sizes that they are said to have."""
    _check_unique("image", (image["id"] for image in images), labels)
    return {_key(image["id"]): Picture(folder / image["file_name"], size=_size(image)) for image in images}


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return width and height; None where one is left out, or 0, as some tools have it."""
    sides = [int(image.get(side) or 0) for side in ("width", "height")]
    return (sides[0], sides[1]) if all(sides) else None


def _key(given: object) -> str:
    """Return an id as something to compare: 7, 7.0 and "7" are one, which some tools write and others read."""
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError(f"an id is {given!r}")
    return str(given).strip()


def _check_unique(kind: str, ids: Iterable[object], labels: Path) -> None:
    twice = [key for key, count in Counter(map(_key, ids)).items() if count > 1]
    if twice:
        raise DatasetError(
            f"{labels}: {kind} {twice[0]} is there more than once ({len(twice)} such ids); number each by itself"
        )


def _keypoints(given: Any, skeleton: Skeleton, called: str) -> NDArray[np.float64]:
    """Return x, y, v (K, 3)."""
    values = given
    if all(isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 3 for value in given):
        values = [number for triple in given for number in triple]
    if len(values) != 3 * len(skeleton):
        raise DatasetError(
            f"{called}: has {len(values)} numbers for keypoints, its category names {len(skeleton)} keypoints, "
            f"which want {3 * len(skeleton)}: x, y, v for each"
        )
    if not _are_places(values):
        raise DatasetError(f"{called}: its keypoints are no numbers: {_shortened(given)}")
    xyv_K3 = np.array(values, dtype=np.float64).reshape(-1, 3)
    strange = xyv_K3[~np.isin(xyv_K3[:, 2], VISIBILITIES), 2]
    if len(strange):
        raise DatasetError(f"{called}: a keypoint's visibility is {strange[0]:g}; COCO has 0, 1 and 2")
    return xyv_K3


def _checked_box(entry: Mapping[str, Any], called: str) -> tuple[float, float, float, float]:
    box = entry.get("bbox")
    if box and (len(box) != 4 or not _are_places(box) or min(box[2:]) < 0):
        raise DatasetError(f"{called}: its bbox is {_shortened(box)}; x, y, width, height are wanted")
    return box_of(entry)


def _are_places(values: Iterable[object]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < FAR for value in values)


def _shortened(values: object) -> str:
    text = repr(values)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _check_there(pictures: Iterable[Picture], images: Path, labels: Path) -> None:
    missing = sorted({picture.path for picture in pictures if not picture.path.is_file()})
    if missing:
        raise DatasetError(f"{images}: {len(missing)} images that {labels.name} names are missing, first {missing[0]}")


def box_of(entry: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """COCO's box runs along pixel edges, ours between pixel centres; without a box only the keypoints say where."""
    x, y, width, height = entry.get("bbox") or (np.nan, np.nan, np.nan, np.nan)
    return x - 0.5, y - 0.5, x + width - 0.5, y + height - 0.5
