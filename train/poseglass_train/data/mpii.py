"""MPII Human Pose (Andriluka et al. 2014) in its released layout, and predictions in the layout it wants back.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import scipy.io
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14, MPII_16, Skeleton
from poseglass_train.data.labelled import LabelledImages, Picture
from poseglass_train.data.reading import reading
from poseglass_train.errors import DatasetError

MpiiSplit = Literal["train", "valid", "test"]
ANNOTATIONS = "mpii_human_pose_v1_u12_1.mat"
VALIDATION = "detections.mat"
"""Tompson et al.'s list of validation people, `RELEASE_img_index` and `RELEASE_person_index`, counted from 1."""
HEAD_SIZE = 0.6
"""Of the head box's diagonal: what PCKh measures in (`SC_BIAS` of the released evaluation)."""
PERSON_PX = 200.0
"""Height in pixels of a person of scale 1."""
LOWER = 15.0
"""Pixels at scale 1 by which the square lies lower than `objpos`, so that feet are seen (Newell et al. 2016, whose way
of cropping the authors' release keeps; their crops have a quarter more room around it, ours BOX_PADDING)."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MpiiPeople:
    """People, and what MPII's protocol knows of them.

    images: keypoints are NaN for the test split; the box is the square that MPII's rough position and scale give.
    head_N: PCKh's head size in pixels, NaN for the test split. place_N2: image in `annolist` and rectangle in it, both
    from 0.
    """

    images: LabelledImages
    head_N: Array
    place_N2: NDArray[np.int64]


def read_mpii(folder: Path, split: MpiiSplit) -> MpiiPeople:
    """Read `mpii_human_pose_v1_u12_1.mat`, and name `images/*`; `detections.mat` says who is in `valid`.

    train: people with keypoints who are not in `valid`. test: those whom MPII marks as sufficiently separated. Raises
    DatasetError.
    """
    release = _release(folder / ANNOTATIONS)
    is_train = np.atleast_1d(release.img_train).astype(bool)
    chosen = list(_chosen(folder, release, is_train, split))
    if not chosen:
        raise DatasetError(f"{folder / ANNOTATIONS}: nobody in the {split} split")
    annolist = np.atleast_1d(release.annolist)
    people = [_listed(annolist[image].annorect)[rectangle] for image, rectangle in chosen]
    pictures = tuple(Picture(folder / "images" / str(annolist[image].image.name)) for image, _ in chosen)
    missing = sorted({picture.path for picture in pictures if not picture.path.is_file()})
    if missing:
        raise DatasetError(f"{folder}: {len(missing)} images are missing, the first is {missing[0]}")
    images = LabelledImages(
        pictures,
        np.array([_keypoints(person) for person in people], dtype=np.float32),
        np.array([_rough_box(person) for person in people], dtype=np.float32),
        MPII_16,
    )
    heads = np.array([_head_size(person) for person in people])
    return MpiiPeople(images, heads, np.array(chosen, dtype=np.int64))


def as_lsp(images: LabelledImages) -> LabelledImages:
    """Return MPII's people with LSP's keypoints: its upper neck is LSP's neck (the paper trains on both together)."""
    names = tuple("neck" if name == "upper_neck" else name for name in MPII_16.names)
    return replace(images, skeleton=Skeleton(names)).on(LSP_14)


def write_predictions(folder: Path, people: MpiiPeople, found_NK2: Array, path: Path) -> None:
    """Write poses of the test split as MPII's evaluation wants them: `pred`, one entry a test image, counted from 1."""
    release = _release(folder / ANNOTATIONS)
    tests = np.flatnonzero(~np.atleast_1d(release.img_train).astype(bool))
    annolist = np.atleast_1d(release.annolist)
    poses = {tuple(place): xy for place, xy in zip(people.place_N2.tolist(), found_NK2, strict=True)}
    entries = np.empty((1, len(tests)), dtype=[("image", object), ("annorect", object)])
    for column, image in enumerate(tests):
        count = len(_listed(getattr(annolist[image], "annorect", [])))
        entries[0, column]["image"] = {"name": str(annolist[image].image.name)}
        entries[0, column]["annorect"] = _rectangles([poses.get((int(image), i)) for i in range(count)])
    scipy.io.savemat(path, {"pred": entries})


