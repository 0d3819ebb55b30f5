"""The job of `poseglass look --clip`: a range of a video in, the same with one map over every frame out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from poseglass.core.attention.explain_clip import explain_clip, follow_looking
from poseglass.core.attention.look import chosen_keypoints, explainer
from poseglass.core.attention.maps import MapChoice, MapView
from poseglass.core.files.output import check_writable
from poseglass.core.plugins import DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER, make_smoother
from poseglass.core.run import Method, loaded
from poseglass.core.track import frames_between
from poseglass.core.video.video import Video
from poseglass.errors import OutputError, PluginError
from poseglass.types import MapName


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
    if job.clip.resolve() == job.video.resolve():
        raise OutputError(f"{job.clip}: is the video itself; name another output")
    check_writable(job.clip)
    with Video.open(job.video) as video, loaded(job.estimator, job.estimator_options, method) as how:
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
