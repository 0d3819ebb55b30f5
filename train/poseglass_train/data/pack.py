"""A pack: people, each with the part of the picture around them, still encoded; made from data sets, kept in files.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from poseglass_models.crop import crop_affine, cut, transform
from poseglass_models.skeleton import PERSON_19, Skeleton
from poseglass_train.data.labelled import LabelledImages, Picture, read_as_labelled
from poseglass_train.data.sets import LabelledSet
from poseglass_train.errors import DatasetError

CANVAS = 256
"""Side in pixels of the square that a picture must fit into, unless asked: holds LSP and nearly all of LSPET."""
MARGIN = 1.6
"""Square that is kept of a larger picture to the person's own: room to turn, move and shrink them."""
JPEG_QUALITY = 95
"""Of what is kept of a larger picture."""
FORMAT = 3
"""Version of the file's layout, and of what its labels say: from 3 on those beyond the picture are infinite."""
HEADER_BYTES = 4096
"""More than the file's own header takes."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Pack:
    """People and their pictures, each at most `canvas` x `canvas` pixels and still encoded (JPEG, PNG, ...).

    xy_NK2: pixels of the picture, NaN where not annotated, infinite beyond it. center_N2, side_N: the person's square
    in it. set_N: place in `sets`. held_out_N: not to be trained on.
    """

    encoded: tuple[bytes, ...]
    xy_NK2: NDArray[np.float32]
    center_N2: NDArray[np.float32]
    side_N: NDArray[np.float32]
    set_N: NDArray[np.int64]
    held_out_N: NDArray[np.bool_]
    sets: tuple[str, ...]
    skeleton: Skeleton
    canvas: int

    def __len__(self) -> int:
        return len(self.encoded)

    @property
    def name(self) -> str:
        """A name that only this pack's parts share."""
        return f"{zlib.crc32(self.xy_NK2.tobytes()):08x}-{len(self)}"

    def part(self, rows: NDArray[np.intp]) -> Pack:
        """Return the people at these places."""
        return Pack(
            tuple(self.encoded[i] for i in rows), self.xy_NK2[rows], self.center_N2[rows], self.side_N[rows],
            self.set_N[rows], self.held_out_N[rows], self.sets, self.skeleton, self.canvas,
        )  # fmt: skip


def make_pack(sets: Mapping[str, LabelledSet], canvas: int = CANVAS) -> Pack:
    """Read all pictures of all sets. Raises DatasetError for skeletons that differ, an unread picture, or nobody.

    Data sets whose keypoints differ, but are all among PERSON_19's, are packed with those; each is silent on those that
    it does not label.
    canvas: side in pixels that larger pictures are cut and shrunk to; a person is kept at up to 1 / MARGIN of it, so
    crops of 256 px want one of 400. People without a size (no box, and fewer than two places) are left out.
    """
    skeleton = _shared_skeleton(sets)
    halves = [
        (half.on(skeleton), i, out) for i, each in enumerate(sets.values()) for half, out in _train_and_held_out(each)
    ]
    rows = [(half, row, i, out) for half, i, out in halves for row in np.flatnonzero(half.sized)]
    if all(out for _, _, _, out in rows):
        raise DatasetError(f"{', '.join(sets)}: nobody to train on; people need a box or two keypoints")
    with ThreadPoolExecutor() as threads:
        stored = list(threads.map(lambda row: _store(row[0], row[1], canvas), rows))
    return Pack(
        tuple(entry.encoded for entry in stored),
        np.array([entry.xy_K2 for entry in stored], dtype=np.float32),
        np.array([entry.center for entry in stored], dtype=np.float32),
        np.array([entry.side for entry in stored], dtype=np.float32),
        np.array([i for _, _, i, _ in rows], dtype=np.int64),
        np.array([out for _, _, _, out in rows], dtype=bool),
        tuple(sets),
        skeleton,
        canvas,
    )


def _shared_skeleton(sets: Mapping[str, LabelledSet]) -> Skeleton:
    skeletons = {name: each.train.skeleton for name, each in sets.items()}
    if len(set(skeletons.values())) == 1:
        return next(iter(skeletons.values()))
    for name, skeleton in skeletons.items():
        if others := set(skeleton.names) - set(PERSON_19.names):
            raise DatasetError(f"{name} cannot be mixed with other data sets: only it has {', '.join(sorted(others))}")
    return PERSON_19


@dataclass(frozen=True)
class _Stored:
    encoded: bytes
    xy_K2: Array
    center: Array
    side: float


def _train_and_held_out(each: LabelledSet) -> tuple[tuple[LabelledImages, bool], tuple[LabelledImages, bool]]:
    return (each.train, False), (each.held_out, True)


def _store(labelled: LabelledImages, row: int, canvas: int) -> _Stored:
    picture, xy_K2 = labelled.pictures[row], labelled.xy_NK2[row].astype(np.float64)
    center, side = labelled.square(row)
    image, is_as_seen = read_as_labelled(picture)
    if picture.frame is None and is_as_seen and max(image.shape[:2]) <= canvas:
        return _Stored(picture.path.read_bytes(), xy_K2, center, side)
    affine = _onto_canvas(image.shape[:2], center, side, canvas)
    beyond_K2 = np.isinf(xy_K2)
    kept_K2 = np.where(beyond_K2, xy_K2, transform(affine, np.where(beyond_K2, 0, xy_K2)))
    return _Stored(
        _jpeg(cut(image, affine, canvas), picture), kept_K2, transform(affine, center),
        side * float(affine[0, 0]),
    )  # fmt: skip


