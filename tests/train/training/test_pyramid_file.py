import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from movenet import LEVELS, PREFIX, GraphModel, build
from poseglass_models.pyramid import FeaturePyramid
from poseglass_train.cli import main
from poseglass_train.errors import DatasetError
from poseglass_train.training.pyramid_file import import_pyramid, load_pyramid

NARROW = 0.35
"""The width at which everything is added where Thunder adds, with hardly any channels."""
HEIGHT, WIDTH = 64, 96

Edit = Callable[[GraphModel], None]
Damage = Callable[[Path], None]


@pytest.fixture
def model() -> GraphModel:
    return build(NARROW, HEIGHT, WIDTH)


@pytest.fixture
def imported(model: GraphModel, tmp_path: Path) -> Path:
    """Return the path, without suffix, of an imported pyramid."""
    model.write(tmp_path / "released", "small")
    import_pyramid(tmp_path / "released", "small", tmp_path / "pyramid")
    return tmp_path / "pyramid"


def loaded(path: Path, width: float = NARROW) -> FeaturePyramid:
    pyramid = FeaturePyramid(width)
    load_pyramid(path, pyramid, width)
    return pyramid.eval()


def refused(call: Callable[[], object], *told: str) -> None:
    """Expect one sentence with these words."""
    with pytest.raises(DatasetError) as caught:
        call()

    sentence = str(caught.value)
    assert len(sentence.splitlines()) == 1
    assert [words for words in told if words not in sentence] == []


@pytest.mark.parametrize("width", [0.05, NARROW, 0.5])
@pytest.mark.parametrize("half", [True, False])
def test_an_imported_pyramid_computes_what_the_graph_computes(width: float, half: bool, tmp_path: Path) -> None:
    model = build(width, HEIGHT, WIDTH, half=half)
    model.write(tmp_path, "small")
    import_pyramid(tmp_path, "small", tmp_path / "pyramid")
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    of_node = model.run(image)
    with torch.inference_mode():
        levels = loaded(tmp_path / "pyramid", width).double()(torch.from_numpy(image).permute(2, 0, 1)[None].double())

    for level, name in zip(levels, LEVELS, strict=True):
        expected = of_node[name]
        assert np.abs(level[0].permute(1, 2, 0).numpy() - expected).max() < 1e-4
        assert expected.std() > 0.5
    assert 0.01 < (of_node[LEVELS[3]] == 6).mean() < 0.5  # so that a ReLU in place of a ReLU6 would be seen


def test_the_json_says_whose_weights_they_are(imported: Path) -> None:
    facts = json.loads(imported.with_suffix(".json").read_text(encoding="utf-8"))
    released = imported.parent / "released"
    hashes = {name: hashlib.sha256((released / name).read_bytes()).hexdigest() for name in ("small.json", "small.bin")}
    sha256 = hashlib.sha256(imported.with_suffix(".safetensors").read_bytes()).hexdigest()

    assert facts == {
        "format": 1, "width": NARROW, "source": "a test", "converted_by": "nobody", "licence": "Apache-2.0",
        "source_sha256": hashes, "sha256": sha256,
    }  # fmt: skip
    assert load_pyramid(imported, FeaturePyramid(NARROW), NARROW) == facts
    assert import_pyramid(released, "small", imported.with_name("again")) == facts


def test_no_number_is_lost_and_none_is_left_over(model: GraphModel, imported: Path) -> None:
    """The heads' are not the pyramid's; of the others each goes somewhere, in the half precision it came in."""
    tensors = load_file(imported.with_suffix(".safetensors"))
    ours = {n: w for n, w in model.weights.items() if n.startswith(PREFIX) and not n.endswith("/mul")}

    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype(np.float16)}
    numbers = np.sort(np.concatenate([tensor.ravel() for tensor in tensors.values()]))
    expected = np.sort(np.concatenate([weight.astype(np.float16).ravel() for weight in ours.values()]))
    np.testing.assert_array_equal(numbers, expected)
    assert {p.dtype for p in loaded(imported).parameters()} == {torch.float32}


@pytest.mark.parametrize("suffix", ["", ".safetensors"])
def test_a_pyramid_is_found_with_its_suffix_or_without(imported: Path, suffix: str) -> None:
    loaded(imported.with_name(imported.name + suffix))


def test_names_with_a_dot_do_not_overwrite_each_other(imported: Path) -> None:
    released = imported.parent / "released"
    for name in ("wide-1.0", "wide-1.75"):
        import_pyramid(released, "small", imported.parent / "out" / name)

    names = sorted(path.name for path in (imported.parent / "out").iterdir())
    assert names == ["wide-1.0.json", "wide-1.0.safetensors", "wide-1.75.json", "wide-1.75.safetensors"]
    loaded(imported.parent / "out" / "wide-1.75")


