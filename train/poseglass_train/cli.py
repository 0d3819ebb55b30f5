"""The command line of the training package."""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import sys
from pathlib import Path

import torch

from poseglass_models.checkpoint import CheckpointError, sha256
from poseglass_models.multi_context import PRESETS, MultiContextNetwork
from poseglass_models.skeleton import Skeleton
from poseglass_train import pack_file
from poseglass_train.coco import read_coco
from poseglass_train.errors import RecipeError, TrainingError
from poseglass_train.evaluate import Views, evaluate_lsp, table_text
from poseglass_train.evaluate_video import evaluate_jhmdb, scores_text
from poseglass_train.fit import Run, commit, fit
from poseglass_train.metrics import THRESHOLD, lsp_table, pck, torso_length
from poseglass_train.pack import unpack
from poseglass_train.parallel import join, leave
from poseglass_train.recipes import RECIPES, Recipe, recipe_named
from poseglass_train.report import report
from poseglass_train.sets import SETS, divided, read_set
from poseglass_train.start import fine_tunable


def main(arguments: list[str] | None = None) -> int:
    """Run `poseglass-train`; return the exit status: 0, or 2 with one line on standard error."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        options.run(options)
    except (TrainingError, CheckpointError) as error:
        print(f"poseglass-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("poseglass-train: stopped; --resume goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("poseglass-train", description="Train and evaluate Poseglass's pose networks.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_fit(commands.add_parser("fit", help="train a network, or fine-tune a trained one"))
    _add_pack(commands.add_parser("pack", help="put data sets into one compact file to train from"))
    _add_evaluate(commands.add_parser("evaluate", help="score a checkpoint by a published protocol"))
    return parser


def _add_fit(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_fit)
    parser.add_argument("recipe", choices=RECIPES, metavar="RECIPE", help=", ".join(RECIPES))
    _add_people(parser)
    parser.add_argument("--pack", type=Path, nargs="+", metavar="FILE", help="what `pack` wrote, all its parts")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for checkpoints and the log")
    parser.add_argument("--resume", action="store_true", help="go on with the training that --out holds, if it does")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--preset", choices=PRESETS, default="tiny", help="architecture (default: tiny)")
    start.add_argument("--from", dest="start", metavar="NAME", help="start from shipped weights or a .safetensors file")
    parser.add_argument("--size", type=int, metavar="PX", help="side of the crops, instead of the preset's")
    parser.add_argument("--epochs", type=float, metavar="N", help="instead of the recipe's")
    parser.add_argument("--rate", type=float, metavar="R", help="highest learning rate, instead of the recipe's")
    parser.add_argument("--batch", type=int, metavar="N", help="people a step, instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    _add_device(parser)
    parser.add_argument(
        "--compile",
        action=argparse.BooleanOptionalAction,
        help="compile the network first; by default on a GPU only: on a CPU it took minutes to gain a few percent",
    )
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), metavar="M", help="stop after so many, to --resume another time"
    )
    parser.add_argument("--save-minutes", type=float, default=5, metavar="M", help="between checkpoints (default: 5)")


def _add_people(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder that holds the data sets")
    parser.add_argument(
        "--sets", nargs="+", choices=SETS, default=["lsp", "lspet"], metavar="SET", help=f"of {', '.join(SETS)}"
    )
    parser.add_argument("--images", type=Path, metavar="DIR", help="folder of your own images, with --labels")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="their keypoints, in COCO's format")


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_pack)
    _add_people(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument("--part-mib", type=float, default=float("inf"), metavar="N", help="largest size of a file")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    protocols = parser.add_subparsers(required=True, metavar="PROTOCOL")
    lsp = protocols.add_parser("lsp", help="photographs: PCK@0.2 on LSP's images 1001-2000")
    lsp.set_defaults(run=_evaluate_lsp)
    lsp.add_argument("--flip", action="store_true", help="average with the mirror image")
    lsp.add_argument("--scales", type=int, choices=range(1, 13), default=1, metavar="N", help="average N sizes")
    lsp.add_argument("--report", action="store_true", help="by posture and strictness, swaps, worth of the scores")
    jhmdb = protocols.add_parser("jhmdb", help="video: PCK of the tracker, raw and smoothed, on JHMDB's test clips")
    jhmdb.set_defaults(run=_evaluate_jhmdb)
    jhmdb.add_argument("--labelled-boxes", action="store_true", help="the network alone, in the boxes of the labels")
    for protocol in (lsp, jhmdb):
        protocol.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds the data set")
        protocol.add_argument(
            "--model", required=True, metavar="NAME_OR_PATH", help="shipped weights, or a .safetensors file"
        )
        protocol.add_argument("--json", type=Path, metavar="FILE", help="write the scores there too")
        _add_device(protocol)


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", type=_device, default="cuda" if torch.cuda.is_available() else "cpu")


def _device(name: str) -> torch.device:
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"no device {name!r}") from error


def _evaluate_lsp(options: argparse.Namespace) -> None:
    answers = evaluate_lsp(options.data, options.model, Views(options.flip, options.scales, options.device))
    torso = torso_length(answers.true_NK2, answers.skeleton)
    table = lsp_table(pck(answers.found_NK2, answers.true_NK2, torso, THRESHOLD), answers.skeleton)
    more = report(answers)
    print(table_text(table))
    if options.report:
        print("\n".join(f"{name:>14} {value:6.1f}" for name, value in more.items()))
    protocol = {"protocol": "LSP test, PCK@0.2, person-centric", "flip": options.flip, "scales": options.scales}
    _write_scores(options, {**protocol, "pck": _rounded(table), "report": _rounded(more)})


def _evaluate_jhmdb(options: argparse.Namespace) -> None:
    scores = evaluate_jhmdb(options.data, options.model, options.device, options.labelled_boxes)
    print(scores_text(scores))
    protocol = {"protocol": "JHMDB test, split 1, 12 keypoints inside the picture, PCK@0.2 of the torso"}
    found = {way: {**dataclasses.asdict(each), "table": _rounded(each.table)} for way, each in scores.items()}
    _write_scores(options, {**protocol, "labelled_boxes": options.labelled_boxes, "scores": found})


def _rounded(table: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in table.items()}


def _write_scores(options: argparse.Namespace, scores: dict[str, object]) -> None:
    if options.json is not None:
        facts = {"model": options.model, "sha256": sha256(options.model), "commit": commit()}
        options.json.write_text(json.dumps({**facts, **scores}, indent=1) + "\n", encoding="utf-8")


def _pack(options: argparse.Namespace) -> None:
    packed = _read_people(options)
    for path in pack_file.write(packed, options.out, options.part_mib * 2**20):
        print(f"wrote {path}, {path.stat().st_size / 2**20:.1f} MiB")


def _read_people(options: argparse.Namespace) -> pack_file.Pack:
    if options.images is not None and options.labels is not None:
        own = read_coco(options.images, options.labels)
        return pack_file.pack({"own": divided(own, [picture.path.name for picture in own.pictures])})
    if options.data is not None:
        return pack_file.pack({name: read_set(name, options.data) for name in options.sets})
    raise RecipeError("whom to train on? Give --data DIR, or --images DIR and --labels FILE, or --pack FILE")


def _fit(options: argparse.Namespace) -> None:
    world, device = join(options.device)
    try:
        people, held_out = unpack(pack_file.read(options.pack) if options.pack else _read_people(options))
        network, size, facts = _start(options, people.skeleton)
        size = options.size or size
        compiled = device.type == "cuda" if options.compile is None else options.compile
        run = Run(
            network, size, _recipe(options), options.out, device, options.save_minutes, facts, world, compiled,
            options.minutes,
        )  # fmt: skip
        path = fit(run, people, held_out, options.resume)
        if world.writes:
            print(f"wrote {path}.safetensors")
    finally:
        leave()


def _recipe(options: argparse.Namespace) -> Recipe:
    given = {"epochs": options.epochs, "learning_rate": options.rate, "batch": options.batch, "seed": options.seed}
    named = recipe_named(options.recipe)
    return dataclasses.replace(named, **{name: value for name, value in given.items() if value is not None})


def _start(options: argparse.Namespace, skeleton: Skeleton) -> tuple[MultiContextNetwork, int, dict[str, object]]:
    """Return the network to start with, its input size, and the same in words."""
    if options.start is not None:
        network, size = fine_tunable(options.start, skeleton, options.seed)
        return network, size, {"from": options.start, "from_sha256": sha256(options.start)}
    preset = PRESETS[options.preset]()
    config = dataclasses.replace(preset.network, keypoints=len(skeleton))
    built = dataclasses.replace(preset, network=config).build(options.seed)
    return built, preset.input_size, {"preset": options.preset}
