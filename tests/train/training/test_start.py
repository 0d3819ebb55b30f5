from dataclasses import replace
from pathlib import Path

import pytest
import torch

from poseglass_models.checkpoint import Checkpoint, CheckpointError, save
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.skeleton import LSP_14, PERSON_19, Skeleton
from poseglass_train.training.start import fine_tunable

OLD = Skeleton(("nose", "left_ear", "right_ear", "tail"))
NEW = Skeleton(("right_ear", "withers", "nose"))


@pytest.fixture
def trained(tmp_path: Path) -> MultiContextNetwork:
    """Return a network with weights that no other has, saved as `old`."""
    network = Preset(NetworkConfig(2, 8, len(OLD)), 64).build(3)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn_like(parameter).half())
    save(tmp_path / "old", network, Checkpoint(network.config, 64, OLD))
    return network


def test_the_same_skeleton_keeps_everything(trained: MultiContextNetwork, tmp_path: Path) -> None:
    network, size = fine_tunable(str(tmp_path / "old"), OLD, 0)

    assert size == 64
    for name, tensor in trained.state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], tensor)


def test_another_skeleton_keeps_the_body_and_the_keypoints_of_the_same_name(
    trained: MultiContextNetwork, tmp_path: Path
) -> None:
    network, _ = fine_tunable(str(tmp_path / "old"), NEW, 0)
    new, old = network.state_dict(), trained.state_dict()

    assert network.config.keypoints == 3
    for name, tensor in old.items():
        if new[name].shape == tensor.shape:
            torch.testing.assert_close(new[name], tensor)
    for name in ("stacks.0.classify.weight", "stacks.1.part.classify.bias", "stacks.1.part.attend.pairwise.weight"):
        torch.testing.assert_close(new[name][[0, 2]], old[name][[2, 0]])
        assert not torch.isclose(new[name][1], old[name]).all(dim=-1).any()
    kernel = "from_heatmaps.0.weight"
    torch.testing.assert_close(new[kernel][:, [0, 2]], old[kernel][:, [2, 0]])


def test_the_same_keypoints_in_another_order_are_copied_by_name(trained: MultiContextNetwork, tmp_path: Path) -> None:
    turned = Skeleton(OLD.names[::-1])
    network, _ = fine_tunable(str(tmp_path / "old"), turned, 0)
    new, old = network.state_dict(), trained.state_dict()

    for name in ("stacks.0.classify.weight", "stacks.1.part.attend.unary.bias"):
        torch.testing.assert_close(new[name], old[name].flip(0))
    torch.testing.assert_close(new["from_heatmaps.0.weight"], old["from_heatmaps.0.weight"].flip(1))


@pytest.mark.usefixtures("trained")
def test_what_is_new_is_the_seeds(tmp_path: Path) -> None:
    one, again, other = (fine_tunable(str(tmp_path / "old"), NEW, seed)[0].state_dict() for seed in (0, 0, 1))
    head = "stacks.0.classify.weight"

    assert torch.equal(one[head], again[head])
    assert not torch.equal(one[head], other[head])


def test_a_further_stack_is_a_copy_of_the_last_and_those_before_answer_as_they_did(
    trained: MultiContextNetwork, tmp_path: Path
) -> None:
    grown, _ = fine_tunable(str(tmp_path / "old"), OLD, 0, stacks=3)
    new, image = grown.state_dict(), torch.rand(1, 3, 64, 64) * 255

    assert grown.config.stacks == 3
    for name, tensor in trained.stacks[1].state_dict().items():
        torch.testing.assert_close(new[f"stacks.2.{name}"], tensor)
    torch.testing.assert_close(new["from_heatmaps.1.weight"], new["from_heatmaps.0.weight"])
    with torch.no_grad():
        torch.testing.assert_close(grown(image).heatmaps[:2], trained.eval()(image).heatmaps)


def test_a_stack_of_another_kind_takes_its_head_from_the_nearest_of_its_kind(
    trained: MultiContextNetwork, tmp_path: Path
) -> None:
    grown, _ = fine_tunable(str(tmp_path / "old"), OLD, 0, stacks=4)
    new, old = grown.state_dict(), trained.state_dict()

    for name in old:
        if name.startswith(("stacks.0.refine.", "stacks.0.classify.")):
            torch.testing.assert_close(new[name.replace("stacks.0", "stacks.1")], old[name])
        if name.startswith("stacks.1."):
            for number in ("2", "3"):
                torch.testing.assert_close(new[name.replace("stacks.1", f"stacks.{number}")], old[name])
        if name.startswith("stacks.1.hourglass."):
            torch.testing.assert_close(new[name], old[name])


def test_a_network_of_one_stack_can_grow(trained: MultiContextNetwork, tmp_path: Path) -> None:
    one, _ = fine_tunable(str(tmp_path / "old"), OLD, 0, stacks=1)
    save(tmp_path / "one", one, Checkpoint(one.config, 64, OLD))

    grown, _ = fine_tunable(str(tmp_path / "one"), OLD, 0, stacks=2)  # nothing that it could take its links from

    name = "stacks.1.part.classify.weight"
    torch.testing.assert_close(grown.state_dict()[name], trained.state_dict()[name])


def test_from_lsps_keypoints_to_a_persons_all_of_lsps_heads_are_kept(tmp_path: Path) -> None:
    """And the stem with its pyramid; the face's heads are new."""
    config = NetworkConfig(2, 8, len(LSP_14), stem="pyramid", pyramid_width=0.05)
    fourteen = Preset(config, 64).build(3)
    with torch.no_grad():
        for parameter in fourteen.parameters():
            parameter.copy_(torch.randn_like(parameter).half())
    save(tmp_path / "fourteen", fourteen, Checkpoint(config, 64, LSP_14))
    network, _ = fine_tunable(str(tmp_path / "fourteen"), PERSON_19, 0)
    new, old = network.state_dict(), fourteen.state_dict()

    assert network.config == replace(config, keypoints=19)
    here = [PERSON_19.index(name) for name in LSP_14.names]
    face = [place for place, name in enumerate(PERSON_19.names) if name not in LSP_14.names]
    for name, tensor in old.items():
        if new[name].shape == tensor.shape:
            torch.testing.assert_close(new[name], tensor)
        else:
            axis = 1 if name.startswith("from_heatmaps.") else 0
            kept = new[name].index_select(axis, torch.tensor(here))
            torch.testing.assert_close(kept, tensor)
            assert new[name].shape[axis] == 19
    heads = ("stacks.0.classify.weight", "stacks.1.part.classify.weight", "stacks.1.part.attend.unary.weight")
    for name in heads:
        assert len(new[name][face]) == 5
        assert not torch.isclose(new[name][face][:, None], old[name][None]).flatten(2).all(dim=-1).any()


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(CheckpointError, match="no model 'nobody'"):
        fine_tunable("nobody", OLD, 0)
