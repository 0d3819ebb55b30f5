from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from poseglass_models.attention import AttentionKind, CrfAttention
from poseglass_models.multi_context import PRESETS, Context, MultiContextNetwork, NetworkConfig, Preset

SMALL = NetworkConfig(stacks=2, channels=8, keypoints=5)
ON_PYRAMID = replace(SMALL, stem="pyramid", pyramid_width=0.05)


def build(config: NetworkConfig = SMALL, seed: int = 0) -> MultiContextNetwork:
    return Preset(config, 64).build(seed).eval()


def picture(batch: int = 1, height: int = 64, width: int = 64) -> Tensor:
    return torch.rand(batch, 3, height, width, generator=torch.Generator().manual_seed(1)) * 255


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("attention", ["crf", "softmax"])
def test_every_preset_gives_a_heatmap_a_keypoint_and_stack_at_stride_4(preset: str, attention: AttentionKind) -> None:
    config = replace(PRESETS[preset]().network, channels=8, attention=attention)
    with torch.inference_mode():
        heatmaps = build(config)(picture(2, 64, 128)).heatmaps

    assert [tuple(heat.shape) for heat in heatmaps] == [(2, 14, 16, 32)] * config.stacks
    assert all(heat.isfinite().all() for heat in heatmaps)


@pytest.mark.parametrize(
    ("preset", "stacks", "channels", "size"),
    [
        ("tiny", 2, 64, 128),
        ("small", 2, 128, 128),
        ("medium", 4, 128, 256),
        ("large", 4, 256, 256),
        ("paper", 8, 256, 256),
    ],
)
def test_presets_hold_the_parameters_counted_by_hand(preset: str, stacks: int, channels: int, size: int) -> None:
    chosen = PRESETS[preset]()
    with torch.device("meta"):
        parameters = sum(p.numel() for p in chosen.build().parameters())

    assert (chosen.network.stacks, chosen.network.channels, chosen.input_size) == (stacks, channels, size)
    assert chosen.network.stem == "paper"
    assert parameters == paper_stem(channels) + counted_by_hand(stacks, channels, keypoints=14)


@pytest.mark.parametrize(
    ("preset", "stacks", "channels", "size", "width", "pyramid", "levels"),
    [
        ("pyramid-small", 1, 96, 192, 1.0, 2_299_168, (24, 32, 96, 1280, 24)),
        ("pyramid", 2, 96, 192, 1.75, 6_207_240, (40, 56, 168, 1280, 24)),
        ("pyramid-large", 3, 96, 256, 1.75, 6_207_240, (40, 56, 168, 1280, 24)),
    ],
)
def test_presets_on_a_pyramid_hold_its_parameters_and_those_counted_by_hand(
    preset: str, stacks: int, channels: int, size: int, width: float, pyramid: int, levels: tuple[int, ...]
) -> None:
    chosen = PRESETS[preset]()
    network = chosen.network
    with torch.device("meta"):
        parameters = sum(p.numel() for p in chosen.build().parameters())

    assert (network.stacks, network.channels, chosen.input_size) == (stacks, channels, size)
    assert (network.stem, network.pyramid_width) == ("pyramid", width)
    reads = sum(convolution(level, channels, 1) + 2 * channels for level in levels)
    assert parameters == pyramid + reads + counted_by_hand(stacks, channels, keypoints=14)


def convolution(c_in: int, c_out: int, side: int) -> int:
    return c_in * c_out * side**2 + c_out


def residual(c_in: int, c_out: int) -> int:
    half = c_out // 2
    norms = 2 * (c_in + half + half)
    bottleneck = convolution(c_in, half, 1) + convolution(half, half, 3) + convolution(half, c_out, 1)
    return norms + bottleneck + (0 if c_in == c_out else convolution(c_in, c_out, 1))


def paper_stem(c: int) -> int:
    return convolution(3, 64, 7) + 2 * 64 + residual(64, 128) + residual(128, 128) + residual(128, c)


