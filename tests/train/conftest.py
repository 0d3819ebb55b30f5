"""Small people to train on: pictures made up here, and folders in the layouts that the data sets are released in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
import torch
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.data.mpii import ANNOTATIONS, VALIDATION
from poseglass_train.data.people import People

MakePeople = Callable[..., People]
WriteFolder = Callable[..., NDArray[np.float64]]


@pytest.fixture
def make_people() -> MakePeople:
    """Return a function that makes people of noise, each with keypoints of its own."""

    def make(count: int, side: int = 64, skeleton: Skeleton = LSP_14, seed: int = 0) -> People:
        dice = torch.Generator().manual_seed(seed)
        image = torch.randint(0, 256, (count, side, side, 3), generator=dice, dtype=torch.uint8)
        xy = (0.1 + 0.8 * torch.rand(count, len(skeleton), 2, generator=dice)) * side
        center = torch.full((count, 2), (side - 1) / 2)
        of_set = torch.zeros(count, dtype=torch.long)
        return People(image, xy, center, torch.full((count,), float(side)), of_set, ("made up",), skeleton)

    return make


def write_images(folder: Path, pattern: str, count: int) -> None:
    """Write noise of 32 x 32 pixels, all of it different."""
    folder.mkdir(parents=True)
    dice = np.random.default_rng(0)
    for number in range(1, count + 1):
        image = dice.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        assert cv2.imwrite(str(folder / pattern.format(number)), image)


def random_keypoints(count: int) -> NDArray[np.float64]:
    """Return keypoints (N, 14, 2) inside 32 x 32 pixels, counted from 1 as Matlab does."""
    return np.random.default_rng(1).uniform(4, 29, (count, 14, 2)).round(2)


@pytest.fixture(scope="session")
def write_lsp() -> WriteFolder:
    """Return a function that writes LSP as released; it returns the keypoints (N, 14, 2) as written, counted from 1."""

    def write(folder: Path, count: int) -> NDArray[np.float64]:
        write_images(folder / "images", "im{:04d}.jpg", count)
        xy = random_keypoints(count)
        occluded = np.random.default_rng(2).integers(0, 2, (count, 14, 1))
        scipy.io.savemat(folder / "joints.mat", {"joints": np.concatenate([xy, occluded], axis=2).transpose(2, 1, 0)})
        return xy

    return write


@pytest.fixture(scope="session")
def write_lspet() -> WriteFolder:
    """Return a function that writes LSPET as released, as `write_lsp` does; `missing` are (image, keypoint)."""

    def write(folder: Path, count: int, missing: tuple[tuple[int, int], ...] = ()) -> NDArray[np.float64]:
        write_images(folder / "images", "im{:05d}.jpg", count)
        xy = random_keypoints(count)
        annotated = np.ones((count, 14, 1))
        for image, keypoint in missing:
            annotated[image, keypoint] = 0
            xy[image, keypoint] = (-300, 7000)
        scipy.io.savemat(folder / "joints.mat", {"joints": np.concatenate([xy, annotated], axis=2).transpose(1, 2, 0)})
        return xy

    return write


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory, write_lsp: WriteFolder, write_lspet: WriteFolder) -> Path:
    """Return a folder with `lsp` (216 images, of which 200 are held out) and `lspet` (16)."""
    data = tmp_path_factory.mktemp("data")
    write_lsp(data / "lsp", 216)
    write_lspet(data / "lspet", 16)
    return data


def matlab_structs(entries: list[dict[str, Any]], fields: tuple[str, ...]) -> NDArray[Any]:
    """Return a Matlab struct array."""
    array = np.empty((1, len(entries)), dtype=[(field, object) for field in fields])
    for i, entry in enumerate(entries):
        for field in fields:
            array[0, i][field] = entry.get(field, np.zeros((0, 0)))
    return array


def mpii_person(number: float, keypoints: dict[int, tuple[float, float]] | None) -> dict[str, Any]:
    """Return a rectangle of MPII's: its objpos is (10 n, 20 n), its scale n / 10, its head box 30 by 40."""
    points = [{"x": x, "y": y, "id": id_, "is_visible": 1} for id_, (x, y) in (keypoints or {}).items()]
    entry = {"objpos": {"x": 10 * number, "y": 20 * number}, "scale": number / 10}
    if keypoints is not None:
        head = {"x1": 100, "y1": 50, "x2": 130, "y2": 90}
        entry |= {**head, "annopoints": {"point": matlab_structs(points, ("x", "y", "id", "is_visible"))}}
    return entry


MPII_FIELDS = ("x1", "y1", "x2", "y2", "annopoints", "scale", "objpos")


@pytest.fixture
def mpii(tmp_path: Path) -> Path:
    """Return a folder with two training images (two people, one of them without keypoints; one), and two tests."""
    images = [
        ("a.jpg", 1, [mpii_person(1, {0: (11, 21), 9: (5, 6)}), mpii_person(2, {})], []),
        ("b.jpg", 1, [mpii_person(3, {8: (7, 8), 15: (70, 80)})], [1]),
        ("c.jpg", 0, [mpii_person(4, None), mpii_person(5, None), mpii_person(6, None)], [3, 1]),
        ("d.jpg", 0, [], []),
    ]
    annolist = matlab_structs(
        [{"image": {"name": name}, "annorect": matlab_structs(people, MPII_FIELDS)} for name, _, people, _ in images],
        ("image", "annorect"),
    )
    single = np.empty((len(images), 1), dtype=object)
    for i, (_, _, _, separate) in enumerate(images):
        single[i, 0] = np.array(separate, dtype=float)
    train = np.array([[float(is_train) for _, is_train, _, _ in images]])
    release = {"annolist": annolist, "img_train": train, "single_person": single}
    folder = tmp_path / "mpii"
    (folder / "images").mkdir(parents=True)
    scipy.io.savemat(folder / ANNOTATIONS, {"RELEASE": release})
    scipy.io.savemat(folder / VALIDATION, {"RELEASE_img_index": [2.0], "RELEASE_person_index": [1.0]})
    for name, *_ in images:
        cv2.imwrite(str(folder / "images" / name), np.zeros((10, 10, 3), np.uint8))
    return folder
