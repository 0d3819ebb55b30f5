"""A clip with what the network looked at painted into every frame, under the pose."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from poseglass.api import Explainer, Smoother
from poseglass.core.attention.looked import look_again
from poseglass.core.attention.maps import MapChoice, MapLayer, MapView, layer, paint_layer
from poseglass.core.files.output import staged
from poseglass.core.overlay import paint
from poseglass.core.pipeline import follow_frames
from poseglass.core.threads import WriteBehind
from poseglass.core.video.video import VideoInfo
from poseglass.core.video.video_writer import VideoWriter
from poseglass.errors import VideoError
from poseglass.types import Boxes, Explanation, Floats, Frame, Image, MapName, Poses, Skeleton


@dataclass(frozen=True, slots=True)
class Sighting:
    """A frame, what the network looked at, and the pose to draw."""

    frame: Frame
    explanation: Explanation | None  # of one person; None where nobody is, and no map is painted
    xy: Floats  # (K, 2)
    score: Floats  # (K,)
    skeleton: Skeleton  # of the pose: in a document it may be another than the network's


def follow_looking(
    frames: Iterable[Frame], explainer: Explainer, smoother: Smoother | None, name: MapName
) -> Generator[Sighting, None, None]:
    """Follow one person as `follow_frames` does, and keep the map of the very look that each pose is from."""
    attentive = _Attentive(explainer, name)
    with closing(follow_frames(frames, attentive, smoother)) as following:
        for seen in following:
            explanation = attentive.last
            if explanation is None or explanation.poses is not seen.poses:  # it comes from a search
                explanation = look_again(seen.frame.image, seen.poses, explainer.skeleton, explainer, (name,))
            yield Sighting(seen.frame, explanation, seen.live_xy, seen.poses.score[0], explainer.skeleton)


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

        def draw(painted: tuple[Sighting, MapLayer | None]) -> None:
            sighting, over = painted
            image = sighting.frame.image.copy()  # the frame may be on somebody's screen
            if over is not None:
                paint_layer(image, over)
            paint(image, sighting.skeleton, sighting.xy, sighting.score)
            writer.write(image, sighting.frame.pts - first.frame.pts)

        done = 0
        with WriteBehind(draw) as behind:
            for sighting in chain([first], sightings):
                seen = sighting.explanation
                behind.put((sighting, layer(seen, choice, view) if seen else None))
                done += 1
                watch(done)
                if should_stop():
                    break
        return done


class _Attentive:
    """An estimator that remembers its last look at one person with the map of that name."""

    def __init__(self, explainer: Explainer, name: MapName) -> None:
        self._explainer, self._name = explainer, name
        self.last: Explanation | None = None

    @property
    def skeleton(self) -> Skeleton:
        return self._explainer.skeleton

    @property
    def facts(self) -> Mapping[str, str]:
        return self._explainer.facts

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        if len(boxes) != 1:  # a search, whose guesses nobody looks at
            return self._explainer.estimate(image, boxes)
        self.last = self._explainer.explain(image, boxes, (self._name,))
        return self.last.poses

    def close(self) -> None:
        """Leave the explainer to whoever opened it."""
