"""The journal of a session: everything that happens after a saving, to be done again after a crash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from poseglass.core.files.archive import Arrays
from poseglass.core.files.records import Record, RecordWriter
from poseglass.core.session.session_file import Saved, describe_basis, read_skeleton
from poseglass.core.session.step_json import decode_step, encode_step
from poseglass.core.store.arrivals import Arrival
from poseglass.core.store.coverage import NOBODY_KNOWS, Facts
from poseglass.core.store.document import Document
from poseglass.core.store.events import decode_events, encode_events
from poseglass.core.store.history import Step
from poseglass.types import Poses, Skeleton

FORMAT = "poseglass journal"
VERSION = 2
"""Of what is written; raised when a reader of the last one would err."""
READ = (1, 2)
"""Versions that can be read: the first knows of no results of some people alone."""


class Journal:
    """Writes down what happens to a document; its `Scribe`."""

    def __init__(self, path: Path, keep: int = 0) -> None:
        """Go on after the first `keep` bytes of the file."""
        self.path = path
        self._writer = RecordWriter(path, keep, _gather)
        self._basis: Record | None = None
        self._since: list[Record] | None = None  # what came since a saving began

    def begin(self, saved: Saved) -> None:
        """Start anew with what all that follows is based on: the first record, written with the second."""
        document = saved.document
        basis = describe_basis(document.footage, document.skeleton, None)
        meta = {"format": FORMAT, "version": VERSION, "base": saved.identity, **basis}
        self._basis = meta, {"pts": document.footage.pts, "time_s": document.footage.told_s}

    def results(self, arrival: Arrival) -> None:
        """Write down results, what their estimator says of itself, and what happened."""
        poses = arrival.poses
        arrays = {"xy": poses.xy, "score": poses.score, "covariance": poses.covariance}
        meta: dict[str, object] = {"is": "results", "people": list(arrival.people), "facts": dict(arrival.facts)}
        if arrival.events:
            meta["events"] = encode_events(arrival.events)
        if arrival.only is not None:
            meta["only"] = list(arrival.only)
        self._put((meta, {"frames": np.array([arrival.frame]), **arrays}))

    def handed_over(self, old: str, new: str, frames: range) -> None:
        """Write down that one person's results are another's."""
        self._put(({"is": "handed over", "people": [old, new], "frames": [frames.start, frames.stop]}, {}))

    def wanted(self, frames: range) -> None:
        """Write down which frames are to be analysed."""
        self._put(({"is": "wanted", "frames": [frames.start, frames.stop]}, {}))

    def finished(self, frames: range) -> None:
        """Write down that they were gone through: what was not looked at is broken."""
        self._put(({"is": "finished", "frames": [frames.start, frames.stop]}, {}))

    def skeleton(self, skeleton: Skeleton) -> None:
        """Write down what skeleton they are of."""
        self._put(({"is": "skeleton", "keypoints": skeleton.names, "edges": skeleton.edges}, {}))

    def step(self, step: Step) -> None:
        """Write down an edit."""
        self._put(({"is": "step", "step": encode_step(step)}, {}))

    def held(self, person: str, frames: NDArray[np.intp], poses: Poses, facts: Facts) -> None:
        """Write down what a second look saw of a person, a row a frame, and what its estimator says of itself."""
        arrays = {"xy": poses.xy, "score": poses.score, "covariance": poses.covariance}
        self._put(({"is": "held", "person": person, "facts": dict(facts)}, {"frames": frames, **arrays}))

    def undo(self) -> None:
        """Write down that the last step was taken back."""
        self._put(({"is": "undo"}, {}))

    def redo(self) -> None:
        """Write down that it was done again."""
        self._put(({"is": "redo"}, {}))

    def note(self, saved: Saved) -> None:
        """Write down settings and position."""
        self._put(({"is": "note", "settings": saved.settings, "position": saved.position}, {}))

    def mark(self, identity: str) -> None:
        """Write down that all before this is in the file of that identity, once there is such a file."""
        self._since = None
        self._put(({"is": "saving", "identity": identity}, {}))
        self._since = []

    def since(self) -> tuple[Record, ...]:
        """Return what was written down since `mark`."""
        return tuple(self._since or ())

    def go_on(self, records: Sequence[Record]) -> None:
        """Write down what another journal had in `since`."""
        for record in records:
            self._put(record)

    def trouble(self) -> str | None:
        """Return, once, why it cannot be written."""
        return self._writer.trouble()

    def close(self, *, remove: bool) -> None:
        """Write what waits, and end; remove: nobody needs the file any more."""
        self._writer.close()
        if remove:
            with suppress(OSError):  # it may never have been there
                self.path.unlink()

    def _put(self, record: Record) -> None:
        if self._basis is not None:
            self._writer.put(self._basis)
            self._basis = None
        if self._since is not None:
            self._since.append(record)
        self._writer.put(record)


def beyond(records: Sequence[Record], identity: str) -> Sequence[Record] | None:
    """Return what a journal holds that is not in the file of an identity; None if it belongs to another file."""
    if not records:
        return None
    if records[0][0]["base"] == identity:
        return records[1:]
    marks = [i for i, (meta, _) in enumerate(records) if meta.get("is") == "saving" and meta["identity"] == identity]
    return records[marks[-1] + 1 :] if marks else None


def replay(records: Sequence[Record], saved: Saved) -> tuple[int, int]:
    """Do again what was written down after the first record; return how many edits and how many frames it was.

    Raises KeyError, TypeError or ValueError where a record makes no sense; the ones before it are done.
    """
    edits, frames = 0, set[int]()  # a frame may have been analysed again
    for meta, arrays in records:
        frames.update(arrays["frames"].tolist() if meta["is"] == "results" else ())
        edits += meta["is"] in ("step", "undo", "redo")
        _do(meta, arrays, saved)
    return edits, len(frames)


def _do(meta: Mapping[str, Any], arrays: Arrays, saved: Saved) -> None:
    document = saved.document
    if meta["is"] == "results":
        _keep(document, meta, arrays)
    elif meta["is"] == "handed over":
        old, new = meta["people"]
        document.tracks.hand_over(str(old), str(new), range(*meta["frames"]))
    elif meta["is"] == "held":
        poses = Poses(arrays["xy"], arrays["score"], arrays["covariance"])
        document.hold(str(meta["person"]), arrays["frames"], poses, meta.get("facts", NOBODY_KNOWS))
    elif meta["is"] == "step":
        document.perform(decode_step(meta["step"]))
    elif meta["is"] == "undo":
        document.undo()
    elif meta["is"] == "redo":
        document.redo()
    elif meta["is"] == "skeleton":
        document.take_skeleton(read_skeleton(meta))
    elif meta["is"] == "wanted":
        document.want(range(*meta["frames"]))
    elif meta["is"] == "finished":
        document.finish(range(*meta["frames"]))
    elif meta["is"] == "saving":
        pass
    elif meta["is"] == "note":
        saved.settings, saved.position = dict(meta["settings"]), int(meta["position"])
    else:
        raise ValueError(f"a record of kind {meta['is']!r}")


def _keep(document: Document, meta: Mapping[str, Any], arrays: Arrays) -> None:
    """Rows are people within frames."""
    frames, people = arrays["frames"], meta["people"]
    xy, score, covariance = (
        arrays[name].reshape(len(frames), len(people), *arrays[name].shape[1:])
        for name in ("xy", "score", "covariance")
    )
    events = decode_events(meta.get("events", ()))
    facts = meta.get("facts", NOBODY_KNOWS)
    document.tracks.keep_all(frames, xy, score, covariance, people, facts, events, meta.get("only"))


def _gather(records: Sequence[Record]) -> list[Record]:
    """Join results of the same people that follow one another: a record alone is larger than a frame's poses."""
    gathered: list[Record] = []
    for meta, group in groupby(records, key=lambda record: record[0]):
        same = list(group)
        if meta.get("is") != "results":
            gathered += same
        else:
            arrays = {name: np.concatenate([arrays[name] for _, arrays in same]) for name in same[0][1]}
            gathered.append((meta, arrays))
    return gathered
