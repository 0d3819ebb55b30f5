"""A clip with what the network looked at painted into every frame, under the pose."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from poseglass.api import Smoother
from poseglass.core.attention.maps import MapChoice, MapLayer, MapView, layer, paint_layer
from poseglass.core.files.output import staged
from poseglass.core.overlay import paint
from poseglass.core.run import Method, Seen
from poseglass.core.threads import WriteBehind
from poseglass.core.video.video import VideoInfo
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import VideoError
from poseglass.types import Explanation, Floats, Frame, MapName, Skeleton


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
        VideoWriter(stage, info.width, info.height, info.time_base, info.average_rate) as writer,
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
    people = range(len(explanation.poses)) if explanation is not None else ()
    return [layer(explanation, choice, view, person) for person in people if explanation is not None]
