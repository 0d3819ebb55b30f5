"""Look again at somebody whose pose went wrong: around what a hand has placed, then on from frame to frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

import numpy as np

from poseglass.api import Estimator
from poseglass.core.people.fitting import fitting_box, with_placed
from poseglass.core.people.follow import LOST, SURE, mean_score, person_box, steadied
from poseglass.types import Flags, Floats, Frame, Poses, Track, body_sizes

SPEED = 10.0
"""Body sizes a second: no body moves faster (a sprinter 6), nor a camera that keeps somebody in the picture."""
LEAST_REACH = 0.35
"""Body sizes that a pose may move from one frame to the next at whatever rate: boxes and poses are not exact."""
GROWTH = 1.7
"""Times larger or smaller: who changes so much from frame to frame is somebody else."""
ALIKE = 0.1
"""Distance in body sizes up to which a keypoint is where it was before: nothing is gained by the new one."""


class Ended(Enum):
    """Why a look again went no further."""

    UNFIT = "unfit"  # no pose fits what was placed: there is nothing
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
        self.ended: Ended | None = None

    def poses(self, frames: Iterable[Frame]) -> Iterator[tuple[Frame, Poses]]:
        """Yield frames with the pose (1) that the network sees in each; the first is that of the track's first row.

        Frames come in order; those that cannot be decoded may be missing. What was placed says where to look, and is
        not in the poses.
        """
        first = box = last = None
        for frame in frames:
            first = frame.index if first is None else first
            row = frame.index - first
            if box is None:
                box = fitting_box(frame.image, self._estimator, self._placed[row], self._size)
            if box is None:
                self.ended = Ended.UNFIT
                return
            seen = self._estimator.estimate(frame.image, box[None])
            now = frame.time_s, with_placed(seen, self._placed[row])
            self.ended = self._end(last, now, row)
            if self.ended is not None:
                return
            yield frame, seen
            nearer, last = person_box(now[1], self._estimator.skeleton), now
            box = box if nearer is None else steadied(nearer, box)
        self.ended = Ended.NO_MORE

    def _end(self, last: tuple[float, Poses] | None, now: tuple[float, Poses], row: int) -> Ended | None:
        """Return why this pose, with its time, is one too many; None where it is not."""
        time_s, poses = now
        if mean_score(poses, self._estimator.skeleton)[0] < LOST:
            return Ended.UNFIT if last is None else Ended.LOST
        if last is None:
            return None
        if jumps(last[1], poses, self._size, time_s - last[0]):
            return Ended.JUMP
        return Ended.ALIKE if self._is_as_before(poses, row) else None

    def _is_as_before(self, poses: Poses, row: int) -> bool:
        sure = _sure(poses) & np.isnan(self._placed[row]).any(axis=-1)  # what was placed agrees with itself
        apart = _distances(poses.xy[0, sure], self._before[row, sure]) / self._size
        return bool(sure.any() and (apart <= ALIKE).all())


def jumps(before: Poses, after: Poses, size: float, seconds: float) -> bool:
    """Tell whether a pose (1) lies further from the one before than a body of this size in px moves in that time."""
    both = _sure(before) & _sure(after)
    if not both.any():
        return True
    a, b = before.xy[0, both], after.xy[0, both]
    sizes = np.nan_to_num(body_sizes(np.stack([a, b])), nan=1.0)
    is_far = float(np.median(_distances(a, b))) > max(LEAST_REACH, SPEED * seconds) * size
    return is_far or bool(sizes.max() > GROWTH * sizes.min())


def _sure(poses: Poses) -> Flags:
    """Return the keypoints (K,) of the first pose that say where it is."""
    return np.asarray(np.isfinite(poses.xy[0]).all(axis=-1) & (poses.score[0] >= SURE))


def _distances(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.sqrt(np.square(a - b).sum(axis=-1)))
