"""Every correction as a step: what lay there before, and what lies there after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from poseglass.core.store.corrections import NOBODY, Mark, Runs, Strip
from poseglass.core.store.history import Patch, Step
from poseglass.errors import SessionError
from poseglass.types import Flags, Floats, Skeleton


def move(skeleton: Skeleton, person: str, before: Strip, keypoint: int, xy: tuple[float, float]) -> Step:
    """Put a keypoint of one frame somewhere; what is hidden stays hidden."""
    old, _ = _marked(before, keypoint)
    after = before.marked(before.frames.start, keypoint, Mark.PLACED | (old & Mark.OCCLUDED), xy)
    return Step("move", f"Move {skeleton.spoken(keypoint)}", keypoint, (Patch(person, before, after),))


def mark(skeleton: Skeleton, person: str, before: Strip, keypoint: int, said: Mark, measured: Floats) -> Step:
    """Say one thing of a keypoint of one frame; `measured` is its raw position (2,), NaN if missing."""
    old, xy = _marked(before, keypoint)
    if said == Mark.PLACED and not old & Mark.PLACED:
        if not np.isfinite(measured).all():
            raise SessionError(f"nothing was measured of {skeleton.spoken(keypoint)} there; put it where it is")
        xy = float(measured[0]), float(measured[1])
    new = said | (old & Mark.PLACED) if said == Mark.OCCLUDED else said
    after = before.marked(before.frames.start, keypoint, new, xy)
    text = _MARK_TEXTS[said].format(skeleton.spoken(keypoint))
    return Step("mark", text, keypoint, (Patch(person, before, after),))


def swap_sides(skeleton: Skeleton, person: str, before: Strip) -> Step:
    """Swap left and right."""
    after = before.flipped(skeleton.flip_order)
    return Step("swap sides", f"Swap left and right{_where(before)}", None, (Patch(person, before, after),))


def swap_people(a: str, before_a: Strip, b: str, before_b: Strip) -> Step:
    """Swap two tracks. Raises SessionError for one and the same."""
    _check_two(a, b)
    patches = (Patch(a, before_a, before_b), Patch(b, before_b, before_a))
    return Step("swap people", f"Swap people {a} and {b}{_where(before_a)}", None, patches)


def merge(into: str, before: Strip, other: str, before_other: Strip, take: Flags) -> Step:
    """Give one track the frames (F,) of another that `take` says, and take that one out. Raises as `swap_people`."""
    _check_two(into, other)
    gone = Strip.clean(before.frames, NOBODY)
    patches = (
        Patch(into, before, before.with_some_of(before_other, take)),
        Patch(other, before_other, gone),
    )
    return Step("merge", f"Merge person {other} into {into}{_where(before)}", None, patches)


def remove(person: str, before: Strip) -> Step:
    """Take a track out."""
    after = Strip.clean(before.frames, NOBODY)
    return Step("remove", f"Remove person {person}{_where(before)}", None, (Patch(person, before, after),))


def delete(person: str, before: Strip) -> Step:
    """Take a track out of all frames."""
    return replace(remove(person, before), text=f"Delete person {person}")


def split(person: str, before: Strip, new: str, before_new: Strip) -> Step:
    """Give what is in the range to a new track, and take the old one out."""
    patches = Patch(new, before_new, before), Patch(person, before, Strip.clean(before.frames, NOBODY))
    return Step("split", f"Split person {person} at frame {before.frames.start}", None, patches)


def rename(person: str, strip: Strip, before: str, after: str) -> Step:
    """Call a track something; "" for nothing. No frame changes: the strip is for readers that know no such step."""
    text = f"Call person {person} {after}" if after else f"Call person {person} by no name"
    return Step("rename", text, None, (Patch(person, strip, strip),), (before, after))


def look_again(person: str, before: Strip, number: int, take: Flags) -> Step:
    """Give a track the results of that number in the frames (F,) that `take` says; what was placed stays."""
    source, mirrored = before.source.dense(), before.mirrored.dense()
    after = replace(
        before,
        source=Runs.of(np.where(take, number, source)),
        mirrored=Runs.of(np.where(take, 0, mirrored)),  # it saw the sides anew
    )
    return Step("look again", f"Look again{_where(before)}", None, (Patch(person, before, after),))


def clear(person: str, before: Strip, own: int) -> Step:
    """Take back every correction; own: the number of the track's own results."""
    after = Strip.clean(before.frames, own)
    return Step("clear", f"Clear corrections{_where(before)}", None, (Patch(person, before, after),))


def _marked(strip: Strip, keypoint: int) -> tuple[Mark, tuple[float, float]]:
    for place, mark, (x, y) in zip(strip.place, strip.mark, strip.xy, strict=True):
        if place[1] == keypoint:
            return Mark(int(mark)), (float(x), float(y))
    return Mark.NONE, (0.0, 0.0)


def _where(strip: Strip) -> str:
    first, last = strip.frames.start, strip.frames.stop - 1
    return f" in frame {first}" if first == last else f" in frames {first}-{last}"


def _check_two(a: str, b: str) -> None:
    if a == b:
        raise SessionError(f"person {a} twice; name two people")


_MARK_TEXTS = {
    Mark.PLACED: "Accept {0} as it is",
    Mark.OCCLUDED: "Mark {0} hidden",
    Mark.MISSING: "Mark {0} missing",
    Mark.NONE: "Remove correction of {0}",
}
