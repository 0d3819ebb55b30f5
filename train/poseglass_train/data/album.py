"""Boxed pictures decoded once, in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_models.crop import rescale
from poseglass_train.data.boxes import Array, BoxedPicture
from poseglass_train.data.labelled import read_image, read_video
from poseglass_train.errors import DatasetError

LONGEST = 512
"""Pixels: larger pictures are made so small; a detector does not look at more."""


@dataclass(frozen=True)
class Page:
    """A picture (H, W, 3) in RGB, everybody in it (N, 4), and where nobody knows (M, 4), in its pixels."""

    image: NDArray[np.uint8]
    boxes_N4: Array
    unknown_M4: Array
    source: str


def album(pictures: Sequence[BoxedPicture]) -> list[Page]:
    """Decode pictures, each video once. Raises DatasetError."""
    pages: dict[int, Page] = {}
    of_video: dict[Path, list[int]] = defaultdict(list)
    for i, each in enumerate(pictures):
        if each.picture.frame is None:
            pages[i] = _page(read_image(each.picture), each)
        else:
            of_video[each.picture.path].append(i)
    for path, places in of_video.items():
        frames = read_video(path)
        for i in places:
            number = pictures[i].picture.frame
            assert number is not None
            if number >= len(frames):
                raise DatasetError(f"{path}: has {len(frames)} frames, but boxes for number {number}")
            pages[i] = _page(frames[number], pictures[i])
    return [pages[i] for i in range(len(pictures))]


def _page(image: NDArray[np.uint8], boxed: BoxedPicture) -> Page:
    height, width = image.shape[:2]
    scale = LONGEST / max(height, width)
    if scale >= 1:
        return Page(image, boxed.boxes_N4, boxed.unknown_M4, boxed.source)
    small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    return Page(
        np.asarray(small, dtype=np.uint8),
        rescale(boxed.boxes_N4, scale),
        rescale(boxed.unknown_M4, scale),
        boxed.source,
    )
