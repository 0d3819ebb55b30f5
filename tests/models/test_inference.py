import pytest
import torch
from torch import Tensor

from poseglass_models.inference import has_fast_bfloat16, predict_heatmaps, predict_with_maps
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.skeleton import Skeleton

SKELETON = Skeleton(("nose", "left_eye", "right_eye", "left_ear", "right_ear"))


@pytest.fixture
def network() -> MultiContextNetwork:
    """Return a network whose heatmaps are far from nothing."""
    torch.manual_seed(0)
    network = Preset(NetworkConfig(stacks=2, channels=16, keypoints=5), 64).build(0)
    for stack in network.stacks:
        torch.nn.init.normal_((stack.classify if stack.part is None else stack.part.classify).weight)
    return network.eval()


@pytest.fixture
def image() -> Tensor:
    return torch.rand(2, 3, 64, 128, generator=torch.Generator().manual_seed(1)) * 255


def mirrored(heat_BKHW: Tensor) -> Tensor:
    """Return the heatmaps of the mirror image: turned round, left keypoints for right ones."""
    return heat_BKHW.flip(-1)[:, [0, 2, 1, 4, 3]]


def test_a_plain_answer_is_the_last_stacks_heatmaps(network: MultiContextNetwork, image: Tensor) -> None:
    heat = predict_heatmaps(network, image, SKELETON, flip=False, bfloat16=False)

    assert heat.std() > 0.1
    assert torch.equal(heat, network(image).heatmaps[-1])


def test_with_flip_a_mirrored_image_has_the_mirrored_answer(network: MultiContextNetwork, image: Tensor) -> None:
    straight = predict_heatmaps(network, image, SKELETON, flip=True, bfloat16=False)
    other_way = predict_heatmaps(network, image.flip(-1), SKELETON, flip=True, bfloat16=False)

    torch.testing.assert_close(other_way, mirrored(straight), rtol=1e-5, atol=1e-5)
    plain = predict_heatmaps(network, image.flip(-1), SKELETON, flip=False, bfloat16=False)
    assert (plain - mirrored(straight)).abs().max() > 0.1  # which the network alone does not give


def test_flip_is_the_mean_of_the_plain_and_the_mirrored_answer(network: MultiContextNetwork, image: Tensor) -> None:
    heat = predict_heatmaps(network, image, SKELETON, flip=True, bfloat16=False)
    plain, turned = network(image).heatmaps[-1], network(image.flip(-1)).heatmaps[-1]

    torch.testing.assert_close(heat, (plain + mirrored(turned)) / 2)


@pytest.mark.parametrize("flip", [False, True])
def test_half_precision_answers_nearly_the_same_in_single(
    network: MultiContextNetwork, image: Tensor, flip: bool
) -> None:
    full = predict_heatmaps(network, image, SKELETON, flip=flip, bfloat16=False)
    half = predict_heatmaps(network, image, SKELETON, flip=flip, bfloat16=True)

    assert half.dtype == torch.float32
    assert not torch.equal(half, full)
    assert (half - full).abs().mean() < 0.05 * full.std()


def test_nothing_is_recorded_for_gradients(network: MultiContextNetwork, image: Tensor) -> None:
    assert not predict_heatmaps(network, image, SKELETON, flip=True, bfloat16=False).requires_grad
    assert torch.is_grad_enabled()


@pytest.mark.parametrize("flip", [False, True])
def test_maps_leave_the_answer_alone(network: MultiContextNetwork, image: Tensor, flip: bool) -> None:
    plain = predict_heatmaps(network, image, SKELETON, flip=flip, bfloat16=False)
    heat, output = predict_with_maps(network, image, SKELETON, network.attention_names, flip=flip, bfloat16=False)

    assert torch.equal(heat, plain)
    assert set(output.attention) == set(network.attention_names)


def test_maps_are_of_the_image_and_not_of_its_mirror_image(network: MultiContextNetwork, image: Tensor) -> None:
    both = [
        predict_with_maps(network, image, SKELETON, ["stack2/part"], flip=flip, bfloat16=False)[1]
        for flip in (False, True)
    ]

    assert torch.equal(both[0].attention["stack2/part"].maps, both[1].attention["stack2/part"].maps)
    assert torch.equal(both[0].heatmaps[0], both[1].heatmaps[0])


def test_no_map_is_kept_when_none_is_wanted(network: MultiContextNetwork, image: Tensor) -> None:
    assert predict_with_maps(network, image, SKELETON, (), flip=False, bfloat16=False)[1].attention == {}


@pytest.mark.parametrize(
    ("capabilities", "fast"),
    [({}, False), ({"avx2": True}, False), ({"amx_bf16": True}, True), ({"avx512_bf16": True}, True)],
)
def test_half_precision_is_fast_on_cpus_that_multiply_in_it(
    capabilities: dict[str, bool], fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)

    assert has_fast_bfloat16(torch.device("cpu")) is fast


@pytest.mark.parametrize("device", ["mps", "meta"])
def test_half_precision_is_not_taken_for_fast_where_nobody_knows(device: str) -> None:
    assert has_fast_bfloat16(torch.device(device)) is False
