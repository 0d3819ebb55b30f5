"""`poseglass-train evaluate background`: whether scores, and the tracker, tell somebody from nobody.

Shapes: N people, M squares with nobody in them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from poseglass_models.checkpoint import Checkpoint, load
from poseglass_models.multi_context import MultiContextNetwork
from poseglass_train.data.background import TO_LEARN, TO_SEARCH, Squares, empty_pictures, read_background
from poseglass_train.data.jhmdb import as_images, read_jhmdb
from poseglass_train.data.labelled import LabelledImages, Picture, read_image
from poseglass_train.errors import TrainingError
from poseglass_train.evaluate.metrics import area_under_curve
from poseglass_train.evaluate.tracked import has_tracker, track
from poseglass_train.evaluate.views import Views, find_in_squares

Array = NDArray[np.float64]

FRAME_STEP = 5
"""Of JHMDB's frames: neighbours show nearly the same, and in these the file of boxes says who else is there."""
CLIP_FRAMES, CLIP_NOISE = 12, 4.0
"""Frames of a clip of a scene without anybody, and the deviation of their noise, of 255."""
KEPT = 0.95
"""Share of the people whom a limit on the mean score is to let pass."""


def evaluate_background(data: Path, model: str, device: torch.device) -> dict[str, float]:
    """Return how a model scores the people of JHMDB's test clips, and squares of the same frames with nobody in them.

    Boxes of all people come from `data/person_boxes.json`. Raises TrainingError, CheckpointError.
    """
    network, checkpoint = load(model)
    network = network.to(device)
    people, background = _with_and_without_people(data, TO_LEARN)
    return told_apart(*(_mean_scores(network, checkpoint, each, device) for each in (people, background)))


def evaluate_search(data: Path, model: str, device: torch.device) -> dict[str, float]:
    """Return the share in which the tracker, which looks closer where it may be somebody, finds one; in percent.

    Of each of JHMDB's test clips that has room for one it is given a square with nobody in it, about half a frame high
    or more, as a picture of its own; `squares` is their number. Raises TrainingError, CheckpointError.
    """
    if not has_tracker():
        raise TrainingError("the tracker is not installed, which is to search for somebody")
    background = _with_and_without_people(data, TO_SEARCH)[1]
    of_clip = {picture.path: row for row, picture in enumerate(background.pictures)}
    found = _find_somebody([_inside(background, row) for row in of_clip.values()], model, device)
    return {"squares": len(found), "found": 100 * float(np.mean(found))}


def evaluate_empty_scenes(data: Path, model: str, device: torch.device) -> dict[str, float]:
    """Return what the tracker finds in clips of `data/nobody`'s scenes with which no detector was trained.

    Each is a picture for CLIP_FRAMES frames, with a camera's shake and noise. `scenes` is the number of clips;
    `in scenes` the share of frames with a pose, in percent; `longest` how many of them in a row. Raises TrainingError.
    """
    if not has_tracker():
        raise TrainingError("the tracker is not installed, which is to look for somebody")
    pictures = empty_pictures(data / "nobody", "test")
    with tempfile.TemporaryDirectory() as folder:
        clips = [_shaken(picture, Path(folder) / f"{number}.avi") for number, picture in enumerate(pictures)]
        tables = track(clips, model, device)
    with_pose = [{int(row["frame_idx"]) for row in rows if row["instance.score"]} for rows in tables]
    found = np.array([[frame in frames for frame in range(CLIP_FRAMES)] for frames in with_pose])
    runs = [len(run) for row in found for run in "".join("x" if each else " " for each in row).split()]
    return {"scenes": len(pictures), "in scenes": 100 * float(found.mean()), "longest": max(runs, default=0)}


def _shaken(picture: Picture, clip: Path) -> Path:
    """Write a clip of one picture: each frame is shifted by a pixel at most, and has noise of its own."""
    image, chance = read_image(picture), np.random.default_rng(0)
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 25, (width, height))
    for _ in range(CLIP_FRAMES):
        shift = chance.integers(-1, 2, 2)
        frame = np.roll(image, shift, axis=(0, 1)) + chance.normal(0, CLIP_NOISE, image.shape)
        writer.write(np.clip(frame, 0, 255).astype(np.uint8)[:height, :width, ::-1])
    writer.release()
    return clip


def told_apart(somebody_N: Array, nobody_M: Array) -> dict[str, float]:
    """Return means and AUC of the people's mean keypoint scores and of nobody's, in percent.

    AUC is the chance that somebody has the higher score; mistaken, the share of nobody's that pass the limit which KEPT
    of the people pass.
    """
    is_somebody = np.repeat([1.0, 0.0], [len(somebody_N), len(nobody_M)])
    limit = np.quantile(somebody_N, 1 - KEPT)
    return {
        "somebody": 100 * float(somebody_N.mean()),
        "nobody": 100 * float(nobody_M.mean()),
        "AUC": 100 * area_under_curve(np.concatenate([somebody_N, nobody_M]), is_somebody),
        "mistaken": 100 * float((nobody_M >= limit).mean()),
    }


def _with_and_without_people(data: Path, squares: Squares) -> tuple[LabelledImages, LabelledImages]:
    people = as_images(read_jhmdb(data / "jhmdb", "test"), FRAME_STEP)
    background = read_background(data, people, squares=squares)
    if not len(background):
        raise TrainingError(f"{data / 'person_boxes.json'}: of JHMDB's test clips no frame with room beside its people")
    return people, background


def _inside(labelled: LabelledImages, row: int) -> NDArray[np.uint8]:
    x0, y0, x1, y1 = labelled.box_N4[row].round().astype(int).clip(0)
    return read_image(labelled.pictures[row])[y0:y1, x0:x1]


def _find_somebody(pictures: Sequence[NDArray[np.uint8]], model: str, device: torch.device) -> list[bool]:
    """Say of each picture whether the tracker finds somebody in it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"nobody{number}.png" for number in range(len(pictures))]
        for path, picture in zip(paths, pictures, strict=True):
            cv2.imwrite(str(path), picture[..., ::-1])
        return [any(row["instance.score"] for row in rows) for rows in track(paths, model, device)]


def _mean_scores(
    network: MultiContextNetwork, checkpoint: Checkpoint, labelled: LabelledImages, device: torch.device
) -> Array:
    squares = [labelled.square(row) for row in range(len(labelled))]
    found = find_in_squares(network, checkpoint, map(read_image, labelled.pictures), squares, Views(device=device))
    return np.asarray(found.keypoints(checkpoint.skeleton.body.tolist()).score_NK.mean(axis=1))  # as the tracker does