def cut(path: Path, by: int = 100) -> None:
    path.write_bytes(path.read_bytes()[:-by])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0" * 4)


@pytest.mark.parametrize(
    ("file", "damage", "told"),
    [
        pytest.param("small.bin", Path.unlink, ("small.bin",), id="no weights"),
        pytest.param("small.json", Path.unlink, ("small.json",), id="no graph"),
        pytest.param("small.json", cut, ("small.json",), id="half a graph"),
        pytest.param("small.json", lambda path: path.write_text("[]"), ("small.json",), id="a list"),
        pytest.param("small.json", lambda path: path.write_text("{}"), ("small.json",), id="an empty graph"),
        pytest.param("small.json", lambda path: path.write_bytes(b"\xff\xfe{"), ("small.json",), id="not utf-8"),
        pytest.param("small.bin", cut, ("small.bin", "cut off"), id="weights cut off"),
        pytest.param("small.bin", lambda path: path.write_bytes(b""), ("small.bin", "cut off"), id="empty weights"),
        pytest.param("small.bin", lengthen, ("small.bin", "4 bytes more"), id="weights too long"),
    ],
)
def test_a_damaged_file_is_named(
    file: str, damage: Damage, told: tuple[str, ...], model: GraphModel, tmp_path: Path
) -> None:
    model.write(tmp_path, "small")
    damage(tmp_path / file)

    refused(lambda: import_pyramid(tmp_path, "small", tmp_path / "out"), *told)
    assert not list(tmp_path.glob("out*"))


def strides(node: str, stride: int) -> Edit:
    def edit(model: GraphModel) -> None:
        model.node(node)["attr"]["strides"]["list"]["i"] = ["1", str(stride), str(stride), "1"]

    return edit


def fused(node: str, *names: str) -> Edit:
    def edit(model: GraphModel) -> None:
        texts = [base64.b64encode(name.encode()).decode() for name in names]
        model.node(node)["attr"]["fused_ops"] = {"list": {"s": texts}}

    return edit


def operation(node: str, name: str) -> Edit:
    return lambda model: model.node(node).update(op=name)


def without_attributes(model: GraphModel) -> None:
    model.node("block_7_depthwise/depthwise").update(attr={})


def other_detector(model: GraphModel) -> None:
    """Keep weights that nobody calls a block of MobileNetV2's."""
    model.weights = {name.replace("block_", "stage_"): weight for name, weight in model.weights.items()}
    model.nodes = json.loads(json.dumps(model.nodes).replace("block_", "stage_"))


def several_people(model: GraphModel) -> None:
    """Lose a step of the top-down layers."""
    gone = PREFIX + "separable_conv2d_2/"
    model.weights = {name: weight for name, weight in model.weights.items() if not name.startswith(gone)}


def channels(kernel: str, count: int) -> Edit:
    def edit(model: GraphModel) -> None:
        name = PREFIX + kernel
        model.weights[name] = np.zeros((*model.weights[name].shape[:-1], count), np.float32)

    return edit


def one_bias_less(model: GraphModel) -> None:
    name = PREFIX + "model/block_4_expand/Conv2D_bn_offset"
    model.weights[name] = model.weights[name][:-1]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        pytest.param(other_detector, ("MobileNetV2's blocks",), id="no blocks"),
        pytest.param(several_people, ("separable_conv2d_2",), id="a layer that is not there"),
        pytest.param(strides("block_6_depthwise/depthwise", 1), ("block_6_depthwise", "2"), id="a stride less"),
        pytest.param(strides("block_2_depthwise/depthwise", 2), ("block_2_depthwise", "2"), id="a stride more"),
        pytest.param(fused("Conv1_relu/Relu6", "BiasAdd", "Relu"), ("Conv1", "Relu6"), id="ReLU for ReLU6"),
        pytest.param(fused("block_4_project_BN/FusedBatchNormV3", "BiasAdd", "Relu6"), ("4_project",), id="one more"),
        pytest.param(fused("re_lu_1/Relu", "BiasAdd"), ("separable_conv2d_1", "Relu"), id="no activation"),
        pytest.param(operation("conv2d_2/BiasAdd", "MatMul"), ("conv2d_2", "MatMul"), id="another operation"),
        pytest.param(without_attributes, (), id="no attributes"),
        pytest.param(channels("model/block_6_project/Conv2D_weights", 7), ("channels",), id="no width"),
        pytest.param(channels("conv2d_1/Conv2D/ReadVariableOp", 63), ("lateral.1.weight",), id="too narrow"),
        pytest.param(one_bias_less, ("blocks.4.expand.bias",), id="a bias too short"),
    ],
)  # fmt: skip
def test_another_model_is_refused_by_what_it_does_otherwise(
    edit: Edit, told: tuple[str, ...], model: GraphModel, tmp_path: Path
) -> None:
    edit(model)
    model.write(tmp_path, "small")

    refused(lambda: import_pyramid(tmp_path, "small", tmp_path / "out"), "small.json", *told)
    assert not list(tmp_path.glob("out*"))


