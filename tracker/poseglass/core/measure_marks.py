"""What is measured, drawn over the picture: angles as arcs at their joints, and the lines of a calibration."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from poseglass.core.motion import kinematics
from poseglass.core.motion.calibration import Calibration
from poseglass.core.overlay import side_colour
from poseglass.core.sketch import Arc, Rule, Sketch
from poseglass.types import Floats, Skeleton

Point = tuple[float, float]


def add_arcs(
    sketch: Sketch,
    skeleton: Skeleton,
    names: Iterable[str],
    xy: Floats,
    sigma: Floats,
    aspect: float = 1.0,
    floor_deg: float = 0.0,
) -> None:
    """Add an arc for each angle of these names whose keypoints are there: xy (K, 2), sigma (K,) in px.

    A joint's lies between its bones; a segment's at its lower end, between what is upright and the segment.
    """
    for name in names:
        degrees = float(kinematics.angle(skeleton, name, xy[None], aspect, floor_deg)[0])
        if not np.isfinite(degrees):
            continue
        error = float(kinematics.angle_sigma(skeleton, name, xy[None], sigma[None], aspect)[0])
        text = f"{round(degrees)}°" + (f" ± {round(error)}" if np.isfinite(error) else "")  # no -0
        start, at, end = _corners(skeleton, name, xy, aspect, floor_deg)
        sketch.arcs.append(Arc(at, start, end, text, side_colour(*kinematics.keypoints_of(name))))


def add_calibration(sketch: Sketch, calibration: Calibration) -> None:
    """Add a calibration's lines, the first with its length."""
    x0, y0, x1, y1 = calibration.line
    sketch.rules.append(Rule((x0, y0), (x1, y1), f"{calibration.metres:g} m"))
    if calibration.floor is not None:
        x0, y0, x1, y1 = calibration.floor
        sketch.rules.append(Rule((x0, y0), (x1, y1), ""))


def _corners(skeleton: Skeleton, name: str, xy: Floats, aspect: float, floor_deg: float) -> tuple[Point, Point, Point]:
    """Return a point on the first arm of an angle, its vertex, and one on the second arm, in frame pixels."""
    if name in kinematics.JOINTS:
        start, at, end = (xy[skeleton.index(keypoint)] for keypoint in kinematics.JOINTS[name])
    else:
        at, end = (xy[[skeleton.index(place) for place in ends]].mean(axis=0) for ends in kinematics.SEGMENTS[name])
        length = float(np.hypot((end[0] - at[0]) * aspect, end[1] - at[1]))
        turn = np.radians(floor_deg)
        start = at + length * np.array([np.sin(turn) / aspect, -np.cos(turn)])
    return _point(start), _point(at), _point(end)


def _point(place: Floats) -> Point:
    return float(place[0]), float(place[1])
