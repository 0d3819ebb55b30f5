"""How people are told apart in a picture: each has a colour, which is theirs in every frame, and a name at the head."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from poseglass.core.overlay import OUTLINE, SHOWN, Colour, paint
from poseglass.types import Floats, Image, Skeleton

COLOURS: tuple[Colour, ...] = (
    (119, 255, 204),
    (255, 0, 68),
    (255, 238, 0),
    (187, 51, 255),
    (0, 170, 102),
    (255, 170, 238),
    (238, 153, 34),
    (170, 136, 238),
    (170, 238, 136),
    (238, 17, 153),
)
"""Any two differ by 25 in CIELAB, for people who see no red, no green or no blue, too; the best of ten in a search."""
HEAD = ("head_top", "nose", "left_eye", "right_eye", "left_ear", "right_ear")
"""Keypoints at which a name stands: at the highest of them."""
WHITE: Colour = (255, 255, 255)
BRIGHT = 0.25
"""Luminance from which dark letters are read better than white ones."""
TEXT_HEIGHT = 0.03
"""Height of a painted name's letters, in parts of the picture's shorter side."""
LETTER_PX = 22.0
"""Height of OpenCV's capitals at scale 1."""


@dataclass(frozen=True, slots=True)
class Someone:
    """One person to be painted: where, and as whom."""

    name: str
    xy: Floats  # (K, 2)
    score: Floats  # (K,)
    track: str = ""  # whose colour is theirs; the one called by that name if empty

    @property
    def colour(self) -> Colour:
        """The colour that is theirs."""
        return person_colour(self.track or self.name)


def person_colour(name: str) -> Colour:
    """Return the colour of a track, always the same; those named "1" to "10" have ten different ones."""
    number = int(name) - 1 if name.isdecimal() else zlib.crc32(name.encode())
    return COLOURS[number % len(COLOURS)]


def letters_colour(colour: Colour) -> Colour:
    """Return the colour in which letters are read best on a colour."""
    red, green, blue = ((part / 255) ** 2.2 for part in colour)
    return OUTLINE if 0.2126 * red + 0.7152 * green + 0.0722 * blue > BRIGHT else WHITE


def name_place(skeleton: Skeleton, xy: Floats, score: Floats) -> tuple[float, float] | None:
    """Return where a name is to stand above, of keypoints (K, 2) with scores (K,); None where none of them is drawn.

    That is the highest keypoint of the head, and of the whole body where no head is seen.
    """
    shown = np.isfinite(xy).all(axis=-1) & (score >= SHOWN)
    head = np.array([name in HEAD for name in skeleton.names], dtype=bool) & shown
    places = np.flatnonzero(head if head.any() else shown)
    if not len(places):
        return None
    x, y = xy[places[np.argmin(xy[places, 1])]]
    return float(x), float(y)


def paint_people(image: Image, skeleton: Skeleton, people: Sequence[Someone], *, several: bool) -> None:
    """Draw everybody into the picture. several: each in their colour with their name, else right and left tell apart.

    Names come last, over all that is drawn.
    """
    for someone in people:
        paint(image, skeleton, someone.xy, someone.score, someone.colour if several else None)
    for someone in people if several else ():
        place = name_place(skeleton, someone.xy, someone.score)
        if place is not None:
            _paint_name(image, someone.name, place, someone.colour)


def _paint_name(image: Image, name: str, place: tuple[float, float], colour: Colour) -> None:
    """Paint a name on its colour, in the middle above a place, inside the picture."""
    height, width = image.shape[:2]
    letters = TEXT_HEIGHT * min(height, width)
    scale, thick, pad = letters / LETTER_PX, max(1, round(letters / 9)), max(2, round(letters / 3))
    text = _spelled(name)
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    x, y = (float(np.clip(value, -1e4, 1e4)) for value in place)
    left = round(min(max(x - wide / 2, pad), max(pad, width - wide - pad)))
    bottom = round(min(max(y - 2 * letters, high + pad), height - pad))
    corners = (left - pad, bottom - high - pad), (left + wide + pad, bottom + pad)
    cv2.rectangle(image, *corners, colour, -1, cv2.LINE_AA)
    cv2.rectangle(image, *corners, OUTLINE, 1, cv2.LINE_AA)
    cv2.putText(
        image, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, scale, letters_colour(colour), thick, cv2.LINE_AA
    )


def _spelled(name: str) -> str:
    """Return a name in the letters that OpenCV has: without accents, and "?" for what is of another alphabet."""
    plain = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).encode("ascii", "replace").decode()
