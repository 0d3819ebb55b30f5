from pathlib import Path

import cv2
import numpy as np
import pytest

from poseglass.core.video.steadiness import Steadiness
from poseglass.core.video.video import Video
from poseglass.types import Frame

SYNTHETIC = Path(__file__).parents[5] / "shared" / "data" / "synthetic"
SCENE = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (600, 800, 3), dtype=np.uint8), (0, 0), 4)
SCENE = cv2.normalize(SCENE, SCENE, 0, 255, cv2.NORM_MINMAX)
NOBODY = np.zeros((0, 1, 2))


def seen(*moves: np.ndarray, people: np.ndarray = NOBODY) -> Steadiness:
    """Look at the middle of a scene, ten times a second, through affines (2, 3)."""
    steadiness = Steadiness()
    for i, move in enumerate(moves):
        image = cv2.warpAffine(SCENE, move, (800, 600), borderMode=cv2.BORDER_REFLECT)[100:500, 100:700]
        steadiness.see(Frame(i, i, i / 10, np.ascontiguousarray(image)), people)
    return steadiness


def shift(x: float, zoom: float = 1.0) -> np.ndarray:
    return np.array([[zoom, 0, x + 400 * (1 - zoom)], [0, zoom, 300 * (1 - zoom)]])


def test_a_camera_on_a_tripod_stands_still():
    noise = np.random.default_rng(1)

    assert seen(*(shift(noise.normal(0, 0.2)) for _ in range(40))).moved == ""


def test_a_slow_pan_is_seen_however_slow():
    moved = seen(*(shift(0.2 * i) for i in range(40))).moved

    assert "shifted by 0." in moved


def test_a_zoom_is_told_by_how_much():
    moved = seen(*(shift(0, 1 + 0.01 * i) for i in range(10))).moved

    assert moved == "at 0.30 s the picture is zoomed by +3.0%"


def test_another_picture_is_no_still_camera():
    turned = np.array([[-1.0, 0, 800], [0, -1, 600]])

    assert "another one" in seen(*[shift(0)] * 9, *[turned] * 9).moved


def test_somebody_who_walks_past_is_no_camera_that_moves():
    steadiness = Steadiness()
    for i in range(40):
        image = SCENE[100:500, 100:700].copy()
        image[:, 150 + 5 * i : 350 + 5 * i] = SCENE[50:450, 500:700]
        body = np.array([[[160.0 + 5 * i, 10], [340 + 5 * i, 390]]])
        steadiness.see(Frame(i, i, i / 10, image), body)

    assert steadiness.moved == ""


def test_of_a_wall_nothing_is_known_and_nothing_said():
    steadiness = Steadiness()
    for i in range(10):
        steadiness.see(Frame(i, i, i / 4, np.full((200, 300, 3), 20 * i, np.uint8)), NOBODY)

    assert steadiness.moved == ""


@pytest.mark.skipif(not SYNTHETIC.is_dir(), reason="needs the shared data folder (data/synthetic)")
@pytest.mark.parametrize(
    ("name", "stands_still"), [("static_walk", True), ("pan_jacks", False), ("handheld_dance", False)]
)
def test_rendered_cameras(name: str, stands_still: bool):
    steadiness = Steadiness()
    with Video.open(SYNTHETIC / f"{name}.mp4") as video:
        for frame in video.frames():
            steadiness.see(frame, NOBODY)

    assert (steadiness.moved == "") == stands_still
