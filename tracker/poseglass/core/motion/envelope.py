"""A long curve drawn in few points: the lowest and the highest value of every stretch that is one pixel wide."""

from __future__ import annotations

import numpy as np

from poseglass.types import Floats


def envelope(time_s: Floats, values: Floats, frames: range, columns: int) -> tuple[Floats, Floats]:
    """Return times and values (N,) that look like `values` (T,) in `frames` on so many columns of pixels.

    As many points as frames where there are few of them. Otherwise two for each stretch, which is a power of two of
    frames long and starts at a multiple of it, so that a curve keeps its shape while it is moved. Unlike a mean, it
    keeps every spike; a stretch is NaN only where all of it is.
    """
    stretch = 1 << max(0, (len(frames) // max(1, 2 * columns)).bit_length())
    if stretch < 4:
        here = slice(frames.start, frames.stop)
        return time_s[here], values[here]
    start, stop = frames.start // stretch * stretch, min(len(values), -(-frames.stop // stretch) * stretch)
    starts = np.arange(start, stop, stretch) - start
    part = values[start:stop]
    drawn = np.empty((len(starts), 2))
    drawn[:, 0], drawn[:, 1] = np.fmin.reduceat(part, starts), np.fmax.reduceat(part, starts)
    lasts = np.append(starts[1:], stop - start) - 1 + start
    times = np.stack([time_s[starts + start], time_s[lasts]], axis=1)
    return times.ravel(), drawn.ravel()


def visible(time_s: Floats, start_s: float, stop_s: float) -> range:
    """Return the frames shown between two times, and one more on each side, so that lines leave the picture."""
    first, last = np.searchsorted(time_s, [start_s, stop_s])
    return range(max(0, int(first) - 1), min(len(time_s), int(last) + 1))
