import dataclasses
import hashlib
import json
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from poseglass_models import checkpoint
from poseglass_models.checkpoint import Checkpoint, CheckpointError, find, load, read_checkpoint, save, sha256
from poseglass_models.multi_context import MultiContextNetwork, NetworkConfig, Preset
from poseglass_models.skeleton import LSP_14, Skeleton

CONFIG = NetworkConfig(stacks=2, channels=8, keypoints=14, attention="softmax")
FACTS = Checkpoint(CONFIG, 64, LSP_14, training={"recipe": {"name": "paper"}, "steps": 7, "scores": {"PCK": 12.5}})


def trained(config: NetworkConfig = CONFIG, seed: int = 0) -> MultiContextNetwork:
    """Return a network whose norms have seen an image, so that nothing in it is at its start."""
    network = Preset(config, 64).build(seed)
    network.train()(torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(seed)) * 255)
    return network


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """Return the path, without suffix, of saved weights."""
    save(tmp_path / "weights", trained(), FACTS)
    return tmp_path / "weights"


def test_a_loaded_network_computes_what_the_saved_one_did(saved: Path) -> None:
    network, facts = load(saved)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(5)) * 255
    with torch.inference_mode():
        before, after = trained().eval()(image).heatmaps[-1], network(image).heatmaps[-1]

    assert facts == FACTS
    assert before.std() > 0
    torch.testing.assert_close(after, before, rtol=0.02, atol=0.02 * float(before.abs().max()))  # kernels were halved


def test_every_number_survives_to_half_precision_and_norms_exactly(saved: Path) -> None:
    before, after = trained().state_dict(), load(saved)[0].state_dict()

    assert before.keys() == after.keys()
    for name, tensor in before.items():
        assert after[name].dtype == tensor.dtype
        if tensor.dim() < 2:
            assert torch.equal(after[name], tensor)
        else:
            torch.testing.assert_close(after[name], tensor, rtol=2**-11, atol=1e-7)


def test_kernels_take_half_the_bytes_on_disk(saved: Path) -> None:
    with safe_open(saved.with_suffix(".safetensors"), "pt") as file:
        kinds = {name: (file.get_tensor(name).dim(), file.get_tensor(name).dtype) for name in file.keys()}  # noqa: SIM118

    assert {dtype for dim, dtype in kinds.values() if dim > 1} == {torch.float16}
    assert torch.float16 not in {dtype for dim, dtype in kinds.values() if dim < 2}


def test_saving_again_what_was_loaded_changes_no_byte(saved: Path) -> None:
    network, facts = load(saved)
    save(saved.with_name("again"), network, facts)

    assert sha256(saved.with_name("again")) == sha256(saved)


def test_a_loaded_network_is_ready_to_answer(saved: Path) -> None:
    network, _ = load(saved)

    assert not any(module.training for module in network.modules())
    assert {p.dtype for p in network.parameters()} == {torch.float32}


def test_weights_in_channels_last_are_saved_too(tmp_path: Path) -> None:
    network = trained()
    save(tmp_path / "plain", network, FACTS)
    save(tmp_path / "last", network.to(memory_format=torch.channels_last), FACTS)

    assert sha256(tmp_path / "last") == sha256(tmp_path / "plain")


def test_the_json_alone_tells_all_but_the_weights(saved: Path) -> None:
    text = json.loads(saved.with_suffix(".json").read_text(encoding="utf-8"))

    assert text["format"] == 1
    assert text["network"] == {
        "stacks": 2, "channels": 8, "keypoints": 14, "attention": "softmax",
        "context": "hierarchical", "hourglass_units": True, "mean_field_steps": 3, "crf_kernel": 11,
        "stem": "paper", "pyramid_width": 1.75,
    }  # fmt: skip
    assert text["input_size"] == 64
    assert text["skeleton"]["names"][0] == "right_ankle"
    assert read_checkpoint(saved) == FACTS


def test_any_skeleton_comes_back(tmp_path: Path) -> None:
    skeleton = Skeleton(("nose", "left_eye", "right_eye"), (("nose", "left_eye"),))
    config = NetworkConfig(stacks=1, channels=4, keypoints=3)
    save(tmp_path / "face", MultiContextNetwork(config), Checkpoint(config, 128, skeleton))

    assert load(tmp_path / "face")[1] == Checkpoint(config, 128, skeleton)


