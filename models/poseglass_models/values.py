"""Values read from JSON, each checked by kind and range, before anything is built of them.

All raise ValueError with a sentence that names the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any


def whole(entries: Mapping[str, Any], name: str, low: int, high: int, step: int = 1) -> int:
    """Return a whole number in a range, the ends included, that divides by `step`."""
    value = entries[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high or value % step:
        steps = f" in steps of {step}" if step > 1 else ""
        raise ValueError(f"{name} is {shortened(value)}, where a whole number from {low} to {high}{steps} is wanted")
    return value


def real(value: object, name: str, low: float, high: float) -> float:
    """Return a number in a range, the ends included."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:  # nor is NaN
        raise ValueError(f"{name} is {shortened(value)}, where a number from {low:g} to {high:g} is wanted")
    return float(value)


def flag(entries: Mapping[str, Any], name: str) -> bool:
    """Return true or false."""
    value = entries[name]
    if not isinstance(value, bool):
        raise ValueError(f"{name} is {shortened(value)}, where true or false is wanted")
    return value


def listed(value: object, name: str, length: int | None = None) -> list[Any]:
    """Return a list, of that length where one is given."""
    if not isinstance(value, list) or (length is not None and len(value) != length):
        wanted = "a list" if length is None else f"a list of {length}"
        raise ValueError(f"{name} is {shortened(value)}, where {wanted} is wanted")
    return value


def mapping(value: object, name: str) -> dict[str, Any]:
    """Return an object of JSON."""
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {shortened(value)}, where names and values are wanted")
    return value


def rising(value: object, name: str, low: float, high: float) -> tuple[tuple[float, float], ...]:
    """Return pairs of numbers in a range; the first of each never falls, so that one can look up between them.

    A network that learnt nothing has the same peak for many a score.
    """
    pairs = tuple(
        (real(x, name, low, high), real(y, name, low, high))
        for x, y in (listed(pair, f"a pair of {name}", 2) for pair in listed(value, name))
    )
    if not pairs or any(b[0] < a[0] for a, b in pairwise(pairs)):
        raise ValueError(f"{name} is {shortened(value)}, where pairs are wanted whose first number never falls")
    return pairs


def shortened(value: object) -> str:
    """Return how a value is written, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
