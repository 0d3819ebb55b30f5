"""Clips with one map over every frame, under the poses: by following people, or along poses that are there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from poseglass.api import Explainer, Smoother
from poseglass.core.explain.frame import look_again
from poseglass.core.explain.maps import MapChoice, MapLayer, MapView, layer, paint_layers
from poseglass.core.explain.sheet import chosen_keypoints, explainer
from poseglass.core.explain.whose import nobody_called
from poseglass.core.export import Draft, shown_poses
from poseglass.core.files.output import check_writable, staged
from poseglass.core.outputs import check_not_video
from poseglass.core.overlay import paint
from poseglass.core.plugins import DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER, make_smoother
from poseglass.core.run import Finding, Method, Run, Seen, loaded
from poseglass.core.threads import WriteBehind
from poseglass.core.track import frames_between
from poseglass.core.video.video import Video, VideoInfo
from poseglass.core.video.video_writer import VideoWriter, check_video_name
from poseglass.errors import PluginError, VideoError
from poseglass.types import Explanation, Floats, Frame, MapName, Poses, Recording, Skeleton


@dataclass(frozen=True, slots=True)
class Sighting:
    """A frame, what the network looked at, and the poses to draw."""

    frame: Frame
    explanation: Explanation | None  # of everybody whose map is painted; None where nobody is
    xy: Floats  # (P, K, 2)
    score: Floats  # (P, K)
    skeleton: Skeleton  # of the poses: in a document it may be another than the network's

    @staticmethod
    def of(seen: Seen, skeleton: Skeleton, rows: Sequence[int] | None = None) -> Sighting:
        """Return what a run saw, and the maps of these rows, everybody's for None."""
        explanation = seen.explanation if rows is None else seen.explanation.part(rows)
        return Sighting(seen.frame, explanation, seen.live_xy, seen.poses.score, skeleton)


def follow_looking(
    frames: Iterable[Frame],
    method: Method,
    make_smoother: Callable[[], Smoother],
    name: MapName,
    person: str | None = None,
) -> Generator[Sighting, None, None]:
    """Follow everybody, and keep the map of the very look that each pose is from, of all or of one person.

    Raises NobodyError at the end where that person was never there.
    """
    met: dict[str, None] = {}
    with closing(method.run(make_smoother).frames(frames, (name,))) as everybody:
        for seen in everybody:
            met |= dict.fromkeys(seen.people)
            rows = None if person is None else [row for row, who in enumerate(seen.people) if who == person]
            yield Sighting.of(seen, method.estimator.skeleton, rows)
    if person is not None and person not in met:
        raise nobody_called(person, tuple(met), "in these frames")


def explain_clip(
    path: Path,
    info: VideoInfo,
    sightings: Iterator[Sighting],
    choice: MapChoice,
    view: MapView,
    watch: Callable[[int], None],
    should_stop: Callable[[], bool],
) -> int:
    """Write an MP4 of these frames with one map over each, and return how many they are; the first is at time 0.

    After each frame `watch` gets the number of frames done, and `should_stop` is asked; a stopped clip is kept.
    Raises PoseglassError; then nothing is written, and what lay at `path` is as it was.
    """
    first = next(sightings, None)
    if first is None:
        raise VideoError(f"{info.path}: no frame could be decoded")
    with (
        staged(path) as stage,
        VideoWriter.like(stage, info, path) as writer,
    ):

        def draw(painted: tuple[Sighting, list[MapLayer]]) -> None:
            sighting, layers = painted
            image = sighting.frame.image.copy()  # the frame may be on somebody's screen
            paint_layers(image, layers)
            for xy, score in zip(sighting.xy, sighting.score, strict=True):
                paint(image, sighting.skeleton, xy, score)
            writer.write(image, sighting.frame.pts - first.frame.pts)

        done = 0
        with WriteBehind(draw) as behind:
            for sighting in chain([first], sightings):
                behind.put((sighting, _layers(sighting.explanation, choice, view)))
                done += 1
                watch(done)
                if should_stop():
                    break
        return done


def _layers(explanation: Explanation | None, choice: MapChoice, view: MapView) -> list[MapLayer]:
    """Return the map of each whose map is painted."""
    if explanation is None:
        return []
    return [layer(explanation, choice, view, person) for person in range(len(explanation.poses))]


@dataclass(frozen=True)
class LookClipJob:
    """What to do."""

    video: Path
    clip: Path
    map: str | None = None  # a name or a kind; else the best there is of `most_telling`
    keypoints: tuple[str, ...] = ()  # of a map per keypoint; several have a colour each; none means all
    person: str | None = None  # whose map, by the name they get; None: everybody's
    start_s: float | None = None
    stop_s: float | None = None
    estimator: str = DEFAULT_ESTIMATOR
    estimator_options: Mapping[str, object] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)
    view: MapView = field(default_factory=MapView)
    stream: int | None = None  # which of the file's video streams; None takes the largest


@dataclass(frozen=True)
class LookClipOutcome:
    """What was done."""

    frames: int
    map: MapName
    complete: bool  # False when `should_stop` said so