def _onto_canvas(size: tuple[int, ...], center: Array, side: float, canvas: int) -> Array:
    """Return the affine to what is kept: all of a small frame, else a square around the person, at most shrunk."""
    height, width = size
    if max(height, width) <= canvas:
        center = np.array([(width - 1) / 2, (height - 1) / 2])
    affine = crop_affine(center, max(canvas, side * MARGIN), canvas)
    if side * MARGIN <= canvas:
        affine[:, 2] = np.floor(affine[:, 2])  # whole pixels: half of one would blur the picture
    return affine


def _jpeg(image: NDArray[np.uint8], picture: Picture) -> bytes:
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    if not done:
        raise DatasetError(f"{picture.path}: cannot be encoded again")
    return encoded.tobytes()


def write_pack(pack: Pack, path: Path, part_bytes: float) -> list[Path]:
    """Write `path`, or `NAME-1of3.SUFFIX` and so on where one file would be larger than `part_bytes`.

    Each part has a share of every data set, and is never larger, unless a single picture is.
    """
    count = _parts(pack, part_bytes)
    numbered = [path.with_name(f"{path.stem}-{i}of{count}{path.suffix}") for i in range(1, count + 1)]
    paths = [path] if count == 1 else numbered
    path.parent.mkdir(parents=True, exist_ok=True)
    for i, part_path in enumerate(paths):
        place = {"pack": pack.name, "part": i + 1, "of": count}
        _write_one(pack.part(np.arange(i, len(pack), count)), part_path, place)
    return paths


def read_pack(paths: Sequence[Path]) -> Pack:
    """Read a pack from its file or all its parts, in any order. Raises DatasetError."""
    parts = {}
    for path in paths:
        place, part = _read_one(path)
        if place["part"] in parts:
            raise DatasetError(f"{path}: part {place['part']} is given twice")
        parts[place["part"]] = (path, place, part)
    first_path, first, _ = next(iter(parts.values()))
    for path, place, _ in parts.values():
        if (place["pack"], place["of"]) != (first["pack"], first["of"]):
            raise DatasetError(f"{path}: not a part of the same pack as {first_path}")
    missing = set(range(1, first["of"] + 1)) - set(parts)
    if missing:
        raise DatasetError(f"{first_path}: part {min(missing)} of {first['of']} is not given")
    return _joined([parts[number][2] for number in sorted(parts)])


def _joined(parts: Sequence[Pack]) -> Pack:
    return Pack(
        tuple(encoded for part in parts for encoded in part.encoded),
        np.concatenate([part.xy_NK2 for part in parts]),
        np.concatenate([part.center_N2 for part in parts]),
        np.concatenate([part.side_N for part in parts]),
        np.concatenate([part.set_N for part in parts]),
        np.concatenate([part.held_out_N for part in parts]),
        parts[0].sets,
        parts[0].skeleton,
        parts[0].canvas,
    )


def _parts(pack: Pack, part_bytes: float) -> int:
    """Return the least number of parts, each taking every so-manieth person, of which none is too large."""
    labels = 4 * pack.xy_NK2[:1].size + 4 * 3 + 8 + 8 + 1
    sizes = np.array([len(encoded) for encoded in pack.encoded]) + labels
    count = 1
    while count < len(pack):
        if max(sizes[i::count].sum() for i in range(count)) + HEADER_BYTES <= part_bytes:
            break
        count = max(count + 1, min(len(pack), int(sizes.sum() / part_bytes)))
    return count


def _write_one(part: Pack, path: Path, place: dict[str, object]) -> None:
    arrays = {
        "pictures": np.frombuffer(bytearray().join(part.encoded), dtype=np.uint8),
        "ends": np.cumsum([len(encoded) for encoded in part.encoded], dtype=np.int64),
        "xy": part.xy_NK2,
        "center": part.center_N2,
        "side": part.side_N,
        "set": part.set_N,
        "held_out": part.held_out_N,
    }
    facts = {
        "format": FORMAT, "sets": part.sets, "skeleton": asdict(part.skeleton), "canvas": part.canvas, **place,
    }  # fmt: skip
    tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}
    staged = path.with_name(path.name + ".part")
    staged.write_bytes(save(tensors, {"poseglass": json.dumps(facts)}))  # save_file would let nobody else read it
    staged.replace(path)


def _read_one(path: Path) -> tuple[dict[str, int], Pack]:
    try:
        with safe_open(path, framework="np") as file:
            facts = json.loads((file.metadata() or {})["poseglass"])
            if facts["format"] != FORMAT:
                raise DatasetError(f"{path}: pack of format {facts['format']}, this version reads {FORMAT}; pack again")
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        skeleton = Skeleton(tuple(facts["skeleton"]["names"]), tuple((a, b) for a, b in facts["skeleton"]["edges"]))
        pictures, ends = memoryview(arrays["pictures"]), arrays["ends"].tolist()
        encoded = tuple(bytes(pictures[start:end]) for start, end in zip([0, *ends], ends, strict=False))
        part = Pack(
            encoded, arrays["xy"], arrays["center"], arrays["side"], arrays["set"], arrays["held_out"],
            tuple(facts["sets"]), skeleton, int(facts["canvas"]),
        )  # fmt: skip
        return {"pack": facts["pack"], "part": int(facts["part"]), "of": int(facts["of"])}, part
    except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
        raise DatasetError(f"{path}: not a pack that `poseglass-train pack` wrote ({error!r})") from error
