from pathlib import Path

import numpy as np
import pytest

from figures import DOTS, THREE, CrowdEstimator, ThreeBoxes, draw_three
from poseglass.core.live.capture import LiveFrame
from poseglass.core.live.live import LiveResult
from poseglass.core.run import Method, Run, Seen
from poseglass.core.sketch import Sketch, Trail
from poseglass.gui.live.live_scene import LiveScene
from poseglass.gui.picture.display import Displays
from poseglass.gui.picture.scene import TRAIL_S
from poseglass.gui.shared.settings import Settings
from poseglass.types import Explanation, Frame, Poses, Skeleton

WIDTH = 320
WRIST = Skeleton(("right_wrist",))


@pytest.fixture
def displays(tmp_path: Path) -> Displays:
    return Displays(Settings(tmp_path / "window.ini"))


@pytest.fixture
def three() -> Run:
    return Method(CrowdEstimator(), ThreeBoxes).run()


def result(run: Run) -> LiveResult:
    frame = Frame(0, 0, 0.0, draw_three(200, WIDTH))
    return LiveResult(LiveFrame(frame, 0.0, 0), run.see(frame), 0.0)


def wrists(time_s: float, **places: float) -> LiveResult:
    """People by name, each with a wrist so far right."""
    frame = Frame(0, 0, time_s, np.zeros((200, WIDTH, 3), np.uint8))
    xy = np.array([[(x, 50.0)] for x in places.values()]).reshape(-1, 1, 2)
    poses = Poses(xy, np.ones(xy.shape[:2]), np.tile(np.eye(2), (len(xy), 1, 1, 1)))
    seen = Seen(frame, tuple(places), Explanation(poses, {}), xy)
    return LiveResult(LiveFrame(frame, time_s, 0), seen, time_s)


def along(trail: Trail) -> list[float]:
    return trail.points[:, 0].tolist()


@pytest.mark.parametrize("mirrored", [False, True])
def test_three_people_are_drawn_each_in_their_place(displays: Displays, three: Run, mirrored: bool):
    displays.change(boxes=True, uncertainty=True)
    sketch = LiveScene(displays).sketch(result(three), DOTS, mirrored)

    assert (len(sketch.dots), len(sketch.ellipses)) == (6, 6)
    assert [box.label for box in sketch.boxes] == ["1", "2", "3"]
    for name, (x, y) in zip(("1", "2", "3"), THREE, strict=True):
        places = np.array([dot.at for dot in sketch.dots if dot.person == name])
        expected = np.array([(x + 20, y), (x - 20, y)])
        if mirrored:
            expected[:, 0] = WIDTH - 1 - expected[:, 0]
        np.testing.assert_allclose(places, expected)


def test_nobody_is_nothing_to_draw(displays: Displays):
    displays.change(boxes=True, trails=True, uncertainty=True)
    sketch = LiveScene(displays).sketch(wrists(0.0), WRIST, mirrored=False)

    assert sketch == Sketch()


def test_a_trail_is_its_persons_own_whatever_their_row(displays: Displays):
    displays.change(trails=True)
    scene = LiveScene(displays)
    scene.sketch(wrists(0.0, a=10, b=100), WRIST, mirrored=False)
    first, second = scene.sketch(wrists(0.1, b=101, a=11), WRIST, mirrored=False).trails

    assert (along(first), along(second)) == ([100, 101], [10, 11])


def test_a_trail_is_interrupted_while_its_person_is_away(displays: Displays):
    displays.change(trails=True)
    scene = LiveScene(displays)
    for moment in (wrists(0.0, a=10, b=100), wrists(0.1, b=101)):
        scene.sketch(moment, WRIST, mirrored=False)
    back, stayed = scene.sketch(wrists(0.2, a=12, b=102), WRIST, mirrored=False).trails

    np.testing.assert_array_equal(along(back), [10, np.nan, 12])
    assert along(stayed) == [100, 101, 102]


def test_who_was_away_for_long_begins_a_new_trail(displays: Displays):
    displays.change(trails=True)
    scene = LiveScene(displays)
    for moment in (wrists(0.0, a=10), wrists(0.1 + TRAIL_S), wrists(0.2 + TRAIL_S)):
        scene.sketch(moment, WRIST, mirrored=False)
    [trail] = scene.sketch(wrists(0.3 + TRAIL_S, a=12), WRIST, mirrored=False).trails

    assert along(trail) == [12]
