"""A window with a long analysed walk in it: what tests of curves, lab and corrections work on."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from poseglass.gui.shell.window import MainWindow
from poseglass.types import Poses
from sessions import WALKER, measured, walk


def put_walk(window: MainWindow, qtbot: QtBot, people: int = 1, frames: range | None = None) -> None:
    """Put results into the open video's document, as an analysis does, and wait until they are smoothed."""
    document = window.project.document
    assert document is not None
    document.take_skeleton(WALKER)
    total = len(document.tracks.frames)
    names = [str(n + 1) for n in range(people)]
    seen = [measured(walk(total, seed=n) * 0.2 + np.array([20.0 * n, 0]), seed=n + 5) for n in range(people)]
    for t in frames or document.tracks.frames:
        rows = (np.stack([getattr(one, part)[t] for one in seen]) for part in ("xy", "score", "covariance"))
        document.arrivals.put(t, Poses(*rows), names)
    with qtbot.waitSignals([window.project.smoothed] * people, timeout=20000):
        window.project.expect_arrivals(False)


def drag(window: MainWindow, keypoint: int, by: tuple[int, int], person: str = "1") -> tuple[float, float]:
    """Drag a keypoint on the canvas by widget pixels; return where it must be then, in frame pixels."""
    canvas = window.canvas
    dot = next(dot for dot in canvas.sketch.dots if (dot.person, dot.keypoint) == (person, keypoint))
    start = canvas.view.to_widget(*dot.at)
    pressed = start.toPoint() + QPoint(2, 1)  # nobody hits the middle
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=pressed)
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(canvas, pressed + QPoint(round(by[0] * part), round(by[1] * part)))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=pressed + QPoint(*by))
    x, y = canvas.view.to_frame(start + QPoint(*by).toPointF())
    return float(x), float(y)
