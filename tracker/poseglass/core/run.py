"""Frames in, everybody in them out: the one loop behind every job, the window, and live.

A run has no files and knows no window. It is given an estimator that is loaded already, and what follows people: that
says where to look, and who is who.

Shapes: P people, K keypoints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from poseglass.api import Detector, Estimator, Explainer, Smoother
from poseglass.core.people.everybody import Everybody
from poseglass.core.people.following import Following
from poseglass.core.people.search import Searching
from poseglass.core.people.whom import Whom
from poseglass.core.plugins import DEFAULT_DETECTOR, make_detector, make_estimator
from poseglass.core.threads import read_ahead
from poseglass.types import Boxes, Event, Explanation, Floats, Frame, Image, MapName, Poses, Skeleton

TOGETHER = 16
"""Boxes that go through the network at once: their crops and features take some 200 MB."""
FORGOTTEN_S = 5.0
"""After so long without somebody, what their smoother knows is of no use."""


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
    """How people are found and followed: loaded networks, and what each video has its own of."""

    estimator: Estimator
    following: Callable[[], Following] = Searching
    detector: Detector | None = None  # that the following looks with

    def run(self, make_smoother: Callable[[], Smoother | None] = lambda: None) -> Run:
        """Begin with a video. make_smoother: for each track one of its own."""
        return Run(self.estimator, self.following(), make_smoother)

    @property
    def facts(self) -> Mapping[str, str]:
        """What the estimator and the detector say of themselves; the detector's names start with `detector`."""
        of_detector = {} if self.detector is None else self.detector.facts
        named = {name if name == "detector" else f"detector_{name}": text for name, text in of_detector.items()}
        return {**self.estimator.facts, **named}

    def close(self) -> None:
        """Let go of the networks."""
        self.estimator.close()
        if self.detector is not None:
            self.detector.close()


@dataclass(frozen=True)
class Finding:
    """How people are to be found: by which detector, and whom of them."""

    detector: str | None = DEFAULT_DETECTOR  # None: one person, searched for with the estimator itself
    options: Mapping[str, object] = field(default_factory=dict)
    whom: Whom = field(default_factory=Whom)


def make_method(estimator: Estimator, finding: Finding) -> Method:
    """Return the method of an estimator. Raises PluginError, and what the detector raises."""
    if finding.detector is None:
        return Method(estimator)
    detector = make_detector(finding.detector, finding.options)
    return Method(estimator, lambda: Everybody(detector, finding.whom), detector)


def loaded_method(name: str, options: Mapping[str, object], finding: Finding) -> Method:
    """Return the method with the estimator of that name; close it. Raises PluginError, and what the plugins raise."""
    with ExitStack() as stack:
        estimator = make_estimator(name, options)
        stack.callback(estimator.close)
        method = make_method(estimator, finding)
        stack.pop_all()
        return method


@contextmanager
def loaded(name: str, options: Mapping[str, object], finding: Finding, given: Method | None = None) -> Iterator[Method]:
    """Yield the method that is given, which stays with its owner, or one with the estimator of that name.

    Raises PluginError, and what the plugins raise.
    """
    if given is not None:
        yield given
        return
    with closing(loaded_method(name, options, finding)) as method:
        yield method


class Run:
    """One video's, or one camera's: frames in order."""

    def __init__(
        self, estimator: Estimator, following: Following, make_smoother: Callable[[], Smoother | None]
    ) -> None:
        self._estimator, self._following = estimator, following
        self._make_smoother = make_smoother
        self._smoothers: dict[str, tuple[Smoother | None, float]] = {}  # and when their person was seen last

    def frames(self, frames: Iterable[Frame], want: Collection[MapName] = ()) -> Generator[Seen, None, None]:
        """See one frame after the other. A thread fetches them while the network works; closing ends it."""
        with closing(read_ahead(frames)) as ahead:
            for frame in ahead:
                yield self.see(frame, want)

    def see(self, frame: Frame, want: Collection[MapName] = ()) -> Seen:
        """Find everybody in the next frame. want: maps to keep on the way, of an Explainer."""
        return self.smoothed(self.found(frame, want))

    def found(self, frame: Frame, want: Collection[MapName] = ()) -> Seen:
        """Find everybody in the next frame, onwards or backwards, and smooth nothing."""
        eyes = _FrameEyes(self._estimator, frame.image, want)
        followed = self._following.follow(frame, eyes)
        explanation = eyes.explained(followed.boxes)
        return Seen(frame, followed.people, explanation, explanation.poses.xy, followed.events)

    def smoothed(self, seen: Seen) -> Seen:
        """Smooth the poses of a frame, the next one in time, from the past alone."""
        live_xy, time_s, poses = seen.poses.xy.copy(), seen.frame.time_s, seen.poses
        for row, name in enumerate(seen.people):
            smoother, _ = self._smoothers[name] if name in self._smoothers else (self._make_smoother(), 0.0)
            self._smoothers[name] = smoother, time_s
            if smoother is not None:
                live_xy[row] = smoother.step(time_s, poses.xy[row], poses.score[row], poses.covariance[row])
        self._smoothers = {name: each for name, each in self._smoothers.items() if time_s - each[1] <= FORGOTTEN_S}
        return replace(seen, live_xy=np.asarray(live_xy))

    def forget_motion(self) -> None:
        """Smooth everybody anew from here: what came before says nothing of how they move now."""
        self._smoothers.clear()


class _FrameEyes:
    """The estimator over one frame; remembers what it saw in which box, with maps where they were asked for."""

    def __init__(self, estimator: Estimator, image: Image, want: Collection[MapName]) -> None:
        self._estimator, self._image, self._want = estimator, image, want
        self._seen: dict[bytes, Explanation] = {}  # of one person each

    @property
    def skeleton(self) -> Skeleton:
        return self._estimator.skeleton

    def look(self, boxes: Boxes, *, is_guess: bool = False) -> Poses:
        self._see([box for box in boxes if box.tobytes() not in self._seen], () if is_guess else self._want)
        return Poses.of([self._seen[box.tobytes()].poses for box in boxes], len(self.skeleton))

    def explained(self, boxes: Boxes) -> Explanation:
        """Return what was seen in boxes that were looked at, with the maps that are wanted."""
        without = [box for box in boxes if len(self._seen[box.tobytes()].maps) < len(self._want)]
        self._see(without, self._want)
        if not len(boxes):
            return Explanation(Poses.missing(len(self.skeleton), people=0), {})
        return Explanation.of([self._seen[box.tobytes()] for box in boxes])

    def _see(self, boxes: Sequence[Floats], want: Collection[MapName]) -> None:
        for start in range(0, len(boxes), TOGETHER):
            some = np.stack(boxes[start : start + TOGETHER])
            explanation = self._explain(some, want)
            self._seen |= {box.tobytes(): explanation.part([row]) for row, box in enumerate(some)}

    def _explain(self, boxes: Boxes, want: Collection[MapName]) -> Explanation:
        if not want:
            return Explanation(self._estimator.estimate(self._image, boxes), {})
        assert isinstance(self._estimator, Explainer), "maps are asked of an estimator that shows some"
        return self._estimator.explain(self._image, boxes, want)
