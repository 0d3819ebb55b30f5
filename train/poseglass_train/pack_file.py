"""Data sets in one compact file, or several parts of it: pictures as they were encoded, with their labels.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from poseglass_models.crop import crop_affine, cut, square_around, transform
from poseglass_models.skeleton import Skeleton
from poseglass_train.datasets import LabelledImages, Picture, read_image
from poseglass_train.errors import DatasetError
from poseglass_train.sets import LabelledSet

FORMAT = 1
"""Version of the file's layout."""
CANVAS = 256
"""Side in pixels of the square that a picture must fit into: holds LSP and nearly all of LSPET as they are."""
BOX_PADDING = 1.15
"""Crop side to a person's box; the box of a whole body is some 1.13 times the extent of its keypoints."""
MARGIN = 1.6
"""Square that is kept of a larger picture to the person's own: room to turn, move and shrink them."""
JPEG_QUALITY = 95
"""Of what is kept of a larger picture."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pack:
    """People and their pictures, each at most CANVAS x CANVAS and still encoded (JPEG, PNG, ...).

    xy_NK2: pixels of the picture, NaN where not annotated. center_N2, side_N: the person's square in it. set_N: place
    in `sets`. held_out_N: not to be trained on.
    """

    encoded: tuple[bytes, ...]
    xy_NK2: NDArray[np.float32]
    center_N2: NDArray[np.float32]
    side_N: NDArray[np.float32]
    set_N: NDArray[np.int64]
    held_out_N: NDArray[np.bool_]
    sets: tuple[str, ...]
    skeleton: Skeleton

    def __len__(self) -> int:
        return len(self.encoded)

    def part(self, rows: NDArray[np.intp]) -> Pack:
        """Return the people at these places."""
        return Pack(
            tuple(self.encoded[i] for i in rows), self.xy_NK2[rows], self.center_N2[rows], self.side_N[rows],
            self.set_N[rows], self.held_out_N[rows], self.sets, self.skeleton,
        )  # fmt: skip


def pack(sets: Mapping[str, LabelledSet]) -> Pack:
    """Read all pictures of all sets on all cores. Raises DatasetError for skeletons that differ or an unread picture.

    People without a box and with fewer than two annotated keypoints are left out: they have no size.
    """
    halves = [(i, out, half) for i, each in enumerate(sets.values()) for out, half in enumerate(_halves(each))]
    skeletons = {half.skeleton for _, _, half in halves}
    if len(skeletons) != 1:
        raise DatasetError(f"data sets to be packed together need one skeleton, got {len(skeletons)}")
    rows = [(half, row, i, out) for i, out, half in halves for row in np.flatnonzero(_has_size(half))]
    with ThreadPoolExecutor() as threads:
        stored = list(threads.map(lambda row: _store(row[0], row[1]), rows))
    keypoints = len(next(iter(skeletons)))
    return Pack(
        tuple(entry.encoded for entry in stored),
        np.array([entry.xy_K2 for entry in stored], dtype=np.float32).reshape(-1, keypoints, 2),
        np.array([entry.center for entry in stored], dtype=np.float32).reshape(-1, 2),
        np.array([entry.side for entry in stored], dtype=np.float32),
        np.array([i for _, _, i, _ in rows], dtype=np.int64),
        np.array([bool(out) for _, _, _, out in rows], dtype=bool),
        tuple(sets),
        skeletons.pop(),
    )


def write(packed: Pack, path: Path, part_bytes: float) -> list[Path]:
    """Write `path`, or `NAME-1of3.SUFFIX` and so on where one file would be larger than `part_bytes`.

    Each part is a pack of its own, and has a share of every data set.
    """
    total = sum(map(len, packed.encoded)) + packed.xy_NK2.nbytes + 32 * len(packed)
    count = max(1, math.ceil(total / (0.98 * part_bytes)))  # what is not counted above is less than a fiftieth
    numbered = [path.with_name(f"{path.stem}-{i}of{count}{path.suffix}") for i in range(1, count + 1)]
    paths = [path] if count == 1 else numbered
    path.parent.mkdir(parents=True, exist_ok=True)
    for i, part_path in enumerate(paths):
        _write_one(packed.part(np.arange(i, len(packed), count)), part_path)
    return paths


def read(paths: Sequence[Path]) -> Pack:
    """Read a pack from its file or all its parts. Raises DatasetError."""
    parts = [_read_one(path) for path in paths]
    first = parts[0]
    for path, part in zip(paths, parts, strict=True):
        if (part.sets, part.skeleton) != (first.sets, first.skeleton):
            raise DatasetError(f"{path}: not a part of the same pack as {paths[0]}")
    return Pack(
        tuple(encoded for part in parts for encoded in part.encoded),
        np.concatenate([part.xy_NK2 for part in parts]),
        np.concatenate([part.center_N2 for part in parts]),
        np.concatenate([part.side_N for part in parts]),
        np.concatenate([part.set_N for part in parts]),
        np.concatenate([part.held_out_N for part in parts]),
        first.sets,
        first.skeleton,
    )


@dataclass(frozen=True)
class _Stored:
    encoded: bytes
    xy_K2: Array
    center: Array
    side: float


def _halves(each: LabelledSet) -> tuple[LabelledImages, LabelledImages]:
    return each.train, each.held_out


def _has_size(labelled: LabelledImages) -> NDArray[np.bool_]:
    boxed = np.isfinite(labelled.box_N4).all(axis=1)
    return np.asarray(boxed | (np.isfinite(labelled.xy_NK2).all(axis=2).sum(axis=1) >= 2))


def _store(labelled: LabelledImages, row: int) -> _Stored:
    picture, xy_K2 = labelled.pictures[row], labelled.xy_NK2[row].astype(np.float64)
    center, side = _square(xy_K2, labelled.box_N4[row].astype(np.float64))
    image = read_image(picture)
    if picture.frame is None and max(image.shape[:2]) <= CANVAS:
        return _Stored(picture.path.read_bytes(), xy_K2, center, side)
    affine = _kept(image.shape[:2], center, side)
    return _Stored(
        _jpeg(cut(image, affine, CANVAS), picture), transform(affine, xy_K2), transform(affine, center),
        side * float(affine[0, 0]),
    )  # fmt: skip


def _square(xy_K2: Array, box: Array) -> tuple[Array, float]:
    if np.isfinite(box).all():
        return square_around(box.reshape(2, 2), BOX_PADDING)
    return square_around(xy_K2)


def _kept(size: tuple[int, ...], center: Array, side: float) -> Array:
    """Return the affine to what is kept: all of a small frame, else a square around the person, at most shrunk."""
    height, width = size
    if max(height, width) <= CANVAS:
        center = np.array([(width - 1) / 2, (height - 1) / 2])
    affine = crop_affine(center, max(CANVAS, side * MARGIN), CANVAS)
    if side * MARGIN <= CANVAS:
        affine[:, 2] = np.floor(affine[:, 2])  # whole pixels: half of one would blur the picture
    return affine


def _jpeg(image: NDArray[np.uint8], picture: Picture) -> bytes:
    done, encoded = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    if not done:
        raise DatasetError(f"{picture.path}: cannot be encoded again")
    return encoded.tobytes()


def _write_one(packed: Pack, path: Path) -> None:
    pictures = np.frombuffer(b"".join(packed.encoded), dtype=np.uint8)
    arrays = {
        "pictures": pictures.copy(),
        "ends": np.cumsum([len(encoded) for encoded in packed.encoded], dtype=np.int64),
        "xy": packed.xy_NK2,
        "center": packed.center_N2,
        "side": packed.side_N,
        "set": packed.set_N,
        "held_out": packed.held_out_N,
    }
    facts = {"format": FORMAT, "sets": packed.sets, "skeleton": asdict(packed.skeleton)}
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    staged = path.with_name(path.name + ".part")
    save_file(tensors, staged, {"poseglass": json.dumps(facts)})
    staged.replace(path)


def _read_one(path: Path) -> Pack:
    try:
        with safe_open(path, framework="np") as file:
            facts = json.loads((file.metadata() or {})["poseglass"])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        if facts["format"] != FORMAT:
            raise DatasetError(f"{path}: pack of format {facts['format']}, this version reads {FORMAT}; pack again")
        skeleton = Skeleton(tuple(facts["skeleton"]["names"]), tuple((a, b) for a, b in facts["skeleton"]["edges"]))
        pictures, ends = arrays["pictures"].tobytes(), arrays["ends"].tolist()
        encoded = tuple(pictures[start:end] for start, end in zip([0, *ends], ends, strict=False))
        return Pack(
            encoded, arrays["xy"], arrays["center"], arrays["side"], arrays["set"], arrays["held_out"],
            tuple(facts["sets"]), skeleton,
        )  # fmt: skip
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise DatasetError(f"{path}: not a pack that `poseglass-train pack` wrote ({error!r})") from error
