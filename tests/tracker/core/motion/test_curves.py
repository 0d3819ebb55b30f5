import numpy as np
import pytest

from poseglass.core.motion import curves as curves_module
from poseglass.core.motion import kinematics
from poseglass.core.motion.curves import Curve, Curves, PathKind
from poseglass.core.motion.quantities import Quantity, angles_of
from poseglass.core.motion.smoothing import SmoothedPaths
from poseglass.core.store.document import Document
from poseglass.types import Poses
from poseglass_models.skeleton import LSP_14
from poseglass_plugins.kalman import Kalman, KalmanOptions
from sessions import analysed, footage


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves_module, "BLOCK", 64)


def curves_of(document: Document) -> tuple[Curves, SmoothedPaths]:
    paths = SmoothedPaths(document, Kalman(KalmanOptions()))
    paths.refresh("1", document.tracks.frames)
    return Curves(document, paths.track, lambda person: document.tracks.raw(person).xy), paths


def test_speeds_do_not_know_where_blocks_end():
    document = analysed(300)
    curves, paths = curves_of(document)
    time_s = document.footage.time_s
    for source, xy in ((PathKind.RAW, document.tracks.raw("1").xy), (PathKind.SMOOTHED, paths.track("1").xy)):
        values = curves.values(Curve("1", Quantity.SPEED, 2, source), range(300))

        np.testing.assert_allclose(values, kinematics.speed(time_s, xy)[:, 2])


def test_only_what_is_looked_at_is_computed():
    curves, _ = curves_of(analysed(300))
    values = curves.values(Curve("1", Quantity.X, 0, PathKind.RAW), range(70, 100))

    assert np.isfinite(values[64:128]).all()
    assert np.isnan(values[:64]).all()
    assert np.isnan(values[128:]).all()


def test_an_edit_shows_once_its_frames_are_forgotten():
    document = analysed(300)
    curves, paths = curves_of(document)
    curve = Curve("1", Quantity.Y, 1, PathKind.SMOOTHED)
    curves.values(curve, range(300))
    document.move("1", 128, 1, (400.0, 111.0))
    curves.forget("1", PathKind.SMOOTHED, range(100, 160))

    np.testing.assert_array_equal(curves.values(curve, range(300))[100:160], paths.track("1").xy[100:160, 1, 1])
    assert curves.values(curve, range(300))[128] == pytest.approx(111, abs=0.5)


def test_an_angle_is_that_of_its_keypoints():
    document = Document(footage(100), LSP_14)
    rng = np.random.default_rng(0)
    for t in range(100):
        xy = rng.uniform(0, 500, (1, 14, 2))
        document.tracks.keep(t, Poses(xy, np.ones((1, 14)), np.tile(np.eye(2), (1, 14, 1, 1))), ["1"])
    curves, _ = curves_of(document)
    for name in ("left_elbow", kinematics.TRUNK_TILT):
        values = curves.values(Curve("1", Quantity.ANGLE, name, PathKind.RAW), range(100))

        np.testing.assert_allclose(values, kinematics.angle(LSP_14, name, document.tracks.raw("1").xy))


def test_a_joint_has_its_angle_and_a_wrist_that_of_its_elbow():
    def of(*names: str) -> tuple[str, ...]:
        return angles_of(LSP_14, [LSP_14.index(name) for name in names])

    assert of("left_knee") == ("left_knee",)
    assert of("right_wrist", "left_ankle") == ("right_elbow", "left_knee")
    assert of("head_top") == ()


def test_a_segment_has_its_tilt_where_both_its_ends_are_chosen():
    def of(*names: str) -> tuple[str, ...]:
        return angles_of(LSP_14, [LSP_14.index(name) for name in names])

    assert of("left_hip", "left_knee") == ("left_hip", "left_knee", "left_thigh_tilt")
    assert of("left_hip", "right_shoulder") == ("right_shoulder", "left_hip", "trunk_tilt")


def test_the_error_of_a_curve_is_in_its_own_unit():
    document = Document(footage(100), LSP_14)
    rng = np.random.default_rng(0)
    for t in range(100):
        xy = 100 + 10 * np.arange(14)[None, :, None] + rng.normal(0, 1, (1, 14, 2)) + [t, 0]
        document.tracks.keep(t, Poses(xy, np.ones((1, 14)), np.tile(np.eye(2), (1, 14, 1, 1))), ["1"])
    curves, paths = curves_of(document)
    track, here = paths.track("1"), range(20, 30)

    def sigma(quantity: Quantity, subject: int | str) -> np.ndarray:
        return curves.sigma(Curve("1", quantity, subject, PathKind.SMOOTHED), here)

    np.testing.assert_array_equal(sigma(Quantity.X, 3), track.sigma[20:30, 3])
    speeds = kinematics.speed_with_sigma(document.footage.time_s, track.xy, track.sigma)[1]
    np.testing.assert_allclose(sigma(Quantity.SPEED, 3), speeds[20:30, 3])
    angles = kinematics.angle_sigma(LSP_14, "left_knee", track.xy, track.sigma)
    np.testing.assert_allclose(sigma(Quantity.ANGLE, "left_knee"), angles[20:30])
    assert np.isnan(sigma(Quantity.SCORE, 3)).all()
