from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from poseglass_models.blocks import HourglassResidualUnit, ResidualUnit

CHANNELS = 8


def all_positive(unit: nn.Module) -> nn.Module:
    """Give every weight a positive value, and norms no effect, so that no ReLU closes a path."""
    for parameter in unit.parameters():
        nn.init.uniform_(parameter, 0.1, 1)
    return unit.eval()


def seen_from(at: tuple[int, int], function: Callable[[Tensor], Tensor], size: int = 32) -> list[tuple[int, int]]:
    """Return the input positions (row, column) that move the output at `at`, by gradient, over several inputs.

    A maximum lets through one of four positions: many channels and several random inputs show all of them.
    """
    influence = torch.zeros(size, size)
    for _ in range(8):
        x = torch.rand(1, CHANNELS, size, size, requires_grad=True)
        (gradient,) = torch.autograd.grad(function(x)[..., at[0], at[1]].sum(), x)
        influence += gradient.abs().sum(dim=(0, 1))
    return [(int(row), int(column)) for row, column in influence.nonzero()]


def rectangle(rows: range, columns: range) -> list[tuple[int, int]]:
    return [(row, column) for row in rows for column in columns]


@pytest.mark.parametrize("at", [(16, 16), (13, 18)])
def test_branch_b_sees_3_by_3_positions(at: tuple[int, int]) -> None:
    torch.manual_seed(0)
    unit = all_positive(HourglassResidualUnit(CHANNELS))

    row, column = at
    expected = rectangle(range(row - 1, row + 2), range(column - 1, column + 2))
    assert seen_from(at, lambda x: ResidualUnit.forward(unit, x) - x) == expected


@pytest.mark.parametrize("at", [(16, 16), (17, 16), (13, 18)])
def test_branch_c_sees_10_by_10_positions(at: tuple[int, int]) -> None:
    torch.manual_seed(0)
    unit = all_positive(HourglassResidualUnit(CHANNELS))

    row, column = (place // 2 * 2 - 4 for place in at)  # two pooled cells before its own
    expected = rectangle(range(row, row + 10), range(column, column + 10))
    assert seen_from(at, lambda x: unit(x) - ResidualUnit.forward(unit, x)) == expected


def test_a_residual_unit_is_the_identity_plus_its_bottleneck() -> None:
    torch.manual_seed(0)
    unit, x = ResidualUnit(CHANNELS, CHANNELS), torch.randn(2, CHANNELS, 6, 6)
    with torch.no_grad():
        for parameter in unit.bottleneck[-1].parameters():
            parameter.zero_()

    assert torch.equal(unit(x), x)


def test_an_hourglass_residual_unit_adds_the_enlarged_branch_c() -> None:
    torch.manual_seed(0)
    unit, x = HourglassResidualUnit(CHANNELS).eval(), torch.randn(2, CHANNELS, 8, 12)
    coarse = unit.pooled(x)

    assert coarse.shape == (2, CHANNELS, 4, 6)
    branch_c = coarse.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    torch.testing.assert_close(unit(x), x + unit.bottleneck(x) + branch_c)


def test_a_residual_unit_changes_the_width_where_asked() -> None:
    assert ResidualUnit(4, 10)(torch.randn(2, 4, 6, 8)).shape == (2, 10, 6, 8)


@pytest.mark.parametrize("unit", [ResidualUnit(CHANNELS, CHANNELS), HourglassResidualUnit(CHANNELS)])
@pytest.mark.parametrize("training", [True, False])
def test_units_leave_their_input_alone(unit: nn.Module, training: bool) -> None:
    x = torch.randn(2, CHANNELS, 8, 8)
    before = x.clone()
    unit.train(training)(x)

    assert torch.equal(x, before)