def test_a_network_on_a_pyramid_comes_back(tmp_path: Path) -> None:
    config = dataclasses.replace(CONFIG, stem="pyramid", pyramid_width=0.05)
    before = trained(config).eval()
    save(tmp_path / "weights", before, Checkpoint(config, 64, LSP_14))
    network, facts = load(tmp_path / "weights")

    assert facts.network == config == network.config
    assert network.state_dict().keys() == before.state_dict().keys()
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(5)) * 255
    with torch.inference_mode():
        ours, theirs = network(image).heatmaps[-1], before(image).heatmaps[-1]
    assert theirs.std() > 0
    torch.testing.assert_close(ours, theirs, rtol=0.02, atol=0.02 * float(theirs.abs().max()))


def test_weights_from_before_there_was_a_choice_of_stem_have_the_papers(saved: Path) -> None:
    path = saved.with_suffix(".json")
    entries = json.loads(path.read_text(encoding="utf-8"))
    for name in ("stem", "pyramid_width"):
        del entries["network"][name]
    path.write_text(json.dumps(entries), encoding="utf-8")
    network, facts = load(saved)

    assert facts == FACTS
    assert facts.network.stem == "paper"
    assert torch.equal(network.state_dict()["stem.1.weight"], trained().state_dict()["stem.1.weight"])


@pytest.mark.parametrize("suffix", ["", ".safetensors", ".json"])
def test_weights_are_found_with_any_suffix_or_none(saved: Path, suffix: str) -> None:
    name = str(saved) + suffix

    assert find(name) == saved.with_suffix(".safetensors")
    assert find(Path(name)) == saved.with_suffix(".safetensors")


def test_names_with_a_dot_do_not_overwrite_each_other(tmp_path: Path) -> None:
    save(tmp_path / "tiny-1.0", trained(seed=0), FACTS)
    save(tmp_path / "tiny-1.5", trained(seed=1), FACTS)

    assert sha256(tmp_path / "tiny-1.0") != sha256(tmp_path / "tiny-1.5")


def test_shipped_names_are_weights_that_load() -> None:
    for name in checkpoint.shipped_names():
        network, facts = load(name)
        assert network.config.keypoints == len(facts.skeleton)


def test_sha256_is_that_of_the_weights_file(saved: Path) -> None:
    contents = saved.with_suffix(".safetensors").read_bytes()

    assert sha256(saved) == hashlib.sha256(contents).hexdigest()


def test_saving_leaves_two_files_and_makes_the_folder(tmp_path: Path) -> None:
    save(tmp_path / "new" / "folder" / "weights", trained(), FACTS)

    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "weights.json",
        "weights.safetensors",
    ]


def test_large_weights_lie_in_several_files_of_which_none_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "PART_BYTES", 80_000)
    save(tmp_path / "large", trained(), FACTS)
    sizes = [sum(t.nbytes for t in load_file(path).values()) for path in tmp_path.glob("large*.safetensors")]
    ours, whole = load(tmp_path / "large")[0].state_dict(), trained().state_dict()

    assert len(sizes) > 2
    assert max(sizes) <= 80_000  # a header that names the tensors comes on top: some 100 bytes each
    assert find(tmp_path / "large") == tmp_path / "large.safetensors"
    assert all(torch.equal(ours[name], t) for name, t in whole.items() if t.dim() < 2)
    assert ours.keys() == whole.keys()


def test_every_part_counts_in_the_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "PART_BYTES", 80_000)
    save(tmp_path / "large", trained(), FACTS)
    before = sha256(tmp_path / "large")
    part = tmp_path / "large.2.safetensors"
    part.write_bytes(part.read_bytes()[:-1] + b"\x01")

    assert sha256(tmp_path / "large") != before


def test_a_missing_part_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "PART_BYTES", 80_000)
    save(tmp_path / "large", trained(), FACTS)
    (tmp_path / "large.2.safetensors").unlink()

    with pytest.raises(CheckpointError, match=r"large\.2\.safetensors"):
        load(tmp_path / "large")


def test_smaller_weights_leave_no_part_of_larger_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "PART_BYTES", 80_000)
        save(tmp_path / "weights", trained(), FACTS)
    save(tmp_path / "weights", trained(), FACTS)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["weights.json", "weights.safetensors"]


