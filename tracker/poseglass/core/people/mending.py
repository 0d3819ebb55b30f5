"""Look again at somebody whose pose went wrong: around what a hand has placed, then on from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

import numpy as np

from poseglass.api import Estimator
from poseglass.core.people.boxes import LOST, SURE
from poseglass.core.people.cuts import Cuts
from poseglass.core.people.fitting import fitting_box, with_placed
from poseglass.core.people.match import within_reach
from poseglass.core.people.person import Person, Sighting, sighting
from poseglass.types import Floats, Frame, Poses, Track

ALIKE = 0.1
"""Distance in body sizes up to which a keypoint is where it was before: nothing is gained by the new one."""


class Ended(Enum):
    """Why a look again went no further."""

    UNFIT = "unfit"  # no pose fits what was placed: there is nothing
    CUT = "cut"  # another scene begins
    LOST = "lost"  # nobody is seen any more
    JUMP = "jump"  # the pose moved further than a body can
    ALIKE = "alike"  # what was there before is as good
    NO_MORE = "no more"  # frames were


class Mending:
    """One look again. `ended` says why no more poses came, None while they may."""

    def __init__(self, estimator: Estimator, before: Track) -> None:
        """before: what is there now from the first frame on, of the estimator's keypoints, `fixed` where placed."""
        assert before.fixed is not None, "nothing is placed"
        self._estimator, self._size = estimator, before.body_size
        self._before = before.xy
        self._placed = np.where(before.fixed[..., None], before.xy, np.nan)
        self._cuts = Cuts()
        self._person: Person | None = None
        self.ended: Ended | None = None

    def poses(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Poses]]:
        """Yield frames with the pose (1) that the network sees in each; the first is that of the track's first row.

        Frames come in order; those that cannot be decoded may be missing. What was placed says where to look, and is
        not in the poses.
        """
        first: int | None = None
        for frame in frames:
            first = frame.index if first is None else first
            seen = self._see(frame, frame.index - first)
            if isinstance(seen, Ended):
                self.ended = seen
                return
            yield frame, seen
        self.ended = Ended.NO_MORE

    def _see(self, frame: Frame, row: int) -> Poses | Ended:
        """Return the pose, and remember where it is; or why there is none, or it is one too many."""
        placed, person = self._placed[row], self._person
        if self._cuts.is_one(frame.image):
            return Ended.CUT
        if person is None:
            box = fitting_box(frame.image, self._estimator, placed, self._size)
        else:
            box = person.expected_box(frame.time_s)
        if box is None:
            return Ended.UNFIT
        seen = self._estimator.estimate(frame.image, box[None])
        one = sighting(frame.image, box, with_placed(seen, placed), self._estimator.skeleton)
        if one is None or one.score < LOST:
            return Ended.UNFIT if person is None else Ended.LOST
        if person is None:
            self._person = Person.first_seen(one, frame.time_s)
            return seen
        if not within_reach([person], [one], frame.time_s)[0, 0]:
            return Ended.JUMP
        if self._is_as_before(one, row):
            return Ended.ALIKE
        person.see(one, frame.time_s)
        return seen

    def _is_as_before(self, one: Sighting, row: int) -> bool:
        """Tell whether every keypoint that is sure, and not placed, which agrees with itself, is where it was."""
        xy, score = one.pose.xy[0], one.pose.score[0]
        counts = np.isfinite(xy).all(axis=-1) & (score >= SURE) & np.isnan(self._placed[row]).any(axis=-1)
        apart: Floats = np.linalg.norm(xy[counts] - self._before[row, counts], axis=-1) / self._size
        return bool(counts.any() and (apart <= ALIKE).all())
