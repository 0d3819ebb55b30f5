"""Several stretches of a video analysed one after the other, by networks that are loaded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from poseglass.core.analysis import Analysed, Wish, analyse
from poseglass.core.run import Method, Seen, loaded
from poseglass.types import Skeleton


@dataclass(frozen=True)
class Piece:
    """A stretch of frames, and what was done of it."""

    frames: range
    analysed: Analysed


def analyse_pieces(
    wish: Wish,
    pieces: Sequence[range],
    begin: Callable[[range, Skeleton, Mapping[str, str]], object],
    put: Callable[[Seen], object],
    watch: Callable[[int, int], object],
    should_stop: Callable[[], bool],
    method: Method | None = None,
) -> tuple[Piece, ...]:
    """Follow people through each of the pieces in place of the wish's frames, as `analyse` does; return those begun.

    begin: called with the frames of each piece before it; watch: frames done and expected of all of them.
    """
    done: list[Piece] = []
    expected = sum(map(len, pieces))
    with loaded(wish.estimator, wish.options, wish.finding, method) as how:
        for frames in pieces:
            before = sum(len(piece.frames) for piece in done)

            def begin_here(skeleton: Skeleton, facts: Mapping[str, str], frames: range = frames) -> None:
                begin(frames, skeleton, facts)

            def watch_here(count: int, _: int, before: int = before) -> None:
                watch(before + count, expected)

            here = replace(wish, frames=frames)
            done.append(Piece(frames, analyse(here, begin_here, put, watch_here, should_stop, how)))
            if should_stop():
                break
    return tuple(done)


def sum_of(done: Sequence[Piece], pieces: Sequence[range]) -> Analysed:
    """Return what was done of all pieces together; at least one was begun."""
    each = [piece.analysed for piece in done]
    went_through = len(each) == len(pieces) and all(analysed.went_through for analysed in each)
    return Analysed(
        sum(analysed.frames for analysed in each),
        sum(analysed.undecoded for analysed in each) if went_through else -1,
        len(each) == len(pieces) and all(analysed.complete for analysed in each),
        each[0].facts,
    )
