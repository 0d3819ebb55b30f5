"""Leeds Sports Pose and its extension (Johnson and Everingham 2010, 2011) in their released layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14
from poseglass_train.data.labelled import LabelledImages, Split, without_boxes
from poseglass_train.data.reading import reading
from poseglass_train.errors import DatasetError

LSP_TRAIN_IMAGES = 1000
"""LSP's images 1-1000 are for training, 1001-2000 for testing (Johnson and Everingham 2010)."""


def read_lsp(folder: Path, split: Split) -> LabelledImages:
    """Read Leeds Sports Pose: `images/im0001.jpg` on, and `joints.mat` with `joints` (3, 14, 2000).

    The third row says occluded, so every keypoint counts as annotated. Raises DatasetError.
    """
    joints = _joints(folder, (3, 14, 2000))
    rows = slice(0, LSP_TRAIN_IMAGES) if split == "train" else slice(LSP_TRAIN_IMAGES, None)
    paths = _paths(folder, "im{:04d}.jpg", joints.shape[2])
    return without_boxes(paths[rows], _matlab_xy(joints[:2].transpose(2, 1, 0))[rows], LSP_14)


def read_lspet(folder: Path) -> LabelledImages:
    """Read LSP Extended: `images/im00001.jpg` on, and `joints.mat` with `joints` (14, 3, 10000).

    The third column says annotated: 0 is not, and its coordinates mean nothing. Raises DatasetError.
    """
    joints = _joints(folder, (14, 3, 10000)).transpose(2, 0, 1)
    paths = _paths(folder, "im{:05d}.jpg", len(joints))
    xy = _matlab_xy(joints[..., :2])
    xy[joints[..., 2] != 1] = np.nan
    return without_boxes(paths, xy, LSP_14)


def _matlab_xy(xy: NDArray[np.float64]) -> NDArray[np.float32]:
    """Matlab counts pixels from 1; here the first pixel's centre is 0."""
    return (xy - 1).astype(np.float32)


def _joints(folder: Path, released: tuple[int, int, int]) -> NDArray[np.float64]:
    path = folder / "joints.mat"
    with reading(path, f"a Matlab file that holds `joints` {released}"):
        joints: NDArray[np.float64] = scipy.io.loadmat(path)["joints"]
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