def test_weights_of_8_bits_are_refused(model: GraphModel, tmp_path: Path) -> None:
    """They are to be scaled and moved, and read as they lie they would be noise."""
    model.write(tmp_path, "small")
    path = tmp_path / "small.json"
    graph = json.loads(path.read_text())
    entries = graph["weightsManifest"][0]["weights"]
    for entry in entries:
        if "quantization" in entry:
            entry["quantization"] = {"dtype": "uint8", "scale": 0.01, "min": -1.0, "original_dtype": "float32"}
    path.write_text(json.dumps(graph))
    weights = [
        w.astype(np.uint8 if model.kept(name) else w.dtype).tobytes() for name, w in sorted(model.weights.items())
    ]
    (tmp_path / "small.bin").write_bytes(b"".join(weights))

    refused(lambda: import_pyramid(tmp_path, "small", tmp_path / "out"), "small.bin", "uint8")


def changed(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def of_another(path: Path) -> None:
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "sha256": "0" * 64}))


def widthless(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "width": "wide"}))


@pytest.mark.parametrize(
    ("file", "damage", "named"),
    [
        pytest.param("pyramid.safetensors", Path.unlink, "pyramid.safetensors", id="no weights"),
        pytest.param("pyramid.json", Path.unlink, "pyramid.json", id="no JSON"),
        pytest.param("pyramid.safetensors", changed, "pyramid.safetensors", id="weights that were changed"),
        pytest.param("pyramid.safetensors", cut, "pyramid.safetensors", id="weights cut off"),
        pytest.param("pyramid.json", of_another, "pyramid.safetensors", id="the JSON of other weights"),
        pytest.param("pyramid.json", cut, "pyramid.json", id="half a JSON"),
        pytest.param("pyramid.json", lambda path: path.write_text("[]"), "pyramid.json", id="a list"),
        pytest.param("pyramid.json", lambda path: path.write_text("{}"), "pyramid.json", id="an empty JSON"),
        pytest.param("pyramid.json", widthless, "pyramid.json", id="a width that is no number"),
    ],
)
def test_what_is_no_imported_pyramid_is_named(file: str, damage: Damage, named: str, imported: Path) -> None:
    damage(imported.parent / file)

    refused(lambda: loaded(imported), named)


def test_a_pyramid_of_another_width_is_refused_with_both(imported: Path) -> None:
    refused(lambda: loaded(imported, 0.5), "pyramid.safetensors", "0.35", "0.5")


def test_other_tensors_than_a_pyramids_are_refused(imported: Path) -> None:
    """As those would be that a version of this program with other layers wrote."""
    refused(lambda: load_pyramid(imported, FeaturePyramid(0.5), NARROW), "pyramid.safetensors")


@pytest.mark.parametrize("suffix", ["", ".safetensors"])
def test_the_command_imports_and_says_what_it_wrote(
    model: GraphModel, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    model.write(tmp_path, "small")
    out = tmp_path / "new" / "small-0.35"

    assert main(["pyramid", str(tmp_path), "--name", "small", "--out", f"{out}{suffix}"]) == 0
    content = (tmp_path / "new" / "small-0.35.safetensors").read_bytes()
    assert capsys.readouterr().out.splitlines() == [
        "a test, width 0.35, Apache-2.0",
        f"wrote {out}.safetensors, SHA-256 {hashlib.sha256(content).hexdigest()}",
    ]
    loaded(out)


def test_the_command_refuses_in_one_line(model: GraphModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model.write(tmp_path, "small")
    cut(tmp_path / "small.bin")
    chosen = ["--out", str(tmp_path / "out")]

    for arguments, told in ((["--name", "small"], "small.bin"), ([], "movenet-thunder.json")):
        assert main(["pyramid", str(tmp_path), *arguments, *chosen]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("poseglass-train: ")
        assert told in line
