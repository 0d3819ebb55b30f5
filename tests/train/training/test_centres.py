import math

import numpy as np
import pytest
import torch

from poseglass_models.detector import STRIDE, Answer, people
from poseglass_train.training.centres import Target, loss, target
from poseglass_train.training.framing import View

NONE = np.zeros((0, 4))
ANNE, BERT = [7.5, 15.5, 31.5, 79.5], [49.5, 9.5, 59.5, 29.5]  # whole cells: 2, 4, 8, 20 is the first


def view(*boxes: list[float], unknown: list[list[float]] | None = None) -> View:
    image = np.zeros((96, 128, 3), dtype=np.uint8)
    return View(
        image, np.array(boxes, dtype=float).reshape(-1, 4), np.array(unknown or NONE, dtype=float).reshape(-1, 4)
    )


def right(wanted: Target) -> Answer:
    """Return the answer that the target asks for: sure of the centres, and the boxes where they are asked for."""
    centre = torch.where(wanted.heat == 1, 12.0, -12.0)
    rows, columns = wanted.heat.shape[-2:]
    y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
    x0, y0, x1, y1 = wanted.edges.unbind(dim=1)
    size = [(x1 - x0).clamp(min=1e-3).log(), (y1 - y0).clamp(min=1e-3).log()]
    return Answer(centre, torch.stack([(x0 + x1) / 2 - x, (y0 + y1) / 2 - y, *size], dim=1))


def test_the_right_answer_costs_next_to_nothing_and_reads_as_the_people():
    wanted = target([view(ANNE, BERT), view()])
    answer = right(wanted)

    assert loss(answer, wanted).item() == pytest.approx(0, abs=1e-4)
    first, second = people(answer)
    found = sorted((first.edges.double() * STRIDE - 0.5).tolist())
    np.testing.assert_allclose(found, [ANNE, BERT], atol=1e-4)
    assert len(second.peak) == 0


def test_a_centre_is_the_cell_it_lies_in():
    wanted = target([view(ANNE)])

    assert wanted.heat[0, 0, 12, 5] == 1  # the middle of 2..8 and 4..20
    assert (wanted.heat == 1).sum() == 1
    assert wanted.heat[0, 0, 12, 6] > wanted.heat[0, 0, 12, 7] > 0
    assert wanted.people == 1


def test_the_cells_of_a_person_share_its_loss():
    share = target([view(ANNE, BERT)]).share

    assert share.sum().item() == pytest.approx(2)
    assert (share > 0).sum() > 2


def test_who_is_smaller_is_asked_for_where_two_centres_are_one():
    small = [15.5, 39.5, 23.5, 55.5]
    wanted = target([view(small, ANNE)])

    assert (wanted.edges[0, :, 12, 5] * STRIDE - 0.5).tolist() == pytest.approx(small)


def test_where_nobody_knows_nothing_is_lost():
    unknown = [63.5, 31.5, 127.5, 95.5]
    wanted = target([view(ANNE, unknown=[unknown])])
    answer = right(wanted)
    answer.centre[0, 0, 10:20, 20:30] = 9.0

    assert loss(answer, wanted).item() == pytest.approx(0, abs=1e-4)
    answer.centre[0, 0, 2, 20] = 9.0
    assert loss(answer, wanted).item() > 1


def test_in_a_crowd_a_centre_is_known():
    wanted = target([view(BERT, unknown=[[-0.5, -0.5, 127.5, 95.5]])])

    assert wanted.known.sum() == 1
    assert loss(Answer(torch.full((1, 1, 24, 32), -9.0), right(wanted).box), wanted).item() > 5


@pytest.mark.parametrize("change", [(0, 1.0), (1, -1.0), (2, math.log(2)), (3, math.log(0.5))])
def test_a_box_that_is_off_costs(change: tuple[int, float]):
    wanted = target([view(ANNE)])
    answer = right(wanted)
    answer.box[:, change[0]] += change[1]

    assert loss(answer, wanted).item() > 0.1


def test_nobody_at_all_has_a_loss_too():
    wanted = target([view()])
    calm, alarmed = (Answer(torch.full((1, 1, 24, 32), logit), torch.zeros(1, 4, 24, 32)) for logit in (-5.0, 0.0))

    assert 0 < loss(calm, wanted) < loss(alarmed, wanted)
