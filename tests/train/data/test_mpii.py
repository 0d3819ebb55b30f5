"""MPII's layout, field by field, on a file of a few people."""

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14, MPII_16
from poseglass_train.data.mpii import ANNOTATIONS, VALIDATION, read_mpii, write_predictions
from poseglass_train.data.sets import read_set
from poseglass_train.errors import DatasetError

Array = NDArray[np.float64]


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


def test_mpii_can_be_trained_on_with_its_own_keypoints_or_with_lsps(mpii: Path) -> None:
    own, lsp = read_set("mpii", mpii.parent), read_set("mpii-as-lsp", mpii.parent)

    assert own.train.skeleton is MPII_16
    assert lsp.train.skeleton is LSP_14
    assert (len(own.train), len(own.held_out)) == (len(lsp.train), len(lsp.held_out)) == (1, 1)
    np.testing.assert_array_equal(lsp.held_out.xy_NK2[0, LSP_14.index("neck")], [6, 7])
    np.testing.assert_array_equal(lsp.train.xy_NK2[0, LSP_14.index("right_ankle")], [10, 20])
