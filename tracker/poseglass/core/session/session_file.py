"""The file NAME.poseglass: everything of a session, whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseglass import __version__
from poseglass.core.files.archive import Arrays, DamagedError, read_archive, write_archive
from poseglass.core.files.output import staged
from poseglass.core.session.step_json import decode_step, encode_step
from poseglass.core.store.corrections import Runs, Strip
from poseglass.core.store.coverage import NOBODY_KNOWS, Coverage
from poseglass.core.store.document import Document
from poseglass.core.store.events import Events, decode_events, encode_events
from poseglass.core.store.footage import Footage, relative_path
from poseglass.core.store.history import Step
from poseglass.errors import SessionError
from poseglass.types import Flags, Floats, Poses, Skeleton, runs

FORMAT = "poseglass session"
VERSION = 2
"""Raised when a reader of the last one would err. Readers refuse what is newer."""
FIRST = 1
"""What still reads a session without second looks."""


@dataclass
class Saved:
    """What is in a file."""

    document: Document
    relative: str = ""  # the way to the video from the session's folder
    settings: dict[str, Any] = field(default_factory=dict)
    position: int = 0
    identity: str = ""  # of this saving, for the journal that goes on from it
    previous: str = ""  # of the one before


@dataclass(frozen=True, eq=False)
class Snapshot:
    """A copy of all that a file is to hold: the document may change while it is written, in whatever thread."""

    identity: str  # of this saving
    meta: dict[str, Any]
    arrays: Arrays
    done: tuple[Step, ...]
    undone: tuple[Step, ...]

    def write(self, path: Path) -> None:
        """Write the file whole. Raises OutputError, and what lay there is as it was."""
        steps = {"done": self.done, "undone": self.undone}
        meta = self.meta | {name: [encode_step(step) for step in some] for name, some in steps.items()}
        with staged(path) as stage, stage.open("wb") as file:
            write_archive(file, meta, self.arrays)


def write_session(path: Path, saved: Saved) -> str:
    """Write a session; return the identity of this saving. Raises OutputError, and what lay there is as it was."""
    snapshot = take_snapshot(path, saved)
    snapshot.write(path)
    return snapshot.identity


def take_snapshot(path: Path, saved: Saved) -> Snapshot:
    """Copy what is to be written to `path`."""
    identity = uuid.uuid4().hex
    document = saved.document
    meta = {
        "format": FORMAT,
        "version": VERSION if document.tracks.held else FIRST,
        "poseglass": __version__,
        "saved_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "identity": identity,
        "previous": saved.identity,
        **describe_basis(document.footage, document.skeleton, path),
        "people": document.tracks.people,
        "held": list(document.tracks.held.items()),  # numbers of second looks, and at whom; people have the others
        "held_facts": [(number, dict(facts)) for number, facts in document.tracks.held_facts.items()],
        "labels": dict(document.tracks.labels),
        "events": encode_events(document.tracks.events),
        "facts": [dict(fact) for fact in document.tracks.coverage.facts],
        "settings": deepcopy(saved.settings),
        "position": saved.position,
    }
    arrays: Arrays = {
        "pts": document.footage.pts,
        "time_s": document.footage.told_s,
        "wanted": _stretches(document.tracks.coverage.wanted),
        "analysed": document.tracks.coverage.analysed.copy(),
        "broken": _stretches(document.tracks.coverage.broken),
        "origin": document.tracks.coverage.of_frame.copy(),
    }
    for person in document.tracks.people:
        arrays |= _pack(document, person)
    for number in document.tracks.held:
        arrays |= _pack_results(document, number)
    return Snapshot(identity, meta, arrays, tuple(document.history.done), tuple(document.history.undone))


def read_session(path: Path) -> Saved:
    """Read a session. Raises SessionError when there is none, or it is damaged, or of a newer version."""
    try:
        with path.open("rb") as file:
            meta, arrays = read_archive(file)
        if meta.get("format") != FORMAT:
            raise SessionError(f"{path.name}: is not a session of Poseglass")
        if meta["version"] not in (FIRST, VERSION):
            raise SessionError(
                f"{path.name}: is a session of version {meta['version']}, this Poseglass reads {VERSION}; update it"
            )
        return _unpack(meta, arrays)
    except OSError as error:
        raise SessionError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (DamagedError, KeyError, TypeError, ValueError, IndexError) as error:
        raise SessionError(f"{path.name}: is damaged ({error}); take a copy from before") from error


def describe_basis(footage: Footage, skeleton: Skeleton, session: Path | None) -> dict[str, Any]:
    """Return what a session is of, but for the arrays `pts` and `time_s`."""
    return {
        "video": {
            "path": str(footage.path),
            "relative": relative_path(footage.path, session) if session else "",
            "bytes": footage.bytes,
            "fingerprint": footage.fingerprint,
            "width": footage.width,
            "height": footage.height,
            "sample_aspect_ratio": str(footage.sample_aspect_ratio),
            "average_rate": str(footage.average_rate) if footage.average_rate else "",
            "rotation": footage.rotation,
            "mirrored": footage.is_mirrored,
        },
        "skeleton": {"keypoints": skeleton.names, "edges": skeleton.edges},
    }


def read_basis(meta: Mapping[str, Any], arrays: Arrays) -> Document:
    """Return an empty document of what `describe_basis` described."""
    video = meta["video"]
    footage = Footage(
        path=Path(video["path"]),
        bytes=int(video["bytes"]),
        fingerprint=str(video["fingerprint"]),
        width=int(video["width"]),
        height=int(video["height"]),
        sample_aspect_ratio=Fraction(video["sample_aspect_ratio"]),
        pts=arrays["pts"],
        time_s=_filled(arrays["time_s"]),
        average_rate=Fraction(rate) if (rate := video.get("average_rate")) else None,
        rotation=int(video.get("rotation", 0)),
        is_mirrored=bool(video.get("mirrored", False)),
        unstamped=np.flatnonzero(np.isnan(arrays["time_s"])),
    )
    return Document(footage, read_skeleton(meta["skeleton"]))


def _filled(told_s: Floats) -> Floats:
    """Return `Footage.time_s` for `Footage.told_s`: frames without a time have that of the one before, or are at 0."""
    known = np.where(np.isnan(told_s), -np.inf, told_s)
    return np.maximum(np.maximum.accumulate(known), 0.0) if len(known) else known


def read_skeleton(content: Mapping[str, Any]) -> Skeleton:
    """Return a skeleton as `describe_basis` wrote it."""
    return Skeleton(tuple(content["keypoints"]), tuple((str(a), str(b)) for a, b in content["edges"]))


def _pack_results(document: Document, number: int) -> Arrays:
    results = document.tracks.numbered(number)
    frames = np.flatnonzero(results.present)
    xy, score, covariance = results.rows(frames)
    return {
        f"results/{number}/frames": frames,
        f"results/{number}/xy": xy,
        f"results/{number}/score": score,
        f"results/{number}/covariance": covariance,
    }


def _pack(document: Document, person: str) -> Arrays:
    number, strip = document.tracks.known(person).own, document.tracks.read(person, document.tracks.frames)
    return {
        **_pack_results(document, number),
        f"corrections/{number}/source": strip.source.dense(),
        f"corrections/{number}/mirrored": strip.mirrored.dense(),
        f"corrections/{number}/place": strip.place,
        f"corrections/{number}/mark": strip.mark,
        f"corrections/{number}/xy": strip.xy,
    }


def _unpack(meta: Mapping[str, Any], arrays: Arrays) -> Saved:
    document = read_basis(meta, arrays)
    _unpack_coverage(document.tracks.coverage, meta, arrays)
    people, held, held_facts = iter(meta["people"]), dict(meta.get("held", ())), dict(meta.get("held_facts", ()))
    for number in range(len(meta["people"]) + len(held)):
        frames, *rows = (arrays[f"results/{number}/{name}"] for name in ("frames", "xy", "score", "covariance"))
        everywhere = len(frames) == len(document.footage)
        here = slice(None) if everywhere else frames
        if number in held:
            document.tracks.hold(held[number], here, Poses(*rows), held_facts.get(number, NOBODY_KNOWS))
        else:
            document.tracks.begin(person := next(people))
            document.tracks.results(person).put(here, *rows)
            document.tracks.write({person: _unpack_strip(document, arrays, number)}, changes_hands=True)
    document.tracks.told = Events(decode_events(meta.get("events", ())))
    document.tracks.labels = {str(person): str(label) for person, label in meta.get("labels", {}).items()}
    document.history.done = [decode_step(step) for step in meta["done"]]
    document.history.undone = [decode_step(step) for step in meta["undone"]]
    return Saved(
        document,
        str(meta["video"]["relative"]),
        dict(meta["settings"]),
        int(meta["position"]),
        str(meta["identity"]),
        str(meta["previous"]),
    )


def _unpack_strip(document: Document, arrays: Arrays, number: int) -> Strip:
    names = ("source", "mirrored", "place", "mark", "xy")
    source, mirrored, *marks = (arrays[f"corrections/{number}/{name}"] for name in names)
    return Strip(document.tracks.frames, Runs.of(source), Runs.of(mirrored), *marks)


def _stretches(flags: Flags) -> NDArray[np.int64]:
    """Return first frames, and those after the last, (R, 2), of the stretches that are set."""
    return np.array([(run.start, run.stop) for run in runs(flags)], dtype=np.int64).reshape(-1, 2)


def _unpack_coverage(coverage: Coverage, meta: Mapping[str, Any], arrays: Arrays) -> None:
    coverage.analysed[:] = arrays["analysed"]
    coverage.facts = [dict(fact) for fact in meta["facts"]]
    if "origin" in arrays:
        coverage.of_frame = arrays["origin"].reshape(coverage.analysed.shape).astype(np.int16)
    elif coverage.facts:  # from before frames had origins: one estimator's, and perhaps a smoother's
        coverage.of_frame[coverage.analysed] = 0
    coverage.check()
    if "wanted" in arrays:
        for name, flags in (("wanted", coverage.wanted), ("broken", coverage.broken)):
            for start, stop in arrays[name].tolist():
                flags[start:stop] = True
        return
    # From before frames said so themselves: only of the last analysis is known how it ended, not which frames it had.
    last = meta["settings"].get("analysis", {})
    coverage.wanted[:] = coverage.analysed if last.get("complete", True) else True
    if last.get("complete", True) and last.get("undecoded", 0) and coverage.analysed.any():
        first, end = np.flatnonzero(coverage.analysed)[[0, -1]]
        coverage.wanted[first:end] = True
        coverage.broken[first:end] = ~coverage.analysed[first:end]
