"""The command line of the training package."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path

import torch

from poseglass_models.checkpoint import CheckpointError, sha256
from poseglass_models.multi_context import PRESETS
from poseglass_train.errors import TrainingError
from poseglass_train.evaluate import Views, evaluate_lsp, table_text
from poseglass_train.fit import Run, commit, fit, load_lsp_and_lspet
from poseglass_train.recipes import RECIPES, recipe_named


def main(arguments: list[str] | None = None) -> int:
    """Run `poseglass-train`; return the exit status: 0, or 2 with one line on standard error."""
    options = _parser().parse_args(arguments)
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
    _add_fit(commands.add_parser("fit", help="train a network"))
    _add_evaluate(commands.add_parser("evaluate", help="score a checkpoint by a published protocol"))
    return parser


def _add_fit(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_fit)
    parser.add_argument("recipe", choices=RECIPES, metavar="RECIPE", help=", ".join(RECIPES))
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds lsp/ and lspet/")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for checkpoints and the log")
    parser.add_argument("--resume", action="store_true", help="go on with the training that --out holds")
    parser.add_argument("--preset", choices=PRESETS, default="tiny", help="architecture (default: tiny)")
    parser.add_argument("--size", type=int, metavar="PX", help="side of the crops, instead of the preset's")
    parser.add_argument("--epochs", type=float, metavar="N", help="instead of the recipe's")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    _add_device(parser)
    parser.add_argument("--save-minutes", type=float, default=5, metavar="M", help="between checkpoints (default: 5)")


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_evaluate)
    parser.add_argument("protocol", choices=["lsp"], help="lsp: PCK@0.2 on images 1001-2000")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds lsp/")
    parser.add_argument(
        "--model", required=True, metavar="NAME_OR_PATH", help="shipped weights, or a .safetensors file"
    )
    parser.add_argument("--flip", action="store_true", help="average with the mirror image")
    parser.add_argument("--scales", type=int, choices=range(1, 13), default=1, metavar="N", help="average N sizes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there too")
    _add_device(parser)


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", type=_device, default="cuda" if torch.cuda.is_available() else "cpu")


def _device(name: str) -> torch.device:
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"no device {name!r}") from error


def _evaluate(options: argparse.Namespace) -> None:
    how = Views(options.flip, options.scales, options.device)
    table = evaluate_lsp(options.data, options.model, how)
    print(table_text(table))
    if options.json is not None:
        facts = {
            "protocol": "LSP test, PCK@0.2, person-centric",
            "model": options.model,
            "sha256": sha256(options.model),
        }
        content = {
            **facts,
            "flip": options.flip,
            "scales": options.scales,
            "commit": commit(),
            "pck": {name: round(value, 2) for name, value in table.items()},
        }
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _fit(options: argparse.Namespace) -> None:
    recipe = dataclasses.replace(recipe_named(options.recipe), seed=options.seed)
    if options.epochs is not None:
        recipe = dataclasses.replace(recipe, epochs=options.epochs)
    preset = PRESETS[options.preset]()
    if options.size is not None:
        preset = dataclasses.replace(preset, input_size=options.size)
    people, held_out = load_lsp_and_lspet(options.data)
    run = Run(options.preset, preset, recipe, options.out, options.device, options.save_minutes)
    print(f"wrote {fit(run, people, held_out, options.resume)}.safetensors")
