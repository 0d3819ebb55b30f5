import math

import numpy as np
import pytest
import torch

from poseglass_models.detection import detect, fit
from poseglass_models.detector import STRIDE, Answer, DetectorConfig, PersonDetector, edges, people

SMALL = DetectorConfig(pyramid_width=0.25, channels=8, fine_channels=8, units=1)


def answer(boxes: list[tuple[float, float, float, float, float]], rows: int = 16, columns: int = 24) -> Answer:
    """Return what a network says that sees x0, y0, x1, y1 in cells with a peak's height each, and nothing else."""
    centre = torch.full((1, 1, rows, columns), -9.0)
    box = torch.zeros(1, 4, rows, columns)
    for x0, y0, x1, y1, height in boxes:
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        row, column = int(y), int(x)
        centre[0, 0, row, column] = math.log(height / (1 - height))
        said = [x - column - 0.5, y - row - 0.5, math.log(x1 - x0), math.log(y1 - y0)]
        box[0, :, row, column] = torch.tensor(said)
    return Answer(centre, box)


def test_peaks_are_people_highest_first():
    found = people(answer([(1, 2, 4, 9, 0.4), (10, 3, 15, 15, 0.9)]))[0]

    torch.testing.assert_close(found.edges, torch.tensor([[10.0, 3, 15, 15], [1, 2, 4, 9]]))
    torch.testing.assert_close(found.peak, torch.tensor([0.9, 0.4]))


def test_two_boxes_in_one_place_are_one_person():
    found = people(answer([(2, 2, 8, 14, 0.8), (2, 4.2, 8, 15.8, 0.7), (9, 2, 15, 14, 0.6)]))[0]

    assert found.peak.tolist() == pytest.approx([0.8, 0.6])


def test_a_slope_has_no_peak_beside_its_top():
    centre = torch.full((1, 1, 8, 8), -9.0)
    centre[0, 0, 4, 4:7] = torch.tensor([2.0, 1.5, 1.0])

    assert len(people(Answer(centre, torch.zeros(1, 4, 8, 8)))[0].peak) == 1


def test_noise_is_nobody():
    found = people(answer([(1, 2, 4, 9, 0.04)]))[0]

    assert found.edges.shape == (0, 4)
    assert found.peak.shape == (0,)


def test_a_box_is_around_the_middle_of_its_cell():
    box = torch.zeros(1, 4, 3, 2)
    box[0, 2:] = math.log(2)

    assert edges(box)[0, :, 2, 1].tolist() == pytest.approx([0.5, 1.5, 2.5, 3.5])


def test_an_untrained_detector_sees_next_to_nobody():
    torch.manual_seed(0)
    network = PersonDetector(SMALL).eval()
    with torch.no_grad():
        said = network(torch.zeros(1, 3, 64, 96, dtype=torch.uint8))

    assert said.centre.shape == (1, 1, 16, 24)
    assert said.box.shape == (1, 4, 16, 24)
    assert said.centre.sigmoid().mean() < 0.1


def test_sides_that_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="100 x 64; width and height must divide by 32"):
        PersonDetector(SMALL)(torch.zeros(1, 3, 64, 100))


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [
        (1080, 1920, (288, 512)),
        (480, 640, (384, 512)),
        (640, 360, (512, 288)),
        (50, 60, (448, 512)),
        (1, 900, (32, 512)),
    ],
)
def test_a_picture_of_any_aspect_fits(height: int, width: int, shape: tuple[int, int]):
    fitted = fit(np.full((height, width, 3), 200, np.uint8), 500)

    assert fitted.image.shape == (*shape, 3)
    assert (fitted.image[0, :] == 200).all()
    assert fitted.scale[0] == 512 / width if width >= height else fitted.scale[1] == 512 / height


def test_what_a_picture_leaves_free_is_black():
    fitted = fit(np.full((300, 512, 3), 200, np.uint8), 512)

    assert (fitted.image[:300] == 200).all()
    assert (fitted.image[300:] == 0).all()


@pytest.mark.parametrize(("height", "width"), [(144, 256), (576, 1024), (301, 512), (600, 200)])
def test_boxes_come_back_in_the_pictures_pixels(height: int, width: int, monkeypatch: pytest.MonkeyPatch):
    network = PersonDetector(SMALL).eval()
    scale = 512 / max(height, width)
    wide, tall = round(width * scale), round(height * scale)
    whole = answer([(0, 0, wide / STRIDE, tall / STRIDE, 0.9)], rows=128, columns=128)
    monkeypatch.setattr(PersonDetector, "forward", lambda self, image: whole)

    found = detect(network, np.zeros((height, width, 3), np.uint8), 512)

    np.testing.assert_allclose(found.boxes, [[-0.5, -0.5, width - 0.5, height - 0.5]], atol=1e-3)
    np.testing.assert_allclose(found.peak, [0.9], atol=1e-6)
    np.testing.assert_allclose(found.seen, [np.sqrt(wide * tall)], rtol=1e-5)
