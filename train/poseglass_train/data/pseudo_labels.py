"""What a strong network says of photographs: labels for a folder of them, and a second opinion on crowd-sourced ones.

Shapes: N images, K keypoints of COCO, J keypoints of the labels.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass_models.skeleton import COCO_17
from poseglass_train.data.labelled import LabelledImages, Picture
from poseglass_train.data.reading import read_json, reading
from poseglass_train.errors import DatasetError

MIN_SCORE, MAX_SPREAD = 0.35, 0.1
"""A pseudo-label counts from this score on, where its views lie within this part of a torso. On LSP's test images
such keypoints are right 94.5 % of the time, the network's plain output 87.4 %."""
AGREES = 0.2
"""Of the torso: a label nearer than this to the network's keypoint is kept as it is."""
SWAPPED = 3
"""A label is taken to have left and right swapped when so many more keypoints agree after swapping them."""

Array = NDArray[np.float64]


def read_photographs(folder: Path) -> LabelledImages:
    """Read the people, one crop a person, in the file's order. Raises DatasetError.

    A person has `keypoints` of [x, y, v] where `label` is "human" (v = 0 is not annotated, as in COCO), or of
    [x, y, score, spread] where it is "pseudo", and a `box` x0, y0, x1, y1.
    """
    path = folder / "people.json"
    with reading(path, "`people` with file, box, keypoints"):
        people = read_json(path)["people"]
        pictures = tuple(Picture(folder / "images" / person["file"]) for person in people)
        xy_NK2 = np.array([[_person_xy(entry) for entry in person["keypoints"]] for person in people], dtype=np.float32)
        box_N4 = np.array([person["box"] for person in people], dtype=np.float32)
    return LabelledImages(pictures, xy_NK2.reshape(-1, len(COCO_17), 2), box_N4.reshape(-1, 4), COCO_17)


def _person_xy(entry: list[float]) -> tuple[float, float]:
    x, y, sure, *spread = entry
    known = (sure >= MIN_SCORE and spread[0] <= MAX_SPREAD) if spread else sure > 0
    return (x, y) if known else (np.nan, np.nan)


@dataclass(frozen=True)
class Correction:
    """What was done: images whose left and right were swapped; keypoints kept, replaced, added, and dropped."""

    swapped: int
    kept: int
    replaced: int
    added: int
    dropped: int


def correct(labelled: LabelledImages, path: Path) -> tuple[LabelledImages, Correction]:
    """Return the labels corrected by the predictions in `path`.

    path: an .npz with `keypoints` (N, 17, 2) in pixels of the images, `score` (N, 17), and `spread` (N, 17), the
    largest distance between the network's views in torsos. Where it is sure, its keypoint replaces a label that lies
    elsewhere, and one that is missing. Where it is not sure and the label lies elsewhere, nobody knows, and the
    keypoint is dropped, unless the two differ by less than the network's own doubt. Keypoints that COCO does not have
    stay. Raises DatasetError.
    """
    seen_NK2, sure_NK, spread_NK = _read(path, len(labelled))
    shared = [name for name in labelled.skeleton.names if name in COCO_17.names]
    ours = [labelled.skeleton.index(name) for name in shared]
    theirs = [COCO_17.index(name) for name in shared]
    seen_NJ2, sure_NJ, spread_NJ = seen_NK2[:, theirs], sure_NK[:, theirs], spread_NK[:, theirs]
    torso_N = _torso(seen_NK2)

    label_N = labelled.xy_NK2.astype(np.float64)
    mirrored_N = label_N[:, labelled.skeleton.flip_order]
    gain = _agreeing(mirrored_N[:, ours], seen_NJ2, sure_NJ, torso_N) - _agreeing(
        label_N[:, ours], seen_NJ2, sure_NJ, torso_N
    )
    swapped_N = gain >= SWAPPED
    label_N[swapped_N] = mirrored_N[swapped_N]

    given_NJ = np.isfinite(label_N[:, ours]).all(axis=-1)
    apart_NJ = np.linalg.norm(label_N[:, ours] - seen_NJ2, axis=-1) / torso_N[:, None]
    replaced_NJ = given_NJ & sure_NJ & (apart_NJ > AGREES)
    added_NJ = ~given_NJ & sure_NJ
    dropped_NJ = given_NJ & ~sure_NJ & (apart_NJ > AGREES + spread_NJ)
    result_NJ2 = label_N[:, ours]
    result_NJ2[replaced_NJ | added_NJ] = seen_NJ2[replaced_NJ | added_NJ]
    result_NJ2[dropped_NJ] = np.nan
    label_N[:, ours] = result_NJ2
    done = Correction(
        int(swapped_N.sum()), int((given_NJ & ~replaced_NJ & ~dropped_NJ).sum()), int(replaced_NJ.sum()),
        int(added_NJ.sum()), int(dropped_NJ.sum()),
    )  # fmt: skip
    return replace(labelled, xy_NK2=label_N.astype(np.float32)), done


def _read(path: Path, count: int) -> tuple[Array, NDArray[np.bool_], Array]:
    with reading(path, "keypoints, score and spread of a second opinion"):
        stored = np.load(path)
        xy, score, spread = (stored[name].astype(np.float64) for name in ("keypoints", "score", "spread"))
    if len(xy) != count:
        raise DatasetError(f"{path}: a second opinion on {len(xy)} images, there are {count}")
    if xy.shape[1:] != (len(COCO_17), 2) or not score.shape == spread.shape == xy.shape[:2]:
        raise DatasetError(f"{path}: keypoints {xy.shape}, looked for those of COCO ({count}, 17, 2)")
    return xy, (score >= MIN_SCORE) & (spread <= MAX_SPREAD), spread


def _torso(xy_NK2: Array) -> Array:
    """Return the longer of the two diagonals, as one of them may be seen from its end."""
    a = xy_NK2[:, COCO_17.index("right_hip")] - xy_NK2[:, COCO_17.index("left_shoulder")]
    b = xy_NK2[:, COCO_17.index("left_hip")] - xy_NK2[:, COCO_17.index("right_shoulder")]
    return np.asarray(np.maximum(np.maximum(np.linalg.norm(a, axis=-1), np.linalg.norm(b, axis=-1)), 1.0))


def _agreeing(label_NJ2: Array, seen_NJ2: Array, sure_NJ: NDArray[np.bool_], torso_N: Array) -> NDArray[np.intp]:
    apart_NJ = np.linalg.norm(label_NJ2 - seen_NJ2, axis=-1)
    return np.asarray(((apart_NJ <= AGREES * torso_N[:, None]) & sure_NJ).sum(axis=1))
