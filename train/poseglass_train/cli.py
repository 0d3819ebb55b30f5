"""The command line of the training package."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

import torch

from poseglass_models.checkpoint import CheckpointError
from poseglass_models.multi_context import PRESETS
from poseglass_train import commands, detector_commands
from poseglass_train.data.pack import CANVAS
from poseglass_train.data.sets import SETS
from poseglass_train.errors import TrainingError
from poseglass_train.evaluate.tracking import SIMILARITIES
from poseglass_train.training.ablation import CELLS
from poseglass_train.training.recipes import RECIPES


def main(arguments: list[str] | None = None) -> int:
    """Run `poseglass-train`; return the exit status: 0, or 2 with one line on standard error."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        options.run(options)
    except (TrainingError, CheckpointError) as error:
        print(f"poseglass-train: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"poseglass-train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"poseglass-train: stopped{options.when_stopped}", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("poseglass-train", description="Train and evaluate Poseglass's pose networks.")
    parser.set_defaults(when_stopped="")
    choices = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_fit(choices.add_parser("fit", help="train a network, or fine-tune a trained one"))
    _add_fit_detector(choices.add_parser("fit-detector", help="train a detector: where people are"))
    _add_pack(choices.add_parser("pack", help="put data sets into one compact file to train from"))
    _add_pyramid(choices.add_parser("pyramid", help="read a pretrained pyramid out of MoveNet's TensorFlow.js files"))
    _add_average(choices.add_parser("average", help="one network out of several trainings from the same start"))
    _add_ablate(choices.add_parser("ablate", help="what each part of the network is worth"))
    _add_evaluate(choices.add_parser("evaluate", help="score a checkpoint by a published protocol"))
    _add_compose(choices.add_parser("compose", help="a clip with exact ids, for `evaluate tracking`, out of two"))
    return parser


def _add_fit(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(
        run=commands.run_fit, when_stopped="; --resume goes on from the last checkpoint, if there is one"
    )
    parser.add_argument("recipe", choices=RECIPES, metavar="RECIPE", help=", ".join(RECIPES))
    _add_people_or_pack(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for checkpoints and the log")
    parser.add_argument("--resume", action="store_true", help="go on with the training that --out holds, if it does")
    start = parser.add_mutually_exclusive_group()
    start.add_argument("--preset", choices=PRESETS, default="tiny", help="architecture (default: tiny)")
    start.add_argument("--from", dest="start", metavar="NAME", help="start from shipped weights or a .safetensors file")
    parser.add_argument("--pyramid", type=Path, metavar="FILE", help="pretrained pyramid for a preset that has one")
    parser.add_argument(
        "--stacks", type=_count, metavar="N", help="instead of the preset's; with --from, further ones are copies"
    )
    parser.add_argument("--size", type=_count, metavar="PX", help="side of the crops, instead of the preset's")
    parser.add_argument("--epochs", type=_amount, metavar="N", help="instead of the recipe's")
    parser.add_argument("--rate", type=_amount, metavar="R", help="highest learning rate, instead of the recipe's")
    parser.add_argument("--batch", type=_count, metavar="N", help="people a step, instead of the recipe's")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N")
    _add_device(parser)
    parser.add_argument(
        "--compile",
        action=argparse.BooleanOptionalAction,
        help="compile the network first; by default on one GPU: on a CPU it took minutes to gain a few percent",
    )
    _add_minutes(parser)


def _add_fit_detector(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(
        run=detector_commands.run_fit_detector,
        when_stopped="; --resume goes on from the last checkpoint, if there is one",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds the data sets")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for checkpoints and the log")
    parser.add_argument("--resume", action="store_true", help="go on with the training that --out holds, if it does")
    start = parser.add_mutually_exclusive_group(required=True)
    start.add_argument("--pyramid", type=Path, metavar="FILE", help="pretrained pyramid, which `pyramid` made")
    start.add_argument("--from", dest="start", metavar="NAME", help="start from shipped weights or a .safetensors file")
    parser.add_argument("--steps", type=_count, metavar="N", help="instead of the recipe's")
    parser.add_argument("--rate", type=_amount, metavar="R", help="highest learning rate, instead of the recipe's")
    parser.add_argument("--batch", type=_count, metavar="N", help="views a step, instead of the recipe's")
    parser.add_argument("--size", type=_count, metavar="PX", help="side of the views, instead of the recipe's")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N")
    _add_device(parser)
    _add_minutes(parser)


def _add_minutes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--minutes", type=float, default=float("inf"), metavar="M", help="stop after so many, to --resume another time"
    )
    parser.add_argument("--save-minutes", type=_amount, default=5, metavar="M", help="between checkpoints (default: 5)")


def _add_people(parser: argparse.ArgumentParser) -> argparse._MutuallyExclusiveGroup:
    sources = parser.add_mutually_exclusive_group(required=True)
    sources.add_argument("--data", type=Path, metavar="DIR", help="folder that holds the data sets")
    parser.add_argument(
        "--sets", nargs="+", choices=SETS, default=["lsp", "lspet"], metavar="SET", help=f"of {', '.join(SETS)}"
    )
    sources.add_argument("--images", type=Path, metavar="DIR", help="folder of your own images, with --labels")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="their keypoints, in COCO's format")
    parser.add_argument(
        "--canvas", type=_count, default=CANVAS, metavar="PX",
        help="side that larger pictures are cut to, 1.6 times the crops' (default: %(default)s)",
    )  # fmt: skip
    return sources


def _add_people_or_pack(parser: argparse.ArgumentParser) -> None:
    sources = _add_people(parser)
    sources.add_argument("--pack", type=Path, nargs="+", metavar="FILE", help="what `pack` wrote, all its parts")


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=commands.run_pack)
    _add_people(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--part-mib", type=_amount, default=1024, metavar="N", help="largest size of a file (default: 1024)"
    )


def _add_pyramid(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=commands.run_pyramid)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="that holds NAME.json and NAME.bin")
    parser.add_argument("--name", default="movenet-thunder", help="of the two files (default: %(default)s)")
    parser.add_argument(
        "--out", type=_without_suffix, required=True, metavar="FILE", help="of the weights, without suffix"
    )


