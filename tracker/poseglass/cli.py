"""The command line: the window's work without a window."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any, get_args

from poseglass import __version__
from poseglass.api import Kind
from poseglass.arguments import (
    Parser,
    add_detector,
    add_measuring,
    add_whom,
    calibration,
    check_whom,
    file_path,
    finding,
    found_by,
    from_zero,
    options_of,
    seconds,
    setting,
    video_path,
)
from poseglass.core.doctor import examine
from poseglass.core.explain.clip import LookClipJob, look_clip
from poseglass.core.explain.maps import MapView
from poseglass.core.explain.sheet import LookJob, look
from poseglass.core.motion.calibration import Calibration
from poseglass.core.outputs import (
    check_apart,
    check_outputs,
    check_replaced,
    drawn_in,
    picture_beside,
    table_beside,
    table_in,
)
from poseglass.core.plugins import find
from poseglass.core.run import Method, loaded
from poseglass.core.store.provenance import sidecar_path
from poseglass.core.track import Job, Outcome, track
from poseglass.errors import OutputError, PluginError, PoseglassError, WindowError
from poseglass.names import is_address, shown, shown_address
from poseglass.terminal import complain, progress, say
from poseglass_models.pictures import ColourMap, Scale

FAILED = 2
"""Exit status where something asked for could not be done."""
INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; `run` of the result does the work and returns the exit status. A mistake exits with 2."""
    parser = Parser("poseglass", description="Follow people's poses through video.")
    parser.add_argument("--version", action="version", version=f"poseglass {__version__}")
    parser.set_defaults(run=_run_window)
    commands = parser.add_subparsers(metavar="COMMAND", title="without one a window opens, with VIDEO if one is given")
    _add_track(commands.add_parser("track", help="write a video's poses to a table, and draw them on request"))
    _add_look(commands.add_parser("look", help="show what the network looked at, in one frame or in a clip"))
    _add_demo(commands.add_parser("demo", help="do that with the sample clip that comes along"))
    commands.add_parser("doctor", help="say what is installed, and what is missing").set_defaults(run=_run_doctor)
    window = commands.add_parser("open", help="open a video or a session in the window")
    window.add_argument("file", type=file_path, nargs="?", metavar="FILE", help="a video, or a .poseglass file")
    window.set_defaults(run=_run_window)
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands.choices:
        if not _is_there(arguments[0]):
            called = shown_address(arguments[0]) if is_address(arguments[0]) else f"{arguments[0]!r}"
            parser.error(f"{called}: neither a command ({', '.join(commands.choices)}) nor a file that is there")
        arguments = ["open", *arguments]  # as a file manager calls it
    return parser.parse_args(arguments)


def _add_track(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=lambda options: _run_track(parser, options))
    parser.add_argument(
        "videos", type=video_path, nargs="+", metavar="VIDEO", help="one or several, through one network"
    )
    parser.add_argument(
        "-o", "--output", type=file_path, metavar="OUT.csv",
        help="default: beside VIDEO, as VIDEO.poses.csv; a folder for several",
    )  # fmt: skip
    parser.add_argument(
        "--overlay",
        type=file_path,
        metavar="OUT.mp4",
        help="draw the poses, smoothed live, on the video; a folder for several",
    )
    _add_overwrite(parser)
    parser.add_argument("--start", type=seconds, metavar="S", help="seconds since the video's first frame")
    parser.add_argument("--stop", type=seconds, metavar="S", help="seconds; the frame at this time is left out")
    _add_stream(parser)
    smoothing = parser.add_mutually_exclusive_group()
    smoothing.add_argument("--no-smooth", action="store_true", help="raw poses only")
    smoothing.add_argument("--smoother", metavar="NAME", default=Job.smoother, help="plugin; default: %(default)s")
    parser.add_argument("--exporter", metavar="NAME", default=Job.exporter, help="plugin; default: %(default)s")
    add_measuring(parser)
    add_whom(parser)
    _add_estimator(parser, "estimator", "detector", "smoother", "exporter")


