"""What follows people through a video, and what it is given to look with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from poseglass.types import Boxes, Event, Frame, Poses, Skeleton


class Eyes(Protocol):
    """The estimator, over one frame. What was looked at once is not looked at again."""

    @property
    def skeleton(self) -> Skeleton:
        """The keypoints of every pose."""

    def look(self, boxes: Boxes, *, is_guess: bool = False) -> Poses:
        """Return the pose in each of these boxes (P, 4). is_guess: few of them will be somebody's."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Who is in a frame. Boxes are rows that were looked at."""

    boxes: Boxes  # (P, 4): where each person's pose was seen
    people: tuple[str, ...]  # (P,): the tracks, none twice
    events: tuple[Event, ...] = ()


class Following(Protocol):
    """Says who is where. One for each video; frames come in order, onwards or backwards."""

    def follow(self, frame: Frame, eyes: Eyes) -> Followed:
        """Find everybody in the next frame."""


NOBODY = Followed(np.zeros((0, 4)), ())
