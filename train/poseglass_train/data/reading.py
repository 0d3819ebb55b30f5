"""What can go wrong with a data set's files, told as what was looked for."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scipy.io.matlab import MatReadError

from poseglass_train.errors import DatasetError

UNREADABLE = (
    OSError, ValueError, LookupError, TypeError, AttributeError, NotImplementedError, MatReadError, zlib.error,
    zipfile.BadZipFile,
)  # fmt: skip
"""What json, numpy and scipy raise for files that are missing, cut short, of another kind, or that hold other things;
scipy's NotImplementedError says saved with -v7.3."""


def read_json(path: Path) -> Any:
    """Return a JSON file's content, with or without a byte order mark, which Windows' editors put there."""
    return json.loads(path.read_text(encoding="utf-8-sig"))


@contextmanager
def reading(path: Path, looked_for: str) -> Iterator[None]:
    """Raise DatasetError, which names the path and what was looked for, where the block cannot read its file."""
    try:
        yield
    except UNREADABLE as error:
        raise DatasetError(f"{path}: looked for {looked_for} ({error!r})") from error
