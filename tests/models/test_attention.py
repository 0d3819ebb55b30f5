import math

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from poseglass_models.attention import (
    AttentionKind,
    CrfAttention,
    MultiResolutionAttention,
    PartAttention,
    SoftmaxAttention,
)

KINDS: tuple[AttentionKind, ...] = ("crf", "softmax")
LN_3 = math.log(3)  # sigmoid(ln 3) = 3/4, sigmoid(-ln 3) = 1/4


def spatial_attention(kind: AttentionKind, channels: int, maps: int = 1) -> CrfAttention | SoftmaxAttention:
    return CrfAttention(channels, maps) if kind == "crf" else SoftmaxAttention(channels, maps)


def pass_through(convolution: torch.nn.Conv2d) -> None:
    """Make a convolution of one channel return its input."""
    with torch.no_grad():
        for parameter in convolution.parameters():
            parameter.zero_()
        convolution.weight[..., 1, 1] = 1


def hand_worked_crf(steps: int) -> CrfAttention:
    """Return a 3 x 3 CRF in which a position hears its right neighbour with weight 1, the one above with -2."""
    crf = CrfAttention(channels=1, maps=1, steps=steps, kernel=3)
    pass_through(crf.unary)
    with torch.no_grad():
        crf.pairwise.weight.zero_()
        crf.pairwise.weight[0, 0, 1, 2] = 1
        crf.pairwise.weight[0, 0, 0, 1] = -2
    return crf


PSI = [[0, LN_3, 0], [0, 0, 0], [-LN_3, 0, 0]]
PHI_1 = [[0.5, 0.75, 0.5], [0.5, 0.5, 0.5], [0.25, 0.5, 0.5]]
# Messages of PHI_1, right - 2 * above, nothing outside:
# [[.75, .5, 0], [.5 - 1, .5 - 1.5, 0 - 1], [.5 - 1, .5 - 1, 0 - 1]]
PHI_2 = [
    [0.679179, 0.831824, 0.5],  # sigmoid of 0.75, ln 3 + 0.5, 0
    [0.377541, 0.268941, 0.268941],  # of -0.5, -1, -1
    [0.168176, 0.377541, 0.268941],  # of -ln 3 - 0.5, -0.5, -1
]
# Messages of PHI_2: [[.831824, .5, 0], [.268941 - 1.358358, .268941 - 1.663648, -1],
#                     [.377541 - .755081, .268941 - .537883, -.537883]]
PHI_3 = [
    [0.696741, 0.831824, 0.5],  # sigmoid of 0.831824, ln 3 + 0.5, 0
    [0.251728, 0.198657, 0.268941],  # of -1.089417, -1.394707, -1
    [0.186009, 0.433167, 0.368680],  # of -ln 3 - 0.377541, -0.268941, -0.537883
]


@pytest.mark.parametrize(("steps", "expected"), [(1, PHI_1), (2, PHI_2), (3, PHI_3)])
def test_mean_field_matches_a_case_worked_by_hand(steps: int, expected: list[list[float]]) -> None:
    phi = hand_worked_crf(steps)(torch.tensor([[PSI]]))

    torch.testing.assert_close(phi, torch.tensor([[expected]]), rtol=0, atol=2e-6)


def test_the_crf_takes_three_steps_with_an_11_by_11_kernel_unless_told() -> None:
    crf = CrfAttention(4, 2)

    assert crf.steps == 3
    assert crf.pairwise.weight.shape == (2, 1, 11, 11)


def test_crf_maps_lie_between_0_and_1() -> None:
    torch.manual_seed(0)
    phi = CrfAttention(8, 3)(torch.randn(2, 8, 16, 16))

    assert phi.shape == (2, 3, 16, 16)
    assert phi.min() > 0
    assert phi.max() < 1


def test_each_crf_map_has_a_kernel_of_its_own() -> None:
    torch.manual_seed(0)
    crf, features = CrfAttention(4, 3), torch.randn(1, 4, 16, 16)
    before = crf(features)
    with torch.no_grad():
        crf.pairwise.weight[1] += 1
    after = crf(features)

    assert torch.equal(before[:, [0, 2]], after[:, [0, 2]])
    assert (after[:, 1] > before[:, 1]).all()


def test_softmax_matches_a_case_worked_by_hand() -> None:
    attention = SoftmaxAttention(1)
    pass_through(attention.summary)
    weights = torch.tensor([[1.0, 2.0], [3.0, 4.0]])  # of 10 in all, over 4 positions
    phi = attention(weights.log()[None, None])

    torch.testing.assert_close(phi, torch.tensor([[[[0.4, 0.8], [1.2, 1.6]]]]))


