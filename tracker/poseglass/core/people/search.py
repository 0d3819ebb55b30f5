"""Follow one person without a detector: search for them with the pose network itself, then look where they were.

For networks whose subjects no detector knows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from poseglass.core.people.boxes import FOUND, LOST, mean_score, person_box, steadied
from poseglass.core.people.following import NOBODY, Eyes, Followed
from poseglass.types import Boxes, Floats, Frame, Image, Poses

CLEAR = 0.6
"""Mean score of the body from which a search looks no further."""
PATIENCE = 10
"""Frames between two searches while nobody is found: a vain one costs some forty times as much as a frame."""
REFINEMENTS = 2
"""Looks at a found person from ever better boxes: the first box is a guess, the second is from a small picture."""
SEARCH_SIDES = (1.0, 0.6, 0.36)
"""Sides of the squares that are searched one size after the other, in parts of the picture's shorter side: a person
of half a square's side is seen well enough to look closer."""
SEARCH_STEP = 0.5
"""Distance of neighbouring squares, in parts of their side."""
MOST_SQUARES = 128
"""Of one size in one search, twice those of the smallest in a 16:9 picture: strips of cameras have a thousand, and are
gone through in several searches."""
ONLY = "1"
"""Name of the one person."""


class Searching:
    """A `Following` of one person, without a detector."""

    def __init__(self) -> None:
        self._box: Floats | None = None
        self._wait = 0
        self._turn = 0  # of the next search

    def follow(self, frame: Frame, eyes: Eyes) -> Followed:
        """Look where the person was; one who is no longer there is searched for at once."""
        box = self._box
        if box is not None and mean_score(eyes.look(box[None]), eyes.skeleton)[0] < LOST:
            box, self._wait = None, 0
        is_new = box is None
        if box is None:
            box = self._found(frame.image, eyes)
        if box is None:
            self._box = None
            return NOBODY
        nearer = person_box(eyes.look(box[None]), eyes.skeleton)
        self._box = nearer if nearer is None or is_new else steadied(nearer, box)
        return Followed(box[None], (ONLY,))

    def _found(self, image: Image, eyes: Eyes) -> Floats | None:
        if self._wait > 0:
            self._wait -= 1
            return None
        box = search(image, eyes, self._turn)
        if box is None:
            self._wait = PATIENCE
            self._turn += 1
        return box


def search(image: Image, eyes: Eyes, turn: int = 0) -> Floats | None:
    """Return the box (4,) in which somebody is seen best; None where nobody is seen well enough.

    Looks at ever smaller squares of the picture until somebody is clearly in one.

    turn: how many searches were in vain before, of a picture too long to be searched at once.
    """
    best: tuple[float, Floats] = (0.0, np.zeros(4))
    height, width = image.shape[:2]
    for boxes in search_boxes(height, width, turn):
        candidates = eyes.look(boxes, is_guess=True)
        row = int(np.argmax(mean_score(candidates, eyes.skeleton)))
        found = _look_closer(eyes, candidates.part([row]), boxes[row])
        best = max(best, found, key=lambda each: each[0])
        if best[0] >= CLEAR:
            break
    return best[1] if best[0] >= FOUND else None


def _look_closer(eyes: Eyes, poses: Poses, box: Floats) -> tuple[float, Floats]:
    """Return the best score among looks from ever better boxes, and the box of that look."""
    score = float(mean_score(poses, eyes.skeleton)[0])
    for _ in range(REFINEMENTS):
        nearer = person_box(poses, eyes.skeleton)
        if nearer is None:
            break
        closer = eyes.look(nearer[None], is_guess=True)
        if (again := float(mean_score(closer, eyes.skeleton)[0])) >= score:
            score, poses, box = again, closer, nearer
    return score, box


def search_boxes(height: int, width: int, turn: int = 0) -> Iterator[Boxes]:
    """Yield boxes (P, 4) to look for somebody in: first the whole picture and squares as high, then smaller squares.

    Of a size with more than MOST_SQUARES a turn has an even part; successive turns have all of them.
    """
    first = [(0.0, 0.0, float(width), float(height))]
    for part in SEARCH_SIDES:
        side = part * min(height, width)
        squares = [(x, y, x + side, y + side) for y in _starts(height, side) for x in _starts(width, side)]
        turns = int(np.ceil(len(squares) / MOST_SQUARES))
        yield np.array(first + squares[turn % turns :: turns])
        first = []


def _starts(length: int, side: float) -> Floats:
    """Return evenly spaced starts of squares that cover a length and overlap by half."""
    count = int(np.ceil((length - side) / (side * SEARCH_STEP))) + 1
    return np.linspace(0, length - side, max(1, count))
