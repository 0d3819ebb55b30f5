"""What the command line's arguments say, read from text: times, boxes, options of plugins, whom to follow."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import NoReturn, get_args

from poseglass.api import Kind
from poseglass.core.motion.calibration import Calibration, Line
from poseglass.core.people.whom import MOST, Preference, Whom
from poseglass.core.plugins import DEFAULT_DETECTOR, read_options
from poseglass.core.run import Finding
from poseglass.names import is_address, shown, shown_address

NO_DETECTOR = "none"
"""In place of a detector's name."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong on one line, whatever the arguments are."""

    def error(self, message: str) -> NoReturn:
        """Exit with a sentence and status 2; how to use it is a page, which nobody has asked for."""
        self.exit(2, f"{self.prog}: {shown(message)}; see {self.prog} --help\n")


def video_path(text: str) -> Path:
    """Read which video."""
    path = file_path(text)
    if path.name in ("", ".."):
        raise argparse.ArgumentTypeError(f"{text}: is a folder; give a video file")
    return path


def file_path(text: str) -> Path:
    """Read the place of a file or a folder."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name; is it a variable that is not set?")
    if is_address(text):
        raise argparse.ArgumentTypeError(
            f"{shown_address(text)}: an address, where a file is wanted; network cameras are watched in the window"
        )
    return Path(text)


def seconds(text: str) -> float:
    """Read seconds since the first frame."""
    value = _number(text)
    if value is None and (pointed := _number(text.replace(",", ".", 1))) is not None:
        raise argparse.ArgumentTypeError(f"{text}: write it with a point, {pointed:g}")
    if value is None or not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: seconds since the first frame, 0 or more, as 12.5")
    return value


def from_zero(text: str) -> int:
    """Read the number of one of several, which are counted from 0."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text}: a whole number, 0 or more")
    return int(text)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def setting(kinds: tuple[Kind, ...], text: str) -> tuple[str, str, str]:
    """Read [KIND.]KEY=VALUE: whose option, which, and what it is to be."""
    place, equals, value = text.partition("=")
    kind, _, key = place.rpartition(".")
    if not (equals and key and (kind or "estimator") in kinds):
        forms = " or ".join(["KEY=VALUE", *(f"{kind}.KEY=VALUE" for kind in kinds[1:])])
        raise argparse.ArgumentTypeError(f"{text}: {forms}")
    return kind or "estimator", key, value


def options_of(kind: Kind, name: str, options: argparse.Namespace) -> dict[str, object]:
    """Return what `--set` says of one plugin, as values. Raises PluginError for what is no option or no value."""
    return read_options(kind, name, {key: text for whose, key, text in options.settings if whose == kind})


def add_whom(parser: argparse.ArgumentParser) -> None:
    """Add what says which detector finds people, and whom of them to follow."""
    parser.add_argument(
        "--people",
        type=_people,
        metavar="one|all|N",
        default=MOST,
        help=f"how many to follow; all, the default, is {MOST} at most",
    )
    parser.add_argument(
        "--follow", metavar="largest|center|ID", default=Whom.preference,
        help="who comes first where there are more, or the one of that track; default: %(default)s",
    )  # fmt: skip
    parser.add_argument(
        "--box", type=_box, metavar="X,Y,W,H[@S]",
        help="whoever is in this box, in pixels, S seconds after the first frame, or in it; forwards and backwards",
    )  # fmt: skip
    add_detector(parser)


def add_detector(parser: argparse.ArgumentParser) -> None:
    """Add what says which detector finds people."""
    parser.add_argument(
        "--detector", metavar="NAME", default=DEFAULT_DETECTOR,
        help="plugin that finds people; none: one person, without a detector; default: %(default)s",
    )  # fmt: skip


def check_whom(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Exit with a sentence where `add_whom`'s arguments do not go together."""
    is_chosen = options.people != MOST or options.follow != Whom.preference
    if options.box and is_chosen:
        parser.error("--box: not with --people or --follow; it says whom")
    if options.detector == NO_DETECTOR and (options.box or is_chosen):
        parser.error("--detector none: follows one person, whom it finds; not with --box, --people or --follow")


def finding(options: argparse.Namespace) -> Finding:
    """Return how people are to be found, and whom of them."""
    preference = options.follow if options.follow in get_args(Preference) else Whom.preference
    track_name = None if options.follow in get_args(Preference) else options.follow
    whom = options.box or Whom(options.people, preference, track_name)
    return found_by(options, whom)


def found_by(options: argparse.Namespace, whom: Whom | None = None) -> Finding:
    """Return how people are to be found by `add_detector`'s argument, everybody for None."""
    whom = whom or Whom()
    if options.detector == NO_DETECTOR:
        return Finding(None, whom=whom)
    return Finding(options.detector, options_of("detector", options.detector, options), whom)


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """Add what says whether angles and speeds are wanted, and how large things are in the world."""
    parser.add_argument(
        "--angles", action="store_true", help="columns of angles and speeds, each with its error, in the table"
    )
    parser.add_argument(
        "--scale", type=_scale, metavar="X0,Y0,X1,Y1=M",
        help="a line in the picture and its length in metres: angles, and speeds and places in metres, too",
    )  # fmt: skip
    parser.add_argument(
        "--floor",
        type=_line,
        metavar="X0,Y0,X1,Y1",
        help="with --scale: a line along the floor, where the camera leans",
    )


def calibration(parser: argparse.ArgumentParser, options: argparse.Namespace) -> Calibration | None:
    """Return what `add_measuring`'s arguments say of lengths. Exits with a sentence where they say nothing."""
    if options.scale is None:
        if options.floor is not None:
            parser.error("--floor: only with --scale")
        return None
    line, metres = options.scale
    try:
        return Calibration(line, metres, options.floor)
    except ValueError as error:
        parser.error(f"--scale: {error}")


def _scale(text: str) -> tuple[Line, float]:
    line, _, metres = text.partition("=")
    length = _number(metres)
    if length is None:
        raise argparse.ArgumentTypeError(f"{text}: X0,Y0,X1,Y1 in pixels, = and its length in metres")
    return _line(line), length


def _line(text: str) -> Line:
    try:
        x0, y0, x1, y1 = (float(end) for end in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: X0,Y0,X1,Y1 in pixels") from None
    return x0, y0, x1, y1


def _people(text: str) -> int:
    if text in ("one", "all"):
        return 1 if text == "one" else MOST
    if not text.isdecimal() or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text}: one, all, or a number from 1 to {MOST}")
    return int(text)


def _box(text: str) -> Whom:
    """Read X,Y,W,H[@S]."""
    sides, at, seconds = text.partition("@")
    try:
        x, y, width, height = (float(side) for side in sides.split(","))
        at_s = float(seconds) if at else None
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: X,Y,WIDTH,HEIGHT in pixels, and @SECONDS if it is later") from None
    if not (
        width > 0 and height > 0 and all(map(math.isfinite, (x, y, width, height, at_s or 0.0))) and (at_s or 0) >= 0
    ):
        raise argparse.ArgumentTypeError(f"{text}: width and height are more than 0, and seconds are not below")
    return Whom(box=(x, y, x + width, y + height), at_s=at_s)
