import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from poseglass_models.blocks import HourglassResidualUnit, ResidualUnit
from poseglass_models.hourglass import LEVELS, NestedHourglass


@pytest.fixture
def hourglass() -> NestedHourglass:
    torch.manual_seed(0)
    return NestedHourglass(4).eval()


def test_merged_features_come_coarse_to_fine(hourglass: NestedHourglass) -> None:
    shapes = [tuple(merged.shape) for merged in hourglass(torch.randn(2, 4, 32, 48))]

    assert shapes == [(2, 4, 4, 6), (2, 4, 8, 12), (2, 4, 16, 24), (2, 4, 32, 48)]


def test_only_the_side_branches_are_hourglass_residual_units(hourglass: NestedHourglass) -> None:
    nested = {name for name, module in hourglass.named_modules() if isinstance(module, HourglassResidualUnit)}

    assert nested == {f"side.{level}" for level in range(LEVELS)}
    plain = {name for name, module in hourglass.named_modules() if isinstance(module, ResidualUnit)} - nested
    assert plain == {"bottom"} | {f"{way}.{level}" for way in ("down", "up") for level in range(LEVELS)}


def test_the_hourglass_equals_its_recursive_definition(hourglass: NestedHourglass) -> None:
    def merge(x: Tensor, level: int) -> list[Tensor]:
        """Newell et al. 2016: side(x) + upsample(what the smaller hourglass inside makes of x at half its size)."""
        if level == LEVELS:
            return [hourglass.bottom(x)]
        inner = merge(hourglass.down[level](F.max_pool2d(x, 2)), level + 1)
        low = hourglass.up[LEVELS - 1 - level](inner[-1])
        return [*inner, hourglass.side[level](x) + low.repeat_interleave(2, 2).repeat_interleave(2, 3)]

    x = torch.randn(1, 4, 16, 32)
    for merged, expected in zip(hourglass(x), merge(x, 0)[1:], strict=True):
        torch.testing.assert_close(merged, expected)


def test_a_side_branch_reaches_its_own_level_and_the_finer_ones_only(hourglass: NestedHourglass) -> None:
    x = torch.randn(1, 4, 16, 16)
    before = hourglass(x)
    with torch.no_grad():
        hourglass.side[1].bottleneck[-1].bias += 1  # the second finest level
    changed = [not torch.equal(a, b) for a, b in zip(before, hourglass(x), strict=True)]

    assert changed == [False, False, True, True]