def test_others_may_read_the_weights(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").touch()

    assert saved.with_suffix(".safetensors").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_save_that_fails_leaves_the_old_weights_whole(saved: Path) -> None:
    before = sha256(saved)
    saved.with_suffix(".safetensors.part").mkdir()  # nothing can be written there
    with pytest.raises(Exception, match=r"(?i)directory"):
        save(saved, trained(seed=1), FACTS)

    assert sha256(saved) == before
    assert load(saved)[1] == FACTS


@pytest.mark.parametrize("name", ["no-such-model", "no/such/folder/model", "", "x" * 300, "a\0b"])
def test_a_missing_model_is_named(name: str) -> None:
    with pytest.raises(CheckpointError, match="no model") as caught:
        load(name)

    assert repr(name)[:50] in str(caught.value)


def test_weights_without_their_json_are_refused(saved: Path) -> None:
    saved.with_suffix(".json").unlink()

    with pytest.raises(CheckpointError, match=r"weights\.json: not a Poseglass checkpoint"):
        load(saved)


def remove(key: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        entries = json.loads(text)
        del entries[key]
        return json.dumps(entries)

    return edit


def replace(key: str, value: object) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), key: value})


SIZES = dataclasses.asdict(CONFIG)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="cut short"),
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: "[]", id="a list"),
        pytest.param(lambda text: '{"x": "\udcff"}', id="not utf-8"),
        pytest.param(remove("format"), id="no format"),
        pytest.param(remove("network"), id="no network"),
        pytest.param(remove("training"), id="no training"),
        pytest.param(replace("network", {"depth": 3}), id="a network of other dials"),
        pytest.param(replace("input_size", "large"), id="a size that is no number"),
        pytest.param(replace("skeleton", {"names": ["nose"], "edges": [["nose", "wing"]]}), id="an edge to nowhere"),
        pytest.param(replace("skeleton", {"names": ["nose"], "edges": [["nose"]]}), id="an edge of one end"),
        pytest.param(replace("skeleton", None), id="no skeleton"),
        pytest.param(replace("skeleton", {"names": ["nose"], "edges": []}), id="fewer names than keypoints"),
        pytest.param(replace("skeleton", {"names": "abcdefghijklmn", "edges": []}), id="letters for names"),
        pytest.param(replace("skeleton", {"names": [*LSP_14.names[:13], "=1+1"], "edges": []}), id="a formula"),
        pytest.param(replace("skeleton", {"names": [*LSP_14.names[:13], "a\nb"], "edges": []}), id="a line break"),
        pytest.param(replace("skeleton", {"names": [*range(14)], "edges": []}), id="names that are numbers"),
        pytest.param(replace("network", SIZES | {"stacks": 10**9}), id="a billion stacks"),
        pytest.param(replace("network", SIZES | {"stacks": 0}), id="no stacks"),
        pytest.param(replace("network", SIZES | {"stacks": 2.0}), id="a broken number of stacks"),
        pytest.param(replace("network", SIZES | {"stacks": True}), id="a yes for stacks"),
        pytest.param(replace("network", SIZES | {"channels": 10**9}), id="a billion channels"),
        pytest.param(replace("network", SIZES | {"channels": 9}), id="an odd number of channels"),
        pytest.param(replace("network", SIZES | {"channels": "8"}), id="channels in words"),
        pytest.param(replace("network", SIZES | {"keypoints": -1}), id="fewer than no keypoints"),
        pytest.param(replace("network", SIZES | {"crf_kernel": 10**9}), id="a kernel as large as a town"),
        pytest.param(replace("network", SIZES | {"mean_field_steps": 10**9}), id="steps without end"),
        pytest.param(replace("network", SIZES | {"hourglass_units": "no"}), id="a word for yes or no"),
        pytest.param(replace("network", SIZES | {"pyramid_width": float("nan")}), id="a width that is no number"),
        pytest.param(replace("network", "small"), id="a network in a word"),
        pytest.param(replace("input_size", 10**6), id="a size that takes all memory"),
        pytest.param(replace("input_size", 100), id="a size that does not divide"),
        pytest.param(replace("input_size", 64.5), id="a broken size"),
        pytest.param(replace("confidence", []), id="no confidence"),
        pytest.param(replace("confidence", [[0, 0], [0.5, 0.5], [0.4, 0.6]]), id="confidence that goes back"),
        pytest.param(replace("confidence", [[1, 1], [0, 0]]), id="confidence that falls"),
        pytest.param(replace("confidence", [[0, 0], [1, float("nan")]]), id="confidence that is no number"),
        pytest.param(replace("confidence", [[0, 0], [float("inf"), 1]]), id="confidence without end"),
        pytest.param(replace("confidence", [[0, 0], [1, "1"]]), id="confidence in words"),
        pytest.param(replace("confidence", [0, 1]), id="confidence without pairs"),
        pytest.param(replace("training", "swift"), id="a training in a word"),
        pytest.param(replace("parts", 10**12), id="parts without end"),
        pytest.param(lambda text: '{"format": 1, "network": ' + "[" * 100_000, id="brackets without end"),
    ],
)
def test_a_damaged_json_is_refused_with_its_path(saved: Path, damage: Callable[[str], str]) -> None:
    path = saved.with_suffix(".json")
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8", errors="surrogateescape")

    with pytest.raises(CheckpointError, match=r"weights\.json: not a Poseglass checkpoint"):
        load(saved)


