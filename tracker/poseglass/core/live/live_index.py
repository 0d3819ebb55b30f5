"""The index of a live recording: one JSON line for each frame and for each pose, as they come, beside the video.

A line is whole or it is the last: a killed process loses at most the line that it was writing. Kinds of lines:

    {"kind": "recording", "format": 1, "source": ..., "started": ISO 8601, "tick": "1/90000", "continues": file or null}
    {"kind": "model", "names": [...], "edges": [[...]], "facts": {...}}          once the network is loaded
    {"kind": "frame", "pts": ticks, "arrival_s": s, "dropped": n, "connection": n}
    {"kind": "poses", "pts": ticks, "people": [names], "xy": [[[x, y] or null]], "score": [[...]],
     "covariance": [[[xx, xy, yy] or null]]}

Recordings of version 0.1 name no people: their one person is "1". pts are the video's own, from 0; dropped counts the
frames that came before this one and are not in the video. A pose belongs to the frame with its pts, whose line stands
above it; a frame without one was not inferred.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from poseglass.errors import VideoError
from poseglass.types import Floats, Poses, Skeleton

FORMAT = 1
SUFFIX = ".live.jsonl"
"""In place of the video's suffix."""
Line = dict[str, Any]
"""JSON has no narrower type."""


@dataclass(frozen=True)
class IndexedFrame:
    """What the index says of a frame."""

    pts: int  # ticks of the video
    arrival_s: float  # seconds since the first frame came
    dropped: int  # frames before it that the camera sent and the recording has not
    connection: int  # rises when the source was lost and found again


@dataclass(frozen=True, eq=False)
class Everybody:
    """The poses of a frame, and the name of each one's track."""

    people: tuple[str, ...]
    poses: Poses


NOBODY = Everybody((), Poses.missing(0, people=0))
"""Of a frame in which the network found no one, whatever its keypoints."""


@dataclass(frozen=True)
class LiveIndex:
    """A read index."""

    source: str
    started: str  # ISO 8601: when the first frame came, on the wall clock
    continues: str | None  # name of the video that this one goes on from
    skeleton: Skeleton | None
    facts: Mapping[str, str]
    frames: Mapping[int, IndexedFrame] = field(repr=False)  # by pts
    poses: Mapping[int, Everybody] = field(repr=False)  # by pts, only where the network looked


def index_path(video: Path) -> Path:
    """Return where the index of a recorded video lies."""
    return video.with_suffix(SUFFIX)


def recording_line(source: str, started: str, tick: str, continues: str | None) -> Line:
    """Return the first line."""
    return {
        "kind": "recording", "format": FORMAT, "source": source, "started": started, "tick": tick,
        "continues": continues,
    }  # fmt: skip


def model_line(skeleton: Skeleton, facts: Mapping[str, str]) -> Line:
    """Return the line that gives the poses after it their keypoints."""
    return {"kind": "model", "names": skeleton.names, "edges": skeleton.edges, "facts": dict(facts)}


def frame_line(frame: IndexedFrame) -> Line:
    """Return a frame's line."""
    return {
        "kind": "frame", "pts": frame.pts, "arrival_s": round(frame.arrival_s, 6), "dropped": frame.dropped,
        "connection": frame.connection,
    }  # fmt: skip


def poses_line(pts: int, people: Sequence[str], poses: Poses) -> Line:
    """Return the line of everybody in a frame: pixels to 1e-4, scores to 1e-5, covariances to 6 digits."""
    triangle = poses.covariance[..., [0, 0, 1], [0, 1, 1]]
    return {
        "kind": "poses",
        "pts": pts,
        "people": list(people),
        "xy": [[_numbers(point, ".4f") for point in person] for person in poses.xy],
        "score": [[round(float(score), 5) for score in person] for person in poses.score],
        "covariance": [[_numbers(three, ".6g") for three in person] for person in triangle],
    }


def read_index(path: Path) -> LiveIndex:
    """Read an index, of a killed recording too. Raises VideoError when it is none."""
    lines = list(_lines(path))
    head = lines[0] if lines else {}
    if head.get("kind") != "recording" or head.get("format") != FORMAT:
        raise VideoError(f"{path}: not the index of a live recording of format {FORMAT}; open the video itself")
    model = next((line for line in lines if line["kind"] == "model"), None)
    return LiveIndex(
        source=head["source"],
        started=head["started"],
        continues=head["continues"],
        skeleton=None if model is None else _skeleton(model),
        facts={} if model is None else model["facts"],
        frames={line["pts"]: _frame(line) for line in lines if line["kind"] == "frame"},
        poses={line["pts"]: _everybody(line) for line in lines if line["kind"] == "poses"},
    )


def _lines(path: Path) -> Iterator[Line]:
    """Yield the lines up to one that is torn."""
    try:
        with path.open(encoding="utf-8") as file:
            for text in file:
                if not text.endswith("\n"):
                    return
                yield json.loads(text)
    except FileNotFoundError as error:
        raise VideoError(f"{path}: no such file; a live recording has its index there") from error
    except (OSError, ValueError) as error:
        raise VideoError(f"{path}: cannot be read as an index ({error}); open the video itself") from error


def _skeleton(line: Line) -> Skeleton:
    return Skeleton(tuple(line["names"]), tuple((a, b) for a, b in line["edges"]))


def _frame(line: Line) -> IndexedFrame:
    return IndexedFrame(line["pts"], line["arrival_s"], line["dropped"], line["connection"])


def _everybody(line: Line) -> Everybody:
    people = tuple(line.get("people", ("1",)))
    if not people:
        return NOBODY
    score = np.array(line["score"], dtype=np.float64)
    xy = _array(line["xy"], 2).reshape(*score.shape, 2)
    triangle = _array(line["covariance"], 3).reshape(*score.shape, 3)
    return Everybody(people, Poses(xy, score, triangle[..., [[0, 1], [1, 2]]]))


def _array(rows: list[list[list[float] | None]], width: int) -> Floats:
    return np.array([value or [np.nan] * width for person in rows for value in person], dtype=np.float64)


def _numbers(values: Floats, form: str) -> list[float] | None:
    return [float(format(value, form)) for value in values] if np.isfinite(values).all() else None
