"""How long sessions of 100,000 frames take: edits, smoothing, opening. Run with `python -m pytest -m benchmark -s`."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from poseglass.core.motion.smoothing import SmoothedPaths, smooth_whole
from poseglass.core.plugins import make_smoother
from poseglass.core.session.session_file import Saved, read_session, write_session
from poseglass.core.store.document import Document
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
        document.tracks.begin(str(number + 1))
        document.tracks.results(str(number + 1)).put(
            slice(None), xy, score, np.tile(np.eye(2) * 9.0, (FRAMES, 14, 1, 1))
        )
    document.tracks.analysed[:] = True
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


@pytest.mark.benchmark
def test_a_long_session_opens_in_less_than_two_seconds(tmp_path: Path):
    alone = long_document(people=1)
    for t in range(0, FRAMES, 50):
        alone.move("1", t, 3, (1.0, 2.0))
    path = tmp_path / "long.poseglass"
    saving = seconds(lambda: write_session(path, Saved(alone)), rounds=3)
    reading = seconds(path.read_bytes, rounds=3)
    opening = seconds(lambda: read_session(path), rounds=3)
    mib = path.stat().st_size / 2**20
    print(f"\n{mib:.0f} MiB: saved in {saving:.2f} s, opened in {opening:.2f} s, {opening / reading:.0f} x reading it")

    assert opening < 2


@pytest.mark.benchmark
def test_a_drag_is_smoothed_within_a_tick_wherever_in_a_long_session(document: Document):
    smoother = make_smoother("kalman")
    paths = SmoothedPaths(document, smoother)
    pending = paths.begin("1")
    whole = seconds(lambda: paths.finish(pending, smooth_whole(pending.track, smoother, print_nothing, never)), 1)
    drag = seconds(lambda: document.move("1", 50_000, 3, (100.0, 200.0), ongoing=True), rounds=15)
    swap = seconds(lambda: document.swap_sides("1", range(60_000, 60_100)))
    print(f"\nwhole {whole:.1f} s, {whole / FRAMES * 1e6:.0f} us a frame; a drag {drag * 1e3:.1f} ms")
    print(f"sides swapped in 100 frames {swap * 1e3:.0f} ms")
    paths.stop_watching()

    assert drag < whole / 300


@pytest.mark.benchmark
def test_looking_at_a_frame_takes_no_longer_in_a_long_session(document: Document):
    here = range(70_000, 70_001)
    look = seconds(lambda: (document.tracks.corrected("1", here), document.tracks.marks("1", here)), rounds=99)
    print(f"\none frame of {FRAMES}: {look * 1e6:.0f} us")

    assert look < 0.002


def print_nothing(done: int, expected: int) -> None:
    del done, expected


def never() -> bool:
    return False
