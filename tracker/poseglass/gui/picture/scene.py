"""What is drawn over the frame on the canvas: the document's poses, as the display options want them."""

from __future__ import annotations

import numpy as np

from poseglass.core.export import drawn_score
from poseglass.core.measure_marks import add_arcs, add_calibration
from poseglass.core.motion import kinematics
from poseglass.core.motion.quantities import angles_of
from poseglass.core.people_marks import person_colour
from poseglass.core.sketch import GHOST, Colouring, Sketch, add_box, add_ellipses, add_name, add_pose, add_trails
from poseglass.core.store.corrections import Mark
from poseglass.core.store.document import Change
from poseglass.gui.picture.canvas import Canvas
from poseglass.gui.picture.display import Displays
from poseglass.gui.shared.project import Project
from poseglass.gui.shared.selection import Selection, chosen_person
from poseglass.types import Floats, SmoothedTrack, State, Track, sigma_of

TRAIL_S = 1.0
"""How far back trails go: a step, a throw, a stroke."""
MEASURED = ("left_knee", "right_knee", "left_elbow", "right_elbow")
"""Angles that are drawn where no keypoint is chosen."""
TRAILED = ("right_ankle", "left_ankle", "right_wrist", "left_wrist")
"""Keypoints with a trail where none is chosen: the ends of limbs move most."""


class Scene:
    """Redraws when another frame is shown, when results or corrections come, and when the user wants it otherwise."""

    def __init__(self, project: Project, selection: Selection, displays: Displays, canvas: Canvas) -> None:
        self._project, self._selection, self._displays, self._canvas = project, selection, displays, canvas
        self._labels: dict[str, str] = {}  # as they are drawn
        selection.frame_changed.connect(self.draw)
        selection.person_changed.connect(self.draw)
        selection.hidden_changed.connect(self.draw)
        selection.keypoints_changed.connect(self.draw)
        displays.changed.connect(self.draw)
        project.smoothed.connect(self.draw)
        project.calibration_changed.connect(self.draw)
        project.changed.connect(self._follow)
        project.ended.connect(self.draw)

    def draw(self) -> None:
        """Draw the frame on the canvas anew."""
        self._canvas.show_sketch(self.sketch(self._selection.frame))

    def sketch(self, frame: int) -> Sketch:
        """Return what is drawn over a frame."""
        sketch = Sketch()
        document = self._project.document
        if document is not None and 0 <= frame < len(document.footage):
            self._canvas.skeleton = document.skeleton
            self._labels = dict(document.tracks.labels)
            everybody = tuple(document.tracks.shown_people)
            chosen = chosen_person(self._selection, document.tracks)
            drawn = [person for person in everybody if person not in self._selection.hidden]
            for person in sorted(drawn, key=lambda name: name == chosen):  # who is chosen lies over the others
                sketch.add(self._person(person, frame, several=len(everybody) > 1), is_faint=person != chosen)
            if self._displays.display.angles and chosen in drawn:
                self._add_arcs(sketch, chosen, frame)
            if self._displays.display.scale and self._project.calibration is not None:
                add_calibration(sketch, self._project.calibration)
        return sketch

    def _person(self, person: str, frame: int, *, several: bool) -> Sketch:
        sketch = Sketch()
        document, paths, display = self._project.document, self._project.paths, self._displays.display
        assert document is not None
        assert paths is not None
        back = max(0, int(np.searchsorted(document.footage.time_s, document.footage.time_s[frame] - TRAIL_S)))
        frames = range(back if display.trails else frame, frame + 1)
        is_smoothed = bool(paths.track(person).part(frames).state.any())  # none of them is State.MISSING
        if not is_smoothed and not document.tracks.is_there(person, frames).any():
            return sketch  # most people of a crowd, in most frames
        raw = document.tracks.corrected(person, frames)
        xy, score = shown_pose(raw, paths.track(person), frames, smoothed=display.source != "raw")
        label = document.tracks.label(person)
        if display.trails:
            add_trails(sketch, document.skeleton, xy, self._trailed(document.skeleton.names))
        if display.boxes:
            add_box(sketch, label, xy[-1], person_colour(person) if several else GHOST)
        elif several:
            add_name(sketch, document.skeleton, person, xy[-1], score, label)
        if display.uncertainty:
            add_ellipses(sketch, raw.xy[-1], raw.covariance[-1])
        if not display.skeleton:
            return sketch
        if display.source == "both":
            ghost = Sketch()
            add_pose(ghost, document.skeleton, person, raw.xy[-1], raw.score[-1], Colouring.GHOST)
            sketch.strokes += ghost.strokes
        placed = np.flatnonzero(document.tracks.marks(person, range(frame, frame + 1))[0] & Mark.PLACED)
        colouring, hollow = display.colouring(several=several), frozenset(placed.tolist())
        add_pose(sketch, document.skeleton, person, xy[-1], score, colouring, placed=hollow)
        return sketch

    def _add_arcs(self, sketch: Sketch, person: str, frame: int) -> None:
        """Add the angles of a person, of the positions that are drawn."""
        document, paths, calibration = self._project.document, self._project.paths, self._project.calibration
        assert document is not None
        assert paths is not None
        here, aspect = range(frame, frame + 1), float(document.footage.sample_aspect_ratio)
        raw, path = document.tracks.corrected(person, here), paths.track(person).part(here)
        smoothed = self._displays.display.source != "raw" and bool(path.state.any())
        xy, sigma = (path.xy[0], path.sigma[0]) if smoothed else (raw.xy[0], sigma_of(raw.covariance[0]))
        skeleton, chosen = document.skeleton, self._selection.keypoints
        known = kinematics.angle_names(skeleton)
        names = angles_of(skeleton, chosen) if chosen else [name for name in MEASURED if name in known]
        floor_deg = 0.0 if calibration is None or self._project.moved else calibration.floor_deg(aspect)
        add_arcs(sketch, skeleton, names, xy, sigma, aspect, floor_deg)

    def _trailed(self, names: tuple[str, ...]) -> list[int]:
        usual = [names.index(name) for name in TRAILED if name in names]
        return sorted(self._selection.keypoints) or usual

    def _follow(self, change: Change) -> None:
        if change.renumbered is not None:
            self._canvas.let_go()
            self._selection.renumber(change.renumbered)
        document = self._project.document
        is_renamed = document is not None and document.tracks.labels != self._labels
        has_trails = self._displays.display.trails and change.by_user
        if self._selection.frame in change.frames or has_trails or is_renamed:
            self.draw()


def shown_pose(raw: Track, path: SmoothedTrack, frames: range, *, smoothed: bool) -> tuple[Floats, Floats]:
    """Return positions (F, K, 2) of some frames, and the scores (K,) of the last one to draw it by.

    raw: of these frames; path: of all. Where nothing is smoothed yet the raw pose stands.
    """
    here = path.part(frames)
    there = (here.state != State.MISSING).any(axis=1) & smoothed
    xy = np.where(there[:, None, None], here.xy, raw.xy)
    return xy, drawn_score(raw.score[-1], here.state[-1]) if there[-1] else raw.score[-1]
