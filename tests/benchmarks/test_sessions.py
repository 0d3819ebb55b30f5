"""How long sessions of 100,000 frames take: edits, smoothing, opening. Run with `python -m pytest -m benchmark -s`."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pytest

from poseglass.core.document import Document
from poseglass.types import Poses
from poseglass_models.skeleton import LSP_14
from sessions import footage

FRAMES = 100_000


def seconds(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the median of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def long_document(people: int = 2) -> Document:
    """Everybody waves, 300 px high."""
    document = Document(footage(FRAMES), LSP_14)
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 300, (1, 14, 2))
    for number in range(people):
        xy = places + 500 * number + 50 * np.sin(3 * document.footage.time_s)[:, None, None]
        xy += rng.normal(0, 1, xy.shape)
        score = rng.uniform(0.3, 0.95, (FRAMES, 14))
        document.results(str(number + 1)).put(slice(None), xy, score, np.tile(np.eye(2) * 9.0, (FRAMES, 14, 1, 1)))
    document.analysed[:] = True
    return document


@pytest.fixture(scope="module")
def document() -> Document:
    return long_document()


@pytest.mark.benchmark
def test_every_edit_and_its_undo_take_less_than_a_tick(document: Document):
    edits = {
        "move": lambda: document.move("1", 5000, 1, (1.0, 2.0)),
        "swap sides": lambda: document.swap_sides("1", range(FRAMES)),
        "swap people": lambda: document.swap_people("1", "2", range(FRAMES)),
        "remove": lambda: document.remove("2", range(FRAMES)),
        "undo": document.undo,
        "put": lambda: document.put(7, Poses.missing(14, 2), ["1", "2"]),
    }
    taken = {name: seconds(edit) * 1000 for name, edit in edits.items()}
    print("\n" + ", ".join(f"{name} {ms:.2f} ms" for name, ms in taken.items()))

    assert max(taken.values()) < 16