def _add_look(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=lambda options: _run_look(parser, options))
    parser.add_argument("video", type=video_path, metavar="VIDEO")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--frame", type=from_zero, metavar="N", help="number of the frame, from 0")
    which.add_argument("--time", type=seconds, metavar="S", help="seconds since the first frame, which is the default")
    _add_stream(parser)
    parser.add_argument(
        "-o", "--output", type=file_path, metavar="OUT.png", help="default: beside VIDEO, as VIDEO.look.png"
    )
    parser.add_argument(
        "--keypoints", nargs="+", default=(), metavar="NAME", help="default: wrists and ankles; in a clip, all"
    )
    parser.add_argument(
        "--person", metavar="NAME",
        help="whose maps, where several people are there; default: the largest one's, in a clip everybody's",
    )  # fmt: skip
    parser.add_argument("--scale", choices=get_args(Scale), default=MapView.scale, help="default: %(default)s")
    parser.add_argument("--colours", choices=get_args(ColourMap), default=MapView.colours, help="default: %(default)s")
    parser.add_argument("--clip", type=file_path, metavar="OUT.mp4", help="paint one map into every frame, instead")
    parser.add_argument("--map", metavar="NAME", help="of the clip: a kind, as part, or one map, as stack1/part/48x48")
    parser.add_argument("--start", type=seconds, metavar="S", help="of the clip, as of track")
    parser.add_argument("--stop", type=seconds, metavar="S", help="of the clip, as of track")
    add_detector(parser)
    _add_estimator(parser, "estimator", "detector")


def _add_stream(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--video-stream", type=from_zero, metavar="N", help="of several in a file, from 0; default: the largest"
    )


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_run_demo)
    parser.add_argument(
        "-o", "--output", type=file_path, metavar="DIR", default=Path("poseglass-demo"), help="default: %(default)s"
    )
    _add_overwrite(parser)
    _add_estimator(parser, "estimator")


def _add_overwrite(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--overwrite", action="store_true", help="replace results of other videos, too, that have the same name"
    )


def _add_estimator(parser: argparse.ArgumentParser, *kinds: Kind) -> None:
    """Add what says which estimator, and options of these kinds of plugins."""
    parser.add_argument("--model", metavar="NAME", help="name of shipped weights, or a .safetensors file")
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--estimator", metavar="NAME", default=Job.estimator, help="plugin; default: %(default)s")
    others = "".join(f", or {kind}.KEY=VALUE of the {kind}" for kind in kinds[1:])
    parser.add_argument(
        "--set", dest="settings", action="append", default=[], metavar="KEY=VALUE", type=partial(setting, kinds),
        help=f"any option of the estimator{others}; may be repeated",
    )  # fmt: skip