def counted_by_hand(stacks: int, c: int, keypoints: int) -> int:
    """Add up the parameters of the parts after the stem as the paper names them."""

    def crf(maps: int) -> int:
        return convolution(c, maps, 3) + maps * 11**2

    branch_c = 2 * (2 * c + convolution(c, c, 3))
    hourglass = 4 * (residual(c, c) + branch_c) + (4 + 4 + 1) * residual(c, c)
    last = residual(c, c) + convolution(c, c, 1) + 2 * c
    stack = hourglass + last + 4 * (2 * c + crf(1)) + convolution(c, keypoints, 1)
    part_stacks = (stacks + 1) // 2
    second_masks = part_stacks * crf(keypoints) + (stacks - part_stacks) * crf(1)
    between = (stacks - 1) * (convolution(c, c, 1) + convolution(keypoints, c, 1))
    return stacks * stack + second_masks + between


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_use_crf_attention_and_lsp_keypoints(preset: str) -> None:
    assert PRESETS[preset]().network.attention == "crf"
    assert PRESETS[preset]().network.keypoints == 14


@pytest.mark.parametrize(("stacks", "first"), [(1, 1), (2, 2), (3, 2), (4, 3), (8, 5)])
def test_the_upper_half_of_the_stacks_has_part_attention(stacks: int, first: int) -> None:
    network = build(NetworkConfig(stacks=stacks, channels=8))

    assert [stack.part is not None for stack in network.stacks] == [number >= first for number in range(1, stacks + 1)]


@pytest.mark.parametrize("config", [SMALL, ON_PYRAMID], ids=["paper", "pyramid"])
def test_attention_maps_are_named_by_stack_kind_and_reduction(config: NetworkConfig) -> None:
    assert build(config).attention_names == (
        "stack1/multi_resolution/8", "stack1/multi_resolution/4", "stack1/multi_resolution/2",
        "stack1/multi_resolution/1", "stack1/refined",
        "stack2/multi_resolution/8", "stack2/multi_resolution/4", "stack2/multi_resolution/2",
        "stack2/multi_resolution/1", "stack2/part",
    )  # fmt: skip


@pytest.mark.parametrize("config", [SMALL, ON_PYRAMID], ids=["paper", "pyramid"])
def test_exactly_the_attention_maps_asked_for_come_back(config: NetworkConfig) -> None:
    want = {"stack1/multi_resolution/8", "stack1/refined", "stack2/multi_resolution/2", "stack2/part"}
    attention = build(config)(picture(2, 64, 128), want).attention

    facts = {name: (m.stack, m.kind, m.reduction, tuple(m.maps.shape)) for name, m in attention.items()}
    assert facts == {
        "stack1/multi_resolution/8": (1, "multi_resolution", 8, (2, 1, 2, 4)),
        "stack1/refined": (1, "refined", 1, (2, 1, 16, 32)),
        "stack2/multi_resolution/2": (2, "multi_resolution", 2, (2, 1, 8, 16)),
        "stack2/part": (2, "part", 1, (2, 5, 16, 32)),
    }


@pytest.mark.parametrize("config", [SMALL, ON_PYRAMID], ids=["paper", "pyramid"])
def test_every_named_attention_map_can_be_had(config: NetworkConfig) -> None:
    network = build(config)

    assert tuple(network(picture(), network.attention_names).attention) == network.attention_names
    assert network(picture()).attention == {}


REFINED_TWICE = ("stack1/refined", "stack2/refined")
RESOLUTIONS = tuple(
    tuple(f"stack{stack}/multi_resolution/{reduction}" for reduction in (8, 4, 2, 1)) for stack in (1, 2)
)  # fmt: skip


@pytest.mark.parametrize(
    ("context", "names"),
    [
        ("none", ()),
        ("holistic", REFINED_TWICE),
        ("multi_resolution", (*RESOLUTIONS[0], REFINED_TWICE[0], *RESOLUTIONS[1], REFINED_TWICE[1])),
        ("hierarchical", (*RESOLUTIONS[0], "stack1/refined", *RESOLUTIONS[1], "stack2/part")),
    ],
)
def test_each_context_has_the_attention_that_section_7_2_gives_it(context: Context, names: tuple[str, ...]) -> None:
    network = build(replace(SMALL, context=context))

    assert network.attention_names == names
    assert tuple(network(picture(), names).attention) == names


