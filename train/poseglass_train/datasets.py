"""Data sets in their released layouts, read into one shape."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import scipy.io
from numpy.typing import NDArray
from scipy.io.matlab import MatReadError

from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.errors import DatasetError

Split = Literal["train", "test"]

LSP_TRAIN_IMAGES = 1000
"""LSP's images 1-1000 are for training, 1001-2000 for testing (Johnson and Everingham 2010)."""


UNREADABLE = (OSError, ValueError, IndexError, TypeError, NotImplementedError, MatReadError, zlib.error)
"""What scipy raises for Matlab files that are missing, cut short, no Matlab files, or saved with -v7.3."""


@dataclass(frozen=True)
class LabelledImages:
    """Images with one labelled person each.

    xy_NK2: keypoints in pixels of each image, integer at pixel centres; NaN where not annotated.
    """

    name: str
    paths: tuple[Path, ...]
    xy_NK2: NDArray[np.float32]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.paths)

    def part(self, rows: slice) -> LabelledImages:
        """Return a stretch of the images."""
        return LabelledImages(self.name, self.paths[rows], self.xy_NK2[rows], self.skeleton)


def read_lsp(folder: Path, split: Split) -> LabelledImages:
    """Read Leeds Sports Pose: `images/im0001.jpg` on, and `joints.mat` with `joints` (3, 14, 2000).

    The third row says occluded, so every keypoint counts as annotated. Raises DatasetError.
    """
    joints = _joints(folder, (3, 14, 2000))
    rows = slice(0, LSP_TRAIN_IMAGES) if split == "train" else slice(LSP_TRAIN_IMAGES, None)
    paths = _paths(folder, "im{:04d}.jpg", joints.shape[2])
    return LabelledImages(f"lsp-{split}", paths[rows], _matlab_xy(joints[:2].transpose(2, 1, 0))[rows], LSP_14)


def read_lspet(folder: Path) -> LabelledImages:
    """Read LSP Extended: `images/im00001.jpg` on, and `joints.mat` with `joints` (14, 3, 10000).

    The third column says annotated: 0 is not, and its coordinates mean nothing. Raises DatasetError.
    """
    joints = _joints(folder, (14, 3, 10000)).transpose(2, 0, 1)
    paths = _paths(folder, "im{:05d}.jpg", len(joints))
    xy = _matlab_xy(joints[..., :2])
    xy[joints[..., 2] != 1] = np.nan
    return LabelledImages("lspet", paths, xy, LSP_14)


def read_image(path: Path) -> NDArray[np.uint8]:
    """Return RGB (H, W, 3). Raises DatasetError when it cannot be read."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise DatasetError(f"{path}: not an image that can be read")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _matlab_xy(xy: NDArray[np.float64]) -> NDArray[np.float32]:
    """Matlab counts pixels from 1; here the first pixel's centre is 0."""
    return (xy - 1).astype(np.float32)


def _joints(folder: Path, released: tuple[int, int, int]) -> NDArray[np.float64]:
    path = folder / "joints.mat"
    try:
        joints: NDArray[np.float64] = scipy.io.loadmat(path)["joints"]
    except (*UNREADABLE, KeyError) as error:
        raise DatasetError(f"{path}: looked for a Matlab file that holds `joints` {released} ({error})") from error
    images = released.index(max(released))
    if joints.ndim != 3 or any(joints.shape[i] != released[i] for i in range(3) if i != images):
        raise DatasetError(f"{path}: `joints` is {joints.shape}, looked for {released} as released")
    return joints


def _paths(folder: Path, pattern: str, count: int) -> tuple[Path, ...]:
    paths = tuple(folder / "images" / pattern.format(number) for number in range(1, count + 1))
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise DatasetError(f"{folder}: {len(missing)} of {count} images are missing, the first is {missing[0]}")
    return paths
