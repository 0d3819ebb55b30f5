import numpy as np
import pytest

from figures import BLOB, DOTS, HEAT, LookingEstimator, draw_dots
from poseglass.core.explain.frame import ExplainedFrame, look_again
from poseglass.core.explain.maps import MapChoice, MapView
from poseglass.core.explain.sheet import look_sheet
from poseglass.types import Floats, Image, Poses

BOX = np.array([[70.0, 50, 130, 90]])
SIDE = 96


def look(angle: float = 0.0, center: tuple[float, float] = (100.0, 70.0)) -> ExplainedFrame:
    estimator = LookingEstimator(angle)
    image = draw_dots(150, 200, center)
    return ExplainedFrame(image, DOTS, estimator.explain(image, BOX, estimator.map_names), "frame 3")


def middle_of(light: Floats) -> Floats:
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    return np.array([(light * columns).sum(), (light * rows).sum()]) / light.sum()


def red(image: Image) -> Floats:
    return np.clip(image[..., 0].astype(float) - image[..., 1], 60, None) - 60


@pytest.mark.parametrize(("angle", "center"), [(0.0, (100.0, 70.0)), (25.0, (96.0, 75.0)), (-90.0, (100.0, 66.0))])
def test_a_tiles_peak_lies_on_what_it_stands_for(angle: float, center: tuple[float, float]):
    looked = look(angle, center)
    dot = middle_of(red(looked.shown(HEAT, SIDE)))
    tile = looked.tile(MapChoice(HEAT, (0,)), MapView(colours="inferno", opacity=1.0), SIDE).astype(float)
    peak = middle_of(np.where(tile.sum(axis=-1) >= tile.sum(axis=-1).max() - 3, 1.0, 0.0))

    assert np.hypot(*(dot - peak)) < SIDE / HEAT.width


def test_all_maps_over_one_square_share_its_picture():
    looked = look()

    assert looked.shown(BLOB, SIDE) is looked.shown(HEAT, SIDE)
    assert looked.shown(BLOB, SIDE) is not looked.shown(BLOB, 2 * SIDE)


def test_the_pose_lies_on_the_dots():
    looked = look(angle=40.0)
    posed, shown = looked.posed(HEAT, SIDE), looked.shown(HEAT, SIDE)
    x, y = middle_of(red(shown)).round().astype(int)

    assert (posed[y, x] != shown[y, x]).any()
    assert (shown == looked.shown(HEAT, SIDE)).all()


def test_captions_name_stack_kind_keypoint_and_range():
    looked = look()

    assert looked.caption(MapChoice(HEAT, (1,)))[0] == "stack 2 heatmap"
    assert looked.caption(MapChoice(HEAT, (1,)))[1].startswith("right_dot  0.00 to ")
    assert looked.caption(MapChoice(BLOB)) == ("stack 1 blob", f"12 x 12  {looked.range_text(MapChoice(BLOB))}")
    assert looked.caption(MapChoice(HEAT))[1].strip() == "all keypoints"


def test_the_sheet_grows_with_what_is_on_it():
    looked = look()
    without, with_both = (look_sheet(looked, keypoints, MapView(), SIDE) for keypoints in ((), (0, 1)))

    assert with_both.shape[0] > without.shape[0] + SIDE
    assert with_both.shape[1] == without.shape[1]
    assert (with_both[: 3 * SIDE] == without[: 3 * SIDE]).all()


def test_where_the_square_reaches_past_the_frame_it_is_black():
    looked = look(center=(100.0, 70.0))
    explanation = LookingEstimator().explain(looked.image, np.array([[-60.0, 50, 0, 90]]), (BLOB,))
    shown = ExplainedFrame(looked.image, DOTS, explanation).shown(BLOB, SIDE)

    assert not shown[:, :60].any()
    assert shown[:, -10:].any()


def test_a_known_pose_is_looked_at_again():
    looking, image = LookingEstimator(), draw_dots(150, 200, (100, 70))
    poses = looking.estimate(image, np.array([[60.0, 40, 140, 100]]))
    explanation = look_again(image, poses, DOTS, looking, (BLOB,))

    assert explanation is not None
    assert list(explanation.maps) == [BLOB]
    np.testing.assert_allclose(looking.asked[-1], [[80, 70, 120, 70]], atol=1)


def test_where_nobody_is_or_nothing_is_wanted_nothing_is_computed():
    looking, image = LookingEstimator(), draw_dots(150, 200, (100, 70))
    poses = looking.estimate(image, BOX)
    looking.asked.clear()

    assert look_again(image, Poses.missing(2), DOTS, looking, (BLOB,)) is None
    assert look_again(image, poses, DOTS, looking, ()) is None
    assert looking.asked == []
