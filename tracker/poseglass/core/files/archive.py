"""JSON and arrays in one zip, as numpy's own .npz with a `meta.json` in it: no pickle, open to anybody."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

META = "meta.json"


class DamagedError(Exception):
    """What was read is no archive, or not a whole one."""


def write_archive(file: IO[bytes], meta: Mapping[str, object], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an archive, not compressed: measured positions hardly shrink. Raises OSError."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(META, json.dumps(meta))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=array.nbytes > zipfile.ZIP64_LIMIT // 2) as entry:
                np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)


def read_archive(file: IO[bytes]) -> tuple[dict[str, Any], Arrays]:
    """Return what was written. Raises DamagedError when any byte of it is not as it was, and OSError."""
    try:
        with zipfile.ZipFile(file) as archive:
            meta = json.loads(archive.read(META))
            names = [name for name in archive.namelist() if name != META]
            return meta, {name.removesuffix(".npy"): _read_array(archive, name) for name in names}
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError) as error:
        raise DamagedError(str(error)) from error


def _read_array(archive: zipfile.ZipFile, name: str) -> NDArray[Any]:
    with archive.open(name) as entry:
        array = np.lib.format.read_array(entry, allow_pickle=False)
        entry.read()  # the check sum is compared at the end, which numpy does not reach
    return np.asarray(array)
