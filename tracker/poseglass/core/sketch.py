"""What the window draws over a picture, as data in frame pixels: skeletons, trails, boxes, uncertainty.

A brush paints it in the widget's space, so that it stays sharp at every zoom; whoever wants to draw more adds to a
Sketch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from enum import Enum

import numpy as np

from poseglass.core.overlay import SHOWN, Colour, Stroke, face_of, side_colour
from poseglass.core.people_marks import name_place, person_colour
from poseglass.types import Floats, Skeleton

UNSURE: Colour = (226, 56, 160)
HALF_SURE: Colour = (244, 214, 110)
SURE: Colour = (56, 214, 140)
"""Colours of score 0, 0.5 and 1; magenta and green are told apart by colour-blind people too."""
GHOST: Colour = (190, 195, 200)
"""Of a second skeleton beside the coloured one, such as the raw pose under the smoothed one."""
ELLIPSE_DEVIATIONS = 2.0
"""Standard deviations that an ellipse reaches: 86 in 100 keypoints lie inside, if the covariance is right."""


class Colouring(Enum):
    """What the colour of a skeleton says."""

    SIDE = "side"  # warm is the person's right, cool their left
    SCORE = "score"  # how sure the network is
    PERSON = "person"  # who it is
    GHOST = "ghost"  # nothing: pale


@dataclass(frozen=True, slots=True)
class Dot:
    """A keypoint that can be pointed at."""

    person: str
    keypoint: int
    at: tuple[float, float]
    colour: Colour
    hollow: bool = False  # the user put it there
    is_fine: bool = False  # of the face, whose keypoints lie near one another
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a keypoint was: points (N, 2), oldest first, NaN where it is interrupted."""

    points: Floats
    colour: Colour
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with a label."""

    corners: tuple[float, float, float, float]  # x0, y0, x1, y1
    label: str
    colour: Colour
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Name:
    """Somebody's name, to stand in the middle above a place."""

    person: str
    at: tuple[float, float]
    text: str
    colour: Colour
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Ellipse:
    """Where a keypoint may be: semi-axes in px, the first one turned by `angle` degrees from x towards y."""

    at: tuple[float, float]
    axes: tuple[float, float]
    angle: float
    colour: Colour
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Arc:
    """An angle at a place, from the direction of one point to that of another, the shorter way, with what it says."""

    at: tuple[float, float]
    start: tuple[float, float]
    end: tuple[float, float]
    text: str
    colour: Colour
    is_faint: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line that was laid along something in the picture, with what it says."""

    start: tuple[float, float]
    end: tuple[float, float]
    text: str
    is_faint: bool = False


@dataclass(slots=True)
class Sketch:
    """All that is drawn over one picture, lowest first: rules, trails, boxes, ellipses, strokes, dots, arcs, names."""

    rules: list[Rule] = field(default_factory=list)
    trails: list[Trail] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    ellipses: list[Ellipse] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    arcs: list[Arc] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)

    def add(self, other: Sketch, *, is_faint: bool = False) -> None:
        """Draw another sketch over this one; is_faint: all of it."""
        for kind in fields(Sketch):
            added = getattr(other, kind.name)
            getattr(self, kind.name).extend([replace(each, is_faint=True) for each in added] if is_faint else added)

    def part(self, *, is_faint: bool) -> Sketch:
        """Return what is faint, or what is not."""
        lists = (getattr(self, kind.name) for kind in fields(Sketch))
        return Sketch(*([each for each in drawn if each.is_faint == is_faint] for drawn in lists))


def add_pose(
    sketch: Sketch,
    skeleton: Skeleton,
    person: str,
    xy: Floats,
    score: Floats,
    colouring: Colouring,
    placed: frozenset[int] = frozenset(),
) -> None:
    """Add a skeleton: xy (K, 2), score (K,); what is missing or less sure than SHOWN is left out.

    placed: keypoints whose dots are hollow, because the user put them there.
    """
    shown = np.isfinite(xy).all(axis=-1) & (score >= SHOWN)
    points, face = [(float(x), float(y)) for x, y in np.nan_to_num(xy)], face_of(skeleton)
    for a, b in skeleton.edge_indices:
        if shown[a] and shown[b]:
            colour = _colour(skeleton, (a, b), person, score, colouring)
            sketch.strokes.append(Stroke(points[a], points[b], colour, is_fine=a in face and b in face))
    for k in np.flatnonzero(shown).tolist():
        colour = _colour(skeleton, (k,), person, score, colouring)
        sketch.dots.append(Dot(person, k, points[k], colour, k in placed, k in face))


def add_ellipses(sketch: Sketch, xy: Floats, covariance: Floats, colour: Colour = HALF_SURE) -> None:
    """Add the uncertainty of keypoints: xy (K, 2), covariance (K, 2, 2) in px^2."""
    for place, spread in zip(xy, covariance, strict=True):
        if np.isfinite(place).all() and np.isfinite(spread).all():
            variances, directions = np.linalg.eigh(spread)
            small, large = ELLIPSE_DEVIATIONS * np.sqrt(np.clip(variances, 0, None))
            angle = float(np.degrees(np.arctan2(directions[1, 1], directions[0, 1])))
            sketch.ellipses.append(
                Ellipse((float(place[0]), float(place[1])), (float(large), float(small)), angle, colour)
            )


def add_trails(sketch: Sketch, skeleton: Skeleton, xy: Floats, keypoints: Sequence[int]) -> None:
    """Add the way of some keypoints: xy (N, K, 2) of the frames up to this one."""
    for k in keypoints:
        sketch.trails.append(Trail(xy[:, k], side_colour(skeleton.names[k])))


def add_box(sketch: Sketch, person: str, xy: Floats, colour: Colour = GHOST, margin: float = 0.12) -> None:
    """Add the box around a person's keypoints (K, 2), wider by a part of its larger side, with their name."""
    there = xy[np.isfinite(xy).all(axis=-1)]
    if len(there) > 1:
        low, high = there.min(axis=0), there.max(axis=0)
        edge = margin * float((high - low).max())
        x0, y0, x1, y1 = (float(value) for value in (*(low - edge), *(high + edge)))
        sketch.boxes.append(Box((x0, y0, x1, y1), person, colour))


def add_name(sketch: Sketch, skeleton: Skeleton, person: str, xy: Floats, score: Floats, text: str = "") -> None:
    """Add a person's name at their head, in their colour, if any of their keypoints (K, 2), (K,) is drawn.

    text: what they are called, if not as their track.
    """
    place = name_place(skeleton, xy, score)
    if place is not None:
        sketch.names.append(Name(person, place, text or person, person_colour(person)))


def score_colour(score: float) -> Colour:
    """Return the colour of a score, 0 to 1."""
    part = float(np.clip(score, 0, 1)) * 2
    low, high = (UNSURE, HALF_SURE) if part < 1 else (HALF_SURE, SURE)
    red, green, blue = (round(a + (b - a) * (part % 1 if part < 2 else 1)) for a, b in zip(low, high, strict=True))
    return red, green, blue


def _colour(skeleton: Skeleton, keypoints: tuple[int, ...], person: str, score: Floats, colouring: Colouring) -> Colour:
    if colouring is Colouring.GHOST:
        return GHOST
    if colouring is Colouring.PERSON:
        return person_colour(person)
    if colouring is Colouring.SCORE:
        return score_colour(float(min(score[k] for k in keypoints)))
    return side_colour(*(skeleton.names[k] for k in keypoints))
