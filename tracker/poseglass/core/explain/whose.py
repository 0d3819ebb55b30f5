"""Whose maps are shown, where several people are in a frame."""

from __future__ import annotations

import numpy as np

from poseglass.core.people.boxes import person_box
from poseglass.core.run import Seen
from poseglass.errors import NobodyError
from poseglass.types import Skeleton


def row_of(seen: Seen, skeleton: Skeleton, person: str | None) -> int:
    """Return the row of the person of that name, the largest one's for None; somebody is there.

    Raises NobodyError where nobody has that name.
    """
    if person is None:
        boxes = [person_box(seen.poses.part([row]), skeleton) for row in range(len(seen.people))]
        return int(np.argmax([0.0 if box is None else float((box[2:] - box[:2]).prod()) for box in boxes]))
    if person not in seen.people:
        raise nobody_called(person, seen.people, f"in frame {seen.frame.index}")
    return seen.people.index(person)


def nobody_called(person: str, people: tuple[str, ...], where: str) -> NobodyError:
    """Return the error that says so, and who is there."""
    there = f"there are {', '.join(people)}" if len(people) > 1 else f"there is {people[0]}" if people else "nobody is"
    return NobodyError(f"nobody is called {person!r} {where}; {there}")
