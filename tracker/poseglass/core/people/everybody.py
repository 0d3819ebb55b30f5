"""Follow everybody: a detector says who may have come, poses say where they go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from poseglass.api import Detector
from poseglass.core.people.boxes import FOUND, LOST
from poseglass.core.people.cuts import Cuts
from poseglass.core.people.following import NOBODY, Eyes, Followed
from poseglass.core.people.match import best_pairs, once_each, people_back, people_seen
from poseglass.core.people.person import Person, Sighting, sighting
from poseglass.core.people.whom import Whom
from poseglass.errors import NobodyError
from poseglass.types import Boxes, Detections, Event, Flags, Floats, Frame, Image, What
from poseglass_models.boxes import overlaps

DETECT_S = 0.25
"""Time between two looks of the detector while all goes well."""
ALARM_S = 0.06
"""The same while somebody is away, or unsure, or the scene is new."""
NEW_S = 0.5
"""So long a scene is new: whom its first frame hides is not to be missed for longer than needs be."""
RETURN_S = 2.0
"""So long somebody who is away is waited for; who comes later is somebody new."""
CONFIRMED = 3
"""Frames in a row in which somebody is seen before they are followed; in the first frame of a scene, one."""
CERTAIN = 0.35
"""The detector's score times the pose's, from which somebody is there. In the first frame of 73 clips of JHMDB train
86 % of the people reach it (89 % any score at all), and nothing in 30 empty rooms: the highest there has 0.34."""
EXPECTED = 0.15
"""The same where so many people are asked for: that says that they are there."""
UNSURE = 0.4
"""Score below which the detector's box is looked at instead of the expected one, where both are of the same person."""
DOUBTED_S, DOUBTED = 1.5, 0.5
"""Whom the detector has not seen for so long, and whose score is lower, is nobody: a coat, a mirror."""
SAME = 0.3
"""Overlap of a detector's box with somebody's from which it is theirs."""
SPARE = 2
"""Boxes that are looked at beyond the places that are free: the best one may be nobody's."""
INSIDE = 0.9
"""Part of somebody's keypoints in a larger one from which it is theirs, too: a whole picture, a box drawn by hand."""
CROWDED = 0.15
"""Overlap of two people's boxes from which the detector says in every frame where each of them is."""
REACH = 0.25
"""Parts of their size by which somebody's box is widened to say who is near them, and may be taken for them."""
IN_BOX, MEANT = 0.2, 0.5
"""Overlap of a detector's box with the user's from which it is looked at; part of somebody's keypoints in the user's
box from which they may be meant."""


