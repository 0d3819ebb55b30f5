"""The job of "Look again": somebody in a video, from keypoints that were placed, until nothing more is to be mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from poseglass.core.analysis import leave_a_core_free
from poseglass.core.people.mending import Ended, Mending
from poseglass.core.plugins import DEFAULT_ESTIMATOR
from poseglass.core.run import Finding, Method, loaded
from poseglass.core.store.document import Document
from poseglass.core.store.matching import spread
from poseglass.core.threads import read_ahead
from poseglass.core.video.video import Video
from poseglass.types import Poses, Skeleton, Track


@dataclass(frozen=True, eq=False)
class MendWish:
    """Whom to look at again, from which frame on, and with what."""

    video: Path
    frames: range  # no further than these
    before: Track  # what is there now in these frames, `fixed` where placed
    skeleton: Skeleton  # of `before`
    estimator: str = DEFAULT_ESTIMATOR
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Mended:
    """What was seen, and why no further."""

    frames: NDArray[np.intp]  # (F,), rising
    poses: Poses  # of the one person, rows are frames
    skeleton: Skeleton  # of the poses
    facts: Mapping[str, str]  # what the estimator says of itself
    ended: Ended | None  # None: it was stopped


def wish_of(document: Document, person: str, frame: int, estimator: str, options: Mapping[str, object]) -> MendWish:
    """Return the wish to look again at a person from a frame on, as far as frames in a row were analysed."""
    ahead = document.tracks.analysed[frame + 1 :]
    stop = frame + 1 + (len(ahead) if ahead.all() else int(np.argmin(ahead)))
    frames = range(frame, stop)
    before = document.tracks.corrected(person, frames)
    return MendWish(document.footage.path, frames, before, document.skeleton, estimator, options)


def look_again(
    wish: MendWish,
    watch: Callable[[int, int], object],
    should_stop: Callable[[], bool],
    method: Method | None = None,
) -> Mended:
    """Look again. For a thread beside others that must stay quick: one core is left to them.

    watch: frames done and at most expected, after each. method: one that is loaded already. A stopped one keeps what
    it has. Raises PoseglassError.
    """
    leave_a_core_free()
    with Video.open(wish.video) as video, loaded(wish.estimator, wish.options, Finding(None), method) as how:
        estimator = how.estimator
        mending = Mending(estimator, _of_keypoints(wish.before, wish.skeleton, estimator.skeleton))
        frames: list[int] = []
        seen: list[Poses] = []
        with closing(read_ahead(video.frames(wish.frames))) as ahead:
            for frame, poses in mending.poses(ahead):
                frames.append(frame.index)
                seen.append(poses)
                watch(len(frames), len(wish.frames))
                if should_stop():
                    break
        all_seen = Poses.of(seen, len(estimator.skeleton))
        return Mended(np.array(frames, np.intp), all_seen, estimator.skeleton, estimator.facts, mending.ended)


def _of_keypoints(track: Track, skeleton: Skeleton, wanted: Skeleton) -> Track:
    """Return the same in another skeleton's keypoints, matched by name; missing where it has none of a name."""
    assert track.fixed is not None, "nothing is placed"
    here = np.array([k for k, name in enumerate(wanted.names) if name in skeleton.names], dtype=np.intp)
    part = track.part(slice(None), [skeleton.index(wanted.names[k]) for k in here])
    wide = spread(Poses(part.xy, part.score, part.covariance), here, len(wanted))
    fixed = np.zeros(wide.score.shape, dtype=bool)
    fixed[:, here] = part.fixed
    return Track(track.time_s, wide.xy, wide.score, wide.covariance, fixed, track.body_size)
