"""Steps as JSON, and back: for the undo history in a session file, and for the journal."""

from __future__ import annotations

from typing import Any

import numpy as np

from poseglass.core.store.corrections import Runs, Strip
from poseglass.core.store.history import Patch, Step


def encode_step(step: Step) -> dict[str, Any]:
    """Return a step as JSON."""
    patches = [
        {"person": patch.person, "before": _encode(patch.before), "after": _encode(patch.after)}
        for patch in step.patches
    ]
    said = {} if step.label is None else {"label": list(step.label)}
    return {"kind": step.kind, "text": step.text, "keypoint": step.keypoint, "patches": patches, **said}


def decode_step(content: dict[str, Any]) -> Step:
    """Return the step. Raises KeyError, TypeError or ValueError for what is none."""
    patches = tuple(
        Patch(str(patch["person"]), _decode(patch["before"]), _decode(patch["after"])) for patch in content["patches"]
    )
    label = None
    if "label" in content:
        before, after = content["label"]
        label = str(before), str(after)
    return Step(content["kind"], str(content["text"]), content["keypoint"], patches, label)


def _encode(strip: Strip) -> dict[str, Any]:
    return {
        "frames": [strip.frames.start, strip.frames.stop],
        "source": [strip.source.values.tolist(), strip.source.lengths.tolist()],
        "mirrored": [strip.mirrored.values.tolist(), strip.mirrored.lengths.tolist()],
        "place": strip.place.tolist(),
        "mark": strip.mark.tolist(),
        "xy": strip.xy.tolist(),
    }


def _decode(content: dict[str, Any]) -> Strip:
    source, mirrored = (
        Runs(np.array(values, dtype=np.int16), np.array(lengths, dtype=np.int64))
        for values, lengths in (content["source"], content["mirrored"])
    )
    return Strip(
        range(*content["frames"]),
        source,
        mirrored,
        np.array(content["place"], dtype=np.int64).reshape(-1, 2),
        np.array(content["mark"], dtype=np.uint8),
        np.array(content["xy"], dtype=np.float64).reshape(-1, 2),
    )