def _rectangles(poses: Sequence[Array | None]) -> NDArray[Any]:
    rectangles = np.empty((1, len(poses)), dtype=[("annopoints", object)])
    for i, xy_K2 in enumerate(poses):
        points = np.empty((1, 0 if xy_K2 is None else len(xy_K2)), dtype=[("x", object), ("y", object), ("id", object)])
        for number, (x, y) in enumerate(() if xy_K2 is None else xy_K2):
            points[0, number] = (float(x) + 1, float(y) + 1, float(number))
        rectangles[0, i]["annopoints"] = {"point": points}
    return rectangles


def _release(path: Path) -> Any:
    with reading(path, "MPII's `RELEASE`"):
        return scipy.io.loadmat(path, struct_as_record=False, squeeze_me=True)["RELEASE"]


def _chosen(
    folder: Path, release: Any, is_train: NDArray[np.bool_], split: MpiiSplit
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """Yield image and rectangle, from 0, of everybody in the split."""
    if split == "test":
        separate = np.atleast_1d(release.single_person)
        for image in np.flatnonzero(~is_train):
            yield from ((int(image), int(number) - 1) for number in np.atleast_1d(separate[image]).ravel())
        return
    valid = _validation(folder / VALIDATION)
    if split == "valid":
        yield from sorted(valid)
        return
    annolist = np.atleast_1d(release.annolist)
    for image in np.flatnonzero(is_train):
        for number, person in enumerate(_listed(getattr(annolist[image], "annorect", []))):
            if (int(image), number) not in valid and np.isfinite(_keypoints(person)).any() and _has_place(person):
                yield int(image), number


def _validation(path: Path) -> set[tuple[int, int]]:
    with reading(path, "Tompson et al.'s validation people, RELEASE_img_index and RELEASE_person_index"):
        stored = scipy.io.loadmat(path, squeeze_me=True)
        images, people = (np.atleast_1d(stored[f"RELEASE_{of}_index"]).astype(int) for of in ("img", "person"))
    return {(int(image) - 1, int(person) - 1) for image, person in zip(images, people, strict=True)}


def _listed(entries: Any) -> list[Any]:
    """Matlab's struct arrays come as one struct, an array of them, or something empty."""
    return list(entries.ravel()) if isinstance(entries, np.ndarray) else [entries] if _fields(entries) else []


def _fields(entry: Any) -> list[str]:
    return list(getattr(entry, "_fieldnames", ()))


def _keypoints(person: Any) -> Array:
    """Return (16, 2) pixels counted from 0, NaN where not annotated."""
    xy_K2 = np.full((len(MPII_16), 2), np.nan)
    annotated = getattr(person, "annopoints", None)
    for point in _listed(getattr(annotated, "point", [])):
        xy_K2[int(point.id)] = (float(point.x) - 1, float(point.y) - 1)
    return xy_K2


def _head_size(person: Any) -> float:
    if "x1" not in _fields(person) or np.size(person.x1) == 0:
        return float("nan")
    return HEAD_SIZE * float(np.hypot(person.x2 - person.x1, person.y2 - person.y1))


def _has_place(person: Any) -> bool:
    return "objpos" in _fields(person) and bool(_fields(person.objpos)) and np.size(person.scale) == 1


def _rough_box(person: Any) -> tuple[float, float, float, float]:
    """Return the square around the person, x0 y0 x1 y1: MPII gives a point and a scale."""
    if not _has_place(person):
        raise DatasetError("a person of MPII's without objpos and scale cannot be placed")
    half, lower = PERSON_PX * float(person.scale) / 2, LOWER * float(person.scale)
    x, y = float(person.objpos.x) - 1, float(person.objpos.y) - 1 + lower
    return x - half, y - half, x + half, y + half