class Everybody:
    """A `Following` of many people, or of those among them who are chosen."""

    def __init__(self, detector: Detector, whom: Whom | None = None) -> None:
        self._detector, self._whom = detector, whom or Whom()
        self._certain = CERTAIN if self._whom.is_everybody else EXPECTED
        self._cuts = Cuts()
        self._people: list[Person] = []
        self._named = 0  # names given so far
        self._detections = Detections(np.zeros((0, 4)), np.zeros(0))  # the last ones
        self._detected_s: float | None = None  # when the detector looked last; None: it is to look at once
        self._is_scene_new = True
        self._scene_s: float | None = None  # when the scene began
        self._is_capped = False

    def follow(self, frame: Frame, eyes: Eyes) -> Followed:
        """Find everybody in the next frame. Raises NobodyError where nobody is in the box that was given."""
        events = self._begin_scene(frame) if self._cuts.is_one(frame.image) else []
        if self._scene_s is None:
            self._scene_s = frame.time_s
        if self._whom.box is not None and not self._named:
            events += self._take_from_box(frame, eyes)
        else:
            seen = once_each(self._sightings(frame, eyes), eyes.skeleton)
            events += self._recognise(frame, eyes, seen)
        events += self._name(frame)
        self._people = [person for person in self._people if person.name is not None or self._may_matter(person, frame)]
        self._is_scene_new = False
        shown = [person for person in self._people if self._is_shown(person)]
        if not shown:
            return Followed(NOBODY.boxes, (), tuple(events))
        return Followed(
            np.stack([person.last.box for person in shown]), tuple(str(person.name) for person in shown), tuple(events)
        )

    def _is_shown(self, person: Person) -> bool:
        return not person.is_away and person.name is not None and self._whom.track in (None, person.name)

    def _begin_scene(self, frame: Frame) -> list[Event]:
        self._people, self._detected_s, self._is_scene_new, self._scene_s = [], None, True, None
        return [Event(frame.index, What.CUT)]

    # Looking

    def _sightings(self, frame: Frame, eyes: Eyes) -> list[Sighting]:
        """Look where people are expected, and where the detector sees others."""
        present = [p for p, person in enumerate(self._people) if not person.is_away]
        boxes = [self._people[p].expected_box(frame.time_s) for p in present]
        fresh = self._detect(frame, present, boxes) if self._is_due(frame.time_s, boxes) else None
        seen = list(_looked(frame.image, eyes, boxes, present))
        if fresh is None and len(seen) < len(boxes):
            fresh = self._detect(frame, [], [])  # somebody is lost, and it may be where they are
        return seen + _looked_closer(frame.image, eyes, fresh if fresh is not None else [])

    def _may_matter(self, person: Person, frame: Frame) -> bool:
        """Tell whether somebody who has no name so far may get one, or be taken for somebody who has."""
        return self._free_places() > 0 or self._is_near_somebody(person.last.around, frame.time_s)

    def _is_due(self, time_s: float, boxes: Sequence[Floats]) -> bool:
        """Tell whether the detector is to look. boxes: where those who are there are expected."""
        if self._detected_s is None or (len(boxes) > 1 and _crowded(np.stack(boxes)).any()):
            return True
        is_new = self._scene_s is not None and abs(time_s - self._scene_s) < NEW_S
        alarmed = is_new or any(person.is_away or person.last.score < UNSURE for person in self._people)
        return abs(time_s - self._detected_s) >= (ALARM_S if alarmed else DETECT_S) - 1e-6

    def _detect(self, frame: Frame, present: Sequence[int], boxes: list[Floats]) -> list[Floats]:
        """Return the detector's boxes that are nobody's so far, and mend those in which somebody is not seen well.

        Of two who overlap the poses mix, and so would the boxes that come from them.
        """
        self._detected_s = frame.time_s
        self._detections = detections = self._detector.detect(frame.image)
        free = np.ones(len(detections), dtype=bool)
        if boxes and len(detections):
            expected = np.stack(boxes)
            share = overlaps(expected, detections.boxes)
            pairs = best_pairs(share, share >= SAME)
            free[[best for _, best in pairs]] = False
            crowded = _crowded(np.concatenate([expected, detections.boxes[free]]))
            for row, best in pairs:
                person = self._people[present[row]]
                person.detected_s = frame.time_s
                person.detected = max(person.detected, float(detections.score[best]))
                if person.last.score < UNSURE or crowded[row]:
                    boxes[row] = detections.boxes[best]
        return self._worth_a_look(frame, detections.boxes[free])

    def _worth_a_look(self, frame: Frame, boxes: Boxes) -> list[Floats]:
        """Return those boxes that may be of somebody to be followed, or of somebody near them; the first ones first."""
        height, width = frame.image.shape[:2]
        free = self._free_places() + SPARE if self._free_places() else 0
        ordered = [boxes[row] for row in self._whom.order(boxes, width, height)]
        near = [box for box in ordered[free:] if self._is_near_somebody(box, frame.time_s)]
        return ordered[:free] + near[: self._whom.most]

    def _free_places(self) -> int:
        if self._whom.box is not None:
            return 0
        return max(0, self._whom.most - sum(person.name is not None for person in self._people))

    def _is_near_somebody(self, box: Floats, time_s: float) -> bool:
        named = [person for person in self._people if person.name is not None]
        if self._whom.is_everybody or not named:
            return False
        sides, width = np.array([-1, -1, 1, 1]), [RETURN_S if person.is_away else REACH for person in named]
        grown = np.stack(
            [person.expected_box(time_s) + sides * person.size * w for person, w in zip(named, width, strict=True)]
        )
        return bool((overlaps(grown, box[None]) > 0).any())

    # Recognising

    def _recognise(self, frame: Frame, eyes: Eyes, seen: list[Sighting]) -> list[Event]:
        """Say who is who; who is nobody known is a newcomer."""
        time_s, events = frame.time_s, []
        present = [person for person in self._people if not person.is_away]
        away = [person for person in self._people if person.is_away]
        strangers = dict(enumerate(seen))
        for p, s in people_seen(present, seen, time_s, eyes.skeleton):
            present[p].see(strangers.pop(s), time_s)
        owners = {one.owner for one in seen}
        for person in present:
            if person.seen_s != time_s or self._is_doubted(person, time_s):
                jumped = person.seen_s != time_s and self._people.index(person) in owners
                events += _told(frame, What.BREAK if jumped else What.LOST, person)
                person.lose()
        rest = list(strangers)
        for p, s in people_back(away, [strangers[s] for s in rest], time_s):
            away[p].see(strangers.pop(rest[s]), time_s)
            events += _told(frame, What.RETURN, away[p])
        self._people = [person for person in self._people if self._is_waited_for(person, time_s)]
        self._people += [self._newcomer(one, time_s) for one in strangers.values() if one.score >= FOUND]
        return events

    def _newcomer(self, one: Sighting, time_s: float) -> Person:
        person = Person.first_seen(one, time_s)
        boxes = self._detections.boxes
        if len(boxes):
            is_theirs = overlaps(one.around[None], boxes)[0] >= SAME
            is_theirs |= np.array([one.share_in(box) >= INSIDE for box in boxes])
            person.detected = float(np.where(is_theirs, self._detections.score, 0).max())
        return person

    def _is_doubted(self, person: Person, time_s: float) -> bool:
        return abs(time_s - person.detected_s) > DOUBTED_S and person.last.score < DOUBTED

    def _is_waited_for(self, person: Person, time_s: float) -> bool:
        if person.is_away:
            return person.name is not None and abs(time_s - person.seen_s) <= RETURN_S
        return True

    def _name(self, frame: Frame) -> list[Event]:
        """Follow those who were seen often enough, as far as there are places."""
        waiting = [person for person in self._people if person.name is None and self._is_sure(person)]
        events = self._recognise_late(frame, waiting)
        waiting = [person for person in waiting if person.name is None]
        if not waiting:
            return events
        height, width = frame.image.shape[:2]
        order = self._whom.order(np.stack([person.last.around for person in waiting]), width, height)
        chosen = [waiting[row] for row in order[: self._free_places()]]
        for person in chosen:
            events += self._born(frame, person)
        is_capped = self._whom.is_everybody and len(chosen) < len(waiting)
        if is_capped and not self._is_capped:
            events.append(Event(frame.index, What.CAPPED))
        self._is_capped = is_capped
        return events

    def _born(self, frame: Frame, person: Person) -> list[Event]:
        """Give somebody the next name."""
        self._named += 1
        person.name = str(self._named)
        return _told(frame, What.BIRTH, person)

    def _recognise_late(self, frame: Frame, waiting: list[Person]) -> list[Event]:
        """Give those newcomers the name of somebody who is away who are them, after all."""
        away = [person for person in self._people if person.is_away]
        events: list[Event] = []
        for a, w in people_back(away, [person.last for person in waiting], frame.time_s):
            waiting[w].name = away[a].name
            self._people.remove(away[a])
            events += _told(frame, What.RETURN, waiting[w])
        return events

    def _is_sure(self, person: Person) -> bool:
        if person.is_away or person.hits < (1 if self._is_scene_new else CONFIRMED):
            return False
        pose = person.trust / person.hits
        return pose >= FOUND and person.detected * pose >= self._certain

    def _take_from_box(self, frame: Frame, eyes: Eyes) -> list[Event]:
        """Find whom the user means by a box."""
        wanted = np.array(self._whom.box, dtype=np.float64)
        self._detected_s = frame.time_s
        detected = self._detector.detect(frame.image).boxes
        inside = detected[overlaps(wanted[None], detected)[0] >= IN_BOX] if len(detected) else detected
        seen = _looked_closer(frame.image, eyes, [wanted, *inside])
        meant = [one for one in seen if one.score >= FOUND and one.share_in(wanted) >= MEANT]
        if not meant:
            raise NobodyError(
                f"nobody is seen {self._whom.text} at {frame.time_s:.3f} s; draw it around all of a person"
            )
        covered = overlaps(wanted[None], np.stack([one.around for one in meant]))[0]
        best = meant[int(np.argmax(covered + [one.share_in(wanted) * one.score for one in meant]))]
        self._people = [Person.first_seen(best, frame.time_s)]
        return self._born(frame, self._people[0])


