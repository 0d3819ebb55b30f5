import warnings

import numpy as np
import pytest

from poseglass.core.motion.kinematics import angle, angle_names, speed
from poseglass.core.motion.quantities import angles_of
from poseglass_models.skeleton import COCO_17, LSP_14, PERSON_19, Skeleton

ARM = Skeleton(("left_hip", "left_shoulder", "left_elbow", "left_wrist"))


def pose(skeleton: Skeleton, **places: tuple[float, float]) -> np.ndarray:
    """One frame (1, K, 2) of a skeleton, NaN where nothing is said."""
    xy = np.full((1, len(skeleton), 2), np.nan)
    for name, place in places.items():
        xy[0, skeleton.index(name)] = place
    return xy


def test_a_frame_that_shares_its_time_has_no_speed_and_takes_none_from_its_neighbours():
    x = np.array([0, 10, 50, 20, 30.0])
    xy = np.stack([x, x * 0], axis=-1)[:, None]

    np.testing.assert_allclose(speed(np.array([0, 1, 1, 2, 3.0]), xy)[:, 0], [10, 10, np.nan, 10, 10])


@pytest.mark.parametrize(
    ("wrist", "degrees"),
    [((20, 0), 180), ((10, 10), 90), ((10, -10), 90), ((0, 0), 0), ((0, 10), 45), ((20, 10), 135)],
)
def test_an_elbow_bends_as_worked_by_hand(wrist: tuple[float, float], degrees: float):
    xy = pose(ARM, left_shoulder=(0, 0), left_elbow=(10, 0), left_wrist=wrist)

    assert angle(ARM, "left_elbow", xy)[0] == pytest.approx(degrees)


def test_pixels_that_are_not_square_are_made_so():
    # 45 degrees on a screen whose pixels are twice as wide as high: 10 px across are 20 heights.
    xy = pose(ARM, left_shoulder=(0, 0), left_elbow=(10, 0), left_wrist=(0, 20))

    assert angle(ARM, "left_elbow", xy, aspect=2.0)[0] == pytest.approx(45)
    assert angle(ARM, "left_elbow", xy)[0] == pytest.approx(np.degrees(np.arctan(2)))


@pytest.mark.parametrize(
    ("shoulders", "degrees"), [((0, -10), 0), ((10, 0), 90), ((-10, 0), -90), ((10, -10), 45), ((0, 10), 180)]
)
def test_the_trunk_tilts_to_the_right_of_the_picture(shoulders: tuple[float, float], degrees: float):
    x, y = shoulders
    xy = pose(LSP_14, left_hip=(4, 0), right_hip=(-4, 0), left_shoulder=(x + 5, y), right_shoulder=(x - 5, y))

    assert angle(LSP_14, "trunk_tilt", xy)[0] == pytest.approx(degrees)


def test_a_skeleton_has_the_angles_it_has_keypoints_for():
    limbs = tuple(f"{side}_{joint}" for joint in ("elbow", "shoulder", "hip", "knee") for side in ("left", "right"))

    assert angle_names(LSP_14) == angle_names(COCO_17) == angle_names(PERSON_19) == (*limbs, "trunk_tilt")
    assert angle_names(ARM) == ("left_elbow", "left_shoulder")
    assert angle_names(Skeleton(("nose", "tail"))) == ()
    with pytest.raises(ValueError, match="no angle 'left_knee'; there are left_elbow, left_shoulder"):
        angle(ARM, "left_knee", pose(ARM))


def test_angles_are_the_same_whatever_else_the_skeleton_holds():
    old = np.random.default_rng(3).uniform(0, 100, (20, len(LSP_14), 2))
    new = np.full((20, len(PERSON_19), 2), np.nan)
    new[:, [PERSON_19.index(name) for name in LSP_14.names]] = old

    for name in angle_names(LSP_14):
        np.testing.assert_array_equal(angle(PERSON_19, name, new), angle(LSP_14, name, old))
    assert angles_of(PERSON_19, [PERSON_19.index("left_wrist")]) == ("left_elbow",)
    assert angles_of(PERSON_19, range(5)) == ()


def test_a_horse_has_the_angles_that_its_names_make():
    horse = Skeleton(("nose", "withers", "dock", "left_hip", "left_knee", "left_ankle", "left_hoof"))

    assert angle_names(horse) == ("left_knee",)
    assert angles_of(horse, range(len(horse))) == ("left_knee",)
    assert angles_of(horse, [1]) == ()


def test_turning_moving_and_scaling_change_no_joint_angle():
    rng = np.random.default_rng(0)
    xy = rng.uniform(0, 100, (50, len(LSP_14), 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    for name in angle_names(LSP_14)[:-1]:
        np.testing.assert_allclose(angle(LSP_14, name, 3 * xy @ turn + 7), angle(LSP_14, name, xy), atol=1e-9)


def test_missing_keypoints_make_missing_angles_without_a_word():
    xy = np.repeat(pose(ARM, left_shoulder=(0, 0), left_elbow=(10, 0), left_wrist=(10, 10)), 3, axis=0)
    xy[1, 3] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        degrees = angle(ARM, "left_elbow", xy)

    np.testing.assert_allclose(degrees, [90, np.nan, 90])


def test_even_motion_has_one_speed_at_uneven_times():
    time_s = np.array([0.0, 0.1, 0.15, 0.4, 1.0])
    xy = (time_s[:, None] * [30.0, 40.0])[:, None]

    np.testing.assert_allclose(speed(time_s, xy)[:, 0], 50)
    np.testing.assert_allclose(speed(time_s, xy, aspect=2.0)[:, 0], np.hypot(60, 40))


def test_even_acceleration_is_exact_between_the_ends():
    time_s = np.array([0.0, 0.1, 0.15, 0.4, 1.0])
    xy = np.stack([5 * time_s**2, 0 * time_s], axis=-1)[:, None]

    np.testing.assert_allclose(speed(time_s, xy)[1:-1, 0], 10 * time_s[1:-1])


def test_beside_a_gap_the_other_side_speaks():
    time_s = np.arange(7.0)
    xy = np.stack([10 * time_s, 0 * time_s], axis=-1)[:, None]
    xy[[2, 4]] = np.nan

    np.testing.assert_allclose(speed(time_s, xy)[:, 0], [10, 10, np.nan, np.nan, np.nan, 10, 10])


def test_one_frame_has_no_speed():
    assert np.isnan(speed(np.zeros(1), np.zeros((1, 3, 2)))).all()
    assert speed(np.zeros(0), np.zeros((0, 3, 2))).shape == (0, 3)
