"""The main job: a video in; a table, its sidecar and a drawn video out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from poseglass.core.both_ways import seen_in
from poseglass.core.drawn_video import DrawnVideo
from poseglass.core.export import Choice, draft, export_table
from poseglass.core.motion.calibration import Calibration
from poseglass.core.outputs import check_outputs
from poseglass.core.people_marks import Someone, paint_people
from poseglass.core.plugins import DEFAULT_ESTIMATOR, DEFAULT_EXPORTER, DEFAULT_SMOOTHER
from poseglass.core.run import Finding, Method, Seen, loaded
from poseglass.core.store.footage import footage_of
from poseglass.core.store.tracks import Tracks
from poseglass.core.video.steadiness import Steadiness
from poseglass.core.video.video import Video, VideoInfo
from poseglass.errors import VideoError
from poseglass.types import Recording, Skeleton


@dataclass(frozen=True)
class Job:
    """What to do."""

    video: Path
    table: Path
    drawn: Path | None = None
    start_s: float | None = None
    stop_s: float | None = None
    estimator: str = DEFAULT_ESTIMATOR
    estimator_options: Mapping[str, object] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)
    smoother: str | None = DEFAULT_SMOOTHER
    smoother_options: Mapping[str, object] = field(default_factory=dict)
    exporter: str = DEFAULT_EXPORTER
    exporter_options: Mapping[str, object] = field(default_factory=dict)
    stream: int | None = None  # which of the file's video streams; None takes the largest
    angles: bool = False  # angles and speeds in the table, too
    calibration: Calibration | None = None  # and them in metres, where the camera stands still

    @property
    def choice(self) -> Choice:
        """What to write with."""
        return Choice(
            self.exporter,
            self.exporter_options,
            self.smoother,
            self.smoother_options,
            self.angles,
            self.calibration,
        )


@dataclass(frozen=True)
class Outcome:
    """What was done."""

    frames: int
    found: int  # frames with somebody in them
    complete: bool  # False when `should_stop` said so
    facts: Mapping[str, str]  # the estimator's
    problem: str = ""  # why there is no drawn video, though one was asked for; a sentence
    unscaled: str = ""  # why nothing is in metres, though that was asked for: what the camera did


def track(
    job: Job, watch: Callable[[int, int], None], should_stop: Callable[[], bool], method: Method | None = None
) -> Outcome:
    """Do the job. After each frame `watch` gets the frames done and expected, and `should_stop` is asked.

    method: one that is loaded already, in place of the job's estimator; it stays open for the next video. A stopped job
    writes what it has. A drawn video that fails leaves the table its way, and the outcome tells the problem. Raises
    PoseglassError; then no table is written, and what lay there is as it was.
    """
    check_outputs(job.video, job.table, job.drawn)
    with (
        Video.open(job.video, stream=job.stream) as video,
        loaded(job.estimator, job.estimator_options, job.finding, method) as how,
    ):
        estimator, choice, facts = how.estimator, job.choice, how.facts
        tracks, done = Tracks(footage_of(video.info), estimator.skeleton), 0
        steadiness = Steadiness()
        wanted = frames_between(video.info, job.start_s, job.stop_s)
        choice.make_exporter().check(_planned(tracks, wanted))
        tracks.coverage.want(wanted)
        with (
            _drawn_video(job.drawn, video.info, wanted.start, estimator.skeleton) as drawn,
            closing(seen_in(video, wanted, how, job.finding.whom, choice.make_smoother)) as everybody,
        ):
            for seen in everybody:
                tracks.keep(seen.frame.index, seen.poses, seen.people, facts, seen.events)
                done += 1
                if job.calibration is not None:
                    steadiness.see(seen.frame, seen.poses.xy)  # before anything is drawn into it
                if drawn is not None:
                    drawn.put(seen)
                watch(done, len(wanted))
                if should_stop():
                    break
            else:
                tracks.coverage.finish(wanted)
            if not done:
                raise VideoError(f"{job.video}: no frame could be decoded")
        moved, problem = steadiness.moved, drawn.problem if drawn else ""
        export_table(draft(tracks), video.info, job.table, replace(choice, moved=moved), sys.argv)
        return Outcome(done, tracks.found, tracks.coverage.is_complete, facts, problem, moved)


def frames_between(info: VideoInfo, start_s: float | None, stop_s: float | None) -> range:
    """Return the numbers of the frames shown from start to before stop. Raises VideoError when there is none."""
    wanted = info.numbers_between(start_s, stop_s)
    if not wanted:
        asked = f"from {start_s or 0:g} s on" if stop_s is None else f"from {start_s or 0:g} s to {stop_s:g} s"
        last = info.time_s(info.n_frames - 1)
        raise VideoError(f"{info.path}: no frame {asked}; the last one is at {last:.3f} s")
    return wanted


def _planned(tracks: Tracks, wanted: range) -> Recording:
    """Return what will be recorded, nobody in it yet: an exporter that cannot write it says so before the work."""
    footage, frames = tracks.footage, slice(wanted.start, wanted.stop)
    index = np.arange(wanted.start, wanted.stop)
    return Recording(tracks.skeleton, index, footage.pts[frames], footage.told_s[frames], (), footage.source)


def _drawn_video(path: Path | None, info: VideoInfo, first: int, skeleton: Skeleton) -> DrawnVideo | nullcontext[None]:
    """Open the video that the job is to draw, if it is to."""
    names: set[str] = set()

    def draw(seen: Seen) -> None:
        names.update(seen.people)  # once there were several, who is left alone keeps their colour
        people = [Someone(*each) for each in zip(seen.people, seen.live_xy, seen.poses.score, strict=True)]
        paint_people(seen.frame.image, skeleton, people, several=len(names) > 1)

    return nullcontext() if path is None else DrawnVideo(path, info, first, draw)
