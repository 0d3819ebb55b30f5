"""A clip with what the network looked at painted into every frame, under the pose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from poseglass.api import Explainer
from poseglass.core.follow import person_box
from poseglass.core.maps import MapChoice, MapLayer, MapView, layer, paint_layer
from poseglass.core.output import staged
from poseglass.core.overlay import paint
from poseglass.core.pipeline import Seen
from poseglass.core.threads import WriteBehind
from poseglass.core.video import VideoInfo
from poseglass.core.video_writer import VideoWriter
from poseglass.errors import VideoError
from poseglass.types import Boxes, Floats, Frame


@dataclass(frozen=True, slots=True)
class Sighting:
    """A frame, where to look in it, and the pose to draw."""

    frame: Frame
    box: Boxes | None  # (1, 4); None where nobody is, and nothing is painted
    xy: Floats  # (K, 2)
    score: Floats  # (K,)


def sightings(following: Iterable[Seen]) -> Iterator[Sighting]:
    """Look again at each person who is being followed, in the box around the pose found: the maps are of that look."""
    for seen in following:
        box = person_box(seen.poses)
        yield Sighting(seen.frame, None if box is None else box[None], seen.live_xy, seen.poses.score[0])


def explain_clip(
    path: Path,
    info: VideoInfo,
    what: Iterator[Sighting],
    explainer: Explainer,
    choice: MapChoice,
    view: MapView,
    watch: Callable[[int], None],
    should_stop: Callable[[], bool],
) -> int:
    """Write an MP4 of these frames with one map over each, and return how many they are; the first is at time 0.

    After each frame `watch` gets the number of frames done, and `should_stop` is asked; a stopped clip is kept.
    Raises PoseglassError; then nothing is written, and what lay at `path` is as it was.
    """
    first = next(what, None)
    if first is None:
        raise VideoError(f"{info.path}: no frame could be decoded")
    with (
        staged(path) as stage,
        VideoWriter(stage, info.width, info.height, info.time_base, info.average_rate) as writer,
    ):

        def draw(painted: tuple[Sighting, MapLayer | None]) -> None:
            sighting, over = painted
            image = sighting.frame.image.copy()  # the frame may be on somebody's screen
            if over is not None:
                paint_layer(image, over)
            paint(image, explainer.skeleton, sighting.xy, sighting.score)
            writer.write(image, sighting.frame.pts - first.frame.pts)

        done = 0
        with WriteBehind(draw) as behind:
            for sighting in chain([first], what):
                behind.put((sighting, _layer(sighting, explainer, choice, view)))
                done += 1
                watch(done)
                if should_stop():
                    break
        return done


def _layer(sighting: Sighting, explainer: Explainer, choice: MapChoice, view: MapView) -> MapLayer | None:
    if sighting.box is None:
        return None
    return layer(explainer.explain(sighting.frame.image, sighting.box, (choice.name,)), choice, view)
