from collections.abc import Callable, Collection
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from poseglass_models.codec import encode
from poseglass_models.multi_context import NetworkOutput
from poseglass_models.skeleton import LSP_14
from poseglass_train.data.people import People
from poseglass_train.training.validate import BINS, confidence_curve, validate

MakePeople = Callable[..., People]


class Oracle(torch.nn.Module):
    """A network that answers with heatmaps prepared for it, batch after batch."""

    def __init__(self, answers_NK2: Tensor) -> None:
        super().__init__()
        self.answers_NK2, self.given = answers_NK2, 0

    def forward(self, image_B3HW: Tensor, want: Collection[str] = ()) -> NetworkOutput:
        count, side = len(image_B3HW), image_B3HW.shape[-1] // 4
        answers = self.answers_NK2[self.given : self.given + count]
        self.given += count
        return NetworkOutput((encode(answers, (side, side)),))


@pytest.mark.parametrize("batch", [2, 50])
def test_validation_gives_a_perfect_network_100(batch: int, make_people: MakePeople) -> None:
    people = make_people(5)
    oracle = Oracle(people.xy_NK2)  # the crop is the whole image: both are 64 px

    assert validate(oracle, people, 64, batch).pck == 100  # type: ignore[arg-type]
    assert oracle.given == 5
    assert not oracle.training


def test_validation_counts_an_error_of_a_fifth_of_the_torso(make_people: MakePeople) -> None:
    """Hand-worked: torso 20 px, so 4 px are allowed; one keypoint in 14 is 3 px off, another 6 px."""
    xy = make_people(1).xy_NK2.clone()
    xy[0] = xy[0] * 0.6 + 12
    xy[0, LSP_14.index("right_hip")] = torch.tensor([20.0, 40.0])
    xy[0, LSP_14.index("left_shoulder")] = torch.tensor([32.0, 24.0])
    found = xy.clone()
    found[0, 0, 0] += 3
    found[0, 1, 0] += 6
    people = replace(make_people(1), xy_NK2=xy)

    assert validate(Oracle(found), people, 64).pck == pytest.approx(100 * 13 / 14)  # type: ignore[arg-type]


def test_validation_leaves_out_what_is_not_annotated(make_people: MakePeople) -> None:
    people = make_people(3)
    xy = people.xy_NK2.clone()
    xy[:, 0] = torch.nan
    xy[1, 5] = torch.nan

    assert validate(Oracle(people.xy_NK2), replace(people, xy_NK2=xy), 64).pck == 100  # type: ignore[arg-type]


def test_a_peak_for_what_is_beyond_the_picture_scores_nothing_and_is_worth_nothing(make_people: MakePeople) -> None:
    people = make_people(24)
    xy = people.xy_NK2.clone()
    xy[:, ::2] = torch.inf
    told = validate(Oracle(people.xy_NK2), replace(people, xy_NK2=xy), 64)  # type: ignore[arg-type]

    assert told.pck == 100
    assert [share for _, share in told.confidence[1:]] == pytest.approx([0.5] * BINS, abs=0.1)


def test_a_set_with_nobody_in_it_has_no_score(make_people: MakePeople) -> None:
    people = make_people(4)
    xy = people.xy_NK2.clone()
    xy[2:] = torch.inf
    both = replace(people, xy_NK2=xy, set_N=torch.tensor([0, 0, 1, 1]), sets=("somebody", "nobody"))

    assert validate(Oracle(people.xy_NK2), both, 64).pck_of == {"somebody": 100}  # type: ignore[arg-type]


def test_where_no_torso_is_annotated_a_standing_persons_counts(make_people: MakePeople) -> None:
    """Crops of 64 px show a person of 64 / 1.3 px, a quarter of it 12.3 px: an error of 2 px is right, one of 3 not."""
    people = make_people(4)
    xy = people.xy_NK2.clone()
    xy[:, LSP_14.index("right_hip")] = torch.nan
    for error, share in ((2.0, 100), (3.0, 0)):
        found = people.xy_NK2 + torch.tensor([error, 0.0])
        told = validate(Oracle(found), replace(people, xy_NK2=xy), 64)  # type: ignore[arg-type]
        assert told.pck == share


def test_of_nobody_peaks_are_worth_themselves(make_people: MakePeople) -> None:
    people = make_people(3)
    nothing = replace(people, xy_NK2=torch.full_like(people.xy_NK2, torch.nan))

    for nobody in (nothing, people.take(torch.tensor([], dtype=torch.long))):
        told = validate(Oracle(people.xy_NK2), nobody, 64)  # type: ignore[arg-type]
        assert told.confidence == ((0, 0), (1, 1))


def test_confidence_is_the_share_of_right_keypoints_with_such_a_peak() -> None:
    dice = np.random.default_rng(0)
    peak = dice.uniform(0, 1, (2000, 14))
    correct = (dice.uniform(0, 1, peak.shape) < peak**2).astype(float)
    peaks, shares = zip(*confidence_curve(peak, correct), strict=True)

    np.testing.assert_allclose(np.interp([0.3, 0.5, 0.8], peaks, shares), [0.09, 0.25, 0.64], atol=0.05)


def test_confidence_never_falls_and_is_never_quite_sure() -> None:
    dice = np.random.default_rng(1)
    curve = confidence_curve(dice.uniform(0, 1, (50, 14)), (dice.uniform(0, 1, (50, 14)) < 0.97).astype(float))
    shares = [share for _, share in curve]

    assert curve[0] == (0, 0)
    assert shares == sorted(shares)
    assert shares[-1] < 1
    assert len(curve) == BINS + 1


def test_confidence_leaves_out_what_is_not_annotated() -> None:
    peak = np.full((30, 2), 0.5)
    correct = np.ones((30, 2))
    correct[:, 1] = np.nan

    assert confidence_curve(peak, correct)[-1][1] > 0.7
