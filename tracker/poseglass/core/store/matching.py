"""Keypoints matched by their names, where an estimator finds other ones than a document holds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from poseglass.errors import SessionError
from poseglass.types import Poses, Skeleton


def joined(new: Skeleton, old: Skeleton) -> Skeleton:
    """Return a skeleton for the poses of both: `new` first, then what only `old` has, with its edges.

    Where `old` has all keypoints of `new` it stays as it is. Raises SessionError where they have none in common:
    such poses are hardly of the same body.
    """
    if set(new.names) <= set(old.names):
        return old
    only_old = tuple(name for name in old.names if name not in new.names)
    if len(only_old) == len(old):
        raise SessionError(
            f"this session's poses have {len(old)} keypoints, {old.names[0]} first, and the model finds none of them "
            f"but {len(new)} others, {new.names[0]} first; start a new session for it"
        )
    edges = tuple(edge for edge in old.edges if set(edge) & set(only_old))
    return Skeleton((*new.names, *only_old), (*new.edges, *edges))


def places_in(skeleton: Skeleton, names: tuple[str, ...]) -> NDArray[np.intp]:
    """Return the place of each of these keypoints, all of them the skeleton's."""
    return np.array([skeleton.index(name) for name in names], dtype=np.intp)


def spread(poses: Poses, places: NDArray[np.intp], keypoints: int) -> Poses:
    """Return poses of so many keypoints, with these at the given places and the others missing.

    Raises SessionError where there are more or fewer poses' keypoints than places.
    """
    if poses.score.shape[1] != len(places):
        raise SessionError(f"poses of {poses.score.shape[1]} keypoints do not fit a model of {len(places)}")
    wide = Poses.missing(keypoints, len(poses))
    wide.xy[:, places], wide.score[:, places], wide.covariance[:, places] = poses.xy, poses.score, poses.covariance
    return wide


def matching_text(model: Skeleton, before: Skeleton) -> str:
    """Return, in English, what becomes of poses that are there when a model of other keypoints looks; "" for nothing.

    before: the keypoints of the poses so far.
    """
    fresh = [model.spoken(name) for name in model.names if name not in before.names]
    gone = [before.spoken(name) for name in before.names if name not in model.names]
    parts = []
    if fresh:
        parts.append(f"New with this model, and missing where another one looked: {_listed(fresh)}.")
    if gone:
        parts.append(f"Not found by this model, and missing where it looks: {_listed(gone)}.")
    return " ".join(["Keypoints are matched by name.", *parts]) if parts and len(before) else ""


def _listed(spoken: list[str]) -> str:
    return spoken[0] if len(spoken) == 1 else f"{', '.join(spoken[:-1])} and {spoken[-1]}"
