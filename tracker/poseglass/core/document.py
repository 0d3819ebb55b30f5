"""What a window holds of one video: raw results, the corrections beside them, and the way back from each.

One thread owns a document: the window's. Others may only call `arrivals.put`; the owner calls `take_arrivals` when it
likes, say at every tick. What was drawn a moment ago therefore never changes under anybody's hands.

Frames are numbered over the whole video, ranges are Python's. A person is the name of a track.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from poseglass.api import Smoother
from poseglass.core.footage import Footage
from poseglass.types import Flags, Poses, Recording, Skeleton, Track

PERSON = "1"
"""Name of the track while one person is followed."""


class Mark(IntFlag):
    """What the user said of a keypoint in a frame."""

    NONE = 0
    PLACED = 1  # it is where they put it
    OCCLUDED = 2  # something hides it; where it is stays as it was
    MISSING = 4  # it is not there, or was measured wrongly: no measurement


@dataclass(frozen=True)
class Change:
    """What is no longer as it was."""

    people: tuple[str, ...]
    frames: range
    keypoints: tuple[int, ...] | None  # None: all
    by_user: bool  # False: results came in


class Document:
    """Raw results, corrections, undo. All methods but `arrivals.put` are for the owner's thread.

    Edits raise SessionError for people and ranges that are not there, and when `is_read_only`; nothing is then changed.
    """

    footage: Footage
    skeleton: Skeleton
    facts: list[Mapping[str, str]]  # of estimator and smoother, for the sidecar
    is_read_only: bool

    def __init__(self, footage: Footage, skeleton: Skeleton = Skeleton(())) -> None: ...

    # What was measured

    @property
    def people(self) -> tuple[str, ...]:
        """Names of the tracks, in the order they came."""

    @property
    def analysed(self) -> Flags:
        """Which frames (T,) have been looked at, whether anybody was found or not."""

    def take_skeleton(self, skeleton: Skeleton) -> None:
        """Use an estimator's keypoints. Raises SessionError when there are results or corrections with other ones."""

    def put(self, frame: int, poses: Poses, people: Sequence[str] = (PERSON,)) -> None:
        """Keep a frame's raw poses, one row for each person; what was measured there before is replaced."""

    def take_arrivals(self) -> Change | None:
        """Put what other threads gave to `arrivals`; return what it changed."""

    # What is shown

    def raw(self, person: str, frames: range | None = None) -> Track:
        """Return what was measured of a person: tracks and sides as corrected, positions as the estimator saw them.

        frames: all of the video's if None. Frames without the person are NaN with score 0. A copy.
        """

    def corrected(self, person: str, frames: range | None = None, keypoints: Sequence[int] | None = None) -> Track:
        """Return the same with the corrected positions in place, `fixed`: what the smoother is to be given. A copy."""

    def marks(self, person: str, frames: range | None = None) -> NDArray[np.uint8]:
        """Return what the user said of each keypoint, (T, K), values of Mark. A copy."""

    def corrected_frames(self, person: str) -> NDArray[np.intp]:
        """Return the frames with a mark, rising."""

    def recording(self, smoother: Smoother | None) -> Recording:
        """Return the analysed frames for an exporter; smoothed in two passes where a smoother is given.

        Without a smoother a person with corrections gets, in place of the smoothed track, the corrected positions.
        """

    # Corrections

    def move(self, person: str, frame: int, keypoint: int, xy: tuple[float, float], *, ongoing: bool = False) -> None:
        """Put a keypoint where the user says, missing or not. `ongoing`: the mouse is still down.

        Moves of one keypoint in one frame are one step up to and with the first that is not ongoing. A new person's
        name starts a new track.
        """

    def mark(self, person: str, frame: int, keypoint: int, mark: Mark) -> None:
        """Say OCCLUDED (its position stays), MISSING (no measurement), PLACED (it is right as it is: a measured position
        becomes a fixed one) or NONE (as measured) of a keypoint.
        """

    def swap_sides(self, person: str, frames: range) -> None:
        """Swap left and right, corrections too. Twice is nothing."""

    def swap_people(self, a: str, b: str, frames: range) -> None:
        """Swap two tracks, corrections too. Twice is nothing."""

    def merge(self, into: str, other: str, frames: range) -> None:
        """Give `into` the frames of `other` where it has none itself; `other` is then gone from the range."""

    def remove(self, person: str, frames: range) -> None:
        """Take a person out, corrections too."""

    def clear(self, person: str, frames: range) -> None:
        """Take back every correction: positions, marks, swaps, removals."""

    # Undo

    @property
    def undo_text(self) -> str | None:
        """What `undo` would take back, in English: "Move left wrist"; None when there is nothing."""

    @property
    def redo_text(self) -> str | None:
        """What `redo` would do again."""

    def undo(self) -> Change | None:
        """Take the last step back; any number of times."""

    def redo(self) -> Change | None:
        """Do the last step that was taken back again."""

    # Watching

    def watch(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call back, in the owner's thread, after every change; return what ends that."""


class Arrivals:
    """Results on their way from a worker to the document."""

    def put(self, frame: int, poses: Poses, people: Sequence[str] = (PERSON,)) -> None:
        """Hand over a frame's poses; from any thread, never waits. Do not change the arrays afterwards."""
