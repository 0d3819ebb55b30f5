import itertools

import numpy as np
import pytest

from figures import DOTS
from poseglass.core.overlay import LEFT, OUTLINE, RIGHT
from poseglass.core.people_marks import COLOURS, Someone, letters_colour, name_place, paint_people, person_colour
from poseglass.types import Floats
from poseglass_models.skeleton import PERSON_19

NO_RED = [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
NO_GREEN = [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
NO_BLUE = [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
"""What they see, in linear light (Machado et al. 2009, severity 1)."""
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)


def cielab(colours: Floats, seen_as: Floats) -> Floats:
    part = colours / 255
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    xyz = np.clip(linear @ seen_as.T, 0, 1) @ TO_XYZ.T / WHITE
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@pytest.mark.parametrize(
    "seen_as", [np.eye(3), NO_RED, NO_GREEN, NO_BLUE], ids=["all", "no red", "no green", "no blue"]
)
def test_ten_people_are_told_apart_however_one_sees_colours(seen_as: list[list[float]]):
    seen = cielab(np.array(COLOURS, dtype=float), np.array(seen_as))

    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 25


def test_a_name_keeps_its_colour_and_the_eleventh_has_the_first_ones():
    first = [person_colour(str(number)) for number in range(1, 11)]

    assert len(set(first)) == 10
    assert person_colour("11") == first[0]
    assert person_colour("Anna") == person_colour("Anna")


def test_letters_are_dark_on_bright_colours_and_white_on_dark_ones():
    assert letters_colour((255, 238, 0)) == OUTLINE
    assert letters_colour((187, 51, 255)) == (255, 255, 255)


def test_a_name_stands_above_the_head_and_without_one_above_what_is_highest():
    xy = np.full((19, 2), np.nan)
    xy[PERSON_19.index("nose")] = 50, 40
    xy[PERSON_19.index("left_ear")] = 55, 38
    xy[PERSON_19.index("left_wrist")] = 80, 5  # waves

    assert name_place(PERSON_19, xy, np.ones(19)) == (55, 38)
    xy[:5] = np.nan
    assert name_place(PERSON_19, xy, np.ones(19)) == (80, 5)
    assert name_place(PERSON_19, xy, np.zeros(19)) is None


def painted(*people: Someone, several: bool) -> set[tuple[int, ...]]:
    image = np.full((400, 400, 3), 128, np.uint8)
    paint_people(image, DOTS, people, several=several)
    return {tuple(colour.tolist()) for colour in np.unique(image.reshape(-1, 3), axis=0)}


def test_one_person_is_painted_by_side_and_several_each_in_their_colour():
    anna = Someone("1", np.array([[60.0, 200], [140, 200]]), np.ones(2))
    ben = Someone("2", np.array([[260.0, 200], [340, 200]]), np.ones(2))

    assert {LEFT, RIGHT} <= painted(anna, several=False)
    both = painted(anna, ben, several=True)
    assert {person_colour("1"), person_colour("2")} <= both
    assert not {LEFT, RIGHT} & both


@pytest.mark.parametrize("place", [(0.0, 0.0), (399.0, 399.0), (-900.0, 5000.0), (200.0, 200.0)])
@pytest.mark.parametrize("name", ["1", "Jürgen with a very long name indeed, longer than the picture", "花子"])
def test_names_are_painted_wherever_somebody_stands_and_whatever_they_are_called(place: tuple[float, float], name: str):
    image = np.full((400, 400, 3), 128, np.uint8)
    someone = Someone(name, np.array([place, place]), np.ones(2))
    paint_people(image, DOTS, [someone], several=True)

    assert (image == person_colour(name)).all(axis=-1).sum() > 100
