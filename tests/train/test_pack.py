from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from poseglass_models.crop import PADDING
from poseglass_models.skeleton import LSP_14, Skeleton
from poseglass_train.datasets import LabelledImages
from poseglass_train.errors import DatasetError
from poseglass_train.pack import CANVAS, pack

HANDS = Skeleton(("left_hand", "right_hand", "nose"))
XY = NDArray[np.float32]


def labelled(
    folder: Path, images: list[NDArray[np.uint8]], xy_NK2: list[list[tuple[float, float]]], skeleton: Skeleton = HANDS
) -> LabelledImages:
    """Write images without loss and label them."""
    paths = tuple(folder / f"{number}.png" for number in range(len(images)))
    for path, image in zip(paths, images, strict=True):
        cv2.imwrite(str(path), image)
    return LabelledImages("made up", paths, np.array(xy_NK2, dtype=np.float32), skeleton)


def noise(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def dot(height: int, width: int, x: float, y: float, deviation: float) -> NDArray[np.uint8]:
    rows, columns = np.mgrid[:height, :width]
    light = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * deviation**2))
    return np.repeat(light.round().astype(np.uint8)[..., None], 3, axis=2)


def middle_of_light(image: torch.Tensor) -> list[float]:
    light = image[..., 0].double()
    rows, columns = torch.meshgrid(torch.arange(CANVAS), torch.arange(CANVAS), indexing="ij")
    return [float((light * columns).sum() / light.sum()), float((light * rows).sum() / light.sum())]


@pytest.mark.parametrize(("height", "width"), [(80, 100), (81, 100), (75, 99)])
def test_a_small_image_lies_unchanged_in_the_middle(tmp_path: Path, height: int, width: int) -> None:
    image = noise(height, width)
    packed = pack([labelled(tmp_path, [image], [[(0, 0), (20, 30), (7, 9)]])])

    x, y = (round(float(place)) for place in packed.xy_NK2[0, 0])
    assert abs(x - (CANVAS - width) / 2) <= 0.5
    assert abs(y - (CANVAS - height) / 2) <= 0.5
    assert packed.image_NHW3.dtype == torch.uint8
    canvas = packed.image_NHW3[0].numpy()
    assert (canvas[y : y + height, x : x + width] == image[..., ::-1]).all()
    assert canvas.sum() == image.sum()


@pytest.mark.parametrize(("height", "width"), [(80, 100), (300, 400), (700, 333), (255, 257)])
def test_keypoints_stay_on_their_pixels(tmp_path: Path, height: int, width: int) -> None:
    x, y = 0.6 * width + 0.3, 0.4 * height
    deviation = max(height, width) / 40
    image = dot(height, width, x, y, deviation)
    packed = pack([labelled(tmp_path, [image], [[(x, y), (1, 1), (np.nan, np.nan)]])])

    assert middle_of_light(packed.image_NHW3[0]) == pytest.approx(packed.xy_NK2[0, 0].tolist(), abs=0.05)
    assert packed.xy_NK2[0, 2].isnan().all()


def test_an_image_larger_than_the_canvas_is_shrunk_into_it(tmp_path: Path) -> None:
    white = np.full((300, 2 * CANVAS, 3), 255, dtype=np.uint8)
    packed = pack([labelled(tmp_path, [white], [[(0, 0), (2 * CANVAS - 1, 299), (9, 9)]])])

    light = packed.image_NHW3[0, ..., 0] == 255
    assert light.any(dim=0).sum() == CANVAS
    assert light.any(dim=1).sum() == 150
    np.testing.assert_allclose(packed.xy_NK2[0, :2], [[-0.25, 52.75], [255.25, 202.25]], atol=1e-4)


def test_the_square_is_the_poses_own_padded(tmp_path: Path) -> None:
    packed = pack([labelled(tmp_path, [noise(100, 100)], [[(20, 30), (60, 50), (np.nan, np.nan)]])])

    moved = (CANVAS - 100) / 2
    assert packed.center_N2[0].tolist() == pytest.approx([40 + moved, 40 + moved])
    assert packed.side_N[0].item() == pytest.approx(40 * PADDING)


def test_people_without_a_size_are_left_out(tmp_path: Path) -> None:
    gone = (np.nan, np.nan)
    images = [noise(40, 40) // 4, noise(40, 40) // 2, noise(40, 40)]
    packed = pack([labelled(tmp_path, images, [[(1, 1), gone, gone], [(1, 1), (9, 9), gone], [gone, gone, gone]])])

    assert len(packed) == 1
    middle = packed.image_NHW3[0, 108:148, 108:148].numpy()
    assert (middle == images[1][..., ::-1]).all()


def test_sets_are_packed_one_after_the_other(tmp_path: Path) -> None:
    sets = []
    for name, value in (("a", 50), ("b", 90)):
        (tmp_path / name).mkdir()
        image = np.full((CANVAS, CANVAS, 3), value, dtype=np.uint8)
        sets.append(labelled(tmp_path / name, [image, image + 1], [[(1, 1), (9, value), (2, 2)]] * 2))
    packed = pack(sets)

    assert packed.image_NHW3[:, 0, 0, 0].tolist() == [50, 51, 90, 91]
    assert packed.xy_NK2[:, 1, 1].tolist() == [50, 50, 90, 90]
    assert packed.skeleton == HANDS


def test_taking_people_takes_all_of_them(tmp_path: Path) -> None:
    images = [np.full((CANVAS, CANVAS, 3), value, dtype=np.uint8) for value in (10, 20, 30)]
    xy = [[(0.0, 0.0), (10.0 * (i + 1), 0.0), (5.0, 5.0 * i)] for i in range(3)]
    packed = pack([labelled(tmp_path, images, xy)])
    taken = packed.take(torch.tensor([2, 0]))

    assert len(taken) == 2
    assert taken.image_NHW3[:, 0, 0, 0].tolist() == [30, 10]
    assert torch.equal(taken.xy_NK2, packed.xy_NK2[[2, 0]])
    assert torch.equal(taken.center_N2, packed.center_N2[[2, 0]])
    assert torch.equal(taken.side_N, packed.side_N[[2, 0]])


def test_sets_of_different_skeletons_are_refused(tmp_path: Path) -> None:
    one = labelled(tmp_path, [noise(9, 9)], [[(1, 1), (2, 2), (3, 3)]])
    other = LabelledImages("lsp", (), np.zeros((0, 14, 2), np.float32), LSP_14)

    with pytest.raises(DatasetError, match="one skeleton, got 2"):
        pack([one, other])


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = labelled(tmp_path, [noise(9, 9), noise(9, 9)], [[(1, 1), (2, 2), (3, 3)]] * 2)
    broken.paths[1].write_bytes(b"no picture")

    with pytest.raises(DatasetError, match=r"1\.png: not an image"):
        pack([broken])
