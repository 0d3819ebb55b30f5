"""The sidecar that makes a result reproducible: which video, which weights, which settings, which versions."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from poseglass import __version__
from poseglass.core.video.playlist import parts_of
from poseglass.core.video.video import VideoInfo
from poseglass.names import without_secrets
from poseglass.types import Recording, State

SCHEMA = 1
"""Version of the sidecar's layout."""
LIBRARIES = ("torch", "av", "numpy", "opencv-python", "filterpy")
HASHED_OF_PARTS = 2**16
"""The same for each file of a playlist."""
HASHED_BYTES = 2**20
"""Read from each end of a video for its fingerprint: reading 4 GB whole takes longer than opening it should."""


def sidecar_path(path: Path) -> Path:
    """Return `<name>.meta.json` beside a result. Not `<name>.json`: sleap-io takes that for its own.

    A number is no suffix: take.1 and take.2 have a sidecar each.
    """
    return path.with_name(path.name.removesuffix("" if path.suffix[1:].isdecimal() else path.suffix) + ".meta.json")


@dataclass(frozen=True)
class Made:
    """What a sidecar says of where its result came from."""

    video: str  # the path
    fingerprint: str


def read_made(sidecar: Path) -> Made | None:
    """Return what a sidecar says, None where there is none or it says nothing."""
    try:
        video = json.loads(sidecar.read_text(encoding="utf-8"))["video"]
        return Made(str(video["path"]), str(video["fingerprint"]))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def describe(
    info: VideoInfo,
    recording: Recording,
    facts: Sequence[Mapping[str, str]],
    *,
    undecoded: int,
    complete: bool,
    command_line: Sequence[str] | None,
) -> dict[str, object]:
    """Return the sidecar's content.

    facts: the plugins'. undecoded: frames that have no row because they are broken. complete: False when the user
    stopped early. command_line: what made the result; None where no command did, but somebody in the window.
    """
    return {
        "schema": SCHEMA,
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "command_line": None if command_line is None else [without_secrets(word) for word in command_line],
        "versions": {"poseglass": __version__, "python": sys.version.split()[0], **library_versions()},
        "video": describe_video(info),
        "frames": len(recording.pts),
        "undecoded": undecoded,
        "complete": complete,
        "placed_by_hand": _placed(recording),
        "plugins": [dict(fact) for fact in facts],
        "skeleton": {
            "keypoints": recording.skeleton.names,
            "edges": recording.skeleton.edges,
            "mirrored_order": recording.skeleton.flip_order.tolist(),
        },
        "units": "pixels of the upright full frame, x right, y down, integers at pixel centres; seconds since frame 0",
        "missing": "empty",
    }


def _placed(recording: Recording) -> int:
    """Return the number of keypoints that the user put where they are: no run can make those again."""
    states = [smoothed.state for _, _, smoothed in recording.tracks if smoothed is not None]
    return sum(int((state == State.EDITED).sum()) for state in states)


def describe_video(info: VideoInfo) -> dict[str, object]:
    """Return what identifies a video and its clock."""
    return {
        "path": str(info.path.resolve()),
        "bytes": info.path.stat().st_size,
        "fingerprint": fingerprint(info.path),
        "stream": info.stream,
        "codec": info.codec,
        "width": info.width,
        "height": info.height,
        "rotation_applied": info.rotation,
        "mirrored": info.is_mirrored,
        "sample_aspect_ratio": str(info.sample_aspect_ratio),
        "time_base": str(info.time_base),
        "start_pts": info.start_pts,
        "frames_in_file": info.n_frames,
        "discarded_packets": info.discarded_packets,
        "average_rate": str(info.average_rate),
        "is_vfr": info.is_vfr,
        "frame_gap_s": dict(zip(("min", "median", "max"), info.gaps_s, strict=True)),
        "warnings": info.warnings,
    }


def fingerprint(path: Path) -> str:
    """Return the SHA-256 of a file's size, first and last mebibyte, as hexadecimal digits.

    A playlist's is of the local files that it names, too: of less of each, for they may be thousands.
    """
    digest = hashlib.sha256(_ends(path, HASHED_BYTES))
    for part in parts_of(path):
        digest.update(_ends(part, HASHED_OF_PARTS) if part.is_file() else b"missing")
    return digest.hexdigest()


def _ends(path: Path, count: int) -> bytes:
    """Return a file's size in digits, its first and its last bytes."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        head = file.read(count)
        file.seek(max(0, size - count))
        return str(size).encode() + head + file.read()


def library_versions() -> dict[str, str]:
    """Return the versions of what results depend on; read from metadata, so nothing is imported."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found
