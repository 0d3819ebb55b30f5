"""MPII's layout, field by field, on a file of a few people; PCKh where every distance is chosen."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from poseglass_models.checkpoint import Checkpoint, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig
from poseglass_models.skeleton import LSP_14, MPII_16
from poseglass_train.cli import main
from poseglass_train.data.mpii import ANNOTATIONS, VALIDATION, read_mpii, write_predictions
from poseglass_train.data.sets import read_set
from poseglass_train.errors import DatasetError
from poseglass_train.evaluate.mpii import mpii_table

Array = NDArray[np.float64]


def structs(entries: list[dict[str, Any]], fields: tuple[str, ...]) -> NDArray[Any]:
    """Return a Matlab struct array."""
    array = np.empty((1, len(entries)), dtype=[(field, object) for field in fields])
    for i, entry in enumerate(entries):
        for field in fields:
            array[0, i][field] = entry.get(field, np.zeros((0, 0)))
    return array


def person(number: float, keypoints: dict[int, tuple[float, float]] | None) -> dict[str, Any]:
    """Return a rectangle of MPII's: its objpos is (10 n, 20 n), its scale n / 10, its head box 30 by 40."""
    points = [{"x": x, "y": y, "id": id_, "is_visible": 1} for id_, (x, y) in (keypoints or {}).items()]
    entry = {"objpos": {"x": 10 * number, "y": 20 * number}, "scale": number / 10}
    if keypoints is not None:
        head = {"x1": 100, "y1": 50, "x2": 130, "y2": 90}
        entry |= {**head, "annopoints": {"point": structs(points, ("x", "y", "id", "is_visible"))}}
    return entry


FIELDS = ("x1", "y1", "x2", "y2", "annopoints", "scale", "objpos")


@pytest.fixture
def mpii(tmp_path: Path) -> Path:
    """Return a folder with two training images (two people, one of them without keypoints; one), and two tests."""
    images = [
        ("a.jpg", 1, [person(1, {0: (11, 21), 9: (5, 6)}), person(2, {})], []),
        ("b.jpg", 1, [person(3, {8: (7, 8), 15: (70, 80)})], [1]),
        ("c.jpg", 0, [person(4, None), person(5, None), person(6, None)], [3, 1]),
        ("d.jpg", 0, [], []),
    ]
    annolist = structs(
        [{"image": {"name": name}, "annorect": structs(people, FIELDS)} for name, _, people, _ in images],
        ("image", "annorect"),
    )
    single = np.empty((len(images), 1), dtype=object)
    for i, (_, _, _, separate) in enumerate(images):
        single[i, 0] = np.array(separate, dtype=float)
    train = np.array([[float(is_train) for _, is_train, _, _ in images]])
    release = {"annolist": annolist, "img_train": train, "single_person": single}
    folder = tmp_path / "mpii"
    (folder / "images").mkdir(parents=True)
    scipy.io.savemat(folder / ANNOTATIONS, {"RELEASE": release})
    scipy.io.savemat(folder / VALIDATION, {"RELEASE_img_index": [2.0], "RELEASE_person_index": [1.0]})
    for name, *_ in images:
        cv2.imwrite(str(folder / "images" / name), np.zeros((10, 10, 3), np.uint8))
    return folder


def test_training_people_have_keypoints_and_are_not_in_the_validation_split(mpii: Path) -> None:
    train = read_mpii(mpii, "train")

    assert train.place_N2.tolist() == [[0, 0]]
    assert [picture.path.name for picture in train.images.pictures] == ["a.jpg"]
    xy = train.images.xy_NK2[0]
    np.testing.assert_array_equal(xy[[0, 9]], [[10, 20], [4, 5]])  # Matlab counts from 1
    assert np.isnan(np.delete(xy, [0, 9], axis=0)).all()
    assert train.images.skeleton is MPII_16


def test_validation_people_are_those_of_tompsons_list(mpii: Path) -> None:
    valid = read_mpii(mpii, "valid")

    assert valid.place_N2.tolist() == [[1, 0]]
    np.testing.assert_array_equal(valid.images.xy_NK2[0, [8, 15]], [[6, 7], [69, 79]])
    assert valid.head_N[0] == pytest.approx(0.6 * 50)


def test_the_square_comes_from_the_rough_position_and_scale(mpii: Path) -> None:
    """objpos (30, 60), scale 0.3: 15 x 0.3 px lower, 200 x 0.3 px high."""
    valid = read_mpii(mpii, "valid")

    assert valid.images.box_N4[0].tolist() == pytest.approx([29 - 30, 63.5 - 30, 29 + 30, 63.5 + 30])


def test_test_people_are_the_separate_ones_without_keypoints(mpii: Path) -> None:
    test = read_mpii(mpii, "test")

    assert test.place_N2.tolist() == [[2, 2], [2, 0]]
    assert np.isnan(test.images.xy_NK2).all()
    assert np.isnan(test.head_N).all()


