import warnings

import numpy as np
import pytest

from poseglass.core.motion.kinematics import (
    JOINTS,
    SEGMENTS,
    angle,
    angle_names,
    angle_sigma,
    keypoints_of,
    speed,
    speed_with_sigma,
)
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


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("left_thigh_tilt", "left_knee", "left_hip"), ("right_shank_tilt", "right_ankle", "right_knee")],
)
def test_a_leg_tilts_to_the_right_of_the_picture_against_the_floor(name: str, low: str, high: str):
    xy = pose(LSP_14, **{low: (100, 200), high: (110, 190)})

    assert angle(LSP_14, name, xy)[0] == pytest.approx(45)
    assert angle(LSP_14, name, xy, aspect=2.0)[0] == pytest.approx(np.degrees(np.arctan(2)))
    # A camera that leans by 30 degrees shows upright things leaning by as much.
    assert angle(LSP_14, name, xy, floor_deg=30)[0] == pytest.approx(15)
    assert angle(LSP_14, name, pose(LSP_14, **{low: (0, 0), high: (0, 10)}), floor_deg=-30)[0] == pytest.approx(-150)


def test_the_error_of_an_angle_is_as_worked_by_hand():
    xy = pose(ARM, left_shoulder=(0, 0), left_elbow=(10, 0), left_wrist=(10, 20))
    spread = np.array([[9.0, 0.1, 0.0, 0.2]])
    # By the shoulder's 0.1 px at 10 px and the wrist's 0.2 px at 20 px, 0.01 rad each.
    assert angle_sigma(ARM, "left_elbow", xy, spread)[0] == pytest.approx(np.degrees(0.01 * np.sqrt(2)))
    # By the elbow's alone: a pixel down turns the upper arm by 1/10, a pixel across the forearm by 1/20.
    spread = np.array([[0.0, 0.0, 0.1, 0.0]])
    assert angle_sigma(ARM, "left_elbow", xy, spread)[0] == pytest.approx(np.degrees(0.1 * np.hypot(0.1, 0.05)))
    # Upright pixels twice as wide as high: across counts twice, and the upper arm is 20 long.
    assert angle_sigma(ARM, "left_elbow", xy, spread, 2.0)[0] == pytest.approx(np.degrees(0.1 * np.hypot(0.05, 0.1)))


@pytest.mark.parametrize("aspect", [1.0, 1.5])
@pytest.mark.parametrize("name", ["left_knee", "right_shoulder", "trunk_tilt", "left_shank_tilt"])
def test_errors_of_angles_are_what_comes_of_noise(name: str, aspect: float):
    rng = np.random.default_rng(1)
    xy = np.repeat(rng.uniform(0, 300, (1, len(LSP_14), 2)), 20000, axis=0)
    spread = np.tile(rng.uniform(0.2, 1.0, len(LSP_14)), (20000, 1))
    seen = angle(LSP_14, name, xy + rng.normal(0, 1, xy.shape) * spread[..., None], aspect)

    assert angle_sigma(LSP_14, name, xy, spread, aspect)[0] == pytest.approx(seen.std(), rel=0.03)


def test_keypoints_in_one_place_have_no_angle_to_be_wrong_by():
    xy = pose(ARM, left_shoulder=(5, 5), left_elbow=(5, 5), left_wrist=(10, 10))

    assert np.isnan(angle_sigma(ARM, "left_elbow", xy, np.ones((1, 4)))[0])


def test_a_skeleton_has_the_angles_it_has_keypoints_for():
    limbs = tuple(f"{side}_{joint}" for joint in ("elbow", "shoulder", "hip", "knee") for side in ("left", "right"))

    assert angle_names(LSP_14) == angle_names(COCO_17) == angle_names(PERSON_19) == (*limbs, *SEGMENTS)
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
    assert set(keypoints_of("trunk_tilt")) == {"left_hip", "right_hip", "left_shoulder", "right_shoulder"}


def test_a_horse_has_the_angles_that_its_names_make():
    horse = Skeleton(("nose", "withers", "dock", "left_hip", "left_knee", "left_ankle", "left_hoof"))

    assert angle_names(horse) == ("left_knee", "left_thigh_tilt", "left_shank_tilt")
    assert angles_of(horse, range(len(horse))) == angle_names(horse)
    assert angles_of(horse, [1]) == ()


def test_turning_moving_and_scaling_change_no_joint_angle():
    rng = np.random.default_rng(0)
    xy = rng.uniform(0, 100, (50, len(LSP_14), 2))
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    for name in JOINTS:
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


@pytest.mark.parametrize("aspect", [1.0, 1.5])
def test_errors_of_speeds_are_what_comes_of_noise(aspect: float):
    rng = np.random.default_rng(2)
    time_s = np.array([0.0, 0.1, 0.15, 0.4, 0.5])
    xy = (time_s[:, None] * [300.0, 400.0])[:, None]
    xy[3] = np.nan
    spread = np.array([[0.3], [0.5], [0.2], [np.nan], [0.4]])
    noise = rng.normal(0, 1, (20000, *xy.shape)) * spread[..., None]
    seen = np.array([speed(time_s, each, aspect)[:, 0] for each in xy + noise])

    found, error = speed_with_sigma(time_s, xy, spread, aspect)
    np.testing.assert_allclose(found[:3, 0], np.hypot(300 * aspect, 400))
    np.testing.assert_allclose(error[:3, 0], seen.std(axis=0)[:3], rtol=0.03)
    assert np.isnan(found[3:]).all()
    assert np.isnan(error[3:]).all()


def test_what_stands_still_may_move_as_far_as_its_error():
    _, error = speed_with_sigma(np.arange(3.0), np.zeros((3, 1, 2)), np.ones((3, 1)), aspect=2.0)

    np.testing.assert_allclose(error[:, 0], 2 * np.array([np.sqrt(2), np.sqrt(0.5), np.sqrt(2)]))


def test_one_frame_has_no_speed():
    assert np.isnan(speed(np.zeros(1), np.zeros((1, 3, 2)))).all()
    assert speed(np.zeros(0), np.zeros((0, 3, 2))).shape == (0, 3)
