"""What is remembered of somebody from frame to frame, and where they will be in the next one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from poseglass.core.people.boxes import SURE, mean_score, person_box, steadied
from poseglass.core.people.looks import Looks, looks_of, remembered
from poseglass.types import Floats, Image, Poses, Skeleton, body_sizes

HORIZON_S = 0.2
"""So far somebody is taken to go on as they went; then they are taken to stay."""
STEADY = 0.7
"""Part of the last speed, and of the last size, that is kept."""


@dataclass(frozen=True, eq=False)
class Sighting:
    """A pose that was seen in a frame, whosever it is."""

    box: Floats  # (4,): where the network looked
    pose: Poses  # of one
    score: float  # mean of the body
    around: Floats  # (4,): the box around what is sure of the pose
    size: float  # px, the body's
    looks: Looks | None
    owner: int = -1  # the person in whose box it was seen; -1: a detector's

    @property
    def middle(self) -> Floats:
        """Where it is, (2,)."""
        return np.asarray((self.around[:2] + self.around[2:]) / 2)

    def share_in(self, box: Floats) -> float:
        """Return the part of its sure keypoints that lie in a box (4,)."""
        xy = self.pose.xy[0, self.pose.score[0] >= SURE]
        return float(((xy >= box[:2]) & (xy <= box[2:])).all(axis=1).mean())


def sighting(image: Image, box: Floats, pose: Poses, skeleton: Skeleton, owner: int = -1) -> Sighting | None:
    """Return the pose of one with what can be said of it; None where too little of it is sure."""
    around = person_box(pose, skeleton)
    size = float(body_sizes(pose.xy[0, skeleton.body]))
    if len(skeleton.body) < 2:  # a keypoint alone says nothing of size
        around, size = box, float((box[2:] - box[:2]).max())
    if around is None or not size > 1:
        return None
    score = float(mean_score(pose, skeleton)[0])
    return Sighting(box, pose, score, around, size, looks_of(image, pose, 0, skeleton), owner)


@dataclass(eq=False)
class Person:
    """Somebody who is, or was a moment ago, there."""

    last: Sighting
    box: Floats  # (4,): where to look
    seen_s: float  # when they were seen last
    detected_s: float  # when a detector saw them last
    velocity: Floats  # (2,), px/s
    size: float  # px
    looks: Looks | None
    detected: float = 0.0  # the detector's highest score of them
    name: str | None = None  # the track's, once they are followed
    hits: int = 1  # frames in a row in which they were seen
    trust: float = 0.0  # sum of the scores over these frames
    is_away: bool = False

    @staticmethod
    def first_seen(sighting: Sighting, time_s: float) -> Person:
        """Begin with somebody."""
        still = np.zeros(2)
        return Person(
            sighting, sighting.around, time_s, time_s, still, sighting.size, sighting.looks, trust=sighting.score
        )

    def moved(self, time_s: float) -> Floats:
        """Return by how much they will have moved (2,) since they were seen last."""
        return np.asarray(self.velocity * min(abs(time_s - self.seen_s), HORIZON_S))

    def expected(self, time_s: float) -> Poses:
        """Return the pose in which they will be."""
        return replace(self.last.pose, xy=self.last.pose.xy + self.moved(time_s))

    def expected_box(self, time_s: float) -> Floats:
        """Return the box in which they will be."""
        return np.asarray(self.box + np.tile(self.moved(time_s), 2))

    def see(self, sighting: Sighting, time_s: float) -> None:
        """Take note of where they are."""
        passed = max(abs(time_s - self.seen_s), 1e-3)
        if not self.is_away:
            speed = (sighting.middle - self.last.middle) / passed
            self.velocity = STEADY * self.velocity + (1 - STEADY) * speed
        self.box = sighting.around if self.is_away else steadied(sighting.around, self.expected_box(time_s))
        self.size = STEADY * self.size + (1 - STEADY) * sighting.size
        self.looks = remembered(self.looks, sighting.looks)
        self.hits, self.trust = self.hits + 1, self.trust + sighting.score
        self.last, self.seen_s, self.is_away = sighting, time_s, False

    def lose(self) -> None:
        """Take note that they are not there."""
        self.is_away, self.hits, self.trust = True, 0, 0.0