def test_softmax_maps_sum_to_the_number_of_positions() -> None:
    torch.manual_seed(0)
    phi = SoftmaxAttention(8, 3)(torch.randn(2, 8, 12, 20))

    torch.testing.assert_close(phi.sum(dim=(-2, -1)), torch.full((2, 3), 240.0))
    assert phi.min() >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_multi_resolution_mask_is_the_sum_of_the_enlarged_maps(kind: AttentionKind) -> None:
    torch.manual_seed(0)
    merged = [torch.randn(2, 4, side, side) for side in (2, 4, 8, 16)]
    attention = MultiResolutionAttention([spatial_attention(kind, 4) for _ in range(4)])
    total, phis = attention(merged)

    by_hand = torch.zeros(2, 1, 16, 16)
    for phi in phis:
        times = 16 // phi.shape[-1]
        by_hand += phi.repeat_interleave(times, dim=2).repeat_interleave(times, dim=3)
    assert [phi.shape[-1] for phi in phis] == [2, 4, 8, 16]
    torch.testing.assert_close(total, by_hand)


def test_each_resolution_is_attended_from_its_own_feature() -> None:
    torch.manual_seed(0)
    merged = [torch.randn(1, 4, side, side) for side in (4, 8)]
    attention = MultiResolutionAttention([CrfAttention(4), CrfAttention(4)])
    _, before = attention(merged)
    _, after = attention([merged[0] + 1, merged[1]])

    assert not torch.equal(before[0], after[0])
    assert torch.equal(before[1], after[1])


def part_attention(channels: int, keypoints: int, kind: AttentionKind) -> PartAttention:
    """Return part attention with heatmap weights of a usual size: they start near zero, where all would agree."""
    part = PartAttention(spatial_attention(kind, channels, keypoints), channels, keypoints)
    torch.nn.init.normal_(part.classify.weight)
    assert part.classify.bias is not None
    torch.nn.init.normal_(part.classify.bias)
    return part


def naive_crf(attend: CrfAttention, h1: Tensor, p: int) -> Tensor:
    """Eq. 7 for one keypoint alone: the reference."""
    assert attend.unary.bias is not None
    psi = F.conv2d(h1, attend.unary.weight[p : p + 1], attend.unary.bias[p : p + 1], padding=1)
    phi = torch.sigmoid(psi)
    phi = torch.sigmoid(psi + F.conv2d(phi, attend.pairwise.weight[p : p + 1], padding=5))
    return torch.sigmoid(psi + F.conv2d(phi, attend.pairwise.weight[p : p + 1], padding=5))


def naive_softmax(attend: SoftmaxAttention, h1: Tensor, p: int) -> Tensor:
    """Eq. 3-4 for one keypoint alone, times the number of positions: the reference."""
    bias = None if attend.summary.bias is None else attend.summary.bias[p : p + 1]
    power = F.conv2d(h1, attend.summary.weight[p : p + 1], bias, padding=1).exp()
    return power / power.sum(dim=(-2, -1), keepdim=True) * h1.shape[-2] * h1.shape[-1]


def naive_part_attention(part: PartAttention, h1: Tensor) -> Tensor:
    """Eq. 11-13 as printed: for every keypoint its own masked copy of the features, then a 1x1 convolution of that."""
    heat = []
    assert part.classify.bias is not None
    for p in range(part.classify.out_channels):
        attend = part.attend
        phi_p = naive_crf(attend, h1, p) if isinstance(attend, CrfAttention) else naive_softmax(attend, h1, p)
        h2_p = h1 * phi_p
        heat.append(F.conv2d(h2_p, part.classify.weight[p : p + 1], part.classify.bias[p : p + 1]))
    return torch.cat(heat, dim=1)


@pytest.mark.parametrize("kind", KINDS)
def test_part_attention_equals_the_naive_form(kind: AttentionKind) -> None:
    torch.manual_seed(0)
    part, h1 = part_attention(16, 5, kind), torch.randn(2, 16, 24, 24)
    heat, _ = part(h1)

    assert heat.std() > 1  # the agreement is not one of zeros
    torch.testing.assert_close(heat, naive_part_attention(part, h1), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_part_attention_learns_like_the_naive_form(kind: AttentionKind) -> None:
    torch.manual_seed(0)
    part, h1, target = part_attention(8, 3, kind), torch.randn(2, 8, 16, 16), torch.randn(2, 3, 16, 16)
    weights = [p for name, p in part.named_parameters() if name != "attend.summary.bias"]  # cancels in a softmax
    ours = torch.autograd.grad(((part(h1)[0] - target) ** 2).mean(), weights)
    naive = torch.autograd.grad(((naive_part_attention(part, h1) - target) ** 2).mean(), weights)

    for mine, reference in zip(ours, naive, strict=True):
        torch.testing.assert_close(mine, reference, rtol=1e-4, atol=1e-6)


def test_a_part_map_of_nothing_leaves_only_the_bias() -> None:
    part = part_attention(4, 3, "crf")
    assert isinstance(part.attend, CrfAttention)
    with torch.no_grad():
        part.attend.unary.weight.zero_()
        part.attend.unary.bias[1] = -200  # type: ignore[index]
        part.attend.pairwise.weight[1] = 0
    heat, phi = part(torch.randn(1, 4, 8, 8))

    assert (phi[:, 1] == 0).all()
    assert (heat[:, 1] == part.classify.bias[1]).all()  # type: ignore[index]
    assert heat[:, 0].std() > 0
