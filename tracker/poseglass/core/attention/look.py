"""The job of `poseglass look`: one frame of a video in, a picture of all that the network looked at out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from poseglass.api import Estimator, Explainer
from poseglass.core.attention.look_sheet import look_sheet
from poseglass.core.attention.looked import ExplainedFrame, heading
from poseglass.core.attention.maps import MapView
from poseglass.core.files.output import check_writable, staged
from poseglass.core.plugins import DEFAULT_ESTIMATOR
from poseglass.core.run import Method, loaded
from poseglass.core.video.video import Video, VideoInfo
from poseglass.errors import OutputError, PluginError
from poseglass.types import Explanation, Image, Skeleton

OUTERMOST = ("wrist", "ankle")
"""Shown where no keypoint is asked for: the hardest (figure 7 of the paper), so what a reader mostly asks about."""


@dataclass(frozen=True)
class LookJob:
    """What to do."""

    video: Path
    picture: Path  # .png
    frame: int | None = None  # else the one that is on the screen at
    time_s: float = 0.0
    keypoints: tuple[str, ...] = ()
    estimator: str = DEFAULT_ESTIMATOR
    estimator_options: Mapping[str, object] = field(default_factory=dict)
    view: MapView = field(default_factory=MapView)


@dataclass(frozen=True)
class LookOutcome:
    """What was done."""

    frame: int
    time_s: float
    found: bool  # False: nobody was found, so that the network was shown the whole frame


def look(job: LookJob, method: Method | None = None) -> LookOutcome:
    """Do the job. Raises PoseglassError; then nothing is written.

    method: one that is loaded already, in place of the job's estimator.
    """
    check_picture(job.picture)
    with Video.open(job.video) as video, loaded(job.estimator, job.estimator_options, method) as how:
        estimator = explainer(how.estimator, job.estimator)
        keypoints = chosen_keypoints(estimator.skeleton, job.keypoints)
        frame = video.frame(shown_at(video.info, job.time_s) if job.frame is None else job.frame)
        seen = how.run().see(frame, estimator.map_names)
        found = len(seen.people) > 0
        explanation = seen.explanation if found else explain_all(frame.image, estimator)
        said = heading(frame) if found else f"{heading(frame)}: nobody found"
        looked = ExplainedFrame(frame.image, estimator.skeleton, explanation, said)
        write_picture(job.picture, look_sheet(looked, keypoints, job.view))
        return LookOutcome(frame.index, frame.time_s, found)


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


def shown_at(info: VideoInfo, time_s: float) -> int:
    """Return the number of the frame that is on the screen at a time: the last that began by then."""
    return max(0, bisect_right(range(info.n_frames), time_s, key=info.time_s) - 1)


def check_picture(path: Path) -> None:
    """Raise OutputError where a picture of that name cannot be written."""
    if path.suffix.lower() != ".png":
        raise OutputError(f"{path}: pictures are written as PNG; name it {path.with_suffix('.png').name}")
    check_writable(path)


def write_picture(path: Path, image: Image) -> None:
    """Write a PNG. Raises OutputError."""
    with staged(path) as stage:
        stage.write_bytes(cv2.imencode(".png", image[..., ::-1])[1].tobytes())
