"""Pictures with the boxes of all people in them: what a detector is taught and scored by.

Boxes are x0, y0, x1, y1 in pixels of the picture, whose centres are at whole numbers.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from poseglass_models.boxes import overlaps
from poseglass_train.data.background import empty_pictures
from poseglass_train.data.coco import box_of, coco_paths
from poseglass_train.data.jhmdb import read_jhmdb
from poseglass_train.data.labelled import Picture
from poseglass_train.data.lsp import read_lsp, read_lspet
from poseglass_train.data.reading import read_json, reading
from poseglass_train.data.scenes import Side
from poseglass_train.data.sets import is_held_out

PENN_FUDAN_HELD_OUT = 64
"""Of its 170 pictures: never trained on. Which, a checksum of the name says."""
SURE = 0.5
"""Score from which on another detector's box is taken for somebody; below, nobody knows."""
SAME_PERSON = 0.5
"""Overlap (intersection over union) from which two boxes are one person's."""
KEYPOINTS_ONLY = 0.35
"""The same of a box and the extent of keypoints, which reach less far."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BoxedPicture:
    """A picture, everybody in it, and where nobody knows: crowds, and people who may be there."""

    picture: Picture
    boxes_N4: Array
    unknown_M4: Array
    source: str


def read_boxes(data: Path, side: Side) -> list[BoxedPicture]:
    """Read all sets of one side from the folder that holds them. Raises DatasetError."""
    without = nobody(data / "nobody", side)
    if side == "test":
        return [*coco(data / "coco", "val"), *penn_fudan(data, held_out=True), *without]
    every = [*coco(data / "coco", "train"), *penn_fudan(data, held_out=False), *seen_by_another(data)]
    return [*(each for each in every if is_held_out(each.picture.path.name) is (side == "check")), *without]


def coco(folder: Path, part: Literal["train", "val"]) -> list[BoxedPicture]:
    """Read COCO's people, with or without keypoints; where it says crowd, nobody knows. Raises DatasetError."""
    images, labels = coco_paths(folder, part)
    with reading(labels, "COCO's annotations: images, annotations"):
        content = read_json(labels)
        people = {each["id"] for each in content["categories"] if each["name"] == "person"}
        of_image: dict[int, list[Mapping[str, Any]]] = {image["id"]: [] for image in content["images"]}
        for entry in content["annotations"]:
            if entry["category_id"] in people:
                of_image[entry["image_id"]].append(entry)
        return [
            BoxedPicture(
                Picture(images / image["file_name"]),
                _array([box_of(entry) for entry in of_image[image["id"]] if not entry.get("iscrowd")]),
                _array([box_of(entry) for entry in of_image[image["id"]] if entry.get("iscrowd")]),
                f"coco/{part}2017",
            )
            for image in content["images"]
        ]


def penn_fudan(data: Path, *, held_out: bool) -> list[BoxedPicture]:
    """Read Penn-Fudan's pedestrians; who is seen by another detector alone may have been missed by the labels."""
    path = data / "pennfudan" / "boxes.json"
    seen = _seen(data)
    with reading(path, "boxes of each picture"):
        boxes = {name: _array(value) for name, value in read_json(path).items()}
    by_checksum = sorted(boxes, key=lambda name: zlib.crc32(name.encode()))
    chosen = by_checksum[:PENN_FUDAN_HELD_OUT] if held_out else by_checksum[PENN_FUDAN_HELD_OUT:]
    found = []
    for name in sorted(chosen):
        others = seen.get(f"pennfudan/images/{name}", np.zeros((0, 5)))[:, :4]
        missed = others[overlaps(others, boxes[name]).max(axis=1, initial=0) < SAME_PERSON]
        found.append(BoxedPicture(Picture(data / "pennfudan" / "images" / name), boxes[name], missed, "pennfudan"))
    return found


def nobody(folder: Path, side: Side) -> list[BoxedPicture]:
    """Read pictures with nobody in them, scene by scene on one side. Raises DatasetError."""
    none = np.zeros((0, 4))
    return [BoxedPicture(picture, none, none, "nobody") for picture in empty_pictures(folder, side)]


def seen_by_another(data: Path) -> list[BoxedPicture]:
    """Read whom another detector sees in the training pictures of LSP, LSPET and JHMDB.

    Those it is not sure of may be there or not, but for the one who is labelled. LSP's images 1001-2000 and JHMDB's
    test clips are not among them. Raises DatasetError.
    """
    seen = _seen(data)
    found = []
    for name, images in (("lsp", read_lsp(data / "lsp", "train")), ("lspet", read_lspet(data / "lspet"))):
        for picture, extent in zip(images.pictures, images.extents, strict=True):
            others_N5 = seen.get(f"{name}/images/{picture.path.name}")
            if others_N5 is not None and np.isfinite(extent).all():
                found.append(BoxedPicture(picture, *_with_keypoints(others_N5, extent.astype(np.float64)), name))
    for clip in read_jhmdb(data / "jhmdb", "train"):
        for frame, box in enumerate(clip.box_T4):
            others_N5 = seen.get(f"jhmdb/videos/{clip.path.name}#{frame}")
            if others_N5 is not None and np.isfinite(box).all():
                found.append(BoxedPicture(Picture(clip.path, frame), *_with_box(others_N5, box), "jhmdb"))
    return found


def _with_keypoints(seen_N5: Array, extent_4: Array) -> tuple[Array, Array]:
    """Return who is there for sure and who may be: where only keypoints tell of somebody, nobody knows the box."""
    overlap_N = overlaps(seen_N5[:, :4], extent_4[None])[:, 0]
    labelled_N = (overlap_N >= KEYPOINTS_ONLY) & (overlap_N == overlap_N.max(initial=0))
    sure_N = (seen_N5[:, 4] >= SURE) | labelled_N
    unknown_M4 = seen_N5[~sure_N, :4]
    if not labelled_N.any():
        margin = 0.2 * (extent_4[2:] - extent_4[:2])  # bodies reach beyond their keypoints
        wider_4 = extent_4 + np.concatenate([-margin, margin])
        unknown_M4 = np.concatenate([unknown_M4, wider_4[None]])
    return seen_N5[sure_N, :4], unknown_M4


def _with_box(seen_N5: Array, box_4: Array) -> tuple[Array, Array]:
    """Return who is there for sure and who may be: the labelled box, and others beside it."""
    others_N5 = seen_N5[overlaps(seen_N5[:, :4], box_4[None])[:, 0] < SAME_PERSON]
    sure_N = others_N5[:, 4] >= SURE
    return np.concatenate([box_4[None], others_N5[sure_N, :4]]), others_N5[~sure_N, :4]


def _seen(data: Path) -> dict[str, Array]:
    """Return what another detector saw, x0, y0, x1, y1, score (N, 5), by the picture's place."""
    path = data / "person_boxes.json"
    with reading(path, "boxes of people for each picture"):
        content = read_json(path)
        return {key: np.array(value, dtype=np.float64).reshape(-1, 5) for key, value in content.items()}


def _array(boxes: Sequence[Sequence[float]]) -> Array:
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)