def test_a_newer_format_is_refused_by_its_number(saved: Path) -> None:
    path = saved.with_suffix(".json")
    path.write_text(replace("format", 2)(path.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(CheckpointError, match=r"weights\.json: format 2, this version reads 1"):
        read_checkpoint(saved)


@pytest.mark.parametrize("typo", [{"attention": "sotfmax"}, {"context": "holostic"}, {"stem": "pyramdi"}])
def test_a_part_that_does_not_exist_is_refused(saved: Path, typo: dict[str, str]) -> None:
    path = saved.with_suffix(".json")
    network = {"stacks": 2, "channels": 8, "keypoints": 14, "attention": "softmax", **typo}
    path.write_text(replace("network", network)(path.read_text(encoding="utf-8")), encoding="utf-8")

    with pytest.raises(CheckpointError, match=rf"weights\.json: .*{next(iter(typo.values()))}.*update Poseglass"):
        load(saved)


@pytest.mark.parametrize("left", [0, 100, 5000])
def test_damaged_weights_are_refused_with_their_path(saved: Path, left: int) -> None:
    path = saved.with_suffix(".safetensors")
    path.write_bytes(path.read_bytes()[:left])

    with pytest.raises(CheckpointError, match=r"weights\.safetensors"):
        load(saved)


@pytest.mark.parametrize(
    "other",
    [
        NetworkConfig(2, 16, 14, "softmax"),
        NetworkConfig(3, 8, 14, "softmax"),
        NetworkConfig(2, 8, 14, "crf"),
        NetworkConfig(2, 8, 14, "softmax", stem="pyramid", pyramid_width=0.05),
    ],
)
def test_weights_of_another_network_are_refused(saved: Path, other: NetworkConfig) -> None:
    save(saved.with_name("other"), trained(other), FACTS)
    with pytest.raises(CheckpointError, match=r"other\.safetensors: weights do not fit") as caught:
        load(saved.with_name("other"))
    assert len(str(caught.value).splitlines()) == 1  # the command line promises one


def test_a_checkpoint_error_is_a_value_error_for_those_who_do_not_know_it() -> None:
    with pytest.raises(ValueError, match="no model"):
        find("no-such-model")


def test_sizes_that_a_network_may_have_but_this_file_does_not_take_no_memory(saved: Path) -> None:
    path = saved.with_suffix(".json")
    large = SIZES | {"stacks": 8, "channels": 2048}  # some 10 GB
    path.write_text(replace("network", large)(path.read_text(encoding="utf-8")), encoding="utf-8")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # KiB

    with pytest.raises(CheckpointError, match=r"weights\.safetensors: weights do not fit .* \[.*\] is wanted"):
        load(saved)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


@pytest.mark.parametrize(
    ("name", "value"), [("stem.0.weight", np.nan), ("stem.0.bias", np.inf), ("stem.1.running_var", -1)]
)
def test_weights_that_nobody_can_compute_with_are_refused(saved: Path, name: str, value: float) -> None:
    weights = load_file(saved.with_suffix(".safetensors"))
    weights[name].view(-1)[0] = value
    save_file(weights, saved.with_suffix(".safetensors"))

    with pytest.raises(CheckpointError, match=rf"weights\.safetensors: weights that are no numbers, .*{name}"):
        load(saved)


def test_a_json_with_a_byte_order_mark_is_read(saved: Path) -> None:
    path = saved.with_suffix(".json")
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")

    assert read_checkpoint(saved) == FACTS
