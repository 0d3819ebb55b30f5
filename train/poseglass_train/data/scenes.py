"""Pictures that are nearly the same, found by a small hash: those of one scene stay on one side of a division."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from poseglass_train.data.labelled import Picture, read_image

SIDE = 8
"""The hash has so many rows and columns: each bit says whether a part of the picture is brighter than its neighbour."""
SAME_SCENE = 10
"""Bits of 64 by which two pictures of one scene differ at most; two chance ones differ by some 32."""


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


def held_out_scenes(paths: Sequence[Path], count: int) -> set[Path]:
    """Return all pictures of `count` scenes, which are chosen by checksums of their first pictures' names."""
    by_checksum = sorted(
        scenes([read_image(Picture(path)) for path in paths]),
        key=lambda scene: zlib.crc32(paths[scene[0]].name.encode()),
    )
    return {paths[i] for scene in by_checksum[:count] for i in scene}