def test_the_baseline_is_a_plain_stacked_hourglass() -> None:
    """Newell et al. 2016: its heatmaps are a 1 x 1 convolution of the last feature; nothing masks, nothing pools."""
    network = build(replace(SMALL, context="none", hourglass_units=False))
    stack = network.stacks[0]
    x = (picture() - 115) / 62
    for layer in network.stem:
        x = layer(x)
    heat = stack.classify(stack.last(stack.hourglass(x)[-1]))

    torch.testing.assert_close(network(picture()).heatmaps[0], heat)
    assert not [name for name, _ in network.named_parameters() if "pooled" in name or "attend" in name]


def test_each_part_of_the_paper_adds_parameters_of_its_own() -> None:
    steps: list[dict[str, Any]] = [
        {"context": "none", "hourglass_units": False},
        {"context": "holistic", "hourglass_units": False},
        {"context": "holistic"},
        {"context": "multi_resolution"},
        {"context": "hierarchical"},
    ]
    counts = [sum(p.numel() for p in build(replace(SMALL, **step)).parameters()) for step in steps]
    crf = 8 * 9 + 1 + 121
    hru = 2 * 2 * 8 + 2 * (8 * 8 * 9 + 8)

    assert [b - a for a, b in pairwise(counts)] == [2 * crf, 2 * 4 * hru, 2 * 4 * (2 * 8 + crf), 4 * crf]


def test_the_mean_fields_steps_and_kernel_are_the_configs() -> None:
    network = build(replace(SMALL, mean_field_steps=1, crf_kernel=3))
    attention = [module for module in network.modules() if isinstance(module, CrfAttention)]

    assert len(attention) == 2 * 5
    assert {module.steps for module in attention} == {1}
    assert {module.pairwise.kernel_size for module in attention} == {(3, 3)}


def test_the_stacks_on_a_pyramid_are_those_on_the_papers_stem() -> None:
    """Only the stem is another; whatever it gives, the same stacks make the same of it."""
    paper, pyramid = build(), build(ON_PYRAMID, seed=1)
    names = {name for name in paper.state_dict() if not name.startswith("stem.")}
    assert names == {name for name in pyramid.state_dict() if not name.startswith("stem.")}
    pyramid.load_state_dict({name: paper.state_dict()[name] for name in names}, strict=False)
    features = torch.randn(1, 8, 16, 16, generator=torch.Generator().manual_seed(3))
    heatmaps = []
    for network in (paper, pyramid):
        network.stem.register_forward_hook(lambda *_: features)
        heatmaps.append(network(picture()).heatmaps[-1])

    assert torch.equal(*heatmaps)


def test_every_level_of_the_pyramid_learns_from_the_heatmaps() -> None:
    torch.manual_seed(0)
    sizes = gradients(well_mixed(build(ON_PYRAMID)).train())

    assert all(sizes[f"stem.read.{level}.0.weight"] > 1e-6 for level in range(5))
    assert sizes["stem.pyramid.first.weight"] > 0


@pytest.mark.parametrize("config", [SMALL, replace(SMALL, attention="softmax"), ON_PYRAMID])
def test_asking_for_attention_changes_no_heatmap(config: NetworkConfig) -> None:
    network = build(config)
    silent, asked = network(picture()), network(picture(), network.attention_names)

    assert all(torch.equal(a, b) for a, b in zip(silent.heatmaps, asked.heatmaps, strict=True))


def test_the_maps_shown_are_the_maps_that_mask() -> None:
    network = build()
    part = network.stacks[1].part
    with torch.no_grad():
        part.classify.weight.zero_()
        part.classify.bias.copy_(torch.arange(5.0))
    blind = network(picture(), {"stack2/part"})
    with torch.no_grad():
        part.attend.unary.bias += 1
    open_eyed = network(picture(), {"stack2/part"})

    assert (open_eyed.attention["stack2/part"].maps > blind.attention["stack2/part"].maps).all()
    for heat in (blind.heatmaps[-1], open_eyed.heatmaps[-1]):
        assert torch.equal(heat, torch.arange(5.0).view(1, 5, 1, 1).expand(1, 5, 16, 16))


@pytest.mark.parametrize("name", ["stack3/part", "stack1/part", "stack2/refined", "stack1/multi_resolution/16", ""])
def test_an_unknown_attention_map_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match="no attention map") as caught:
        build()(picture(), {name, "stack1/refined"})

    assert repr(name) in str(caught.value)
    assert "stack2/part" in str(caught.value)


