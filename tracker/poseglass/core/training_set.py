"""Corrected frames as a training set: whole frames and COCO keypoints, as `poseglass-train fit --from` takes them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from poseglass.core.files.output import staged
from poseglass.core.motion.smoothing import SmoothedPaths
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Document
from poseglass.core.video.video import Video
from poseglass.errors import OutputError, SessionError
from poseglass.types import Floats, Image, Skeleton

QUALITY = 95
"""Of the JPEGs: above it files grow by half without a visible gain."""
MARGIN = 0.1
"""Around the keypoints' box on each side, in parts of its longer one: keypoints lie inside a body."""
NOT_LABELLED, OCCLUDED, VISIBLE = 0, 1, 2
"""COCO's v."""


@dataclass(frozen=True)
class TrainingLabels:
    """Who is where in every corrected frame."""

    name: str  # of the images, before the frame's number
    skeleton: Skeleton
    people: dict[int, tuple[tuple[str, Floats], ...]]  # by frame: each person's (K, 3) x, y, v


def collect_labels(document: Document, paths: SmoothedPaths | None) -> TrainingLabels:
    """Return what is to be written, in the document's thread.

    Of frames where something is marked, everybody. Placed keypoints are where the user put them, the others where they
    were shown: smoothed if there are `paths`, else measured. Occluded ones are v = 1, what is missing, or outside the
    picture, 0, the rest 2. Raises SessionError when nothing is corrected.
    """
    frames = sorted({int(t) for person in document.tracks.people for t in document.tracks.corrected_frames(person)})
    if not frames:
        raise SessionError("no frame is corrected; move a keypoint, or mark one, in the frames to train on")
    people = {t: tuple(_labels(document, paths, t)) for t in frames}
    return TrainingLabels(document.footage.path.stem, document.skeleton, people)


def write_training_set(
    folder: Path,
    video: Video,
    labels: TrainingLabels,
    watch: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> int:
    """Write `images/` and `labels.json` into a folder, new or empty, in any thread; return the number of images.

    After each image `watch` gets images done and expected, and `should_stop` is asked; a stopped export is whole as far
    as it goes. Raises OutputError when the folder is not empty or cannot be written, and FrameError; what was written
    by then stays.
    """
    images = _new_folder(folder)
    entries: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for t, people in labels.people.items():
        image = video.frame(t).image
        height, width = image.shape[:2]
        name = f"{labels.name}-{t:06d}.jpg"
        _write_image(images / name, image)
        entries.append({"id": t, "file_name": name, "width": width, "height": height})
        for person, keypoints in people:
            box = box_around(keypoints, width, height)
            if box is not None:
                annotations.append(_annotation(len(annotations), t, person, keypoints, box))
        watch(len(entries), len(labels.people))
        if should_stop():
            break
    content = {"images": entries, "annotations": annotations, "categories": [_category(labels.skeleton)]}
    with staged(folder / "labels.json") as stage:
        stage.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return len(entries)


def box_around(labels: Floats, width: int, height: int) -> Floats | None:
    """Return COCO's box x, y, width, height along pixel edges, inside the picture; None without a labelled keypoint."""
    there = labels[labels[:, 2] > 0, :2]
    if not len(there):
        return None
    low, high = there.min(axis=0), there.max(axis=0)
    margin = MARGIN * float((high - low).max()) + 0.5
    low, high = np.maximum(low - margin, -0.5), np.minimum(high + margin, np.array([width, height]) - 0.5)
    return np.concatenate([low + 0.5, high - low])


def _labels(document: Document, paths: SmoothedPaths | None, t: int) -> Iterator[tuple[str, Floats]]:
    """Yield everybody's keypoints (K, 3) of a frame: x, y, v; 0 where missing."""
    here = range(t, t + 1)
    width, height = document.footage.width, document.footage.height
    for person in document.tracks.shown_people:
        track, mark = document.tracks.corrected(person, here), document.tracks.marks(person, here)[0]
        xy = track.xy[0] if paths is None else paths.track(person).xy[t].copy()
        placed = (mark & Mark.PLACED) > 0
        xy[placed] = track.xy[0, placed]
        inside = ((xy > -0.5) & (xy < [width - 0.5, height - 0.5])).all(axis=-1)
        labelled = inside & ((mark & Mark.MISSING) == 0)
        v = np.where(labelled, np.where(mark & Mark.OCCLUDED, OCCLUDED, VISIBLE), NOT_LABELLED)
        yield document.tracks.label(person), np.column_stack([np.where(labelled[:, None], xy, 0.0), v])


def _annotation(number: int, t: int, person: str, labels: Floats, box: Floats) -> dict[str, Any]:
    return {
        "id": number,
        "image_id": t,
        "category_id": 1,
        "track": person,
        "keypoints": [round(float(value), 3) for value in labels.ravel()],
        "num_keypoints": int((labels[:, 2] > 0).sum()),
        "bbox": [round(float(value), 3) for value in box],
        "area": round(float(box[2] * box[3]), 3),
        "iscrowd": 0,
    }


def _category(skeleton: Skeleton) -> dict[str, Any]:
    edges = [[a + 1, b + 1] for a, b in skeleton.edge_indices]  # COCO counts from 1
    return {"id": 1, "name": "person", "keypoints": skeleton.names, "skeleton": edges}


def _new_folder(folder: Path) -> Path:
    try:
        if folder.exists() and any(folder.iterdir()):
            raise OutputError(f"{folder}: is not empty; name a new folder")
        (folder / "images").mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror or error}); choose another place") from error
    return folder / "images"


def _write_image(path: Path, image: Image) -> None:
    encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    with staged(path) as stage:
        stage.write_bytes(encoded.tobytes())