def _add_average(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=commands.run_average)
    parser.add_argument("models", nargs="+", metavar="NAME_OR_PATH", help="shipped weights, or .safetensors files")
    _add_people_or_pack(parser)
    parser.add_argument(
        "--out", type=_without_suffix, required=True, metavar="PATH", help="of the weights, without suffix"
    )


def _add_ablate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=commands.run_ablate, when_stopped="; the same command goes on from there")
    _add_people_or_pack(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the trainings")
    parser.add_argument("--results", type=Path, required=True, metavar="DIR", help="folder for the table and plots")
    parser.add_argument("--cells", nargs="+", metavar="CELL", help=f"of {', '.join(CELLS)} (default: all)")
    parser.add_argument("--seeds", nargs="+", type=_seed, default=[0, 1], metavar="N", help="default: 0 1")
    parser.add_argument("--pyramid", type=Path, metavar="FILE", help="pretrained pyramid under all cells, frozen")
    parser.add_argument("--stacks", type=_count, default=2, metavar="N", help="default: %(default)s")
    parser.add_argument("--channels", type=_count, default=48, metavar="N", help="default: %(default)s")
    parser.add_argument("--size", type=_count, default=64, metavar="PX", help="of the crops (default: %(default)s)")
    parser.add_argument("--epochs", type=_amount, default=5, metavar="N", help="default: %(default)s")
    _add_device(parser)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    protocols = parser.add_subparsers(required=True, metavar="PROTOCOL")
    lsp = protocols.add_parser("lsp", help="photographs: PCK@0.2 on LSP's images 1001-2000")
    lsp.set_defaults(run=commands.run_evaluate_lsp)
    lsp.add_argument("--report", action="store_true", help="by posture and strictness, swaps, worth of the scores")
    lsp.add_argument(
        "--beside", type=Path, metavar="FILE.csv",
        help="another program's answers, image,joint,x,y: the difference, and whether it may be chance",
    )  # fmt: skip
    jhmdb = protocols.add_parser("jhmdb", help="video: PCK of the tracker, raw and smoothed, on JHMDB's test clips")
    jhmdb.set_defaults(run=commands.run_evaluate_jhmdb)
    jhmdb.add_argument("--labelled-boxes", action="store_true", help="the network alone, in the boxes of the labels")
    mpii = protocols.add_parser("mpii", help="photographs: PCKh@0.5 on MPII's validation people (Tompson et al.)")
    mpii.set_defaults(run=commands.run_evaluate_mpii)
    mpii.add_argument("--predictions", type=Path, metavar="FILE.mat", help="write those of the test people instead")
    coco = protocols.add_parser("coco", help="photographs: average precision by OKS on COCO's val2017")
    coco.set_defaults(run=commands.run_evaluate_coco)
    boxes = coco.add_mutually_exclusive_group()
    boxes.add_argument("--detections", type=Path, metavar="FILE", help="boxes to look in, instead of the labelled ones")
    boxes.add_argument("--detector", metavar="NAME_OR_PATH", help="network that finds the boxes to look in")
    coco.add_argument("--results", type=Path, metavar="FILE", help="write the poses there, as COCO wants them")
    attention = protocols.add_parser("attention", help="how much of it lies on the person, on LSP's and JHMDB's tests")
    attention.set_defaults(run=commands.run_evaluate_attention)
    background = protocols.add_parser("background", help="how well scores tell somebody from nobody, on JHMDB's tests")
    background.set_defaults(run=commands.run_evaluate_background)
    background.add_argument("--search", action="store_true", help="let the tracker search for somebody, too")
    background.add_argument("--scenes", action="store_true", help="and in clips of held-out scenes without anybody")
    detector = protocols.add_parser("detector", help="boxes: average precision, recall, and what is found in nobody")
    detector.set_defaults(run=detector_commands.run_evaluate_detector)
    detector.add_argument("--size", type=_count, metavar="PX", help="longer side of the pictures, not the weights' own")
    timing = protocols.add_parser("time", help="how long pose networks take for a crop, in one run")
    timing.set_defaults(run=commands.run_evaluate_time)
    timing.add_argument("models", nargs="+", metavar="NAME_OR_PATH", help="shipped weights, or .safetensors files")
    tracking = protocols.add_parser("tracking", help="video: is everybody found, and do they keep their ids")
    _add_tracking(tracking)
    for protocol in (lsp, mpii, coco):
        protocol.add_argument("--flip", action="store_true", help="average with the mirror image")
        protocol.add_argument(
            "--scales", type=int, choices=range(1, 13), default=1, metavar="N", help="average N sizes"
        )
        protocol.add_argument("--bfloat16", action="store_true", help="in half the precision, as the tracker computes")
    for protocol in (lsp, jhmdb, mpii, coco, attention, background, tracking, detector):
        protocol.add_argument("--data", type=Path, required=True, metavar="DIR", help="folder that holds the data set")
        protocol.add_argument(
            "--model", required=protocol is not tracking, default="default", metavar="NAME_OR_PATH",
            help="shipped weights, or a .safetensors file",
        )  # fmt: skip
    for protocol in (lsp, jhmdb, mpii, coco, attention, background, tracking, detector, timing):
        protocol.add_argument("--json", type=Path, metavar="FILE", help="write the scores there too")
        _add_device(protocol)


def _add_tracking(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=commands.run_evaluate_tracking)
    parser.add_argument(
        "--similarity", choices=SIMILARITIES, default="oks",
        help="of a pose found to a person: of 12 keypoints, or overlap of their boxes (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--detector", metavar="NAME", help="instead of the tracker's own choice")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="an option of the tracker's")
    parser.add_argument("--sheets", type=Path, metavar="DIR", help="write frames with ids there, to look at")


def _add_compose(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=commands.run_compose)
    parser.add_argument(
        "how", choices=("beside", "over"),
        help="side by side under a moving window; or the first one's person, whose camera stands still, in front",
    )  # fmt: skip
    parser.add_argument("first", type=Path, metavar="FIRST.mp4", help="with FIRST.json beside it, labels of everybody")
    parser.add_argument("second", type=Path, metavar="SECOND.mp4")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the clip and its labels")


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", type=_device, default="cuda" if torch.cuda.is_available() else "cpu")


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise argparse.ArgumentTypeError(f"no device {name!r} here") from error
    return device


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: a whole number, 1 or more")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text}: a whole number, 0 or more")
    return number


def _amount(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: a number above 0")
    return number


def _without_suffix(text: str) -> Path:
    """Read where weights are to be written: two files, the network and what is known of it."""
    return Path(text.removesuffix(".safetensors"))
