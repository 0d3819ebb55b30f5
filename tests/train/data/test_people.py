from collections.abc import Callable
from dataclasses import replace

import torch

from poseglass_train.data.people import People

MakePeople = Callable[..., People]


def test_taking_people_takes_all_of_them(make_people: MakePeople) -> None:
    people = make_people(3)
    taken = people.take(torch.tensor([2, 0]))

    assert len(taken) == 2
    assert torch.equal(taken.image_NHW3, people.image_NHW3[[2, 0]])
    assert torch.equal(taken.xy_NK2, people.xy_NK2[[2, 0]])
    assert torch.equal(taken.center_N2, people.center_N2[[2, 0]])
    assert torch.equal(taken.side_N, people.side_N[[2, 0]])


def test_thinning_takes_people_evenly(make_people: MakePeople) -> None:
    people = make_people(8)

    assert torch.equal(people.thinned(3).image_NHW3, people.image_NHW3[[0, 3, 7]])
    assert people.thinned(8) is people


def test_the_people_of_a_set_are_counted_and_found(make_people: MakePeople) -> None:
    people = replace(make_people(4), set_N=torch.tensor([2, 0, 2, 2]), sets=("a", "none", "b"))

    assert people.counts == {"a": 1, "b": 3}
    assert torch.equal(people.of("b").xy_NK2, people.xy_NK2[[0, 2, 3]])
    assert len(people.of("none")) == 0
