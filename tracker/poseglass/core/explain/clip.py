"""Clips with one map over every frame, under the poses: by following people, or along poses that are there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from poseglass.api import Explainer, Smoother
from poseglass.core.explain.frame import look_again
from poseglass.core.explain.maps import MapChoice, MapLayer, MapView, layer, paint_layer
from poseglass.core.explain.sheet import chosen_keypoints, explainer
from poseglass.core.export import Draft, drawn_score
from poseglass.core.files.output import check_writable, staged
from poseglass.core.overlay import paint
from poseglass.core.plugins import DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER, make_smoother
from poseglass.core.run import Finding, Method, Run, Seen, loaded
from poseglass.core.threads import WriteBehind
from poseglass.core.track import frames_between
from poseglass.core.video.video import Video, VideoInfo
from poseglass.core.video.video_writer import VideoWriter, check_video_name
from poseglass.errors import OutputError, PluginError, VideoError
from poseglass.types import Explanation, Floats, Frame, MapName, Skeleton, SmoothedTrack, Track


@dataclass(frozen=True, slots=True)
class Sighting:
    """A frame, what the network looked at, and the poses to draw."""

    frame: Frame
    explanation: Explanation | None  # of everybody whose map is painted; None where nobody is
    xy: Floats  # (P, K, 2)
    score: Floats  # (P, K)
    skeleton: Skeleton  # of the poses: in a document it may be another than the network's

    @staticmethod
    def of(seen: Seen, skeleton: Skeleton) -> Sighting:
        """Return what a run saw."""
        return Sighting(seen.frame, seen.explanation, seen.live_xy, seen.poses.score, skeleton)


def follow_looking(
    frames: Iterable[Frame], method: Method, make_smoother: Callable[[], Smoother], name: MapName
) -> Generator[Sighting, None, None]:
    """Follow everybody, and keep the map of the very look that each pose is from."""
    with closing(method.run(make_smoother).frames(frames, (name,))) as everybody:
        for seen in everybody:
            yield Sighting.of(seen, method.estimator.skeleton)


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
            for over in layers:
                paint_layer(image, over)
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
    """Return everybody's map, to be painted one over the other."""
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
    start_s: float | None = None
    stop_s: float | None = None
    estimator: str = DEFAULT_ESTIMATOR
    estimator_options: Mapping[str, object] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)
    view: MapView = field(default_factory=MapView)


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
    with Video.open(job.video) as video, loaded(job.estimator, job.estimator_options, job.finding, method) as how:
        estimator = explainer(how.estimator, job.estimator)
        name = chosen_map(estimator.map_names, job.map)
        keypoints = chosen_keypoints(estimator.skeleton, job.keypoints) if job.keypoints else ()
        wanted = frames_between(video.info, job.start_s, job.stop_s)
        following = follow_looking(video.frames(wanted), how, lambda: make_smoother(DEFAULT_SMOOTHER), name)
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
    if clip.resolve() == video.resolve():
        raise OutputError(f"{clip}: is the video itself; name another file")


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
    person: str  # name of the track; frames without results of theirs are searched
    choice: MapChoice
    view: MapView = field(default_factory=MapView)
    estimator: str = DEFAULT_ESTIMATOR
    options: Mapping[str, object] = field(default_factory=dict)
    smoother: str = DEFAULT_SMOOTHER
    smoother_options: Mapping[str, object] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)


@dataclass(frozen=True)
class _Known:
    """The rows of one person's results, by frame."""

    skeleton: Skeleton
    rows: Mapping[int, int]
    raw: Track
    smoothed: SmoothedTrack | None


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
    recording = job.draft.finish(make_smoother(job.smoother, job.smoother_options))
    rows = {int(index): row for row, index in enumerate(recording.frame_index)}
    mine = next((track for track in recording.tracks if track[0] == job.person), None)
    return None if mine is None else _Known(recording.skeleton, rows, mine[1], mine[2])


def _look_along(
    frames: Iterable[Frame], network: Explainer, run: Run, name: MapName, known: _Known | None
) -> Generator[Sighting, None, None]:
    for frame in frames:
        row = known.rows.get(frame.index) if known is not None else None
        if row is None or known is None:
            yield Sighting.of(run.see(frame, (name,)), network.skeleton)
            continue
        raw, smoothed = known.raw, known.smoothed
        xy = raw.xy[row] if smoothed is None else smoothed.xy[row]
        score = raw.score[row] if smoothed is None else drawn_score(raw.score[row], smoothed.state[row])
        explanation = look_again(frame.image, raw.poses(row), known.skeleton, network, (name,))
        yield Sighting(frame, explanation, xy[None], score[None], known.skeleton)
