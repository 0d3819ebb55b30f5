"""Who is who: the people of the frames before, and what was seen in this one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from poseglass.core.likeness import keypoint_similarity
from poseglass.core.people.looks import likeness
from poseglass.core.people.person import Person, Sighting
from poseglass.types import Flags, Floats, Poses, Skeleton
from poseglass_models.boxes import overlaps

TOLERANCE = 2.0
"""Times COCO's sigmas: limbs move between frames."""
POSE, PLACE, LOOKS = 0.45, 0.3, 0.25
"""What pose, box and colours weigh in saying who is who."""
ALIKE, OVERLAPPING = 0.1, 0.3
"""Similarity of poses, or overlap of boxes, from which two may be the same person."""
STRANGE, SURELY = 0.3, 0.8
"""Likeness of their colours up to which they are not, unless their poses are so alike: somebody else is in front."""
SAME_POSE, SAME_PLACE = 0.7, 0.8
"""Similarity of poses, or overlap of boxes, from which two sightings are one person, seen twice."""
LEAP, LEAP_A_SECOND, LONGEST_LEAP = 0.3, 6.0, 0.65
"""How far a body can get, in parts of its size: at once (the network errs, too), with every second, and in one frame
however long that is."""
NEAR, NEAR_A_SECOND = 0.8, 2.5
"""How far from where they were lost somebody may come back, in parts of their size, at once and with every second."""
SMALLER, LARGER = 0.55, 1.8
"""How much smaller and larger they may be then."""
KNOWN = 0.55
"""Likeness of their colours from which they may be the same."""


def people_seen(
    people: Sequence[Person], seen: Sequence[Sighting], time_s: float, skeleton: Skeleton
) -> list[tuple[int, int]]:
    """Return which person is which sighting, as pairs of their places, by where they were expected to be."""
    if not people or not seen:
        return []
    expected, poses = Poses.of([person.expected(time_s) for person in people]), Poses.of([one.pose for one in seen])
    boxes = np.stack([person.expected_box(time_s) for person in people])
    similarity = keypoint_similarity(expected, poses, skeleton, TOLERANCE)
    share = overlaps(boxes, np.stack([one.around for one in seen]))
    colours = np.array([[likeness(person.looks, one.looks) for one in seen] for person in people])
    can_be = ((similarity > ALIKE) | (share > OVERLAPPING)) & ((colours > STRANGE) | (similarity > SURELY))
    can_be &= within_reach(people, seen, time_s)
    return best_pairs(POSE * similarity + PLACE * share + LOOKS * colours, can_be)


def people_back(people: Sequence[Person], seen: Sequence[Sighting], time_s: float) -> list[tuple[int, int]]:
    """Return which person who was away is which sighting: by place, size and colours."""
    if not people or not seen:
        return []
    value, can_be = np.zeros((len(people), len(seen))), np.zeros((len(people), len(seen)), dtype=bool)
    for p, person in enumerate(people):
        where = person.last.middle + person.moved(time_s)
        reach = NEAR + NEAR_A_SECOND * abs(time_s - person.seen_s)
        for s, one in enumerate(seen):
            away, growth = float(np.linalg.norm(one.middle - where)) / person.size, one.size / person.size
            colours = likeness(person.looks, one.looks)
            can_be[p, s] = away <= reach and SMALLER <= growth <= LARGER and colours >= KNOWN
            value[p, s] = 1 + colours - 0.5 * away / reach
    return best_pairs(value, can_be)


def within_reach(people: Sequence[Person], seen: Sequence[Sighting], time_s: float) -> Flags:
    """Return which person (P,) could have got to which sighting (S,): half of their keypoints have not leapt."""
    passed = np.array([abs(time_s - person.seen_s) for person in people])
    limits = np.minimum(LEAP + LEAP_A_SECOND * passed, LONGEST_LEAP) * [person.size for person in people]
    expected = Poses.of([person.expected(time_s) for person in people])
    poses = Poses.of([one.pose for one in seen])
    return np.asarray(_apart(expected, poses) <= limits[:, None])


def _apart(a: Poses, b: Poses) -> Floats:
    """Return the median distance in px of the keypoints that are there in both, (P, Q); endless without any."""
    apart = np.linalg.norm(a.xy[:, None] - b.xy[None], axis=-1)
    there = np.isfinite(apart) & (a.score > 0)[:, None] & (b.score > 0)[None]
    apart = np.sort(np.where(there, apart, np.inf), axis=-1)
    middle = np.maximum(there.sum(axis=-1) - 1, 0) // 2
    return np.asarray(np.take_along_axis(apart, middle[..., None], axis=-1)[..., 0])


def once_each(seen: Sequence[Sighting], skeleton: Skeleton) -> list[Sighting]:
    """Return the sightings with each body once: the surest, and rather one that was expected than a detector's."""
    if len(seen) < 2:
        return list(seen)
    poses, boxes = Poses.of([one.pose for one in seen]), np.stack([one.around for one in seen])
    same = (keypoint_similarity(poses, poses, skeleton) > SAME_POSE) | (overlaps(boxes, boxes) > SAME_PLACE)
    kept: list[int] = []
    for s in sorted(range(len(seen)), key=lambda s: (seen[s].owner < 0, -seen[s].score)):
        if not same[s, kept].any():
            kept.append(s)
    return [seen[s] for s in sorted(kept)]


def best_pairs(value: Floats, can_be: Flags) -> list[tuple[int, int]]:
    """Return pairs (row, column) with the greatest sum of values, each row and column once, of those that can be."""
    from scipy.optimize import linear_sum_assignment  # a third of a second, which `--help` need not wait for

    rows, columns = linear_sum_assignment(np.where(can_be, value, 0.0), maximize=True)
    return [(int(r), int(c)) for r, c in zip(rows, columns, strict=True) if can_be[r, c]]
