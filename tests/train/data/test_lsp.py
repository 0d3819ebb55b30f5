from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from numpy.typing import NDArray

from poseglass_models.skeleton import LSP_14
from poseglass_train.data.labelled import LabelledImages, read_image
from poseglass_train.data.lsp import read_lsp, read_lspet
from poseglass_train.errors import DatasetError, TrainingError

WriteFolder = Callable[..., NDArray[np.float64]]
Reader = Callable[[Path], LabelledImages]

REAL_DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
needs_lsp = pytest.mark.skipif(not (REAL_DATA / "lsp").is_dir(), reason=f"LSP is not in {REAL_DATA / 'lsp'}")
needs_lspet = pytest.mark.skipif(not (REAL_DATA / "lspet").is_dir(), reason=f"LSPET is not in {REAL_DATA / 'lspet'}")


def read_lsp_train(folder: Path) -> LabelledImages:
    return read_lsp(folder, "train")


def test_lsp_is_read_as_released(tmp_path: Path, write_lsp: WriteFolder) -> None:
    written = write_lsp(tmp_path / "lsp", 5)
    lsp = read_lsp(tmp_path / "lsp", "train")

    assert len(lsp) == 5
    assert lsp.pictures[2].path == tmp_path / "lsp" / "images" / "im0003.jpg"
    assert lsp.skeleton == LSP_14
    np.testing.assert_allclose(lsp.xy_NK2, written - 1, atol=1e-4)  # Matlab's first pixel is 1, ours 0; none is missing


def test_lspet_is_read_as_released(tmp_path: Path, write_lspet: WriteFolder) -> None:
    written = write_lspet(tmp_path / "lspet", 4, missing=((1, 0), (1, 13), (3, 5)))
    lspet = read_lspet(tmp_path / "lspet")

    assert lspet.pictures[3].path == tmp_path / "lspet" / "images" / "im00004.jpg"
    gone = np.isnan(lspet.xy_NK2)
    assert [tuple(place) for place in np.argwhere(gone.all(axis=2))] == [(1, 0), (1, 13), (3, 5)]
    assert gone.sum() == 6
    np.testing.assert_allclose(lspet.xy_NK2[~gone], written[~gone] - 1, atol=1e-4)


def test_lsp_is_split_after_its_first_1000_images(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for number in range(1, 1004):
        (tmp_path / "images" / f"im{number:04d}.jpg").touch()
    joints = np.zeros((3, 14, 1003))
    joints[0] = np.arange(1, 1004)
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": joints})
    train, test = read_lsp(tmp_path, "train"), read_lsp(tmp_path, "test")

    assert (len(train), len(test)) == (1000, 3)
    assert train.pictures[-1].path.name == "im1000.jpg"
    assert test.pictures[0].path.name == "im1001.jpg"
    assert train.xy_NK2[-1, 0, 0] == 999
    assert test.xy_NK2[:, 7, 0].tolist() == [1000, 1001, 1002]


@pytest.mark.parametrize("read", [read_lsp_train, read_lspet])
def test_a_missing_folder_is_named(tmp_path: Path, read: Reader) -> None:
    with pytest.raises(DatasetError, match=r"nowhere/joints\.mat: looked for a Matlab file") as caught:
        read(tmp_path / "nowhere")

    assert isinstance(caught.value, TrainingError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "contents",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"not a Matlab file " * 20, id="text"),
        pytest.param(b"MATLAB 5.0 MAT-file, cut short", id="cut in the header"),
        pytest.param(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + b"\x89HDF\r\n", id="saved with -v7.3"),
    ],
)
def test_a_damaged_matlab_file_is_named(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "joints.mat").write_bytes(contents)

    with pytest.raises(DatasetError, match=r"joints\.mat"):
        read_lspet(tmp_path)


def test_a_compressed_matlab_file_cut_short_is_named(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).random((3, 14, 100))
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": noise}, do_compression=True)
    whole = (tmp_path / "joints.mat").read_bytes()
    for length in (len(whole) // 2, len(whole) - 40):
        (tmp_path / "joints.mat").write_bytes(whole[:length])
        with pytest.raises(DatasetError, match=r"joints\.mat"):
            read_lsp(tmp_path, "train")


def test_a_matlab_file_without_joints_is_refused(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "joints.mat", {"other": np.zeros(3)})

    with pytest.raises(DatasetError, match=r"joints\.mat.*`joints` \(3, 14, 2000\)"):
        read_lsp(tmp_path, "train")


@pytest.mark.parametrize("shape", [(14, 3, 5), (5, 14, 3), (2, 14, 5), (3, 14)])
def test_lsp_in_another_layout_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": np.zeros(shape)})

    with pytest.raises(DatasetError, match=r"joints\.mat: `joints` is \(.*\), looked for \(3, 14, 2000\)") as caught:
        read_lsp(tmp_path, "train")
    assert str(shape) in str(caught.value)


@pytest.mark.parametrize("shape", [(3, 14, 5), (14, 2, 5)])
def test_lspet_in_another_layout_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    scipy.io.savemat(tmp_path / "joints.mat", {"joints": np.zeros(shape)})

    with pytest.raises(DatasetError, match=r"looked for \(14, 3, 10000\)"):
        read_lspet(tmp_path)


def test_missing_images_are_counted_and_the_first_is_named(tmp_path: Path, write_lsp: WriteFolder) -> None:
    write_lsp(tmp_path / "lsp", 5)
    for number in (2, 4):
        (tmp_path / "lsp" / "images" / f"im{number:04d}.jpg").unlink()

    with pytest.raises(DatasetError, match=r"lsp: 2 of 5 images are missing, the first is .*im0002\.jpg"):
        read_lsp(tmp_path / "lsp", "train")


def share_inside(labelled: LabelledImages, every: int) -> float:
    """Return the share of annotated keypoints inside their images, of every so many images."""
    inside = []
    for picture, xy in list(zip(labelled.pictures, labelled.xy_NK2, strict=True))[::every]:
        height, width = read_image(picture).shape[:2]
        known = xy[np.isfinite(xy).all(axis=1)]
        inside += ((known >= -0.5) & (known <= (width - 0.5, height - 0.5))).all(axis=1).tolist()
    return float(np.mean(inside))


@needs_lsp
def test_the_real_lsp_has_1000_images_to_train_and_1000_to_test() -> None:
    train, test = read_lsp(REAL_DATA / "lsp", "train"), read_lsp(REAL_DATA / "lsp", "test")

    assert (len(train), len(test)) == (1000, 1000)
    assert np.isfinite(train.xy_NK2).all()
    assert np.isfinite(test.xy_NK2).all()
    assert share_inside(train, every=20) > 0.97
    assert share_inside(test, every=20) > 0.97


@needs_lspet
def test_the_real_lspet_has_10000_images_with_some_keypoints_missing() -> None:
    lspet = read_lspet(REAL_DATA / "lspet")

    assert len(lspet) == 10_000
    assert 0.8 < np.isfinite(lspet.xy_NK2).all(axis=2).mean() < 0.95
    assert share_inside(lspet, every=200) > 0.97


@needs_lsp
def test_in_the_real_lsp_heads_are_mostly_above_ankles() -> None:
    """A keypoint order or an axis mixed up would show."""
    xy = read_lsp(REAL_DATA / "lsp", "train").xy_NK2
    head, ankle = xy[:, LSP_14.index("head_top"), 1], xy[:, LSP_14.index("left_ankle"), 1]

    assert (head < ankle).mean() > 0.8
