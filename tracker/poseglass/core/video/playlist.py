"""Playlists: small files that FFmpeg reads as the videos they name."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

HLS, CONCAT = b"#EXTM3U", b"ffconcat version"
"""How the two kinds begin: RFC 8216, and FFmpeg's own list of files."""
QUOTED_ADDRESS = re.compile(r'URI="([^"]+)"')
ELSEWHERE = re.compile(r"^(?!file:)[a-z][a-z0-9+.-]+:", re.IGNORECASE)


def parts_of(path: Path) -> list[Path]:
    """Return the local files that a playlist names, those of playlists in it too, in order; none of another file.

    Some may not be there. What lies in the network is left out.
    """
    found: dict[Path, None] = {path: None}
    _collect(path, found)
    return list(found)[1:]


def _collect(path: Path, found: dict[Path, None]) -> None:
    for name in _names_in(path):
        part = path.parent / name.removeprefix("file://").removeprefix("file:")
        if part not in found:
            found[part] = None
            _collect(part, found)


def _names_in(path: Path) -> Iterator[str]:
    if not path.is_file():
        return
    with path.open("rb") as file:
        head = file.read(len(CONCAT))
        if not head.startswith((HLS, CONCAT)):
            return
        lines = (head + file.read()).decode("utf-8", errors="replace").splitlines()
    read = _named_by_hls if head.startswith(HLS) else _named_by_concat
    for line in lines:
        yield from (name for name in read(line.strip()) if not ELSEWHERE.match(name))


def _named_by_hls(line: str) -> list[str]:
    if line.startswith("#"):
        return QUOTED_ADDRESS.findall(line)
    return [line] if line else []


def _named_by_concat(line: str) -> list[str]:
    try:
        words = shlex.split(line)
    except ValueError:  # a quote without its twin: FFmpeg does not read it either
        return []
    return words[1:2] if words[:1] == ["file"] else []
