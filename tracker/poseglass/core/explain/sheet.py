"""The job of `poseglass look`: one frame of a video in, a sheet of all that the network looked at out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from poseglass.api import Estimator, Explainer
from poseglass.core.explain.frame import ExplainedFrame, heading
from poseglass.core.explain.maps import MapChoice, MapView
from poseglass.core.explain.whose import row_of
from poseglass.core.files.output import check_name, check_writable, staged
from poseglass.core.outputs import check_not_video
from poseglass.core.people.boxes import mean_score
from poseglass.core.plugins import DEFAULT_ESTIMATOR
from poseglass.core.run import Finding, Method, Seen, loaded
from poseglass.core.video.video import Video
from poseglass.errors import OutputError, PluginError
from poseglass.types import HEATMAP, Explanation, Image, Skeleton
from poseglass_models.pictures import Tile, colour_table, sheet, with_legend

SIDE = 192
"""Pixels of a tile: the input of the shipped `default`, so that a pixel of its crop is one of the tile."""
LEGENDS = {
    "stretched": "each map from its own least to its own greatest value; one that is the same all over is left grey",
    "absolute": "from 0 to 1, or what else values of that kind run over",
}


def look_sheet(looked: ExplainedFrame, keypoints: Sequence[int], view: MapView, side: int = SIDE) -> Image:
    """Draw input, pose and heatmaps; then each stack's maps; then these keypoints' through the stacks."""
    stacks = [[name for name in looked.names if name.stack == stack] for stack in _stacks(looked)]
    rows = [[_tile(looked, MapChoice(name), view, side) for name in names] for names in stacks]
    widest = max(len(row) for row in rows)
    rows = [_first_row(looked, view, side), *rows, *_keypoint_rows(looked, keypoints, view, side, widest)]
    return _with_legend(rows, view, side)


def _stacks(looked: ExplainedFrame) -> list[int]:
    return sorted({name.stack for name in looked.names})


def _first_row(looked: ExplainedFrame, view: MapView, side: int) -> list[Tile]:
    name = looked.names[0]
    score = float(mean_score(looked.explanation.poses, looked.skeleton)[looked.person])
    heat = [MapChoice(name) for name in looked.names if name.kind == HEATMAP]
    return [
        Tile(looked.shown(name, side), (looked.heading, "what the network was shown")),
        Tile(looked.posed(name, side), ("pose, not smoothed", f"mean score {score:.2f}")),
        *(_tile(looked, choice, view, side) for choice in heat[-1:]),
    ]


def _keypoint_rows(
    looked: ExplainedFrame, keypoints: Sequence[int], view: MapView, side: int, room: int
) -> list[list[Tile]]:
    """Draw each keypoint's maps through the stacks; as many keypoints beside one another as there is room for tiles."""
    names = [name for name in looked.names if name.per_keypoint]
    at_once = max(1, room // max(1, len(names)))
    beside = [keypoints[i : i + at_once] for i in range(0, len(keypoints), at_once)] if names else []
    return [[_tile(looked, MapChoice(name, (k,)), view, side) for k in some for name in names] for some in beside]


def _tile(looked: ExplainedFrame, choice: MapChoice, view: MapView, side: int) -> Tile:
    return Tile(looked.tile(choice, view, side), looked.caption(choice))


def _with_legend(rows: list[list[Tile]], view: MapView, side: int) -> Image:
    return with_legend(sheet(rows, side), colour_table(view.colours), ("colours: " + LEGENDS[view.scale],))


OUTERMOST = ("wrist", "ankle")
"""Shown where no keypoint is asked for: the hardest (figure 7 of the paper), so what a reader mostly asks about."""


@dataclass(frozen=True)
class LookJob:
    """What to do."""

    video: Path
    picture: Path  # .png
    frame: int | None = None  # else the one that is on the screen at
    time_s: float = 0.0
    person: str | None = None  # by the name they get in that frame, the largest one first; None: the largest one
    keypoints: tuple[str, ...] = ()
    estimator: str = DEFAULT_ESTIMATOR
    estimator_options: Mapping[str, object] = field(default_factory=dict)
    finding: Finding = field(default_factory=Finding)
    view: MapView = field(default_factory=MapView)
    stream: int | None = None  # which of the file's video streams; None takes the largest


@dataclass(frozen=True)
class LookOutcome:
    """What was done."""

    frame: int
    time_s: float
    person: str | None  # whose maps they are; None: nobody was found, so that the network was shown the whole frame
    people: tuple[str, ...]  # who else was there, too

    @property
    def found(self) -> bool:
        """Whether anybody was."""
        return self.person is not None


def look(job: LookJob, method: Method | None = None) -> LookOutcome:
    """Do the job. Raises PoseglassError; then nothing is written.

    method: one that is loaded already, in place of the job's estimator.
    """
    check_picture(job.picture)
    check_not_video(job.picture, job.video)
    with (
        Video.open(job.video, stream=job.stream) as video,
        loaded(job.estimator, job.estimator_options, job.finding, method) as how,
    ):
        estimator = explainer(how.estimator, job.estimator)
        keypoints = chosen_keypoints(estimator.skeleton, job.keypoints)
        frame = video.frame(video.info.shown_at(job.time_s) if job.frame is None else job.frame)
        seen = how.run().see(frame, estimator.map_names)
        looked, person = _explained(seen, estimator, job.person)
        write_picture(job.picture, look_sheet(looked, keypoints, job.view))
        return LookOutcome(frame.index, frame.time_s, person, seen.people)


def _explained(seen: Seen, estimator: Explainer, person: str | None) -> tuple[ExplainedFrame, str | None]:
    """Return one person's maps, and the name of that person; those of the whole frame where nobody is."""
    frame, skeleton = seen.frame, estimator.skeleton
    if not seen.people and person is None:
        said = f"{heading(frame.index, frame.time_s)}: nobody found"
        return ExplainedFrame(frame.image, skeleton, explain_all(frame.image, estimator), said), None
    row = row_of(seen, skeleton, person)
    said = heading(frame.index, frame.time_s, seen.people[row] if len(seen.people) > 1 else "")
    return ExplainedFrame(frame.image, skeleton, seen.explanation, said, row), seen.people[row]


def explainer(estimator: Estimator, name: str) -> Explainer:
    """Return the same estimator. Raises PluginError for one that shows no maps."""
    if not isinstance(estimator, Explainer) or not estimator.map_names:
        raise PluginError(f"estimator {name!r} shows no attention; choose another with --estimator")
    return estimator


def explain_all(image: Image, estimator: Explainer) -> Explanation:
    """Show the network the whole frame, as if somebody filled it."""
    whole = np.array([[0.0, 0.0, image.shape[1], image.shape[0]]])
    return estimator.explain(image, whole, estimator.map_names)


def chosen_keypoints(skeleton: Skeleton, names: Sequence[str]) -> tuple[int, ...]:
    """Return the places of these keypoints; without any, of wrists and ankles, or of all where there are none.

    Raises PluginError for a name that the skeleton does not have.
    """
    unknown = [name for name in names if name not in skeleton.names]
    if unknown:
        raise PluginError(f"no keypoint {', '.join(unknown)}; the estimator has: {', '.join(skeleton.names)}")
    if names:
        return tuple(skeleton.index(name) for name in names)
    outermost = [k for k, name in enumerate(skeleton.names) if name.endswith(OUTERMOST)]
    return tuple(outermost or range(len(skeleton)))


def check_picture(path: Path) -> None:
    """Raise OutputError where a picture of that name cannot be written."""
    check_name(path)
    if path.suffix.lower() != ".png":
        raise OutputError(f"{path}: pictures are written as PNG; name it {path.with_suffix('.png').name}")
    check_writable(path)


def write_picture(path: Path, image: Image) -> None:
    """Write a PNG. Raises OutputError."""
    with staged(path) as stage:
        stage.write_bytes(cv2.imencode(".png", image[..., ::-1])[1].tobytes())
