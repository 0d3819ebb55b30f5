"""Documents whose truth is known: somebody walks, measured with noise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

from poseglass.api import Floats
from poseglass.core.store.document import Document
from poseglass.core.store.footage import Footage
from poseglass.types import Poses, Skeleton

WALKER = Skeleton(
    ("left_hand", "right_hand", "head", "left_foot", "right_foot"),
    (("left_hand", "head"), ("right_hand", "head"), ("head", "left_foot"), ("head", "right_foot")),
)
HEIGHT = 300.0
"""Of the walker, in pixels."""


def footage(frames: int, fps: float = 30.0, path: Path = Path("/nowhere/walk.mp4")) -> Footage:
    pts = np.arange(frames, dtype=np.int64) * 512
    return Footage(path, 1000, "f" * 64, 1280, 720, Fraction(1), pts, np.arange(frames) / fps, Fraction(fps))


def walk(frames: int, seed: int = 0, fps: float = 30.0) -> Floats:
    """Where the walker's keypoints truly are, (T, K, 2)."""
    phase = np.random.default_rng(seed).uniform(0, 6, len(WALKER))
    time_s = np.arange(frames)[:, None] / fps
    x = 400 + 100 * np.sin(0.2 * time_s) + 40 * np.sin(5 * time_s + phase) + [40, -40, 0, 20, -20]
    y = 300 + 10 * np.cos(9 * time_s + phase) + np.array([100, 100, 0, 300, 300]) * HEIGHT / 300
    return np.stack([x, y], axis=-1)


def measured(truth: Floats, seed: int = 1) -> Poses:
    """All frames of one person as an estimator sees them: P is time here."""
    rng = np.random.default_rng(seed)
    frames, keypoints, _ = truth.shape
    score = rng.uniform(0.3, 0.95, (frames, keypoints))
    return Poses(truth + rng.normal(0, 1, truth.shape), score, np.tile(np.eye(2) * 9.0, (frames, keypoints, 1, 1)))


def analysed(frames: int, people: int = 1) -> Document:
    """A document of which every frame was analysed; people walk 500 px apart."""
    document = Document(footage(frames), WALKER)
    names = [str(number + 1) for number in range(people)]
    seen = [measured(walk(frames, seed=n) + np.array([500.0 * n, 0]), seed=n + 10) for n in range(people)]
    for t in range(frames):
        poses = Poses(*(np.stack([getattr(s, part)[t] for s in seen]) for part in ("xy", "score", "covariance")))
        document.put(t, poses, names)
    return document


@contextmanager
def remeasured(document: Document, person: str) -> Iterator[tuple[Floats, Floats]]:
    """Let the measured xy (F, K, 2) and score (F, K) of somebody's F frames be changed."""
    results = document.tracks.results(person)
    frames = np.flatnonzero(results.present)
    xy, score, covariance = results.rows(frames)
    yield xy, score
    results.put(frames, xy, score, covariance)
