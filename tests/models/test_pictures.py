from typing import get_args

import numpy as np
import pytest

from poseglass_models.pictures import (
    GAP,
    PAPER,
    ColourMap,
    Scale,
    Tile,
    colour_table,
    coloured,
    is_flat,
    keypoint_colours,
    limits,
    range_text,
    shares,
    sheet,
    with_legend,
)

SPAN = (0.0, 1.0)


def values(*numbers: float) -> np.ndarray:
    return np.array([numbers], dtype=np.float32)


@pytest.mark.parametrize("name", get_args(ColourMap))
def test_a_colour_map_has_its_own_colour_for_each_step(name: ColourMap):
    assert len(np.unique(colour_table(name), axis=0)) > 240


@pytest.mark.parametrize("name", ["inferno", "viridis", "grey"])
def test_more_is_lighter(name: ColourMap):
    light = colour_table(name) @ [0.2126, 0.7152, 0.0722]

    assert (np.diff(light[::8]) > 0).all()


def test_colours_are_red_green_blue():
    r, g, b = colour_table("inferno")[180]  # orange

    assert r > g > b


def test_stretched_runs_from_the_least_to_the_greatest_value():
    np.testing.assert_allclose(shares(values(0.2, 0.3, 0.6), SPAN, "stretched"), values(0, 0.25, 1), atol=1e-6)


def test_absolute_keeps_values_comparable():
    np.testing.assert_allclose(shares(values(0.2, 0.6, 1.2), SPAN, "absolute"), values(0.2, 0.6, 1))


def test_heat_below_nothing_is_not_stretched_over():
    assert limits(values(-0.02, 0.5), SPAN, "stretched") == (0.0, 0.5)


def test_a_map_that_is_rounding_alone_singles_nothing_out():
    worn_out = values(1.0, 0.99609375, 1.0)  # one step of bfloat16

    assert is_flat(worn_out, SPAN)
    assert not shares(worn_out, SPAN, "stretched").any()
    assert shares(worn_out, SPAN, "absolute").all()


@pytest.mark.parametrize("scale", get_args(Scale))
def test_shares_lie_between_none_and_all(scale: Scale):
    part = shares(np.random.default_rng(0).normal(0.5, 2, (9, 9)).astype(np.float32), SPAN, scale)

    assert part.min() == 0
    assert part.max() == 1
    assert coloured(part, colour_table("turbo")).shape == (9, 9, 3)


def test_captions_say_the_range():
    assert range_text(values(-0.001, 0.583), SPAN) == "0.00 to 0.58"
    assert range_text(values(0.999, 1.0), SPAN) == "1.00 all over"


def test_keypoints_have_colours_of_their_own():
    colours = keypoint_colours(17).astype(int)
    apart = np.abs(colours[:, None] - colours[None]).sum(axis=-1) + 999 * np.eye(17, dtype=int)

    assert apart.min() > 20


def test_every_tile_lies_whole_on_the_sheet():
    tiles = [Tile(np.full((20, 20, 3), 60 + 40 * i, np.uint8), ("one", "two")[: i + 1]) for i in range(3)]
    paper = sheet([tiles[:2], tiles[2:]], 20)

    for tile in tiles:
        assert (paper == tile.picture[0, 0]).all(axis=-1).sum() >= 400
    assert (paper[:, -GAP:] == PAPER).all()


def test_captions_stand_above_their_tiles():
    paper = sheet([[Tile(np.zeros((40, 40, 3), np.uint8), ("wwww",))]], 40)
    rows = np.nonzero((paper > 128).any(axis=(1, 2)))[0]

    assert len(rows)
    assert rows.max() < paper.shape[0] - 40 - GAP


def test_the_legend_shows_every_colour_below():
    table = colour_table("viridis")
    whole = with_legend(np.zeros((10, 600, 3), np.uint8), table, ("text",))
    bar = whole[10 + 3]

    assert whole.shape[1] == 600
    assert np.abs(bar[GAP].astype(int) - table[0]).max() <= 2
    assert (np.abs(bar.astype(int) - table[-1]).max(axis=-1) <= 2).any()