def _run_track(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    check_whom(parser, options)
    if options.no_smooth and any(kind == "smoother" for kind, _, _ in options.settings):
        parser.error("--set smoother: not with --no-smooth")
    scale = calibration(parser, options)
    if len(options.videos) > 1:
        return _track_all([_job_in_folder(video, scale, options) for video in options.videos], options.overwrite)
    (video,) = options.videos
    job = _job(video, options.output, options.overlay, scale, options)
    check_outputs(job.video, job.table, job.drawn)
    if not (options.output or options.overwrite):
        check_replaced(job.video, job.table)
    return _do(job)


def _job(
    video: Path, table: Path | None, drawn: Path | None, scale: Calibration | None, options: argparse.Namespace
) -> Job:
    return Job(
        video=video,
        table=table or table_beside(video, find("exporter", options.exporter).suffix),
        drawn=drawn,
        start_s=options.start,
        stop_s=options.stop,
        estimator=options.estimator,
        estimator_options=_estimator_options(options),
        finding=finding(options),
        smoother=None if options.no_smooth else options.smoother,
        smoother_options=options_of("smoother", options.smoother, options),
        exporter=options.exporter,
        exporter_options=options_of("exporter", options.exporter, options),
        stream=options.video_stream,
        angles=options.angles or scale is not None,
        calibration=scale,
    )


def _job_in_folder(video: Path, scale: Calibration | None, options: argparse.Namespace) -> Job:
    """Return the job for one of several videos, whose outputs are folders."""
    table = drawn = None
    if options.output:
        table = table_in(_folder(options.output), video, find("exporter", options.exporter).suffix)
    if options.overlay:
        drawn = drawn_in(_folder(options.overlay), video)
    return _job(video, table, drawn, scale, options)


def _folder(path: Path) -> Path:
    """Return the folder, which is made where it is missing. Raises OutputError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path}: cannot be made a folder ({error.strerror}); name another") from error
    return path


def _track_all(jobs: Sequence[Job], overwrite: bool) -> int:
    """Track one video after the other with one network; a video that fails is told of and left out."""
    for job in jobs:
        check_outputs(job.video, job.table, job.drawn)
    if not overwrite:
        check_apart([(job.video, job.table, job.drawn) for job in jobs])
        for job in jobs:
            check_replaced(job.video, job.table, job.drawn)
    statuses = []
    with loaded(jobs[0].estimator, jobs[0].estimator_options, jobs[0].finding) as method:
        for job in jobs:
            try:
                statuses.append(_do(job, method))
            except PoseglassError as error:
                complain(f"poseglass: {error}")
                statuses.append(FAILED)
            if statuses[-1] == INTERRUPTED:
                break
    return max(statuses)


def _is_there(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):  # longer than names may be
        return False


def _run_look(parser: argparse.ArgumentParser, options: argparse.Namespace) -> int:
    """Show one frame or a clip; what belongs to the other of them is a mistake, not ignored."""
    others = ("frame", "time", "output") if options.clip else ("map", "start", "stop")
    stray = [f"--{name}" for name in others if getattr(options, name) is not None]
    if stray:
        parser.error(f"{', '.join(stray)}: not {'with' if options.clip else 'without'} --clip")
    return _look_at_clip(options) if options.clip else _look_at_frame(options)


def _look_at_frame(options: argparse.Namespace) -> int:
    job = LookJob(
        video=options.video,
        picture=options.output or picture_beside(options.video),
        frame=options.frame,
        time_s=options.time or 0.0,
        **_look_options(options),
    )
    done = look(job)
    whose = ", nobody found: the network was shown all of it"
    if done.person is not None:
        whose = f", person {done.person} of {', '.join(done.people)}" if len(done.people) > 1 else ""
    say(f"frame {done.frame} at {done.time_s:.3f} s{shown(whose)}\nwrote {shown(job.picture)}")
    return 0


def _look_at_clip(options: argparse.Namespace) -> int:
    job = LookClipJob(
        video=options.video,
        clip=options.clip,
        map=options.map,
        start_s=options.start,
        stop_s=options.stop,
        **_look_options(options),
    )
    with progress() as (watch, should_stop):
        done = look_clip(job, watch, should_stop)
    if not done.complete:
        complain(f"stopped early: the clip ends after {done.frames} frames")
    say(f"{done.frames} frames with {done.map}\nwrote {shown(job.clip)}")
    return 0 if done.complete else INTERRUPTED


def _look_options(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "keypoints": tuple(options.keypoints),
        "person": options.person,
        "finding": found_by(options),
        "estimator": options.estimator,
        "estimator_options": _estimator_options(options),
        "view": MapView(options.scale, options.colours),
        "stream": options.video_stream,
    }


def _run_demo(options: argparse.Namespace) -> int:
    folder = _folder(options.output)
    with as_file(files("poseglass") / "assets" / "sample.mp4") as sample:
        job = Job(
            video=sample,
            table=folder / "sample.csv",
            drawn=folder / "sample_poses.mp4",
            estimator=options.estimator,
            estimator_options=_estimator_options(options),
        )
        check_outputs(job.video, job.table, job.drawn)
        if not options.overwrite:
            check_replaced(job.video, job.table, job.drawn)
        return _do(job)


def _run_doctor(_: argparse.Namespace) -> int:
    problems = 0
    for result in examine():
        problems += result.is_problem
        say(f"{'!' if result.is_problem else ' '} {result.topic:<15} {result.text}")
    say(f"{problems} problem{'' if problems == 1 else 's'} found")
    return 1 if problems else 0


def _run_window(options: argparse.Namespace) -> int:
    try:
        from poseglass.gui.app import run  # PyQt6 is needed for the window alone
    except ImportError as error:
        raise WindowError(f"the window needs PyQt6 and its system libraries ({error}); see README") from error
    return run(getattr(options, "file", None))


def _estimator_options(options: argparse.Namespace) -> dict[str, object]:
    """Pass on only what was given: another estimator need not know a model or a device."""
    given = {"model": options.model, "device": options.device}
    flags: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    settings = options_of("estimator", options.estimator, options)
    if twice := sorted(flags.keys() & settings):
        raise PluginError(f"--{twice[0]} and --set {twice[0]}: say it once")
    return settings | flags


def _do(job: Job, method: Method | None = None) -> int:
    """Track with a progress bar on a terminal, and say where the results are."""
    with progress() as (watch, should_stop):
        outcome = track(job, watch, should_stop, method)
    _report(job, outcome)
    if not outcome.complete:
        return INTERRUPTED
    return FAILED if outcome.problem or outcome.unscaled else 0


def _report(job: Job, outcome: Outcome) -> None:
    if not outcome.complete:
        complain(f"stopped early: the results end after {outcome.frames} frames")
    if outcome.problem:
        complain(f"poseglass: {outcome.problem}")
    if outcome.unscaled:
        complain(
            f"poseglass: no metres in {shown(job.table)}: {outcome.unscaled}; a scale holds where a camera stands still"
        )
    device = outcome.facts.get("device")
    where = f", computed on {device} ({outcome.facts.get('device_reason', '')})" if device else ""
    written = [job.table, sidecar_path(job.table), *([job.drawn] if job.drawn and not outcome.problem else [])]
    lines = [f"{outcome.frames} frames, a person in {outcome.found} of them{where}"]
    say("\n".join([*lines, *(f"wrote {shown(path)}" for path in written)]))