def test_predictions_are_written_for_every_test_image_counted_from_1(mpii: Path) -> None:
    test = read_mpii(mpii, "test")
    found = np.arange(2 * 16 * 2, dtype=float).reshape(2, 16, 2)
    write_predictions(mpii, test, found, mpii / "pred.mat")
    pred = scipy.io.loadmat(mpii / "pred.mat", struct_as_record=False)["pred"][0]

    assert [str(entry.image[0, 0].name[0]) for entry in pred] == ["c.jpg", "d.jpg"]
    rectangles = pred[0].annorect[0]
    assert len(rectangles) == 3
    assert pred[1].annorect.size == 0
    for rectangle, row in ((2, 0), (0, 1)):
        points = rectangles[rectangle].annopoints[0, 0].point[0]
        assert [int(point.id[0, 0]) for point in points] == list(range(16))
        written = [[point.x[0, 0], point.y[0, 0]] for point in points]
        np.testing.assert_array_equal(written, found[row] + 1)
    assert rectangles[1].annopoints[0, 0].point.size == 0  # nobody asked for this one


@pytest.mark.parametrize("name", [ANNOTATIONS, VALIDATION])
@pytest.mark.parametrize("content", [None, b"no", {"other": 1}])
def test_a_missing_or_other_file_is_named(mpii: Path, name: str, content: bytes | dict[str, int] | None) -> None:
    (mpii / name).unlink()
    if isinstance(content, bytes):
        (mpii / name).write_bytes(content)
    elif content is not None:
        scipy.io.savemat(mpii / name, content)

    with pytest.raises(DatasetError, match=rf"{name}: looked for"):
        read_mpii(mpii, "valid")


def test_missing_images_are_counted_and_named(mpii: Path) -> None:
    (mpii / "images" / "b.jpg").unlink()

    with pytest.raises(DatasetError, match=r"1 images are missing, the first is .*b\.jpg"):
        read_mpii(mpii, "valid")


def test_pckh_counts_errors_of_half_a_head_and_leaves_pelvis_and_thorax_out() -> None:
    """Hand-worked. Heads of 20 and 40 px allow 10 and 20 px; the first has no left ankle."""
    true = np.full((2, 16, 2), 100.0)
    true[0, MPII_16.index("left_ankle")] = np.nan
    found = true + np.array([10.0, 0.0])  # on the first person's limit, and inside the second's
    found[0, MPII_16.index("head_top")] += [0.1, 0]
    found[1, MPII_16.index("right_wrist")] += [10.1, 0]
    found[:, MPII_16.index("pelvis")] += 500
    found[1, MPII_16.index("left_knee")] = np.nan
    table = mpii_table(found, true, np.array([20.0, 40.0]), MPII_16)

    assert table["Head"] == pytest.approx((50 + 100) / 2)
    assert table["Wri."] == pytest.approx((50 + 100) / 2)
    assert table["Knee"] == pytest.approx((50 + 100) / 2)
    assert table["Ank."] == 100
    assert table["Mean"] == pytest.approx(100 * (27 - 3) / 27)  # of all annotated keypoints, as released


def test_mpii_can_be_trained_on_with_its_own_keypoints_or_with_lsps(mpii: Path) -> None:
    own, lsp = read_set("mpii", mpii.parent), read_set("mpii-as-lsp", mpii.parent)

    assert own.train.skeleton is MPII_16
    assert lsp.train.skeleton is LSP_14
    assert (len(own.train), len(own.held_out)) == (len(lsp.train), len(lsp.held_out)) == (1, 1)
    np.testing.assert_array_equal(lsp.held_out.xy_NK2[0, LSP_14.index("neck")], [6, 7])
    np.testing.assert_array_equal(lsp.train.xy_NK2[0, LSP_14.index("right_ankle")], [10, 20])


@pytest.fixture
def model(tmp_path: Path) -> str:
    config = NetworkConfig(stacks=1, channels=8, keypoints=16)
    save(tmp_path / "model", MultiContextNetwork(config), Checkpoint(config, 64, MPII_16))
    return str(tmp_path / "model")


def test_the_commands_score_the_validation_people_and_write_the_test_peoples(
    mpii: Path, model: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["evaluate", "mpii", "--data", str(mpii.parent), "--model", model, "--device", "cpu"]

    assert main(command) == 0
    assert capsys.readouterr().out.split()[:2] == ["Head", "Sho."]
    assert main([*command, "--predictions", str(tmp_path / "pred.mat")]) == 0
    assert scipy.io.loadmat(tmp_path / "pred.mat")["pred"].shape == (1, 2)


def test_a_model_of_other_keypoints_is_refused(mpii: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "mpii", "--data", str(mpii.parent), "--model", "fast", "--device", "cpu"]) == 2
    assert "MPII scores 16 keypoints, the model lacks pelvis" in capsys.readouterr().err