def look_clip(
    job: LookClipJob,
    watch: Callable[[int, int], None],
    should_stop: Callable[[], bool],
    method: Method | None = None,
) -> LookClipOutcome:
    """Do the job. After each frame `watch` gets the frames done and expected, and `should_stop` is asked.

    method: one that is loaded already, in place of the job's estimator. A stopped job keeps what it has. Raises
    PoseglassError; then nothing is written, and what lay there is as it was.
    """
    check_clip(job.clip, job.video)
    with (
        Video.open(job.video, stream=job.stream) as video,
        loaded(job.estimator, job.estimator_options, job.finding, method) as how,
    ):
        estimator = explainer(how.estimator, job.estimator)
        name = chosen_map(estimator.map_names, job.map)
        keypoints = chosen_keypoints(estimator.skeleton, job.keypoints) if job.keypoints else ()
        wanted = frames_between(video.info, job.start_s, job.stop_s)
        frames, live = video.frames(wanted), lambda: make_smoother(DEFAULT_SMOOTHER)
        following = follow_looking(frames, how, live, name, job.person)
        with closing(following) as sightings:
            done = explain_clip(
                job.clip,
                video.info,
                sightings,
                MapChoice(name, keypoints if name.per_keypoint else ()),
                job.view,
                lambda done: watch(done, len(wanted)),
                should_stop,
            )
        return LookClipOutcome(done, name, complete=done + video.undecoded >= len(wanted))


def check_clip(clip: Path, video: Path) -> None:
    """Raise OutputError before any work where a clip of that name cannot be written, or would overwrite the video."""
    check_writable(clip)
    check_video_name(clip)
    check_not_video(clip, video)


def chosen_map(names: Sequence[MapName], asked: str | None) -> MapName:
    """Return the map of that name, or the last of that kind. Raises PluginError when there is none."""
    if asked is None:
        return most_telling(names)
    fitting = [name for name in names if asked in (str(name), name.kind)]
    if not fitting:
        raise PluginError(f"no map {asked!r}; the estimator has: {', '.join(map(str, names))}")
    return fitting[-1]


def most_telling(names: Sequence[MapName]) -> MapName:
    """Return the last map that every keypoint has of its own and that is no heatmap; else simply the last."""
    attention = [name for name in names if name.kind != "heatmap"]
    return max(attention or names, key=lambda name: (name.per_keypoint, name.stack))


@dataclass(frozen=True)
class ResultsClipJob:
    """What to do."""

    video: Path
    clip: Path
    frames: range
    draft: Draft
    person: str | None  # whose map, as the draft calls them; None: everybody's. Frames without results are searched
    choice: MapChoice
    view: MapView = field(default_factory=MapView)
    estimator: str = DEFAULT_ESTIMATOR
    options: Mapping[str, object] = field(default_factory=dict)
    smoother: str = DEFAULT_SMOOTHER
    smoother_options: Mapping[str, object] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)


@dataclass(frozen=True)
class _Known:
    """The rows of everybody's results, by frame."""

    recording: Recording
    rows: Mapping[int, int]
    person: str | None  # whose map is painted; None: everybody's

    def poses(self, row: int) -> Poses:
        """Return the raw poses of those whose map is painted."""
        chosen = [raw for name, raw, _ in self.recording.tracks if self.person in (None, name)]
        return Poses.of([raw.poses(row) for raw in chosen], len(self.recording.skeleton))

    def shown(self, row: int) -> tuple[Floats, Floats]:
        """Return positions (P, K, 2) and scores (P, K) of everybody, to be drawn."""
        shown = shown_poses(self.recording, row)
        return np.stack([one.xy for one in shown]), np.stack([one.score for one in shown])


def explain_results(
    job: ResultsClipJob,
    watch: Callable[[int, int], None],
    should_stop: Callable[[], bool],
    method: Method | None = None,
) -> int:
    """Write the clip, the poses smoothed with past and future, and return how many frames it has.

    method: one that is loaded already, in place of the job's estimator. After each frame `watch` gets the frames done
    and expected, and `should_stop` is asked; a stopped clip is kept. Raises PoseglassError; then nothing is written,
    and what lay there is as it was.
    """
    check_clip(job.clip, job.video)
    known = _known(job)
    with Video.open(job.video) as video, loaded(job.estimator, job.options, job.finding, method) as how:
        network = explainer(how.estimator, job.estimator)
        looking = _look_along(video.frames(job.frames), network, how.run(), job.choice.name, known)
        with closing(looking) as sightings:
            return explain_clip(
                job.clip,
                video.info,
                sightings,
                job.choice,
                job.view,
                lambda done: watch(done, len(job.frames)),
                should_stop,
            )


def _known(job: ResultsClipJob) -> _Known | None:
    if not job.draft.recording.tracks:
        return None
    recording = job.draft.finish(make_smoother(job.smoother, job.smoother_options))
    rows = {int(index): row for row, index in enumerate(recording.frame_index)}
    return _Known(recording, rows, job.person)


def _look_along(
    frames: Iterable[Frame], network: Explainer, run: Run, name: MapName, known: _Known | None
) -> Generator[Sighting, None, None]:
    for frame in frames:
        row = known.rows.get(frame.index) if known is not None else None
        if row is None or known is None:
            yield Sighting.of(run.see(frame, (name,)), network.skeleton)
            continue
        skeleton = known.recording.skeleton
        explanation = look_again(frame.image, known.poses(row), skeleton, network, (name,))
        yield Sighting(frame, explanation, *known.shown(row), skeleton)
