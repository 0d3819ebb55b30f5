"""What happened to those who are followed, frame by frame: cuts, births, breaks and the like."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from poseglass.types import Event, What

Told = list[list[int | str]]
"""Events as JSON: frame, what, person."""


class Events:
    """What was told, by frame. Events that come again for a frame replace those that were there."""

    def __init__(self, told: Iterable[Event] = ()) -> None:
        self._of_frame: dict[int, list[Event]] = {}
        for event in told:
            self._of_frame.setdefault(event.frame, []).append(event)

    def __iter__(self) -> Iterator[Event]:
        """Go through them by frame, those of one frame in the order they came."""
        return (event for frame in sorted(self._of_frame) for event in self._of_frame[frame])

    def put(self, frames: Iterable[int], told: Sequence[Event], only: Collection[str] | None) -> None:
        """Take what was told of some frames; only: of these people alone, what was told of others stays."""
        for frame in frames:
            before = self._of_frame.pop(frame, [])
            kept = [] if only is None else [event for event in before if event.person not in only]
            new = [event for event in told if event.frame == frame and event not in kept]
            if kept or new:
                self._of_frame[frame] = kept + new

    def rename(self, old: str, new: str, frames: range) -> None:
        """Say of one person in these frames what was said of another."""
        for frame in set(self._of_frame) & set(frames):
            self._of_frame[frame] = [
                Event(each.frame, each.what, new) if each.person == old else each for each in self._of_frame[frame]
            ]


def encode_events(events: Iterable[Event]) -> Told:
    """Return events as JSON."""
    return [[event.frame, event.what.value, event.person] for event in events]


def decode_events(told: Iterable[Sequence[int | str]]) -> tuple[Event, ...]:
    """Return the events; words of a later version are left out. Raises ValueError for what is none."""
    known = {what.value for what in What}
    return tuple(Event(int(frame), What(what), str(person)) for frame, what, person, *_ in told if what in known)
