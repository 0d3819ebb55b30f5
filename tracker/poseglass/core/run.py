"""Frames in, everybody in them out: the one loop behind every job, the window, and live.

A run has no files and knows no window. It is given an estimator that is loaded already, a source of boxes, which says
where to look, and an association, which says who is who.

Shapes: P people, K keypoints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from poseglass.api import Estimator, Explainer, Smoother
from poseglass.core.people.associate import InOrder
from poseglass.core.people.follow import SingleFollower
from poseglass.core.plugins import make_estimator
from poseglass.core.threads import read_ahead
from poseglass.types import Boxes, Event, Explanation, Floats, Frame, Image, MapName, Poses, Skeleton


class BoxSource(Protocol):
    """Says where to look for people. One for each video; frames come in order."""

    def boxes(self, image: Image, estimator: Estimator) -> Boxes:
        """Return where to look in a frame, (P, 4); no box where nobody is to be looked for."""

    def learn(self, poses: Poses, skeleton: Skeleton) -> bool:
        """Take note of what was seen in those boxes; return False to be asked once more for boxes in this frame."""


class Association(Protocol):
    """Says who is who. One for each video; frames come in order."""

    def names(self, frame: Frame, poses: Poses) -> Sequence[str | None]:
        """Return the name of each pose's track, none twice; None for what is nobody."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame and everybody in it. Row i of all arrays is the track `people[i]`."""

    frame: Frame
    people: tuple[str, ...]
    explanation: Explanation  # raw poses, and the maps that were asked for
    live_xy: Floats  # (P, K, 2): smoothed from the past alone, or raw without a smoother
    events: tuple[Event, ...] = ()  # what happened to those who are followed, in this frame

    @property
    def poses(self) -> Poses:
        """The raw poses."""
        return self.explanation.poses


@dataclass(frozen=True)
class Method:
    """How people are found and followed: a loaded network, and what each video has its own of."""

    estimator: Estimator
    boxes: Callable[[], BoxSource] = SingleFollower
    association: Callable[[], Association] = InOrder

    def run(self, make_smoother: Callable[[], Smoother | None] = lambda: None) -> Run:
        """Begin with a video. make_smoother: for each track one of its own."""
        return Run(self.estimator, self.boxes(), self.association(), make_smoother)

    def close(self) -> None:
        """Let go of the network."""
        self.estimator.close()


@contextmanager
def loaded(name: str, options: Mapping[str, object], given: Method | None = None) -> Iterator[Method]:
    """Yield the method that is given, which stays with its owner, or one with the estimator of that name.

    Raises PluginError, and what the estimator raises.
    """
    if given is not None:
        yield given
        return
    with closing(Method(make_estimator(name, options))) as method:
        yield method


class Run:
    """One video's, or one camera's: frames in order."""

    def __init__(
        self,
        estimator: Estimator,
        boxes: BoxSource,
        association: Association,
        make_smoother: Callable[[], Smoother | None],
    ) -> None:
        self._estimator, self._boxes, self._association = estimator, boxes, association
        self._make_smoother = make_smoother
        self._noting = _Noting(estimator)
        self._smoothers: dict[str, Smoother | None] = {}

    def frames(self, frames: Iterable[Frame], want: Collection[MapName] = ()) -> Generator[Seen, None, None]:
        """See one frame after the other. A thread fetches them while the network works; closing ends it."""
        with closing(read_ahead(frames)) as ahead:
            for frame in ahead:
                yield self.see(frame, want)

    def see(self, frame: Frame, want: Collection[MapName] = ()) -> Seen:
        """Find everybody in the next frame. want: maps to keep on the way, of an Explainer."""
        explanation = self._look(frame.image, want)
        if not self._boxes.learn(explanation.poses, self._estimator.skeleton):
            explanation = self._look(frame.image, want)
            self._boxes.learn(explanation.poses, self._estimator.skeleton)
        names = self._association.names(frame, explanation.poses)
        rows = [row for row, name in enumerate(names) if name is not None]
        people = tuple(name for name in names if name is not None)
        explanation = explanation.part(rows)
        return Seen(frame, people, explanation, self._smoothed(frame.time_s, people, explanation.poses))

    def forget_motion(self) -> None:
        """Smooth everybody anew from here: what came before says nothing of how they move now."""
        self._smoothers.clear()

    def _look(self, image: Image, want: Collection[MapName]) -> Explanation:
        estimator = self._estimator
        self._noting.forget()
        boxes = self._boxes.boxes(image, self._noting)
        if not len(boxes):
            return Explanation(Poses.missing(len(estimator.skeleton), people=0), {})
        if not want:
            return Explanation(self._noting.known(boxes) or estimator.estimate(image, boxes), {})
        assert isinstance(estimator, Explainer), "maps are asked of an estimator that shows some"
        return estimator.explain(image, boxes, want)

    def _smoothed(self, time_s: float, people: Sequence[str], poses: Poses) -> Floats:
        live_xy = poses.xy.copy()
        for row, name in enumerate(people):
            if name not in self._smoothers:
                self._smoothers[name] = self._make_smoother()
            smoother = self._smoothers[name]
            if smoother is not None:
                live_xy[row] = smoother.step(time_s, poses.xy[row], poses.score[row], poses.covariance[row])
        return np.asarray(live_xy)


class _Noting:
    """The estimator, for a source that looks around by itself: the box it settles on need not be looked at again."""

    def __init__(self, inner: Estimator) -> None:
        self._inner = inner
        self.skeleton, self.facts = inner.skeleton, inner.facts
        self._seen: dict[bytes, Poses] = {}

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        poses = self._inner.estimate(image, boxes)
        self._seen |= {box.tobytes(): poses.part([row]) for row, box in enumerate(boxes)}
        return poses

    def forget(self) -> None:
        """Begin with another look."""
        self._seen.clear()

    def known(self, boxes: Boxes) -> Poses | None:
        """Return what was seen in the one box; None where it was not looked at."""
        return self._seen.get(boxes[0].tobytes()) if len(boxes) == 1 else None

    def close(self) -> None:
        """Leave the estimator to whoever opened it."""
