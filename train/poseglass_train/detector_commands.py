"""What the commands that concern a detector do with the options that the command line gives them."""

from __future__ import annotations

import argparse
import dataclasses

import torch

from poseglass_models.checkpoint import sha256
from poseglass_models.detector import DetectorConfig, PersonDetector
from poseglass_models.detector_checkpoint import load_detector
from poseglass_train.commands import rounded, write_scores
from poseglass_train.data.album import album
from poseglass_train.data.boxes import read_boxes
from poseglass_train.evaluate.detector import evaluate_detector, look_at_a_frame
from poseglass_train.evaluate.timing import look_at_a_crop, milliseconds
from poseglass_train.training.detector_fit import DetectorRun, fit_detector
from poseglass_train.training.detector_recipe import DetectorRecipe, detector_recipe
from poseglass_train.training.pyramid_file import load_pyramid, pyramid_width

INPUT_SIZE = 416
"""Pixels of a picture's longer side as a new detector looks at it."""
BESIDE = "default"
"""The pose network beside which a detector is timed."""


def run_fit_detector(options: argparse.Namespace) -> None:
    """Train a detector."""
    network, size, facts = _start(options)
    run = DetectorRun(
        network, size, _recipe(options), options.out, options.device, options.save_minutes, options.minutes, facts
    )
    pages, held_out = (album(read_boxes(options.data, side)) for side in ("train", "check"))
    path = fit_detector(run, pages, held_out, options.resume)
    print(f"wrote {path}.safetensors")


def _recipe(options: argparse.Namespace) -> DetectorRecipe:
    given = {
        "steps": options.steps, "learning_rate": options.rate, "batch": options.batch, "size": options.size,
        "seed": options.seed,
    }  # fmt: skip
    return dataclasses.replace(detector_recipe(), **{name: value for name, value in given.items() if value is not None})


def _start(options: argparse.Namespace) -> tuple[PersonDetector, int, dict[str, object]]:
    """Return the network to start with, the size it looks at, and the same in words."""
    if options.start is not None:
        network, checkpoint = load_detector(options.start)
        facts = {"from": options.start, "from_sha256": sha256(options.start)}
        return network, checkpoint.input_size, {**facts, "pyramid": checkpoint.training.get("pyramid")}
    config = DetectorConfig(pyramid_width=pyramid_width(options.pyramid))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(options.seed)
        network = PersonDetector(config)
    return network, INPUT_SIZE, {"pyramid": load_pyramid(options.pyramid, network.pyramid, config.pyramid_width)}


def run_evaluate_detector(options: argparse.Namespace) -> None:
    """Score boxes on COCO, Penn-Fudan and nobody; print the tables and the times, and write them where asked."""
    tables = evaluate_detector(options.data, options.model, options.device, options.size)
    tables["milliseconds"] = milliseconds(
        {
            "detector, a frame": look_at_a_frame(options.model, options.device, options.size),
            f"{BESIDE}, a crop": look_at_a_crop(BESIDE, options.device),
        }
    )
    for name, table in tables.items():
        print(name, *(f"{what:>36} {value:7.1f}" for what, value in table.items()), sep="\n")
    protocol = {
        "protocol": "boxes: people of COCO val2017 and of held-out pictures of Penn-Fudan, held-out scenes of nobody",
        "size": options.size,
    }
    write_scores(options, {**protocol, "scores": {name: rounded(table) for name, table in tables.items()}})
