"""A clip with a map over every frame, along poses that are there already: those of a document, corrected or not."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from poseglass.api import Explainer
from poseglass.core.attention.explain_clip import Sighting, explain_clip
from poseglass.core.attention.look import explainer
from poseglass.core.attention.looked import look_again
from poseglass.core.attention.maps import MapChoice, MapView
from poseglass.core.export import Draft, drawn_score
from poseglass.core.files.output import check_writable
from poseglass.core.plugins import DEFAULT_ESTIMATOR, DEFAULT_SMOOTHER, make_smoother
from poseglass.core.run import Method, Run, loaded
from poseglass.core.video.video import Video
from poseglass.errors import OutputError
from poseglass.types import Frame, MapName, Skeleton, SmoothedTrack, Track


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
    if job.clip.resolve() == job.video.resolve():
        raise OutputError(f"{job.clip}: is the video itself; name another file")
    check_writable(job.clip)
    known = _known(job)
    with Video.open(job.video) as video, loaded(job.estimator, job.options, method) as how:
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
