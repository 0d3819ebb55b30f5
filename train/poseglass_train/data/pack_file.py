"""A pack, and its files: people with their pictures as they were encoded, in one file or in several parts.

Shapes: N people, K keypoints.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from poseglass_models.skeleton import Skeleton
from poseglass_train.errors import DatasetError

FORMAT = 3
"""Version of the file's layout, and of what its labels say: from 3 on those beyond the picture are infinite."""
HEADER_BYTES = 4096
"""More than the file's own header takes."""


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


def write(pack: Pack, path: Path, part_bytes: float) -> list[Path]:
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


def read(paths: Sequence[Path]) -> Pack:
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
