"""Pictures that are nearly the same, found by a small hash: those of one scene stay on one side of a division."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_train.data.labelled import Picture, read_image

SIDE = 8
"""The hash has so many rows and columns: each bit says whether a part of the picture is brighter than its neighbour."""
SAME_SCENE = 10
"""Bits of 64 by which two pictures of one scene differ at most; two chance ones differ by some 32."""

TESTED, TESTED_SHARE = 40, 7
"""Scenes for scores, at most, and at most one in so many: never trained on."""
CHECKED, CHECKED_SHARE = 30, 9
"""The same of scenes that say what scores are worth, and how a training goes."""

Side = Literal["train", "check", "test"]
"""What is trained on; what of the same sets is held out, for thresholds and to see how it goes; what is for scores."""


def hash_of(image_HW3: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return the picture's hash (64,); it hardly changes with size, light and noise."""
    grey = cv2.cvtColor(image_HW3, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SIDE + 1, SIDE), interpolation=cv2.INTER_AREA).astype(np.int16)
    return np.asarray(small[:, 1:] > small[:, :-1]).ravel()


def scenes(images: Sequence[NDArray[np.uint8]]) -> list[list[int]]:
    """Return the places of the pictures of each scene: who is nearly the same as any other of it."""
    hashes = np.array([hash_of(image) for image in images])
    left, found = set(range(len(images))), []
    while left:
        scene, ahead = [], [min(left)]
        left.discard(ahead[0])
        while ahead:
            scene.append(ahead.pop())
            near = [i for i in left if (hashes[i] != hashes[scene[-1]]).sum() <= SAME_SCENE]
            ahead += near
            left.difference_update(near)
        found.append(sorted(scene))
    return found


def scenes_on(side: Side, paths: Sequence[Path]) -> set[Path]:
    """Return the pictures of the scenes on that side, which checksums of their first pictures' names choose."""
    by_checksum = sorted(
        scenes([read_image(Picture(path)) for path in paths]),
        key=lambda scene: zlib.crc32(paths[scene[0]].name.encode()),
    )
    tested, checked = (
        min(most, len(by_checksum) // share) for most, share in ((TESTED, TESTED_SHARE), (CHECKED, CHECKED_SHARE))
    )
    of_side = {
        "test": by_checksum[:tested],
        "check": by_checksum[tested : tested + checked],
        "train": by_checksum[tested + checked :],
    }
    return {paths[i] for scene in of_side[side] for i in scene}