def _crowded(boxes: Boxes) -> Flags:
    """Return which boxes (P,) overlap another one so far that the network may take one body for the other."""
    share = overlaps(boxes, boxes)
    np.fill_diagonal(share, 0)
    return np.asarray(share.max(axis=1) >= CROWDED)


def _told(frame: Frame, what: What, person: Person) -> list[Event]:
    """Return the event, where it is of somebody who is followed."""
    return [] if person.name is None else [Event(frame.index, what, person.name)]


def _looked(
    image: Image, eyes: Eyes, boxes: Sequence[Floats], owners: Iterable[int], *, is_guess: bool = False
) -> Iterable[Sighting]:
    """Yield what is seen in these boxes, where somebody still is."""
    if not boxes:
        return
    poses = eyes.look(np.stack(boxes), is_guess=is_guess)
    for row, owner in enumerate(owners):
        one = sighting(image, boxes[row], poses.part([row]), eyes.skeleton, owner)
        if one is not None and one.score >= LOST:
            yield one


def _looked_closer(image: Image, eyes: Eyes, boxes: Sequence[Floats]) -> list[Sighting]:
    """Return what is seen in boxes that are not exact, from a second look where the first saw somebody."""
    if not boxes:
        return []
    poses = eyes.look(np.stack(boxes), is_guess=True)
    first = [sighting(image, box, poses.part([row]), eyes.skeleton) for row, box in enumerate(boxes)]
    nearer = [one.around for one in first if one is not None and one.score >= LOST]
    again = _looked(image, eyes, nearer, [-1] * len(nearer), is_guess=True)
    # the same body twice, or once a little better: `once_each` keeps the surer one
    return [one for one in [*first, *again] if one is not None and one.score >= LOST]