@pytest.mark.parametrize(("height", "width"), [(64, 96), (100, 64), (63, 64)])
def test_a_size_that_does_not_divide_by_64_is_refused(height: int, width: int) -> None:
    with pytest.raises(ValueError, match=f"image is {width} x {height}.*divide by 64"):
        build()(picture(1, height, width))


def test_bytes_and_floats_are_seen_alike() -> None:
    network, image = build(), picture().byte()

    assert torch.equal(network(image).heatmaps[-1], network(image.float()).heatmaps[-1])


def test_people_in_a_batch_do_not_see_each_other() -> None:
    network, image = build(), picture(3)

    torch.testing.assert_close(network(image).heatmaps[-1][1:2], network(image[1:2]).heatmaps[-1], rtol=1e-4, atol=1e-5)


def test_the_next_stack_sees_the_features_before_plus_what_is_passed_on() -> None:
    network = build(NetworkConfig(stacks=3, channels=8, keypoints=5))
    network.stacks[2].load_state_dict(network.stacks[1].state_dict())
    passed = [*network.from_features.parameters(), *network.from_heatmaps.parameters()]
    with torch.no_grad():
        for parameter in passed:
            parameter.zero_()
    _, second, third = network(picture()).heatmaps

    assert torch.equal(second, third)
    for i, way in ((0, network.from_features), (1, network.from_heatmaps)):
        with torch.no_grad():
            way[i].weight.fill_(0.1)
        heatmaps = network(picture()).heatmaps
        with torch.no_grad():
            way[i].weight.zero_()
        assert torch.equal(heatmaps[1], second) == (i == 1)
        assert not torch.equal(heatmaps[2], third)


def test_presets_build_the_same_network_from_the_same_seed() -> None:
    first, again, other = (dict(build(seed=seed).named_parameters()) for seed in (3, 3, 4))

    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["stem.0.weight"], other["stem.0.weight"])


def test_building_with_a_seed_leaves_torchs_own_random_numbers_alone() -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    build(seed=5)

    assert torch.equal(torch.rand(3), expected)


def gradients(network: MultiContextNetwork) -> dict[str, float]:
    """Return the largest gradient in each parameter, all heatmaps being drawn to noise."""
    target = torch.randn(4, 5, 16, 16, generator=torch.Generator().manual_seed(2))
    sum(((heat - target) ** 2).mean() for heat in network(picture(4)).heatmaps).backward()
    return {name: 0.0 if p.grad is None else float(p.grad.abs().max()) for name, p in network.named_parameters()}


def well_mixed(network: MultiContextNetwork) -> MultiContextNetwork:
    """Give heatmap heads, which start near zero, a usual size, and keep attention far from saturation."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("classify.weight"):
                torch.nn.init.normal_(parameter, std=0.3)
            elif name.split(".")[-2] in ("unary", "pairwise", "summary"):
                parameter *= 0.1
    return network


@pytest.mark.parametrize("attention", ["crf", "softmax"])
def test_no_parameter_is_dead(attention: AttentionKind) -> None:
    """With norms that have learned, as those that are learning take the biases before them away again."""
    torch.manual_seed(0)
    network = well_mixed(build(replace(SMALL, channels=16, attention=attention)))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    network.train()(picture(4))
    sizes = gradients(network.eval())

    rounding = 1e-7 * max(sizes.values())
    dead = {name for name, size in sizes.items() if size <= rounding}
    if attention == "softmax":  # which takes away what shifts a map evenly: of a norm's bias the ReLU's bends are left
        dead -= {name for name in dead if ".attend." in name and name.endswith(".0.bias") and sizes[name] > 0}
    assert dead == set()


@pytest.mark.parametrize("attention", ["crf", "softmax"])
def test_every_kernel_learns_in_training(attention: AttentionKind) -> None:
    torch.manual_seed(0)
    network = well_mixed(build(replace(SMALL, channels=16, attention=attention))).train()
    sizes = gradients(network)

    kernels = {name for name, p in network.named_parameters() if p.dim() > 1}
    assert kernels
    assert {name for name in kernels if not 1e-6 < sizes[name] < float("inf")} == set()
