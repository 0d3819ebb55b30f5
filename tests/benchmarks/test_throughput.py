"""How much of the slowest part's speed is left when everything runs together: ratios, all measured in one run.

Run with `python -m pytest -m benchmark -s`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from poseglass.core.plugins import make_estimator
from poseglass.core.track import Job, track
from poseglass.core.video.video import Video
from poseglass.core.video.video_writer import VideoWriter

SAMPLE = Path(__file__).parents[2] / "tracker" / "poseglass" / "assets" / "sample.mp4"
ROUNDS = 6
"""The sample is played so often: some 700 frames, so that opening and the first search weigh little."""


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "long.mp4"
    with Video.open(SAMPLE) as sample, VideoWriter(path, 854, 480, Fraction(1, 30), Fraction(30)) as writer:
        for turn in range(ROUNDS):
            for frame in sample.frames():
                writer.write(frame.image, turn * sample.info.n_frames + frame.index)
    return path


def rate(frames: int, work: Callable[[], object]) -> float:
    """Return frames a second of a piece of work."""
    start = time.perf_counter()
    work()
    return frames / (time.perf_counter() - start)


def network_rate(clip: Path, frames: int = 200) -> float:
    """Return poses a second on one frame and box, warmed up: crop, network, decoding of heatmaps."""
    with Video.open(clip) as video:
        image = video.frame(0).image
    estimator = make_estimator("attention_hourglass")
    box = np.array([[380.0, 80, 480, 420]])
    for _ in range(10):
        estimator.estimate(image, box)
    return rate(frames, lambda: [estimator.estimate(image, box) for _ in range(frames)])


def decode_rate(clip: Path) -> float:
    with Video.open(clip) as video:
        return rate(video.info.n_frames, lambda: sum(1 for _ in video.frames()))


@pytest.mark.benchmark
@pytest.mark.parametrize("drawn", [False, True], ids=["table", "table and drawn video"])
def test_the_whole_reaches_most_of_its_slowest_part(tmp_path: Path, long_clip: Path, drawn: bool):
    with Video.open(long_clip) as video:
        frames = video.info.n_frames
    network, decoding = network_rate(long_clip), decode_rate(long_clip)
    job = Job(long_clip, tmp_path / "out.csv", drawn=tmp_path / "out.mp4" if drawn else None)
    whole = rate(frames, lambda: track(job, lambda done, expected: None, lambda: False))
    ratio = whole / min(network, decoding)
    print(f"\nnetwork {network:.1f}, decoding {decoding:.1f}, whole {whole:.1f} frames/s: {ratio:.2f} of the slowest")

    assert ratio >= (0.5 if drawn else 0.8)
