"""What each further person in a frame costs: ratios, all measured in one run.

Run with `python -m pytest -m benchmark -s`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from poseglass.api import Boxes, Detections, Image
from poseglass.core.people.everybody import Everybody
from poseglass.core.plugins import make_estimator
from poseglass.core.run import Method, Run
from poseglass.core.video.video import Video
from poseglass.types import Frame

SAMPLE = Path(__file__).parents[2] / "tracker" / "poseglass" / "assets" / "sample.mp4"
PLACE = (280, 40, 580, 450)
"""x0 y0 x1 y1 around the person in the sample's first frame, with some of what is around them."""
BODY = (100.0, 40.0, 200.0, 380.0)
"""The person's box in it."""
CROWDS = (1, 2, 5, 10)
FRAMES, WARM = 15, 5


class KnownPlaces:
    """A `Detector` that costs nothing."""

    def __init__(self, boxes: Boxes) -> None:
        self._boxes = boxes

    @property
    def facts(self) -> Mapping[str, str]:
        return {}

    def detect(self, image: Image) -> Detections:
        return Detections(self._boxes, np.ones(len(self._boxes)))

    def close(self) -> None:
        """Hold nothing."""


def crowd(people: int) -> tuple[Image, Boxes]:
    """Return a picture of ten places, in which so many stand, and their boxes."""
    with Video.open(SAMPLE) as video:
        x0, y0, x1, y1 = PLACE
        somebody = video.frame(0).image[y0:y1, x0:x1]
    height, width = somebody.shape[:2]
    image = np.full((2 * height, 5 * width, 3), 128, dtype=np.uint8)
    corners = [(width * (n % 5), height * (n // 5)) for n in range(people)]
    for x, y in corners:
        image[y : y + height, x : x + width] = somebody
    return image, np.array([(x + BODY[0], y + BODY[1], x + BODY[2], y + BODY[3]) for x, y in corners])


def frame_times(run: Run, image: Image, people: int) -> list[float]:
    """Return seconds a frame once all of them are followed."""
    times = []
    for index in range(WARM + FRAMES):
        start = time.perf_counter()
        seen = run.see(Frame(index, index, index / 30, image))
        times.append(time.perf_counter() - start)
    assert len(seen.people) == people
    return times[WARM:]


@pytest.mark.benchmark
def test_each_person_costs_no_more_than_the_first() -> None:
    estimator = make_estimator("attention_hourglass")
    times: dict[int, float] = {}
    for people in CROWDS:
        image, boxes = crowd(people)
        detector = KnownPlaces(boxes)
        run = Method(estimator, lambda detector=detector: Everybody(detector), detector).run()
        times[people] = float(np.median(frame_times(run, image, people)))
    estimator.close()
    first = times[1]
    print("\n" + ", ".join(f"{n} people {1000 * each:.0f} ms ({each / first:.2f})" for n, each in times.items()))

    assert times[2] <= 2.3 * first
    assert times[5] <= 5.5 * first
    assert times[10] <= 11 * first
