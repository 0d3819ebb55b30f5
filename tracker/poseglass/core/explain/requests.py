"""Explain one frame after another as they are asked for: the newest request wins, the rest is never looked at."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from poseglass.api import Explainer
from poseglass.core.analysis import leave_a_core_free
from poseglass.core.explain.frame import ExplainedFrame, heading, look_again
from poseglass.core.fences import FencedEstimator
from poseglass.core.mailbox import Mailbox
from poseglass.core.run import Method, Run
from poseglass.types import Boxes, Explanation, Frame, Image, MapName, Poses, Skeleton

NEAR = 5
"""Frames from one to the next up to which the person is looked for where they were: a step, a slow drag."""


@dataclass(frozen=True, eq=False)
class ExplanationRequest:
    """A frame to look at."""

    video: Path
    frame: int
    time_s: float
    picture: Image  # (H, W, 4) blue, green, red, 255
    poses: Poses | None  # one person's, all missing where nobody is; None where nobody has looked yet
    want: Collection[MapName]
    skeleton: Skeleton | None = None  # of `poses`, where another network found them; None: that of the maps
    person: str = ""  # whose `poses` they are, to be said where several people are there

    @property
    def heading(self) -> str:
        """Which frame this is, and whose."""
        return heading(self.frame, self.time_s, self.person)

    @property
    def stem(self) -> Path:
        """How names of files about this frame begin, beside the video."""
        return self.video.with_name(f"{self.video.stem}_frame{self.frame}")


@dataclass(frozen=True, eq=False)
class ExplanationAnswer:
    """What became of it."""

    request: ExplanationRequest
    looked: ExplainedFrame | None  # None: nobody is there

    @property
    def was_searched(self) -> bool:
        """Whether the person had to be looked for."""
        return self.request.poses is None


class FrameExplainer:
    """Looks, in the thread that calls `run`, until it is closed."""

    def __init__(
        self,
        make_estimator: Callable[[], FencedEstimator],
        introduce: Callable[[tuple[MapName, ...], Skeleton], object],
        answer: Callable[[ExplanationAnswer], object],
    ) -> None:
        """introduce: called when the network is loaded, with its maps. Both are called in the thread."""
        self._make_estimator, self._introduce, self._answer = make_estimator, introduce, answer
        self._waiting: Mailbox[ExplanationRequest] = Mailbox()
        self._search: _Search | None = None

    def ask(self, request: ExplanationRequest) -> None:
        """Ask for a frame instead of whatever was asked for before; a search that goes on is given up."""
        self._waiting.put(request)

    def close(self) -> None:
        """Ask `run` to end after what it is at."""
        self._waiting.close()

    def run(self) -> None:
        """Load the network and answer requests. Raises PoseglassError; then it answers no more."""
        leave_a_core_free()
        with closing(self._make_estimator()) as estimator:
            self._introduce(estimator.map_names, estimator.skeleton)
            while (request := self._waiting.wait()) is not None:
                try:
                    looked = self._look(estimator, request)
                except _SupersededError:
                    continue
                self._answer(ExplanationAnswer(request, looked))

    def _look(self, estimator: FencedEstimator, request: ExplanationRequest) -> ExplainedFrame | None:
        image = np.ascontiguousarray(request.picture[..., 2::-1])
        if request.poses is None:
            if self._search is None or not self._search.is_near(request):
                self._search = _Search(Method(_Impatient(estimator, self._waiting)).run())
            explanation = self._search.explain(request, image)
        else:
            skeleton = request.skeleton or estimator.skeleton
            explanation = look_again(image, request.poses, skeleton, estimator, request.want)
        return None if explanation is None else ExplainedFrame(image, estimator.skeleton, explanation, request.heading)


class _SupersededError(Exception):
    """Another frame was asked for while somebody was looked for in this one."""


class _Impatient:
    """An estimator that gives up as soon as there is another request."""

    def __init__(self, inner: Explainer, waiting: Mailbox[ExplanationRequest]) -> None:
        self._inner, self._waiting = inner, waiting
        self.skeleton, self.facts, self.map_names = inner.skeleton, inner.facts, inner.map_names

    def estimate(self, image: Image, boxes: Boxes) -> Poses:
        self._give_way()
        return self._inner.estimate(image, boxes)

    def explain(self, image: Image, boxes: Boxes, want: Collection[MapName]) -> Explanation:
        self._give_way()
        return self._inner.explain(image, boxes, want)

    def _give_way(self) -> None:
        if self._waiting.is_ready:
            raise _SupersededError

    def close(self) -> None:
        """Leave the inner one to whoever opened it."""


class _Search:
    """Where somebody was seen last, in frames without results."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._last: ExplanationRequest | None = None

    def is_near(self, request: ExplanationRequest) -> bool:
        """Tell whether what is remembered is of use there."""
        last = self._last
        return last is not None and last.video == request.video and abs(last.frame - request.frame) <= NEAR

    def explain(self, request: ExplanationRequest, image: Image) -> Explanation | None:
        """Return what the network looked at to see the first person; None where nobody is."""
        seen = self._run.see(Frame(request.frame, 0, request.time_s, image), request.want)
        # A run that has found nobody would not search again for a while, which is for frames in a row.
        self._last = request if seen.people else None
        return seen.explanation if seen.people else None
